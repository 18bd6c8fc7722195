"""What was agreed before one session: what for, what was expected, what was promised, and for when."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.staff import Staff


class Consultation(models.Model):
    """The way to one session; screening and consent belong to it, the procedure follows from it.

    Its words (indications, zones, materials) are those of the protocol it is pinned to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consultations")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    indications = models.JSONField(default=list)
    zones = models.JSONField(default=list)
    materials = models.JSONField(default=list)
    expectation = SealedField(blank=True)
    """What she hopes for, in her words."""
    promised = SealedField(blank=True)
    """What she was told may be expected, in the words of whoever told her."""
    promises = models.JSONField(default=list)
    """Ids of the protocol's honest sentences that were said to her."""
    planned_on = models.DateField(null=True, blank=True)
    planned_time = models.TimeField(null=True, blank=True)
    """The planned session, on the clinic's calendar and wall."""
    closed_at = models.DateTimeField(null=True, blank=True)
    reason = SealedField(blank=True)
    """Why it led to no session."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """The newest first; those with a date ahead are found at once."""

        ordering: ClassVar[list[str]] = ["-opened_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["planned_on"], condition=Q(closed_at=None), name="consultation_planned")
        ]
