"""What was erased at somebody's wish, what had to be kept, and why."""

from __future__ import annotations

import uuid

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.staff import Staff


class Erasure(models.Model):
    """One wish to be forgotten: asked, answered, done. The row of the person stays, without what names her."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="erasure")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who wrote it down; none when she asked herself."""
    wish = SealedField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refused = models.BooleanField(default=False)
    answer = SealedField(blank=True)
    """What she was told, and on what ground anything is kept."""
    done_at = models.DateTimeField(null=True, blank=True)
    account = models.JSONField(null=True, blank=True)
    """What went (kind -> rows), what was kept (kind -> rows, why)."""
    revision = models.PositiveIntegerField(default=0)
