"""What another version of a protocol says otherwise of one person: her decisions, and the dates of her plan."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from afterthread.clinic.queries.protocol.differ import CONTACTS, contacts, hears_alike
from afterthread.engine.facts import Case, Facts, Procedure
from afterthread.engine.history import observe
from afterthread.engine.plan import Plan, plan
from afterthread.engine.triage import Weighed, weigh
from afterthread.protocol.model import Protocol, Urgency

Span = tuple[int, int | None]
"""The first day and the day on which it holds no longer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One reason that is not the same in both versions; "" where it is none."""

    entry: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Shift:
    """One check-in that two versions decide differently; `at` is its place among the person's check-ins."""

    at: int
    day: int
    before: Urgency
    after: Urgency
    why: tuple[Turn, ...]


def decisions(old: Protocol, new: Protocol, case: Case, among: Container[int] | None = None) -> Iterator[Shift]:
    """Every check-in of a case whose urgency or reasons differ; only those at the places `among`, if given."""
    facts = list(observe(new, case))
    before = _as_before(old, case, facts) if hears_alike(old, new) else observe(old, case)
    for at, (one, other) in enumerate(zip(before, facts, strict=True)):
        if among is None or at in among:
            shift = _shift(at, old, one, new, other)
            if shift.before != shift.after or shift.why:
                yield shift


def _as_before(old: Protocol, case: Case, facts: list[Facts]) -> Iterator[Facts]:
    days = [checkin.day for checkin in case.checkins]
    for one, was in zip(facts, contacts(old, days), strict=True):
        yield one if one[CONTACTS] == was else one.but(CONTACTS, was)


def _shift(at: int, old: Protocol, known: Facts, new: Protocol, known_now: Facts) -> Shift:
    was, now = weigh(old, known), weigh(new, known_now)
    first, second = _reasons(was), _reasons(now)
    turns = tuple(
        Turn(entry, first.get(entry, ""), second.get(entry, ""))
        for entry in sorted(first.keys() | second.keys())
        if first.get(entry) != second.get(entry)
    )
    return Shift(at, known.day, was.urgency, now.urgency, turns)


def _reasons(weighed: Weighed) -> dict[str, str]:
    """What was found, as one word for each entry: how, and how urgent."""
    return {key: f"{one.status}:{one.urgency.word}" for key, one in weighed.findings.items()}


@dataclass(frozen=True, slots=True)
class Redated:
    """A step with other days, or (`answer`) a sign with another last expected day."""

    entry: str
    answer: str
    was: tuple[Span, ...]
    now: tuple[Span, ...]

    @property
    def last(self) -> int:
        """The last day on which the two differ in anything; a very late one when only one of them ever ends."""
        different = {*self.was} ^ {*self.now}
        if any(end is None for _, end in self.was) != any(end is None for _, end in self.now):
            return sys.maxsize
        return max((first if end is None else max(first, end) for first, end in different), default=0)


def dates(old: Protocol, new: Protocol, procedure: Procedure) -> list[Redated]:
    """Everything in the plan of one procedure that has other days."""
    was, now = (_dated(plan(one, procedure)) for one in redating(old, new))
    return [
        Redated(*key, was.get(key, ()), now.get(key, ()))
        for key in dict.fromkeys([*was, *now])
        if was.get(key) != now.get(key)
    ]


@lru_cache(maxsize=16)
def redating(old: Protocol, new: Protocol) -> tuple[Protocol, Protocol]:
    """Both, with those steps and courses only that may have other days; the rest of a plan is the same in both."""
    if any(old[section] != new[section] for section in ("modifier", "zone")):
        return old, new
    return _without(old, new), _without(new, old)


def _without(one: Protocol, other: Protocol) -> Protocol:
    left = {
        section: {id: entry for id, entry in one[section].items() if other[section].get(id) != entry}
        for section in ("step", "course")
    }
    return replace(one, entries={**one.entries, **left})


def _dated(made: Plan) -> dict[tuple[str, str], tuple[Span, ...]]:
    spans: dict[tuple[str, str], tuple[Span, ...]] = {}
    for item in made.items:
        spans[item.step, ""] = (*spans.get((item.step, ""), ()), (item.first_day, item.end_day))
    for one in made.expected:
        for answer, until in one.until.items():
            spans[f"course.{one.question}", answer] = ((0, until),)
    return spans
