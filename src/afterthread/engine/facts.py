"""What was done and what is said: procedure, check-ins, and the facts a rule can see; unknown is a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from afterthread.protocol.model import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One thread, or several alike, as placed; `vector` in degrees: 0 away from the midline, 90 up."""

    zone: str = UNKNOWN
    side: str = UNKNOWN
    kind: str = UNKNOWN
    material: str = UNKNOWN
    layer: str = UNKNOWN
    fixation: str = UNKNOWN
    path: str = UNKNOWN
    purpose: str = UNKNOWN
    overcorrection: str = UNKNOWN
    barb_near_exit: str = UNKNOWN
    paired_needles: str = UNKNOWN
    vector: int | None = None
    count: int = 1
    lot: str = ""
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What was done; dates may be absent when a case speaks in day numbers only."""

    at: datetime | None = None
    day: date | None = None
    zone: ZoneInfo | None = None
    age: int | None = None
    zones: tuple[str, ...] = ()
    threads: tuple[Thread, ...] = ()
    modifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: a value of the question's scale, and what else was said about it."""

    level: str
    side: str = UNKNOWN
    trend: str = UNKNOWN
    since: int | None = None
    zone: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """What the patient says at one time; a question that is neither answered nor closed stays unknown.

    `otherwise_no` is set when the patient saw every other question and closed it with "none of these".
    """

    day: int
    at: datetime | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    otherwise_no: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A procedure and all check-ins so far, in order; `as_of` is the day on which it is judged."""

    procedure: Procedure
    checkins: tuple[CheckIn, ...] = ()
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a rule can see on one day: variable -> value; a missing variable is unknown."""

    day: int
    values: Mapping[str, str]
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def __getitem__(self, variable: str) -> str:
        return self.values.get(variable, UNKNOWN)

    def but(self, variable: str, value: str) -> Facts:
        """The same facts with one changed."""
        return Facts(self.day, {**self.values, variable: value}, self.answers)
