"""Messages both ways; a patient's message asks for an answer, the clinic's answer gives it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from afterthread.clinic.flow import worklist
from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.models import Action, Message, Patient, WorkItem
from afterthread.clinic.roles import Role, Viewer
from afterthread.protocol.model import Urgency


def write_message(*, viewer: Viewer, patient: Patient, key: UUID, text: str, at: datetime) -> Message:
    """Keep one message; sent again with the same key, the first one is the answer."""
    known = Message.objects.filter(patient=patient, clinic=viewer.clinic, key=key)
    return once(known, _write, viewer=viewer, patient=patient, key=key, text=text, at=at)


@verb("message.written")
def _write(*, viewer: Viewer, patient: Patient, key: UUID, text: str, at: datetime) -> Message:
    held: Patient = lock(patient)
    message = Message.objects.create(clinic=held.clinic, patient=held, author=viewer.staff, key=key, text=text, at=at)
    if viewer.role is Role.PATIENT:
        worklist.promise_look(
            patient=held, procedure=held.procedures.order_by("opened_at").last(), kind=WorkItem.Kind.MESSAGE,
            urgency=Urgency.ROUTINE, at=at, message=message,
        )  # fmt: skip
    else:
        waiting = WorkItem.objects.select_for_update().filter(patient=held, closed_at=None, waiting_since__isnull=False)
        for item in waiting.exclude(kind=WorkItem.Kind.STEP):  # a message is no step of a complication
            worklist.answer(item, viewer, Action.Outcome.WROTE, "", at)
        announce(message, at)
    return message


def announce(message: Message, at: datetime) -> None:
    """A letter that says where to read it, without a word of it."""
    queue("message", f"message:{message.pk}", at, clinic=message.clinic, patient=message.patient)


@verb("message.read")
def read_messages(*, viewer: Viewer, patient: Patient, at: datetime) -> Patient:
    """Mark as read what the other side wrote."""
    unread = Message.objects.filter(patient=patient, read_at=None)
    unread.filter(author__isnull=viewer.role is not Role.PATIENT).update(read_at=at)
    return patient
