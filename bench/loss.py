"""Takes one field of a case away or spoils it, and says what was lost (T10b): silently lower is the one forbidden end.

Left out are fields that are the message itself, whose loss nobody could notice: a remark in own words, the day on which
a silence is judged, a whole check-in or thread of a list, and an earlier day, which today's word of the patient
replaces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from afterthread.engine.case import CaseError, read_case
from afterthread.engine.triage import Decision, triage
from afterthread.protocol import Protocol
from bench.wild import RawCase

Path = tuple[str | int, ...]
GONE = object()
"""Stands for a field that is not there at all."""
VALUES: tuple[Any, ...] = (7, "seven", True, 1.5, [], {}, ["no"], {"no": "no"})
"""Of which those of another type than the field's own are tried."""


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every field of a case, however deep."""
    found = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in found:
        yield (*at, key)
        yield from paths(inner, (*at, key))


def is_message(case: RawCase, path: Path) -> bool:
    """Whether the field is the message itself, an item of a list, or belongs to an earlier day."""
    if path[0] != "checkins":
        return isinstance(path[-1], int)
    return len(path) < 3 or path[-1] == "words" or path[1] != len(case["checkins"]) - 1


def spoilt(case: RawCase, path: Path, value: Any) -> RawCase:
    """The case with one field changed or gone."""
    return _put(case, path, value)  # type: ignore[no-any-return]


def _put(value: Any, path: Path, new: Any) -> Any:
    made, key = value.copy(), path[0]
    if len(path) > 1:
        made[key] = _put(made[key], path[1:], new)
    elif new is GONE:
        del made[key]
    else:
        made[key] = new
    return made


def wrong_values(value: Any) -> list[Any]:
    """Values of another type, as JSON sees types; an answer may be an object or a word."""
    own = type(value)
    pair = (str, dict)
    return [other for other in VALUES if type(other) is not own and not (own in pair and type(other) in pair)]


def carried(protocol: Protocol, case: RawCase, path: Path) -> set[str]:
    """The variables that a field speaks of: losing it loses them."""
    if "answers" in path:
        place = path.index("answers")
        whole = case["checkins"][path[1]]["answers"]
        return {str(path[place + 1])} if len(path) > place + 1 else set(whole)
    if path[-1] == "otherwise":
        return {*protocol["modifier"]} if path[0] == "procedure" else {*protocol["question"]}
    if "modifiers" in path and path[-1] != "modifiers":
        return {str(path[-1])}
    facts = {"age": "age_from", "zones": "zones", "kind": "kinds", "material": "materials", "count": "threads_from"}
    name = next((facts[str(part)] for part in reversed(path) if part in facts), "zones" if "zone" in path else "")
    return {m.id for m in protocol["modifier"].values() if not name or getattr(m, name)}


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of one spoilt field: refused, not lower, lower but said so, or silently lower."""

    path: Path
    how: str
    end: str


def lose(protocol: Protocol, case: RawCase, random: Random, fields: int) -> Iterator[Loss]:
    """So many random fields of a case, each once gone, once null and once of a wrong type."""
    before = triage(protocol, read_case(protocol, case))
    found = [path for path in paths(case) if not is_message(case, path)]
    for path in random.sample(found, min(fields, len(found))):
        value = _get(case, path)
        for how, new in (("gone", GONE), ("null", None), ("type", random.choice(wrong_values(value)))):
            try:
                after = triage(protocol, read_case(protocol, spoilt(case, path, new)))
            except CaseError:
                yield Loss(path, how, "refused")
                continue
            yield Loss(path, how, _end(before, after, carried(protocol, case, path)))


def _get(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _end(before: Decision, after: Decision, lost: set[str]) -> str:
    """A lower urgency is said so when what was lost is named among the unanswered."""
    if after.urgency >= before.urgency:
        return "not lower"
    named = {change.variable.partition(".")[0] for change in after.unanswered} | {*after.open}
    return "said so" if named & lost else "silent"


def tally(protocol: Protocol, cases: Iterator[tuple[RawCase, Random]], fields: int) -> Counter[str]:
    """How the losses ended, over many cases."""
    return Counter(loss.end for case, random in cases for loss in lose(protocol, case, random, fields))
