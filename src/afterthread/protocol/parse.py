"""One TOML table -> one frozen entry, or every reason why not."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from afterthread.protocol.model import CONTEXT, Box, Days, Entry, Offset, Urgency

LONGEST_SHOWN, LARGEST_NUMBER = 60, 100_000
ID = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*\Z")
OFFSET = re.compile(r"(-?\d{1,5})([dh])\Z")
DAYS = re.compile(r"(\d{1,5})(?:(\+)|-(\d{1,5}))?\Z")
LATEST_DAY = 99_999


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a protocol: where it stands, what it is, how to mend it."""

    file: str
    id: str
    key: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.id, self.key) if part)
        return f"{where}: {self.wrong}. {self.mend}"


class Bad(Exception):
    """A value that cannot be read; carries what is wrong and how to mend it, and below which key."""

    def __init__(self, wrong: str, mend: str, key: str = "") -> None:
        super().__init__(wrong)
        self.wrong, self.mend, self.key = wrong, mend, key

    def below(self, key: str) -> Bad:
        """The same trouble, one key further in."""
        return Bad(self.wrong, self.mend, f"{key}.{self.key}" if self.key else key)


def suggest(word: object, known: Iterable[str]) -> str:
    """A sentence that names the nearest known words."""
    known = sorted(known)
    word = word[:60] if isinstance(word, str) else ""
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5) or known[:12]
    return f"Use one of: {', '.join(near)}" if near else "Define it first"


def shown(value: object) -> str:
    """A value as it may stand in a message: short, and never with control characters."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):  # brackets without end, or a number of thousands of digits
        text = f"this {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def read_days(text: object) -> Days:
    """``"4"``, ``"4-7"``, ``"4+"`` or a whole number."""
    text = str(text) if type(text) is int and 0 <= text <= LATEST_DAY else text
    match = DAYS.match(text) if isinstance(text, str) else None
    if not match:
        raise Bad(f"{shown(text)} is not a range of days", 'Write "4", "4-7" or "4+"')
    first = int(match[1])
    last = None if match[2] else int(match[3] or first)
    if last is not None and last < first:
        raise Bad(f"the range {shown(text)} ends before it begins", "Swap the two days")
    return Days(first, last)


def read_offset(text: object) -> Offset:
    """``"48h"`` or ``"-7d"``."""
    match = OFFSET.match(text) if isinstance(text, str) else None
    if not match:
        raise Bad(f"{shown(text)} is not an offset", 'Write hours as "48h" or days as "14d"')
    return Offset(int(match[1]), typing.cast(typing.Literal["d", "h"], match[2]))


def read_urgency(text: object) -> Urgency:
    """One of the four words."""
    for urgency in Urgency:
        if text == urgency.word:
            return urgency
    raise Bad(f"{shown(text)} is not an urgency", suggest(text, (u.word for u in Urgency)))


def read_box(table: object, variables: Mapping[str, tuple[str, ...]]) -> Box:
    """``{swelling = "moderate+", day = "4+"}`` as a box over the known variables."""
    if not isinstance(table, dict) or not table:
        raise Bad("a condition must be a table with at least one key", 'Write { swelling = "mild+" }')
    where = {}
    for name, wanted in table.items():
        if name == "day":
            continue
        if name not in variables:
            raise Bad(f"nothing is called `{name}`", suggest(name, variables), name)
        where[name] = read_values(name, wanted, variables[name])
    for name in where:
        question, dot, _ = name.partition(".")
        if dot and question not in where:
            raise Bad(f"`{name}` stands without `{question}`", f'Add {question} = "mild+" beside it', name)
        if dot and variables[question][0] in where[question]:
            raise Bad(f"`{name}` makes no sense when {question} is absent", "Leave the first answer out", question)
    if not any(_is_sign(name, wanted, variables) for name, wanted in where.items()):
        raise Bad("no sign is named, so it would never be looked at", "Name a question with an answer that is not calm")
    try:
        return Box(where, read_days(table.get("day", "0+")))
    except Bad as bad:
        raise bad.below("day") from None


def _is_sign(name: str, wanted: frozenset[str], variables: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the condition is about something said or missed, at another answer than the calmest one."""
    said = f"{name}.course" in variables or (name in CONTEXT and name != "first_24h")
    return said and variables[name][0] not in wanted


def read_values(name: str, wanted: object, allowed: tuple[str, ...]) -> frozenset[str]:
    """``"yes"``, ``["mild", "severe"]`` or ``"moderate+"`` out of the allowed answers."""
    if not allowed:
        raise Bad(f"the answers of `{name}` are not known", "Give its question a scale that exists", name)
    words = wanted if isinstance(wanted, list) else [wanted]
    chosen: set[str] = set()
    for word in words:
        stem = word[:-1] if isinstance(word, str) and word.endswith("+") else word
        if stem not in allowed:
            raise Bad(f"{shown(word)} is not an answer of `{name}`", f"Use one of: {', '.join(allowed)}", name)
        chosen.update(allowed[allowed.index(stem) :] if stem != word else [stem])
    if not chosen or chosen == set(allowed):
        raise Bad(f"`{name}` = {shown(wanted)} decides nothing", "Name some answers, and not all of them", name)
    return frozenset(chosen)


class Reader:
    """Reads tables into dataclasses by their type hints; strict, with no silent conversion."""

    def __init__(self, variables: Mapping[str, tuple[str, ...]]) -> None:
        self.variables = variables

    def entry(self, kind: type[Entry], id: str, table: object) -> tuple[Entry | None, list[Bad]]:
        """The entry, or everything that is wrong with its table."""
        if not ID.match(id):
            return None, [Bad(f"{shown(id)} is not an id", "Use letters, digits and _ only")]
        return self._dataclass(kind, table, {"id": id})

    def _dataclass(self, kind: type, table: object, given: dict[str, Any]) -> tuple[Any, list[Bad]]:
        if not isinstance(table, dict):
            return None, [Bad(f"{shown(table)} is not a table", "Write it as a table of keys and values")]
        bads, values = [], dict(given)
        hints, known = _hints(kind), {f.name: f for f in fields(kind) if f.name not in given}
        for key, value in table.items():
            if key not in known:
                bads.append(Bad("unknown key", suggest(key, known), key))
                continue
            try:
                values[key] = self.value(hints[key], value)
            except Bad as bad:
                bads.append(bad.below(key))
        for key, field in known.items():
            if key not in table and field.default is MISSING and field.default_factory is MISSING:
                bads.append(Bad("missing", f"Add `{key} = …`; nothing clinical has a default", key))
        return (None, bads) if bads else (kind(**values), [])

    def value(self, hint: Any, value: object) -> Any:
        """`value` as the type that `hint` names, or Bad."""
        if hint in _DIRECT:
            return _DIRECT[hint](value)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return self.value(next(a for a in arguments if a is not type(None)), value)
        if origin is typing.Literal:
            return _one_of(arguments, value)
        if origin is tuple:
            return self._tuple(arguments[0], value)
        if origin is not None:
            return self._mapping(arguments[1], value)
        if issubclass(hint, StrEnum):
            return hint(_one_of([member.value for member in hint], value))
        if isinstance(hint, type) and is_dataclass(hint):
            built, bads = self._dataclass(hint, value, {})
            if bads:
                raise bads[0]
            return built
        raise TypeError(hint)

    def _tuple(self, item: Any, value: object) -> tuple[Any, ...]:
        if item is Box:
            tables = value if isinstance(value, list) else [value]
            if not tables:
                raise Bad("no condition stands here, so it never holds", 'Write { swelling = "mild+" }')
            return tuple(read_box(table, self.variables) for table in tables)
        if isinstance(value, str) or not isinstance(value, list):
            raise Bad(f"{shown(value)} is not a list", "Put it in square brackets")
        return tuple(self.value(item, one) for one in value)

    def _mapping(self, item: Any, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Bad(f"{shown(value)} is not a table", "Write { key = value, … }")
        return {key: self._below(key, item, one) for key, one in value.items()}

    def _below(self, key: str, item: Any, value: object) -> Any:
        try:
            return self.value(item, value)
        except Bad as bad:
            raise bad.below(key) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Bad(f"{shown(value)} is not text", "Put it in quotes")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Bad(f"{shown(value)} is not a whole number", "Write digits only, without quotes")
    if abs(value) > LARGEST_NUMBER:
        raise Bad(f"{shown(value)} is beyond any day that is asked about", "Use a number below 100000")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Bad(f"{shown(value)} is neither true nor false", "Write true or false, without quotes")
    return value


def _one_of(allowed: Iterable[str], value: object) -> str:
    allowed = list(allowed)
    if value not in allowed:
        raise Bad(f"{shown(value)} is not allowed here", f"Use one of: {', '.join(a or '(empty)' for a in allowed)}")
    return str(value)


_DIRECT: dict[Any, Any] = {
    str: _text, int: _number, bool: _flag, Urgency: read_urgency, Offset: read_offset, Days: read_days,
}  # fmt: skip


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
