"""Breaks a protocol in one small way: every threshold, answer, condition, urgency and flag of its rules and windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from afterthread.protocol import Protocol, Urgency
from afterthread.protocol.entry import Course, Rule
from afterthread.protocol.model import COURSES, Box, Days

Entries = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One entry as it should not be, or gone (None); `what` says how it differs."""

    section: str
    id: str
    what: str
    entry: Rule | Course | None

    def __str__(self) -> str:
        return f"{self.section}.{self.id}: {self.what}"

    def of(self, protocol: Protocol) -> Protocol:
        """The protocol with this entry instead of its own."""
        group = {id: entry for id, entry in protocol[self.section].items() if id != self.id}
        if self.entry is not None:
            group[self.id] = self.entry
        return replace(protocol, entries={**protocol.entries, self.section: group})


def mutants(protocol: Protocol) -> Iterator[Mutant]:
    """Every mutant, in a fixed order."""
    for rule in protocol["rule"].values():
        for what, entry in [("deleted", None), *_urgencies(rule, "urgency"), *_raised(rule, rule.urgency)]:
            yield Mutant("rule", rule.id, what, entry)
        for what, when in _alternatives(protocol, rule):
            yield Mutant("rule", rule.id, what, replace(rule, when=when))
    for course in protocol["course"].values():
        for what, entry in [("deleted", None), *_urgencies(course, "past"), *_raised(course, course.past)]:
            yield Mutant("course", course.id, what, entry)
        for what, entry in [*_windows(protocol, course), *_shifts(protocol, course)]:
            yield Mutant("course", course.id, what, entry)


def _urgencies(entry: Any, key: str) -> Entries:
    """One level up and one down."""
    own = getattr(entry, key)
    near = [Urgency(level) for level in (own - 1, own + 1) if level in list(Urgency)]
    return [(f"{key} {own.word} -> {other.word}", replace(entry, **{key: other})) for other in near]


def _raised(entry: Any, urgency: Urgency) -> Entries:
    """The flag turned over, where it means something: only what is routine can be raised."""
    if urgency != Urgency.ROUTINE:
        return []
    return [(f"raised {entry.raised} -> {not entry.raised}", replace(entry, raised=not entry.raised))]


def _alternatives(protocol: Protocol, rule: Rule) -> Iterator[tuple[str, tuple[Box, ...]]]:
    for number, box in enumerate(rule.when):
        before, after = rule.when[:number], rule.when[number + 1 :]
        if before or after:
            yield f"alternative {number + 1} deleted", (*before, *after)
        for what, other in _boxes(protocol, box):
            yield f"alternative {number + 1}, {what}", (*before, other, *after)


def _boxes(protocol: Protocol, box: Box) -> Iterator[tuple[str, Box]]:
    for what, days in _days(box.days):
        yield f"day {box.days} -> {days} ({what})", replace(box, days=days)
    for name, wanted in box.where.items():
        for other in _answers(protocol.variables[name], wanted, ordered=not name.endswith(".course")):
            shown = f"{name} {'|'.join(sorted(wanted))} -> {'|'.join(sorted(other))}"
            yield shown, replace(box, where={**box.where, name: other})
        # A side or course says nothing without its question, so the question takes both with it.
        rest = {other: values for other, values in box.where.items() if other.partition(".")[0] != name}
        rest.pop(name, None)
        if rest:
            yield f"{name} dropped", replace(box, where=rest)


def _days(days: Days) -> Iterator[tuple[str, Days]]:
    if days.first:
        yield "a day earlier", replace(days, first=days.first - 1)
    whole = days.last is None and not days.first
    if days.first != days.last and not whole:
        yield "a day later", replace(days, first=days.first + 1)
    if days.last is not None:
        yield "ends a day later", replace(days, last=days.last + 1)
        if days.last > days.first:
            yield "ends a day earlier", replace(days, last=days.last - 1)


def _answers(domain: tuple[str, ...], wanted: frozenset[str], *, ordered: bool) -> Iterator[frozenset[str]]:
    """One answer more, next to those wanted, and one fewer, at the edge; a course has no neighbours."""
    if not ordered:
        yield from (wanted | {value} for value in COURSES if value not in wanted)
        yield from (wanted - {value} for value in COURSES if value in wanted and len(wanted) > 1)
        return
    places = sorted(domain.index(value) for value in wanted)
    for place in (places[0] - 1, places[-1] + 1):
        if 0 <= place < len(domain) and len(wanted) + 1 < len(domain):
            yield wanted | {domain[place]}
    for place in {places[0], places[-1]} if len(places) > 1 else ():
        yield wanted - {domain[place]}


def _windows(protocol: Protocol, course: Course) -> Iterator[tuple[str, Course]]:
    for answer, until in course.until.items():
        for other in (until - 1, until + 1):
            yield f"until.{answer} {until} -> {other}", replace(course, until={**course.until, answer: other})
        rest = {known: day for known, day in course.until.items() if known != answer}
        if rest:
            yield f"until.{answer} deleted", replace(course, until=rest)
    longest = max(course.until.values())
    for answer in protocol.variables[course.id][1:]:
        if answer not in course.until:
            added = {**course.until, answer: min([longest, *course.until.values()])}
            yield f"until.{answer} = {added[answer]} added", replace(course, until=added)


def _shifts(protocol: Protocol, course: Course) -> Iterator[tuple[str, Course]]:
    for number, shift in enumerate(course.shift):
        before, after = course.shift[:number], course.shift[number + 1 :]
        others: list[tuple[str, Any]] = [("deleted", ())]
        others += [
            (f"{shift.days} -> {days}", (replace(shift, days=days),)) for days in (shift.days - 1, shift.days + 1)
        ]
        if shift.answers:
            others.append(("for all answers", (replace(shift, answers=()),)))
        else:
            worst = protocol.variables[course.id][-1]
            left = tuple(answer for answer in course.until if answer != worst)
            others += [(f"not for {worst}", (replace(shift, answers=left),))] if worst in course.until and left else []
        for what, changed in others:
            yield f"shift by {shift.modifier} {what}", replace(course, shift=(*before, *changed, *after))
