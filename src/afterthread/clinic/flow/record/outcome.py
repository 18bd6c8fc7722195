"""Asking what came of it and keeping the answer, of the patient and of a clinician, at fixed times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.flow.silence import skip
from afterthread.clinic.flow.verb import once, verb
from afterthread.clinic.models import Delivery, Outcome, Procedure, ProcedureVersion
from afterthread.clinic.queries.record.outcome import LONGEST_MONTH, SHORTEST_MONTH, SPANS, Moment, moments_of
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Conflict, Refused, Role, Viewer, system

PATIENCE, TOO_LATE = 2, 21
"""So many days after a point a letter asks once, and after so many none does: a sent letter is forgotten in a month."""


def tell_outcome(
    *, viewer: Viewer, procedure: Procedure, key: UUID, point: str, at: datetime, **said: Any
) -> Outcome:  # fmt: skip
    """Keep one assessment; sent again with the same key, the first one is the answer.

    `said` is any of `improvement` (1 to 5), `satisfaction` (1 to 5, a patient's only), `would_repeat`, `still_visible`
    and `words`. Late is always in time enough. Raises `Conflict` "early" long before the point, "empty" for no answer.
    """
    known = scope(viewer, Outcome).filter(procedure=procedure, key=key)
    return once(known, _tell, viewer=viewer, procedure=procedure, key=key, point=point, at=at, **said)


@verb("outcome.told")
def _tell(*, viewer: Viewer, procedure: Procedure, key: UUID, point: str, at: datetime, **said: Any) -> Outcome:
    if said.get("satisfaction") is not None and viewer.role is not Role.PATIENT:
        raise Refused("outcome.told")  # how satisfied she is, only she can say
    if not any(said.values()):
        raise Conflict("empty")
    version = procedure.signed_version()
    moment = next((one for one in moments_of(procedure, version, (), at) if one.point == point), None)
    if moment is None or not moment.opens:
        raise Conflict("early")
    return Outcome.objects.create(
        clinic=procedure.clinic, patient=procedure.patient, procedure=procedure, key=key, point=point,
        day=max(case.day_of(version, at, procedure.patient.zone), 0), at=at, staff=viewer.staff, device=viewer.device,
        **said,
    )  # fmt: skip


def remind_outcomes(at: datetime) -> Iterator[Procedure]:
    """Ask once by letter whoever has not said at a point what came of it; a follow-up that was ended asks nothing."""
    for point in SPANS:
        for procedure in _perhaps_due(point, at):
            with skip("outcome", procedure.pk):
                moment = _moment(procedure, point, at)
                if moment.is_open and PATIENCE <= moment.days_open < TOO_LATE:
                    _remind(viewer=system(procedure.clinic), procedure=procedure, point=point, at=at)
                    yield procedure


def _perhaps_due(point: str, at: datetime) -> list[Procedure]:
    """Every procedure that could have come to the point lately, found by its moment; its calendar decides."""
    weeks, months = SPANS[point]
    since = at - timedelta(weeks=weeks, days=months * LONGEST_MONTH + TOO_LATE + 1)
    until = at - timedelta(weeks=weeks, days=months * SHORTEST_MONTH + PATIENCE - 1)
    near = ProcedureVersion.objects.filter(signed_at__isnull=False, placed_at__gte=since, placed_at__lte=until)
    asked = Procedure.objects.filter(pk__in=near.values("procedure"), closed_at=None, patient__erased_at=None)
    told = Outcome.objects.filter(point=point, staff=None).values("procedure")
    return list(asked.exclude(patient__email_index="").exclude(pk__in=told).select_related("patient", "clinic"))


def _moment(procedure: Procedure, point: str, at: datetime) -> Moment:
    found = moments_of(procedure, procedure.signed_version(), (), at)
    return next(one for one in found if one.point == point)


@verb("outcome.reminded")
def _remind(*, viewer: Viewer, procedure: Procedure, point: str, at: datetime) -> Procedure:
    cause = f"outcome:{procedure.pk}:{point}"
    if Delivery.objects.filter(cause=cause).exists():
        raise Conflict("reminded")
    queue("outcome", cause, at, clinic=viewer.clinic, patient=procedure.patient)
    return procedure
