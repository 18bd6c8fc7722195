"""What the clinic has to look at: opened by a fact, answered by a person, closed with an outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from afterthread.clinic.flow.outbox import call_staff
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.hour import due
from afterthread.clinic.models import Action, Complication, Decision, Message, Patient, Procedure, Staff, WorkItem
from afterthread.clinic.roles import CLINICAL, Conflict, Refused, Viewer
from afterthread.clinic.schedule import schedule_of
from afterthread.protocol.model import Urgency

Kind, Outcome = Action.Kind, Action.Outcome


class Unanswered(Exception):
    """An item cannot be closed before somebody answered, or said why no answer is needed."""


def promise_look(
    *,
    patient: Patient,
    procedure: Procedure | None,
    kind: WorkItem.Kind,
    urgency: Urgency,
    at: datetime,
    decision: Decision | None = None,
    message: Message | None = None,
    silence: dict[str, Any] | None = None,
) -> WorkItem:
    """Open an item, or raise the open one of this kind; part of the verb that causes it.

    A higher urgency, or anything new after an answer, starts the clock again; it never runs longer than it did.
    """
    clinic = patient.clinic
    due_at = due(*schedule_of(clinic), urgency, at)
    about = {"decision": decision, "message": message, "silence": silence}
    item = (
        WorkItem.objects.select_for_update()
        .filter(patient=patient, procedure=procedure, kind=kind, closed_at=None)
        .first()
    )
    if item is None:
        item = WorkItem(clinic=clinic, patient=patient, procedure=procedure, kind=kind, opened_at=at, due_at=due_at)
        item.urgency, item.waiting_since = urgency, at
    else:
        due_at = due_at if item.waiting_since is None else min(due_at, item.due_at)
        item.urgency, item.due_at = max(item.urgency, urgency), due_at
        item.waiting_since = item.waiting_since or at
        item.revision += 1
    for name, value in about.items():
        setattr(item, name, value or getattr(item, name))
    item.save()
    _act(item, None, Kind.RAISED, at)
    call_staff(item, at, step=0)
    return item


def promise_step(
    case: Complication, viewer: Viewer, *, urgency: Urgency, due_at: datetime, anew: bool, at: datetime
) -> WorkItem:
    """Open or move the one item of a complication to the step that comes next; part of the verb that causes it.

    `anew` when its clock begins by this verb.
    """
    item = WorkItem.objects.select_for_update().filter(complication=case, closed_at=None).first()
    if item is not None and not anew:
        if item.due_at != due_at:
            item.due_at = due_at
            _done(item, viewer, Kind.MOVED, at)
        return item
    if item is None:
        item = WorkItem(
            clinic=case.clinic, patient=case.patient, procedure=case.procedure, complication=case,
            kind=WorkItem.Kind.STEP, opened_at=at,
        )  # fmt: skip
    else:
        item.revision += 1
    item.urgency, item.due_at, item.waiting_since = urgency, due_at, at
    item.save()
    _act(item, viewer.staff, Kind.RAISED, at)
    call_staff(item, at, step=0)
    return item


def end_steps(case: Complication, viewer: Viewer, at: datetime) -> None:
    """Close the item of a complication: no step is left, or the case is closed."""
    for item in WorkItem.objects.select_for_update().filter(complication=case, closed_at=None):
        item.closed_at, item.waiting_since = at, None
        _done(item, viewer, Kind.CLOSED, at)


@verb("item.claimed")
def claim_item(*, viewer: Viewer, item: WorkItem, revision: int, at: datetime) -> WorkItem:
    """Take it; whoever comes second is told so."""
    held = _held(item, revision)
    if held.owner_id is not None and held.owner_id != _self(viewer).pk:
        raise Conflict("owner")
    held.owner = viewer.staff
    return _done(held, viewer, Kind.CLAIMED, at)


@verb("item.released")
def release_item(*, viewer: Viewer, item: WorkItem, revision: int, at: datetime) -> WorkItem:
    """Give it back to everybody."""
    held = _held(item, revision)
    held.owner = None
    return _done(held, viewer, Kind.RELEASED, at)


@verb("item.contacted")
def contact_patient(
    *, viewer: Viewer, item: WorkItem, revision: int, outcome: Action.Outcome, note: str = "", at: datetime
) -> WorkItem:
    """Keep what came of a call or a visit; reaching her stops the clock, trying does not."""
    held = _held(item, revision)
    return answer(held, viewer, outcome, note, at)


@verb("item.overridden")
def override_urgency(
    *, viewer: Viewer, item: WorkItem, revision: int, urgency: Urgency, reason: str, at: datetime
) -> WorkItem:
    """Judge it more or less urgent than the rules did, with a reason; the decision itself stays as it was."""
    held = _held(item, revision)
    if not reason.strip():
        raise Unanswered("reason")
    renewed = due(*schedule_of(held.clinic), urgency, at)
    if held.kind == WorkItem.Kind.STEP:  # its deadline is that of the step
        pass
    elif urgency > held.urgency:
        held.due_at = min(held.due_at, renewed)
    elif held.due_at >= at:  # what is late already stays late, however it is judged now
        held.due_at = max(held.due_at, renewed)
    held.urgency = urgency
    return _done(held, viewer, Kind.OVERRIDDEN, at, note=reason)


@verb("item.noted")
def note_item(*, viewer: Viewer, item: WorkItem, note: str, at: datetime) -> WorkItem:
    """Add a note for colleagues; the same one pressed twice is there once."""
    held: WorkItem = lock(item)
    last = held.actions.last()
    if last is not None and (last.kind, last.staff_id, last.note) == (Kind.NOTED, _self(viewer).pk, note):
        return held
    return _done(held, viewer, Kind.NOTED, at, note=note)


@verb("item.closed")
def close_item(
    *, viewer: Viewer, item: WorkItem, revision: int, outcome: Action.Outcome, note: str = "", at: datetime
) -> WorkItem:
    """End it. Unless the patient was answered, somebody clinical has to say why no answer is needed.

    The item of a complication ends with its steps or with the case, never by itself.
    """
    held = _held(item, revision)
    if held.kind == WorkItem.Kind.STEP:
        raise Unanswered("step")
    if outcome.answers and held.waiting_since is not None:
        answer(held, viewer, outcome, note, at)
    if held.waiting_since is not None:
        if viewer.role not in CLINICAL:
            raise Refused("item.closed")
        if not note.strip():
            raise Unanswered("answer")
    held.closed_at, held.waiting_since = at, None
    return _done(held, viewer, Kind.CLOSED, at, outcome=outcome, note=note)


def answer(held: WorkItem, viewer: Viewer, outcome: Action.Outcome, note: str, at: datetime) -> WorkItem:
    """Keep a contact, and how long she had waited for it; by a contact alone no step of a complication is done."""
    waited = in_time = None
    if outcome.answers and held.waiting_since is not None and held.kind != WorkItem.Kind.STEP:
        waited, in_time = max(int((at - held.waiting_since).total_seconds()), 0), at <= held.due_at
        held.waiting_since = None
        held.owner = held.owner or viewer.staff
    return _done(held, viewer, Kind.CONTACTED, at, outcome=outcome, note=note, waited=waited, in_time=in_time)


def settle(items: list[WorkItem], at: datetime) -> None:
    """Close what the patient answered herself: a silence ends when she speaks."""
    for item in items:
        item.closed_at, item.waiting_since = at, None
        item.revision += 1
        item.save()
        _act(item, None, Kind.CLOSED, at, outcome=Outcome.SETTLED)


def _self(viewer: Viewer) -> Staff:
    if viewer.staff is None:
        raise Refused("staff")
    return viewer.staff


def _held(item: WorkItem, revision: int) -> WorkItem:
    held: WorkItem = lock(item, revision)
    if held.closed_at is not None:
        raise Conflict("closed")
    return held


def _done(item: WorkItem, viewer: Viewer, kind: Action.Kind, at: datetime, **more: Any) -> WorkItem:
    item.revision += 1
    item.save()
    _act(item, viewer.staff, kind, at, **more)
    return item


def _act(item: WorkItem, staff: Staff | None, kind: Action.Kind, at: datetime, **more: Any) -> None:
    Action.objects.create(clinic=item.clinic, item=item, staff=staff, kind=kind, urgency=item.urgency, at=at, **more)
