"""A protocol compiled to boxes over finite, coded domains: one document that replay and a browser can read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from afterthread.engine.history import due_days
from afterthread.protocol.entry import Course, Rule
from afterthread.protocol.model import UNKNOWN, Days, Protocol, Stamp, Urgency

FORMAT = 1
UNANSWERED = "unanswered"
"""The rule id of a box that fires because a silence leaves a rule possible."""
RISK = "risk"
"""Derived variable: yes when any raising modifier is, unknown when none is but one is unknown, otherwise no."""
Where = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One box: on these days, when every variable has one of its values, at least this urgency, because of `rule`."""

    rule: str
    urgency: Urgency
    days: Days
    where: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Artefact:
    """All boxes, and the domain of every variable with "unknown" first; the decision is the maximum."""

    stamp: Stamp
    horizon_days: int
    due: tuple[int, ...]
    domains: Mapping[str, tuple[str, ...]]
    modifiers: tuple[str, ...]
    raising: tuple[str, ...]
    boxes: tuple[Cell, ...]

    def decide(self, day: int, values: Mapping[str, str]) -> tuple[Urgency, str]:
        """The urgency and the rule that decides: the first by id of the highest, a silence last."""
        known = {**values, RISK: risk_of(self.raising, values)}
        fired = [box for box in self.boxes if day in box.days and _holds(box, known)]
        best = min(fired, key=rank, default=None)
        return (Urgency.SELF_CARE, "") if best is None else (best.urgency, best.rule)

    def document(self) -> dict[str, Any]:
        """Plain data for JSON; see ``docs/reference/artefact.md``. Values are positions in their domain."""
        return {
            "format": FORMAT,
            "protocol": {
                "id": self.stamp.id,
                "version": self.stamp.version,
                "digest": self.stamp.digest,
                "approval": self.stamp.approval,
            },
            "horizon_days": self.horizon_days,
            "due": list(self.due),
            "urgencies": [urgency.word for urgency in Urgency],
            "domains": {name: list(values) for name, values in self.domains.items()},
            "modifiers": list(self.modifiers),
            "raising": list(self.raising),
            "boxes": [
                {
                    "rule": box.rule,
                    "urgency": int(box.urgency),
                    "days": [box.days.first, box.days.last],
                    "where": {
                        name: sorted(self.domains[name].index(value) for value in values)
                        for name, values in sorted(box.where.items())
                    },
                }
                for box in self.boxes
            ],
        }


def from_document(document: Mapping[str, Any]) -> Artefact:
    """The artefact that `document` describes; raises ValueError when it is of another format."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"this is not a compiled protocol of format {FORMAT}; compile it again")
    domains = {name: tuple(values) for name, values in document["domains"].items()}
    return Artefact(
        stamp=Stamp(**document["protocol"]),
        horizon_days=document["horizon_days"],
        due=tuple(document["due"]),
        domains=domains,
        modifiers=tuple(document["modifiers"]),
        raising=tuple(document["raising"]),
        boxes=tuple(
            Cell(
                box["rule"],
                Urgency(box["urgency"]),
                Days(*box["days"]),
                {name: frozenset(domains[name][code] for code in codes) for name, codes in box["where"].items()},
            )
            for box in document["boxes"]
        ),
    )


def rank(box: Cell) -> tuple[int, bool, str]:
    """The order in which boxes decide, whatever order they stand in."""
    return -box.urgency, box.rule == UNANSWERED, box.rule


def risk_of(raising: tuple[str, ...], values: Mapping[str, str]) -> str:
    """The derived variable `risk`."""
    answers = {values.get(modifier, UNKNOWN) for modifier in raising}
    return "yes" if "yes" in answers else UNKNOWN if UNKNOWN in answers else "no"


def _holds(box: Cell, values: Mapping[str, str]) -> bool:
    return all(values.get(name, UNKNOWN) in wanted for name, wanted in box.where.items())


@lru_cache(maxsize=16)
def compile_protocol(protocol: Protocol) -> Artefact:
    """Every rule and every window as boxes, in an order that does not depend on the files."""
    boxes = [box for rule in protocol["rule"].values() for box in _rule_boxes(rule, protocol.unanswered)]
    boxes += [box for course in protocol["course"].values() for box in _course_boxes(course, protocol.unanswered)]
    return Artefact(
        stamp=protocol.stamp,
        horizon_days=protocol.horizon_days,
        due=tuple(sorted(due_days(protocol))),
        domains={
            **{name: (UNKNOWN, *values) for name, values in sorted(protocol.variables.items())},
            RISK: (UNKNOWN, "no", "yes"),
        },
        modifiers=tuple(sorted(protocol["modifier"])),
        raising=tuple(sorted(m.id for m in protocol["modifier"].values() if m.raises)),
        boxes=tuple(sorted(set_of(boxes), key=lambda b: (b.rule, b.urgency, b.days.first, repr(sorted_where(b))))),
    )


def set_of(boxes: list[Cell]) -> list[Cell]:
    """The boxes without twins."""
    return list({(b.rule, b.urgency, b.days, repr(sorted_where(b))): b for b in boxes}.values())


def sorted_where(box: Cell) -> list[tuple[str, list[str]]]:
    """The conditions of a box in a fixed order."""
    return sorted((name, sorted(values)) for name, values in box.where.items())


def _rule_boxes(rule: Rule, unanswered: Urgency) -> Iterator[Cell]:
    for box in rule.when:
        where = dict(box.where)
        yield from _raised(rule.key, rule.urgency, box.days, where, may=rule.raised)
        if min(rule.urgency, unanswered):
            widened = {name: values | {UNKNOWN} for name, values in where.items()}
            yield Cell(UNANSWERED, min(rule.urgency, unanswered), box.days, widened)


def _course_boxes(course: Course, unanswered: Urgency) -> Iterator[Cell]:
    for answer, base in course.until.items():
        shifts = [shift for shift in course.shift if not shift.answers or answer in shift.answers]
        for taken in itertools.product((False, True), repeat=len(shifts)):
            until = base + sum(shift.days for shift, on in zip(shifts, taken, strict=True) if on)
            where: Where = {course.id: frozenset({answer})}
            for shift, on in zip(shifts, taken, strict=True):
                where[shift.modifier] = where.get(shift.modifier, _ANY) & _applies(shift.days, on=on)
            if until >= 0:
                yield Cell(course.key, Urgency.SELF_CARE, Days(0, until), where)
            past = Days(max(until + 1, 0))
            yield from _raised(course.key, course.past, past, where, may=course.raised)
            if min(course.past, unanswered):
                yield Cell(UNANSWERED, min(course.past, unanswered), past, {**where, course.id: frozenset({UNKNOWN})})


_ANY = frozenset({"yes", "no", UNKNOWN})


def _applies(days: int, *, on: bool) -> frozenset[str]:
    """The values of a modifier under which a shift is taken; an unknown one only shortens a window."""
    taken = {"yes"} if days > 0 else {"yes", UNKNOWN}
    return frozenset(taken) if on else _ANY - taken


def _raised(rule: str, urgency: Urgency, days: Days, where: Where, *, may: bool) -> Iterator[Cell]:
    yield Cell(rule, urgency, days, where)
    if may and urgency == Urgency.ROUTINE:
        yield Cell(rule, Urgency.SAME_DAY, days, {**where, RISK: frozenset({"yes"})})
