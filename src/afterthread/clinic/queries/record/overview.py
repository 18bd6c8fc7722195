"""What came of all procedures of a clinic, point by point: counts with their denominators, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from afterthread.clinic.models import Outcome, ProcedureVersion, Thread
from afterthread.clinic.queries import figure
from afterthread.clinic.queries.record.outcome import SPANS, due_on
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer

FEW = 10
"""Fewer than that are not compared."""
FILTERS = ("material", "kind", "zone")
SATISFACTION = range(1, 6)


@dataclass(frozen=True)
class Share(figure.Share):
    """So many of so many, and whether that is enough."""

    @property
    def few(self) -> bool:
        """Whether there are too few to compare."""
        return self.n < FEW


@dataclass(frozen=True)
class Side:
    """What one side said at a point."""

    answered: Share
    """Of all procedures that have come to the point."""
    grades: tuple[Share, ...]
    """From the worst to the best, each of those who graded it."""
    visible: tuple[Share, ...]


@dataclass(frozen=True)
class PointFigures:
    """One point: procedures old enough are what everything is counted of."""

    point: str
    due: int
    patient: Side
    clinician: Side
    same: Share
    """How often both gave the same grade, of those that both graded."""
    near: Share
    """The same, or the one beside it."""
    patient_higher: int
    clinician_higher: int
    satisfaction: tuple[Share, ...]
    repeat: tuple[Share, ...]


@dataclass(frozen=True)
class Overview:
    """All points, and what can be chosen."""

    points: tuple[PointFigures, ...]
    counted: int
    """Signed procedures that fit what was chosen."""
    choices: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Done:
    """One signed procedure: its day 0, the date where its patient is, and its threads by filter."""

    zero: date
    today: date
    threads: frozenset[tuple[str, ...]]


def overview(viewer: Viewer, at: datetime, **chosen: str) -> Overview:
    """The figures of a clinic, in three questions to the tables however much there is.

    `chosen` are `material`, `kind` and `zone` of a thread; a procedure counts if one of its threads has all of them.
    """
    viewer.require("outcomes.read")
    done = _done(viewer, at)
    wanted = tuple(chosen.get(name, "") for name in FILTERS)
    fits = {id: one for id, one in done.items() if _fits(one, wanted)}
    said = _said(viewer)
    used = {line for one in done.values() for line in one.threads}
    return Overview(
        points=tuple(_figures(point, fits, said) for point in SPANS),
        counted=len(fits),
        choices={name: tuple(sorted({line[i] for line in used} - {""})) for i, name in enumerate(FILTERS)},
    )


def _fits(one: _Done, wanted: tuple[str, ...]) -> bool:
    if not any(wanted):
        return True
    return any(all(w in ("", is_) for w, is_ in zip(wanted, line, strict=True)) for line in one.threads)


def _done(viewer: Viewer, at: datetime) -> dict[UUID, _Done]:
    """Every signed procedure by its last version."""

    @cache
    def today(zone: str) -> date:
        return at.astimezone(ZoneInfo(zone)).date()

    signed = scope(viewer, ProcedureVersion).filter(signed_at__isnull=False).order_by("number")
    rows = signed.values_list("procedure_id", "pk", "placed_at", "time_zone", "patient__time_zone")
    last = {row[0]: row[1:] for row in rows.iterator()}
    threads: dict[UUID, set[tuple[str, ...]]] = {pk: set() for pk, *_ in last.values()}
    for version, *line in scope(viewer, Thread).values_list("version_id", *FILTERS).order_by().distinct().iterator():
        if version in threads:
            threads[version].add(tuple(line))
    return {
        id: _Done(placed.astimezone(ZoneInfo(zone)).date(), today(home), frozenset(threads[pk]))
        for id, (pk, placed, zone, home) in last.items()
    }


Said = dict[tuple[UUID, str, bool], dict[str, Any]]


def _said(viewer: Viewer) -> Said:
    """The last word of each side on each procedure at each point."""
    names = ("improvement", "satisfaction", "would_repeat", "still_visible")
    rows = scope(viewer, Outcome).order_by("at", "pk").values("procedure_id", "point", "staff_id", *names)
    return {(row["procedure_id"], row["point"], row["staff_id"] is None): row for row in rows.iterator()}


def _figures(point: str, done: dict[UUID, _Done], said: Said) -> PointFigures:
    reached = [id for id, one in done.items() if due_on(one.zero, point) <= one.today]
    hers, theirs = ([said[id, point, mine] for id in reached if (id, point, mine) in said] for mine in (True, False))
    pairs = [
        (said[id, point, True]["improvement"], said[id, point, False]["improvement"])
        for id in reached
        if (id, point, True) in said and (id, point, False) in said
    ]
    both = [(mine, other) for mine, other in pairs if mine and other]
    return PointFigures(
        point=point,
        due=len(reached),
        patient=_side(hers, len(reached)),
        clinician=_side(theirs, len(reached)),
        same=Share(sum(mine == other for mine, other in both), len(both)),
        near=Share(sum(abs(mine - other) <= 1 for mine, other in both), len(both)),
        patient_higher=sum(mine > other for mine, other in both),
        clinician_higher=sum(mine < other for mine, other in both),
        satisfaction=_shares((one["satisfaction"] for one in hers), SATISFACTION),
        repeat=_shares((one["would_repeat"] for one in hers), Outcome.Three.values),
    )


def _side(rows: list[dict[str, Any]], due: int) -> Side:
    return Side(
        answered=Share(len(rows), due),
        grades=_shares((row["improvement"] for row in rows), Outcome.Grade.values),
        visible=_shares((row["still_visible"] for row in rows), Outcome.Three.values),
    )


def _shares(answers: Iterable[Any], values: Iterable[Any]) -> tuple[Share, ...]:
    """How often each was said, of all who answered the question."""
    given = [one for one in answers if one]
    return tuple(Share(given.count(value), len(given)) for value in values)
