"""Taking threads out: which, how much of each, how it was found, and what is left."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import Procedure
from afterthread.clinic.models.record.complication import Complication
from afterthread.clinic.models.staff import Staff


class Removal(models.Model):
    """One thread (or several alike of one row) taken out; a correction supersedes it. Only ever added to."""

    class Extent(models.TextChoices):
        """How much came out."""

        WHOLE = "whole", "whole"
        PART = "part", "a part"
        NONE = "none", "nothing: tried in vain"

    class Why(models.TextChoices):
        """What for."""

        COMPLICATION = "complication", "a complication"
        DISSATISFACTION = "dissatisfaction", "the patient does not want it"
        RECALL = "recall", "a recall"
        OTHER = "other", "something else"

    class Found(models.TextChoices):
        """What the thread was like."""

        FREE = "free", "free"
        ENCAPSULATED = "encapsulated", "in a capsule"
        FRAGILE = "fragile", "fragile"
        NOT_FOUND = "not_found", "not found"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="removals")
    thread = models.UUIDField()
    """The key of the thread, which it keeps through all corrections of the record."""
    count = models.PositiveSmallIntegerField(default=1)
    complication = models.ForeignKey(
        Complication, null=True, blank=True, on_delete=models.SET_NULL, related_name="removals"
    )
    key = models.UUIDField(default=uuid.uuid4)
    removed_at = models.DateTimeField()
    extent = models.CharField(max_length=8, choices=Extent)
    why = models.CharField(max_length=16, choices=Why)
    punctures = models.PositiveSmallIntegerField(null=True, blank=True)
    found = models.CharField(max_length=16, choices=Found, blank=True)
    left_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of a part: how much is still in, if anybody measured it."""
    note = SealedField(blank=True)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="successor")

    class Meta:
        """In the order done; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["removed_at", "recorded_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure", "key"], name="removal_key_once")
        ]
