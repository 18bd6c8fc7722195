"""What came of one procedure: when that is asked, what was said by both sides, and what may honestly be expected."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from afterthread.clinic.models import Outcome, Patient, Procedure, ProcedureVersion
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.engine.explain import Words

SPANS: Mapping[str, tuple[int, int]] = {
    Outcome.Point.WEEKS_2.value: (2, 0),
    Outcome.Point.MONTH_1.value: (0, 1),
    Outcome.Point.MONTHS_3.value: (0, 3),
    Outcome.Point.MONTHS_6.value: (0, 6),
    Outcome.Point.MONTHS_12.value: (0, 12),
    Outcome.Point.MONTHS_18.value: (0, 18),
}
"""Each point as weeks and calendar months after the day of the procedure."""
SHORTEST_MONTH, LONGEST_MONTH, MONTHS = 28, 31, 12
EARLY = 10
"""Whoever comes a tenth of the time too early is assessed all the same: appointments do not fall on a date."""
UNKNOWN_MATERIAL = "unknown_material"


@dataclass(frozen=True)
class Moment:
    """One point of one procedure: from when to when it is asked, and the last word of each side."""

    point: str
    due: date
    until: date | None
    """The day on which the next point begins; the last one stays open."""
    day_zero: date
    today: date
    mine: Outcome | None = None
    """The patient's own word."""
    theirs: Outcome | None = None
    """A clinician's."""

    @property
    def reached(self) -> bool:
        """Whether it has come."""
        return self.due <= self.today

    @property
    def opens(self) -> bool:
        """Whether it is near enough to be assessed."""
        return self.due - (self.due - self.day_zero) // EARLY <= self.today

    @property
    def is_open(self) -> bool:
        """Whether it is the point at which we are now."""
        return self.reached and not self.passed

    @property
    def passed(self) -> bool:
        """Whether the next point has begun, so that an answer is late."""
        return self.until is not None and self.until <= self.today

    @property
    def days_open(self) -> int:
        """For how many days it has been asked."""
        return (self.today - self.due).days

    @property
    def mine_late(self) -> bool:
        """Whether she said it when the next point had begun."""
        return self._late(self.mine)

    @property
    def theirs_late(self) -> bool:
        """Whether the clinician did."""
        return self._late(self.theirs)

    def _late(self, said: Outcome | None) -> bool:
        return said is not None and self.until is not None and said.day >= (self.until - self.day_zero).days


def due_on(day_zero: date, point: str) -> date:
    """The calendar date of a point; where a month has no such day, its last."""
    weeks, months = SPANS[point]
    years, month = divmod(day_zero.month - 1 + months, MONTHS)
    year = day_zero.year + years
    same = date(year, month + 1, min(day_zero.day, monthrange(year, month + 1)[1]))
    return same + timedelta(weeks=weeks)


def moments_of(
    procedure: Procedure, version: ProcedureVersion, said: Iterable[Outcome], at: datetime
) -> tuple[Moment, ...]:
    """Every point in order, on the calendar of the place where the patient is; the last word of each side counts."""
    zero, today = version.day_zero, at.astimezone(procedure.patient.zone).date()
    dates = [due_on(zero, point) for point in SPANS]
    told = {(one.point, one.staff_id is None): one for one in said}
    return tuple(
        Moment(point, due, until, zero, today, told.get((point, True)), told.get((point, False)))
        for point, due, until in zip(SPANS, dates, [*dates[1:], None], strict=True)
    )


@dataclass(frozen=True)
class Result:
    """One procedure and what was said of it so far."""

    procedure: Procedure
    version: ProcedureVersion
    moments: tuple[Moment, ...]

    @property
    def now(self) -> Moment | None:
        """The point at which we are; none before the first."""
        return next((one for one in self.moments if one.is_open), None)

    @property
    def asked(self) -> Moment | None:
        """What the patient is asked and has not said; nothing once the follow-up was ended."""
        now = self.now
        return None if now is None or now.mine or self.procedure.closed_at else now

    def moment(self, point: str) -> Moment | None:
        """A point by its word."""
        return next((one for one in self.moments if one.point == point), None)

    def expected(self, words: Words) -> list[tuple[str, str]]:
        """Each material with what may honestly be expected of it; what nobody wrote down is unknown."""
        materials = {thread.material or UNKNOWN_MATERIAL for thread in self.version.threads.all()}
        known = [id for id in words.protocol["effect"] if id in materials]
        return [(words.of(f"material.{id}", "name"), words.of(f"effect.{id}", "says")) for id in known]


def result_of(viewer: Viewer, procedure: Procedure, at: datetime) -> Result:
    """What came of one procedure; raises `Missing` while nothing is signed."""
    version = procedure.signed_version()
    said = scope(viewer, Outcome).filter(procedure=procedure).select_related("staff__user")
    return Result(procedure, version, moments_of(procedure, version, said, at))


def results_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Result]:
    """Every signed procedure of a patient, the newest first."""
    signed = scope(viewer, Procedure).filter(patient=patient, signed_at__isnull=False).select_related("patient__clinic")
    found = [result_of(viewer, one, at) for one in signed]
    return sorted(found, key=lambda one: one.version.placed_at, reverse=True)
