"""What is allowed, due and expected, and when: a dated plan from one procedure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from afterthread.engine.day import moment
from afterthread.engine.facts import Facts, Procedure
from afterthread.engine.history import traits
from afterthread.engine.triage import window
from afterthread.protocol.entry import Step
from afterthread.protocol.model import UNKNOWN, Offset, Protocol, Stamp

HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One step, dated; `first_day` and `end_day` (exclusive) count days, `starts` and `ends` are moments if known."""

    step: str
    kind: str
    topic: str
    first_day: int
    end_day: int | None
    starts: datetime | None
    ends: datetime | None
    on: date | None
    sources: tuple[str, ...]

    def active(self, day: int, at: datetime | None) -> bool:
        """Whether it holds at `at`, or on a day when no clock times are known (a started day counts whole)."""
        if at is not None and self.starts is not None:
            return self.starts <= at and (self.ends is None or at < self.ends)
        return self.first_day <= day and (self.end_day is None or day < self.end_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Until which day a sign is expected at each answer, for this person."""

    question: str
    peak: str
    until: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything dated, pinned to the protocol it was made from."""

    items: tuple[PlanItem, ...]
    expected: tuple[Expected, ...]
    stamp: Stamp


def plan(protocol: Protocol, procedure: Procedure) -> Plan:
    """The recovery plan: every step that concerns this procedure, in order of time."""
    known = traits(protocol, procedure)
    facts = Facts(0, known)
    zones = {*procedure.zones, *(thread.zone for thread in procedure.threads)}
    regions = set() if UNKNOWN in zones else {protocol["zone"][zone].region for zone in zones}
    items = [
        item
        for step in protocol["step"].values()
        if _concerns(step, regions, known)
        for item in _items(step, procedure)
    ]
    return Plan(
        items=tuple(sorted(items, key=lambda item: (item.first_day, item.step))),
        expected=tuple(
            Expected(question=id, peak=str(c.peak), until={answer: window(c, answer, facts) for answer in c.until})
            for id, c in protocol["course"].items()
        ),
        stamp=protocol.stamp,
    )


def today(made: Plan, day: int, at: datetime | None = None) -> dict[str, list[PlanItem]]:
    """What holds now, by kind of step; a topic counts as allowed once no restriction holds, and is shut till then."""
    now = [item for item in made.items if item.active(day, at)]
    shut = {item.topic for item in now if item.kind == "forbidden"}
    ended = [i for i in made.items if i.kind == "forbidden" and i.topic not in shut and i.first_day <= day]
    free = [item for item in now if item.kind == "allowed" and item.topic not in shut]
    return {
        "forbidden": [item for item in now if item.kind == "forbidden"],
        "allowed": list({item.topic: item for item in [*ended, *free]}.values()),
        "care": [item for item in now if item.kind in ("care", "preparation") and item.topic not in shut],
        "due": [item for item in now if item.kind in ("visit", "checkin", "photo")],
        "window": [item for item in now if item.kind == "window"],
    }


def _concerns(step: Step, regions: set[str], known: dict[str, str]) -> bool:
    """Unknown regions and unknown modifiers concern everybody: a restriction too many harms less than one too few."""
    if step.regions and regions and not regions & {*step.regions}:
        return False
    return not step.modifiers or any(known.get(m, UNKNOWN) != "no" for m in step.modifiers)


def _items(step: Step, procedure: Procedure) -> list[PlanItem]:
    if step.days:
        return [_item(step, procedure, Offset(day, "d"), Offset(day + 1, "d")) for day in step.days]
    return [_item(step, procedure, step.start or Offset(0, "d"), step.end)]


def _item(step: Step, procedure: Procedure, start: Offset, end: Offset | None) -> PlanItem:
    at, first = procedure.at, _day(start, procedure, end=False)
    return PlanItem(
        step=step.key,
        kind=step.kind,
        topic=step.topic,
        first_day=first,
        end_day=None if end is None else _day(end, procedure, end=True),
        starts=None if at is None else moment(at, start),
        ends=None if at is None or end is None else moment(at, end),
        on=None if procedure.day is None else procedure.day + timedelta(days=first),
        sources=step.sources,
    )


def _day(offset: Offset, procedure: Procedure, *, end: bool) -> int:
    """The day number of an offset. A day on which hours end counts whole, so its exclusive end is the day after."""
    if offset.unit == "d":
        return offset.amount
    if procedure.at is not None and procedure.day is not None:
        return (moment(procedure.at, offset).date() - procedure.day).days + end
    return (-(-offset.amount // HOURS_PER_DAY) + 1) if end else offset.amount // HOURS_PER_DAY
