"""What another version of a protocol says otherwise of one person: her decisions, and the dates of her plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from afterthread.engine.facts import Case, Facts, Procedure
from afterthread.engine.history import due_days, observe
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


def decisions(old: Protocol, new: Protocol, case: Case) -> Iterator[Shift]:
    """Every check-in of a case whose urgency or reasons differ."""
    facts = list(observe(new, case))
    before = facts if due_days(old) == due_days(new) else list(observe(old, case))
    for at, (one, other) in enumerate(zip(before, facts, strict=True)):
        shift = _shift(at, old, one, new, other)
        if shift.before != shift.after or shift.why:
            yield shift


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
        """The last day on which the two differ in anything; a very late one for what never ends."""
        different = {*self.was} ^ {*self.now}
        return max((first if end is None else max(first, end) for first, end in different), default=0)


def dates(old: Protocol, new: Protocol, procedure: Procedure) -> list[Redated]:
    """Everything in the plan of one procedure that has other days."""
    was, now = _dated(plan(old, procedure)), _dated(plan(new, procedure))
    return [
        Redated(*key, was.get(key, ()), now.get(key, ()))
        for key in dict.fromkeys([*was, *now])
        if was.get(key) != now.get(key)
    ]


def _dated(made: Plan) -> dict[tuple[str, str], tuple[Span, ...]]:
    spans: dict[tuple[str, str], tuple[Span, ...]] = {}
    for item in made.items:
        spans[item.step, ""] = (*spans.get((item.step, ""), ()), (item.first_day, item.end_day))
    for one in made.expected:
        for answer, until in one.until.items():
            spans[f"course.{one.question}", answer] = ((0, until),)
    return spans
