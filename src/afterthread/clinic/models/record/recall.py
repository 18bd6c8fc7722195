"""What came in and went out, and what is called back: from a lot to every person who carries it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.message import Message
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import ProcedureVersion
from afterthread.clinic.models.record.stock import Lot, Product
from afterthread.clinic.models.staff import Staff


class Movement(models.Model):
    """Threads of one lot that came or went; only ever added to."""

    class Kind(models.TextChoices):
        """Why."""

        RECEIVED = "received", "received"
        USED = "used", "used"
        DISCARDED = "discarded", "thrown away"
        COUNTED = "counted", "counted anew"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind)
    quantity = models.IntegerField()
    """How many came; negative for those that went."""
    version = models.ForeignKey(ProcedureVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The signed record in which they were used; a correction moves only the difference."""
    key = models.UUIDField(default=uuid.uuid4)
    note = SealedField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In the order done; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lot", "key"], name="movement_key_once")
        ]


class Recall(models.Model):
    """A lot that must not be used any more; whoever carries it is told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    """The lot as printed; it also finds threads that were written down without stock."""
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Whose lot it is, when another product has a lot of the same code."""
    reason = SealedField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    conclusion = SealedField(blank=True)
    lifted = models.BooleanField(default=False)
    """Closed because it was a mistake: the lot may be used again."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-opened_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["clinic", "code"])]


class Notice(models.Model):
    """One person told of a recall, and what she answered."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="notices")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    told_at = models.DateTimeField()
    told_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = SealedField(blank=True)
    """What she said to it, written down by staff; what she writes herself stands among the messages."""
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Nobody is told twice by mistake."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["recall", "patient"], name="notice_once")
        ]
