"""The knowledge as frozen values: what a protocol can say, and nothing about how it is stored or used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, ClassVar, Literal

UNKNOWN = "unknown"
"""The value of every answer that was not given. It is never "no" (house rule 2)."""


SIDES = ("both", "one")
COURSES = ("better", "same", "worse", "relapse", "back", "new")
"""Against the last check-in that answered: falling, level, rising, rising after a fall, again after "no", or for
the first time after "no"."""
CONTEXT: Mapping[str, tuple[str, ...]] = {
    "first_24h": ("yes", "no"),
    "silence": ("no", "missed", "after_same_day", "after_emergency"),
    "contacts": ("few", "repeated"),
    "own_words": ("no", "yes"),
}
"""What the history and the clock say, beside the answers; never unknown."""


class Urgency(IntEnum):
    """How soon somebody must look; the maximum of all rules that fire wins."""

    SELF_CARE = 0
    ROUTINE = 1
    SAME_DAY = 2
    EMERGENCY = 3

    @property
    def word(self) -> str:
        """The name used in TOML and JSON: ``self_care`` … ``emergency``."""
        return self.name.lower()


class Grade(StrEnum):
    """How strong a source is; see ``sources.toml``."""

    META_ANALYSIS = "M"
    SERIES = "S"
    CASE_REPORT = "C"
    EXPERT = "E"
    LEAFLET = "L"
    PUBLIC_GUIDANCE = "N"
    DOCUMENT = "D"
    JUDGEMENT = "J"


@dataclass(frozen=True, slots=True, order=True)
class Offset:
    """A moment after the procedure: calendar days (exact dates), or elapsed hours where hours matter."""

    amount: int
    unit: Literal["d", "h"]

    @property
    def hours(self) -> int:
        """The offset in hours, a day counted as 24; for ordering only, never for dates."""
        return self.amount * (24 if self.unit == "d" else 1)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Days:
    """An inclusive range of day numbers; `last` None means for as long as anybody asks."""

    first: int = 0
    last: int | None = None

    def __contains__(self, day: int) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def __str__(self) -> str:
        return f"{self.first}+" if self.last is None else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Box:
    """One conjunction: a range of days and, per variable, the set of values that satisfy it."""

    where: Mapping[str, frozenset[str]]
    days: Days = Days()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every piece of knowledge has: an id, where it comes from, and whether a clinician must look."""

    id: str
    sources: tuple[str, ...] = ()
    needs_review: str = ""
    section: ClassVar[str] = ""
    words: ClassVar[tuple[str, ...]] = ()
    """Sentences that must stand in every language under ``[section.id]``."""
    optional_words: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """How other entries and people name it: ``course.swelling``."""
        return f"{self.section}.{self.id}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which protocol an answer was made from; every answer carries one."""

    id: str
    version: str
    digest: str
    approval: str


@dataclass(frozen=True, eq=False)
class Protocol:
    """All that is known, by section and id; built only by `load`, which proves that it is whole."""

    id: str
    version: str
    author: str
    approval: str
    digest: str
    horizon_days: int
    unanswered: Urgency
    """What a check-in is worth while an unanswered question could still raise it above self-care."""
    languages: tuple[str, ...]
    phones: Mapping[str, str]
    entries: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        """The entries of one section by id: ``protocol["course"]["swelling"]``."""
        return self.entries[section]

    def __iter__(self) -> Iterator[Entry]:
        for section in self.entries.values():
            yield from section.values()

    @cached_property
    def stamp(self) -> Stamp:
        """The identity that every answer carries."""
        return Stamp(self.id, self.version, self.digest, self.approval)

    @cached_property
    def variables(self) -> Mapping[str, tuple[str, ...]]:
        """Every variable a rule may speak of, with its values from best to worst."""
        return variables(self.entries)


def variables(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The finite domain: questions, their side and course, modifiers, and what only the history knows."""
    found: dict[str, tuple[str, ...]] = dict(CONTEXT)
    for modifier in entries.get("modifier", {}):
        found[modifier] = ("no", "yes")
    for question in entries.get("question", {}).values():
        found[question.id] = entries["scale"][question.scale].values if question.scale in entries["scale"] else ()
        if question.side:
            found[f"{question.id}.side"] = SIDES
        found[f"{question.id}.course"] = COURSES
    return found
