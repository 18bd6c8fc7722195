"""What somebody answered before a session, what the engine found in it, and what a clinician decided on it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Device, Patient
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.record.consultation import Consultation
from afterthread.clinic.models.staff import Staff


class Screening(models.Model):
    """One questionnaire as it was answered; a later one supersedes it. Only ever added to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="screenings")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)
    answers = models.JSONField()
    """`answers` (condition -> yes/no/unknown), `events` (timing -> date), `denied` and `unsure` (timings without one),
    `closed` (groups with "none of these"), and `age` if it was asked."""
    planned_on = models.DateField(null=True, blank=True)
    result = models.JSONField()
    """The engine's screening as a plain document."""
    verdict = models.CharField(max_length=20)
    note = SealedField(blank=True)
    """What she added in her own words."""
    filled_at = models.DateTimeField()
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    taken_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In the order filled; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["filled_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consultation", "key"], name="screening_key_once")
        ]


class Override(models.Model):
    """A clinician's decision to go on despite one relative finding; bound to the answers it was made on."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="overrides")
    entry = models.CharField(max_length=80)
    """The finding: `condition.…` of the protocol."""
    reason = SealedField()
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Once for each finding."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["screening", "entry"], name="override_once")
        ]
