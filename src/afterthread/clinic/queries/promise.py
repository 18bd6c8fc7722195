"""What the clinic promised a patient: by when somebody looks, and whether somebody has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from afterthread.clinic.models import Action, Decision, Patient, WorkItem
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.protocol.model import Urgency


@dataclass(frozen=True, slots=True)
class Look:
    """One promise: due at a time, until `answered_at` (by `who`), or `looked_at` where no answer was needed."""

    due_at: datetime
    urgency: Urgency
    late: bool
    answered_at: datetime | None = None
    who: str = ""
    looked_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether the patient still waits for it."""
        return self.answered_at is None and self.looked_at is None


def look_at(viewer: Viewer, decision: Decision, at: datetime) -> Look | None:
    """What was promised on a decision; none where nothing was to be looked at."""
    items = scope(viewer, WorkItem).filter(procedure=decision.checkin.procedure, kind=WorkItem.Kind.DECISION)
    around = items.filter(Q(closed_at=None) | Q(closed_at__gte=decision.made_at), opened_at__lte=decision.made_at)
    item = around.order_by("opened_at").last()
    return None if item is None else _look(item, decision.made_at, at)


def message_look(viewer: Viewer, patient: Patient, at: datetime) -> Look | None:
    """What was promised on the message that waits for an answer."""
    waiting = scope(viewer, WorkItem).filter(patient=patient, kind=WorkItem.Kind.MESSAGE, waiting_since__isnull=False)
    item = waiting.order_by("opened_at").last()
    return None if item is None else _look(item, item.opened_at, at)


def waiting_decision(viewer: Viewer, patient: Patient) -> Decision | None:
    """The most urgent decision that nobody has answered yet."""
    items = scope(viewer, WorkItem).filter(patient=patient, kind=WorkItem.Kind.DECISION, waiting_since__isnull=False)
    item = items.select_related("decision__checkin__procedure").order_by("-urgency", "due_at").first()
    return item.decision if item else None


def _look(item: WorkItem, since: datetime, at: datetime) -> Look:
    """How a promise stands; an answer counts when it came after `since`."""
    look = Look(item.due_at, Urgency(item.urgency), late=at > item.due_at)
    if item.waiting_since is not None:
        return look
    answers = [outcome for outcome in Action.Outcome if outcome.answers]
    given = item.actions.filter(at__gte=since, outcome__in=answers).select_related("staff__user").first()
    if given is None:
        return Look(item.due_at, look.urgency, late=False, looked_at=item.closed_at or since)
    who = str(given.staff) if given.staff else ""
    return Look(item.due_at, look.urgency, late=False, answered_at=given.at, who=who)
