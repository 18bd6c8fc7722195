"""The messages between a patient and her clinic."""

from __future__ import annotations

from afterthread.clinic.models import Message, Patient
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Role, Viewer


def messages_of(viewer: Viewer, patient: Patient) -> list[Message]:
    """All of them, the oldest first, each with who wrote it."""
    return list(scope(viewer, Message).filter(patient=patient).select_related("author__user"))


def unread_of(viewer: Viewer, patient: Patient) -> int:
    """How many the other side wrote that the viewer's side has not read."""
    unread = scope(viewer, Message).filter(patient=patient, read_at=None)
    return unread.filter(author__isnull=viewer.role is not Role.PATIENT).count()
