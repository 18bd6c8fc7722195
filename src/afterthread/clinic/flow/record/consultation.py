"""Agreeing on a session before it: what for, what was expected and promised, for when; and reminding of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic.flow import outbox
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.knowledge import current
from afterthread.clinic.models import Consultation, Delivery, Patient
from afterthread.clinic.queries.record.consultation import ahead
from afterthread.clinic.roles import Conflict, Viewer, system

log = logging.getLogger(__name__)
AGREED = (
    "indications", "zones", "materials", "expectation", "promised", "promises", "planned_on", "planned_time",
)  # fmt: skip
DAY = timedelta(days=1)
MORNING = 8
"""Nobody is woken by a reminder: it leaves from this hour on, where she is."""
LAST_CALL = 3
"""So many days before the session she is reminded of what is still to be filled in or signed."""


@verb("consultation.opened")
def open_consultation(
    *, viewer: Viewer, patient: Patient, at: datetime, key: UUID | None = None, **agreed: Any
) -> Consultation:
    """Begin to agree on a session; `agreed` is what `AGREED` names.

    With `key`, its id from now on, asking twice raises `Conflict`; so does a planned day that is over.
    """
    made = begin_consultation(viewer, patient, at, key)
    _refuse_past(made, agreed, at)
    return _keep(made, agreed)


def begin_consultation(viewer: Viewer, patient: Patient, at: datetime, key: UUID | None = None) -> Consultation:
    """An empty one, inside the transaction of the verb that needs it."""
    return Consultation.objects.create(
        pk=key or uuid4(), clinic=patient.clinic, patient=patient, protocol=current(patient.clinic, at), opened_at=at,
        opened_by=viewer.own_staff,
    )  # fmt: skip


@verb("consultation.changed")
def change_consultation(
    *, viewer: Viewer, consultation: Consultation, revision: int, at: datetime, **agreed: Any
) -> Consultation:
    """Agree on something else, while the session is ahead.

    Raises `Conflict`: "revision" when somebody else changed it, "closed", "done" once a record of it is signed (what
    was said before stays as it was), "past" for a day that is over.
    """
    held = _open(consultation, revision)
    _refuse_past(held, agreed, at)
    return _keep(held, agreed)


@verb("consultation.closed")
def close_consultation(
    *, viewer: Viewer, consultation: Consultation, revision: int, reason: str, at: datetime
) -> Consultation:
    """It led to no session: nothing is due any more, and nobody is reminded."""
    held = _open(consultation, revision)
    if not reason.strip():
        raise Conflict("reason")
    held.closed_at, held.reason = at, reason
    return _keep(held, {})


def _open(consultation: Consultation, revision: int) -> Consultation:
    held: Consultation = lock(consultation, revision, "clinic", "patient")
    if held.closed_at is not None:
        raise Conflict("closed")
    if held.procedures.filter(signed_at__isnull=False).exists():
        raise Conflict("done")
    return held


def _refuse_past(held: Consultation, agreed: dict[str, Any], at: datetime) -> None:
    day: date | None = agreed.get("planned_on")
    if day is not None and day != held.planned_on and day < at.astimezone(held.clinic.zone).date():
        raise Conflict("past")


def _keep(held: Consultation, agreed: dict[str, Any]) -> Consultation:
    for name in AGREED:
        if name in agreed:
            setattr(held, name, agreed[name])
    if held.planned_on is None:
        held.planned_time = None
    held.revision += 1
    held.save()
    return held


# -- Reminding --------------------------------------------------------------------------------------------------------


def remind(at: datetime) -> Iterator[Consultation]:
    """Everybody for whom a preparation begins today where she is, or whose papers are open shortly before; once each.

    A day that was moved is planned anew: what is due is read off the day as it stands now.
    """
    first = (at - DAY).date()
    planned = Consultation.objects.filter(planned_on__gte=first, closed_at=None)
    planned = planned.exclude(procedures__signed_at__isnull=False).exclude(patient__erased_at__isnull=False)
    for pk in list(planned.values_list("pk", flat=True)):
        try:
            yield from _remind(pk, at)
        except Conflict:  # another sweep was here at the same moment
            pass
        except Exception as error:  # noqa: BLE001 - one bad record does not hide the next
            log.error("preparation: record %s is skipped: %s", pk, type(error).__name__)  # noqa: TRY400 - a trace holds names


def _remind(pk: UUID, at: datetime) -> Iterator[Consultation]:
    held = Consultation.objects.select_related("patient", "clinic").get(pk=pk)
    now = at.astimezone(held.patient.zone)
    if now.hour < MORNING or not held.patient.email or held.planned_on is None:
        return
    cause = f"preparation:{held.pk}:{held.planned_on}:{now.date()}"
    if Delivery.objects.filter(cause=cause).exists():
        return
    way = ahead(held, at)
    begins = [one for one in way.preparation if one.on == now.date()]
    papers = held.planned_on - now.date() == LAST_CALL * DAY and not way.papers_done
    if begins or papers:
        yield _tell(viewer=system(held.clinic), consultation=held, cause=cause, papers=papers, at=at)


@verb("preparation.reminded")
def _tell(*, viewer: Viewer, consultation: Consultation, cause: str, papers: bool, at: datetime) -> Consultation:
    if Delivery.objects.filter(cause=cause).exists():
        raise Conflict("preparation")
    outbox.queue(
        "preparation", cause, at, clinic=consultation.clinic, patient=consultation.patient,
        consultation=str(consultation.pk), planned_on=str(consultation.planned_on), papers=papers,
    )  # fmt: skip
    return consultation
