"""Silence: what did not come becomes something to look at, once, however many sweeps run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.flow import outbox, worklist
from afterthread.clinic.flow.verb import verb
from afterthread.clinic.hour import escalation_step
from afterthread.clinic.models import Action, Procedure, ProcedureVersion, WorkItem, call_list
from afterthread.clinic.roles import Conflict, Viewer, system
from afterthread.engine.history import due_days
from afterthread.engine.plain import plain
from afterthread.engine.triage import triage
from afterthread.protocol.model import Urgency

log = logging.getLogger(__name__)
EAST = timedelta(hours=14)
"""No place on earth is further ahead: a day that has not begun there has begun nowhere."""


def expect_next(procedure: Procedure, version: ProcedureVersion, at: datetime, heard: int | None = None) -> None:
    """Set the day from which silence would be news: the day after the next one on which a check-in is due.

    `heard` is the day of the last check-in, where the caller has it at hand.
    """
    day = case.day_of(version, at, procedure.patient.zone)
    if heard is None:
        last = procedure.checkins.last()
        heard = last.day if last else -1
    coming = [due for due in sorted(due_days(case.protocol_of(procedure))) if due > heard and due >= day]
    news = version.day_zero + timedelta(days=coming[0] + 1) if coming and procedure.closed_at is None else None
    if news != procedure.silence_from:
        Procedure.objects.filter(pk=procedure.pk).update(silence_from=news)


def notice_silences(at: datetime) -> Iterator[WorkItem]:
    """Everything that should have come by now and did not; one bad record does not hide the next."""
    late = Procedure.objects.filter(silence_from__lte=(at + EAST).date(), closed_at=None)
    for pk in list(late.values_list("pk", flat=True)):
        with skip("silence", pk):
            procedure = Procedure.objects.select_related("patient", "clinic").get(pk=pk)
            today = at.astimezone(procedure.patient.zone).date()
            if procedure.silence_from is None or today < procedure.silence_from:
                continue
            version = procedure.signed_version()
            _notice(viewer=system(procedure.clinic), procedure=procedure, version=version, at=at)
            yield from WorkItem.objects.filter(procedure=procedure, kind=WorkItem.Kind.SILENCE, closed_at=None)


@contextmanager
def skip(what: str, pk: UUID) -> Iterator[None]:
    """Go on with the next: another sweep was here at the same moment, or the record is bad and the log says which."""
    try:
        yield
    except Conflict:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are still waiting
        log.error("%s: record %s is skipped: %s", what, pk, type(error).__name__)  # noqa: TRY400 - a trace holds names


@verb("silence.noticed")
def _notice(*, viewer: Viewer, procedure: Procedure, version: ProcedureVersion, at: datetime) -> Procedure:
    taken = Procedure.objects.filter(pk=procedure.pk, silence_from=procedure.silence_from).update(silence_from=None)
    if not taken:
        raise Conflict("silence")
    day = case.day_of(version, at, procedure.patient.zone)
    rows = list(procedure.checkins.all())
    decided = triage(case.protocol_of(procedure), case.case_of(version, rows, as_of=day))
    if decided.silence != "no" and decided.urgency > Urgency.SELF_CARE:
        worklist.promise_look(
            patient=procedure.patient, procedure=procedure, kind=WorkItem.Kind.SILENCE, urgency=decided.urgency,
            at=at, silence=plain(decided),
        )  # fmt: skip
        outbox.queue("reminder", f"reminder:{procedure.pk}:{day}", at, clinic=viewer.clinic, patient=procedure.patient)
    expect_next(procedure, version, at)
    return procedure


def escalate(at: datetime) -> Iterator[WorkItem]:
    """Tell the next on the list about everything that is past its time, each once for each step."""
    late = WorkItem.objects.filter(closed_at=None, waiting_since__isnull=False, due_at__lt=at)
    for pk in list(late.values_list("pk", flat=True)):
        with skip("escalation", pk):
            item = WorkItem.objects.select_related("clinic").get(pk=pk)
            step = escalation_step(item.due_at, at, item.clinic.escalate_minutes)
            done = item.actions.filter(kind=Action.Kind.ESCALATED, at__gte=item.due_at).count()
            if done < min(step, max(call_list(item.clinic).count(), 1)):
                _escalate(viewer=system(item.clinic), item=item, step=done + 1, at=at)
                yield item


@verb("item.escalated")
def _escalate(*, viewer: Viewer, item: WorkItem, step: int, at: datetime) -> WorkItem:
    taken = WorkItem.objects.filter(pk=item.pk, revision=item.revision, waiting_since__isnull=False)
    if not taken.update(revision=item.revision + 1):
        raise Conflict("revision")
    Action.objects.create(clinic=item.clinic, item=item, kind=Action.Kind.ESCALATED, urgency=item.urgency, at=at)
    outbox.call_staff(item, at, step=step)
    return item
