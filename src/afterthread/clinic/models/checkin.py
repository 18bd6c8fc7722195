"""What patients said and what was decided on it; both are only ever added to."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Device, Patient
from afterthread.clinic.models.procedure import Procedure, ProcedureVersion
from afterthread.clinic.models.staff import Staff


class CheckIn(models.Model):
    """One check-in as it was said; its key makes sending it twice harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="checkins")
    key = models.UUIDField()
    content = models.CharField(max_length=64)
    """A keyed fingerprint of what was sent, to tell a repetition from a mistake."""
    day = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    answers = models.JSONField()
    """As in the case format: `answers`, and `otherwise` when the rest was closed."""
    words = SealedField(blank=True)
    language = models.CharField(max_length=8)
    shown = models.CharField(max_length=12, blank=True)
    """The urgency that the phone had shown by itself before this was sent."""
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    taken_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    repeated = False
    """Whether this is the answer to something sent again; no column."""

    class Meta:
        """In the order said; a key is used once."""

        ordering: ClassVar[list[str]] = ["said_at", "received_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure", "key"], name="checkin_key_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["procedure", "said_at"])]


class Decision(models.Model):
    """What was decided on a check-in, with every reason; a later one supersedes it and says so."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    checkin = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="decisions")
    version = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, related_name="+")
    urgency = models.PositiveSmallIntegerField()
    document = models.JSONField()
    made_at = models.DateTimeField()
    supersedes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="successor")

    class Meta:
        """The last one counts."""

        ordering: ClassVar[list[str]] = ["id"]
