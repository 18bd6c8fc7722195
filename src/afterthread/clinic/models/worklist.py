"""What the clinic has to look at, by when, and what it did."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.checkin import Decision
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.message import Message
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import Procedure
from afterthread.clinic.models.record.complication import Complication
from afterthread.clinic.models.staff import Staff


class WorkItem(models.Model):
    """One thing to look at; it stays until somebody has answered it."""

    class Kind(models.TextChoices):
        """Why it is here."""

        DECISION = "decision", "check-in"
        SILENCE = "silence", "silence"
        MESSAGE = "message", "message"
        DELIVERY = "delivery", "not delivered"
        STEP = "step", "complication"
        SCREENING = "screening", "screening"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="items")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="items")
    procedure = models.ForeignKey(Procedure, null=True, blank=True, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=12, choices=Kind)
    urgency = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    waiting_since = models.DateTimeField(null=True, blank=True)
    """Since when the patient waits for an answer; none once she has it."""
    closed_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    complication = models.ForeignKey(
        Complication, null=True, blank=True, on_delete=models.CASCADE, related_name="items"
    )
    """The case whose next step is due; its item stays while the case is open, and its deadline moves with the steps."""
    silence = models.JSONField(null=True, blank=True)
    """The decision on a silence: there is no check-in to keep it with."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """One open item of a kind for each patient and procedure; the open ones are found at once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["patient", "procedure", "kind"],
                condition=Q(closed_at=None, complication=None),
                name="one_open_item_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["complication"], condition=Q(closed_at=None), name="one_open_item_of_a_complication"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-urgency", "due_at"], condition=Q(closed_at=None), name="worklist_open"),
            models.Index(fields=["clinic", "opened_at"]),
        ]


class Action(models.Model):
    """What was done about an item; only ever added to."""

    class Kind(models.TextChoices):
        """What it was."""

        RAISED = "raised", "raised"
        CLAIMED = "claimed", "claimed"
        RELEASED = "released", "given back"
        CONTACTED = "contacted", "contacted"
        OVERRIDDEN = "overridden", "urgency changed"
        NOTED = "noted", "noted"
        ESCALATED = "escalated", "escalated"
        MOVED = "moved", "moved to the next step"
        CLOSED = "closed", "closed"

    class Outcome(models.TextChoices):
        """What came of a contact, or how an item ended."""

        REASSURED = "reassured", "reached: reassured, with what to watch for"
        COMING = "coming", "reached: comes today"
        APPOINTMENT = "appointment", "reached: appointment made"
        REFERRED = "referred", "reached: sent to emergency care"
        WROTE = "wrote", "message written"
        NO_ANSWER = "no_answer", "not reached: no answer"
        WRONG_NUMBER = "wrong_number", "not reached: wrong number"
        SEEN = "seen", "seen in the clinic"
        SETTLED = "settled", "settled by itself"
        MISTAKEN = "mistaken", "a slip or a mistake"

        @property
        def answers(self) -> bool:
            """Whether the patient has heard from the clinic with it."""
            return self in (self.REASSURED, self.COMING, self.APPOINTMENT, self.REFERRED, self.WROTE, self.SEEN)

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(WorkItem, on_delete=models.CASCADE, related_name="actions")
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    note = SealedField(blank=True)
    urgency = models.PositiveSmallIntegerField()
    waited = models.PositiveIntegerField(null=True, blank=True)
    """Of an answer: the seconds that the patient had waited for it."""
    in_time = models.BooleanField(null=True, blank=True)
    """Of an answer: whether it came before it was due."""
    at = models.DateTimeField()

    class Meta:
        """In the order done."""

        ordering: ClassVar[list[str]] = ["id"]
