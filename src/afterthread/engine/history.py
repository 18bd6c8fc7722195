"""The course of a recovery: facts that only the earlier check-ins can tell, never the patient's memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from afterthread.engine.day import hours_between
from afterthread.engine.facts import Answer, Case, CheckIn, Facts, Procedure, Thread
from afterthread.protocol.entry import Modifier
from afterthread.protocol.model import CONTEXT, UNKNOWN, Protocol

RECENT_DAYS = 2
"""A sign without an earlier answer is new when the patient dates it to the last days."""
REPEATED_CONTACTS, CONTACT_DAYS = 3, 3
"""So many check-ins beyond those that were due, within so many days, are repeated contact."""
ANAESTHETIC_HOURS = 24


@dataclass(slots=True)
class Track:
    """What the check-ins so far say about one question; levels as positions on its scale."""

    last: int | None = None
    present_before: bool = False
    improved: bool = False

    def course(self, level: int, answer: Answer, day: int) -> str:
        """How a present sign stands against the last answer; a word of "worse" is always believed."""
        if self.last == 0:
            return "back" if self.present_before else "new"
        if self.last is None:
            recent = answer.since is not None and 0 < answer.since >= day - RECENT_DAYS
            return "new" if recent and answer.trend != "worse" else answer.trend
        if level > self.last or answer.trend == "worse":
            return "relapse" if self.improved else "worse"
        return "better" if level < self.last or answer.trend == "better" else "same"

    def follow(self, level: int, course: str) -> None:
        """Take in one answer."""
        self.improved |= course == "better" or (self.last is not None and level < self.last)
        self.present_before |= level > 0
        self.last = level


@dataclass(slots=True)
class History:
    """Folds check-ins, oldest first, into facts."""

    protocol: Protocol
    procedure: Procedure
    traits: Mapping[str, str] = field(init=False)
    tracks: dict[str, Track] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.traits = traits(self.protocol, self.procedure)

    def observe(self, checkin: CheckIn) -> Facts:
        """The facts of one check-in, which then becomes part of the history."""
        values = dict(self.traits)
        for question in self.protocol["question"]:
            answer = checkin.answers.get(question)
            if answer is None and checkin.otherwise_no:
                answer = _NO
            if answer is not None and answer.level != UNKNOWN:
                values.update(self._answered(question, answer, checkin.day))
        values["own_words"] = "yes" if checkin.words.strip() else "no"
        values["contacts"] = contact(checkin.day, due_days(self.protocol), self.heard, self.extra)
        values["silence"] = "no"
        values["first_24h"] = "yes" if within_first_24h(self.procedure, checkin) else "no"
        return Facts(checkin.day, values, checkin.answers)

    def _answered(self, question: str, answer: Answer, day: int) -> Iterator[tuple[str, str]]:
        level = self.protocol.variables[question].index(answer.level)
        track = self.tracks.setdefault(question, Track())
        course = track.course(level, answer, day) if level else UNKNOWN
        track.follow(level, course)
        yield question, answer.level
        if level:
            yield f"{question}.side", answer.side
            yield f"{question}.course", course


def contact(day: int, due: frozenset[int], heard: list[int], extra: list[int]) -> str:
    """How often she comes of her own accord, by one more check-in, which then is one of those heard."""
    unasked = day in heard or day not in due
    heard.append(day)
    if unasked:
        extra.append(day)
    recent = sum(one > day - CONTACT_DAYS for one in extra)
    return "repeated" if unasked and recent >= REPEATED_CONTACTS else "few"


@lru_cache(maxsize=8)
def due_days(protocol: Protocol) -> frozenset[int]:
    """The days on which a check-in is due."""
    return frozenset(d for step in protocol["step"].values() if step.kind == "checkin" for d in step.days)


_NO = Answer(level="no")


def observe(protocol: Protocol, case: Case) -> Iterator[Facts]:
    """The facts of every check-in in turn."""
    history = History(protocol, case.procedure)
    for checkin in case.checkins:
        yield history.observe(checkin)


def silent(protocol: Protocol, procedure: Procedure, day: int, silence: str) -> Facts:
    """The facts of a day on which nothing was heard: nothing is known, and the silence itself."""
    known = {name: values[0] for name, values in CONTEXT.items()}
    first = "yes" if within_first_24h(procedure, CheckIn(day=day)) else "no"
    return Facts(day, {**traits(protocol, procedure), **known, "first_24h": first, "silence": silence})


def within_first_24h(procedure: Procedure, checkin: CheckIn) -> bool:
    """Whether the anaesthetic may still act; without clock times, only on day 0."""
    if procedure.at is not None and checkin.at is not None:
        return hours_between(procedure.at, checkin.at) < ANAESTHETIC_HOURS
    return checkin.day == 0


def traits(protocol: Protocol, procedure: Procedure) -> dict[str, str]:
    """Every modifier as yes, no or unknown, from what was asked and from the recorded threads."""
    return {id: _trait(modifier, procedure) for id, modifier in protocol["modifier"].items()}


def _trait(modifier: Modifier, procedure: Procedure) -> str:
    """A yes from either side stands; a no needs an answer or a full record."""
    asked = procedure.modifiers.get(modifier.id, UNKNOWN)
    return "yes" if asked == "yes" else _recorded(modifier, procedure) or asked


def _recorded(modifier: Modifier, procedure: Procedure) -> str:
    """What age, zones and threads say of a modifier; "" when they say nothing."""
    threads = procedure.threads
    if modifier.age_from and procedure.age is not None:
        return "yes" if procedure.age >= modifier.age_from else "no"
    if modifier.zones:
        return _any_of(modifier.zones, [*procedure.zones, *(thread.zone for thread in threads)])
    if modifier.kinds:
        return _any_of(modifier.kinds, [thread.kind for thread in threads])
    if modifier.materials:
        return _any_of(modifier.materials, [_material(thread) for thread in threads])
    if modifier.threads_from and threads:
        return "yes" if sum(thread.count for thread in threads) >= modifier.threads_from else "no"
    return ""


def _material(thread: Thread) -> str:
    return "unknown_material" if thread.material == UNKNOWN else thread.material


def _any_of(wanted: tuple[str, ...], recorded: list[str]) -> str:
    if any(one in wanted for one in recorded):
        return "yes"
    return "" if not recorded or UNKNOWN in recorded else "no"
