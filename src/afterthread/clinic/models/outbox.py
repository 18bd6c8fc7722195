"""What has to leave the house: written with the fact that causes it, sent later, at least once."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.staff import Staff


class Delivery(models.Model):
    """One message to the outside; its cause makes asking for it twice harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=12, default="email")
    urgency = models.PositiveSmallIntegerField(default=0)
    letter = SealedField()
    """JSON: `kind`, and what a letter of that kind says; it is worded when it is sent."""
    queued_at = models.DateTimeField()
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """What is waiting is found at once, the most urgent first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], condition=Q(sent_at=None, gave_up_at=None), name="delivery_waiting")
        ]


class Heartbeat(models.Model):
    """When a part of the system last showed that it is alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
