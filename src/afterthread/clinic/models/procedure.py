"""What was done, version by version: a draft can be changed, what was signed never is."""

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


class Procedure(models.Model):
    """One session of threads; what is known of it stands in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="procedures")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="procedures")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True, blank=True)
    """When the first version was signed; from then on there is a plan."""
    closed_at = models.DateTimeField(null=True, blank=True)
    silence_from = models.DateField(null=True, blank=True)
    """The first local day on which silence would be news; kept so that a sweep reads only what may be due."""

    class Meta:
        """Found by patient, and by when silence would be news."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["silence_from"], condition=Q(silence_from__isnull=False), name="procedure_silence")
        ]


class ProcedureVersion(models.Model):
    """What was done, as somebody recorded it; a correction is the next number and says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    placed_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)
    age = models.PositiveSmallIntegerField(null=True, blank=True)
    zones = models.JSONField(default=list)
    modifiers = models.JSONField(default=dict)
    note = SealedField(blank=True)
    reason = SealedField(blank=True)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    plan = models.JSONField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """One draft at a time, numbers without twins."""

        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["procedure"], condition=Q(signed_at=None), name="one_draft_at_a_time"),
        ]


class Thread(models.Model):
    """One thread, or several alike, as placed; words are those of the protocol, a blank is unknown."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="threads")
    position = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=40, blank=True)
    side = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    material = models.CharField(max_length=40, blank=True)
    layer = models.CharField(max_length=40, blank=True)
    fixation = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=16, blank=True)
    purpose = models.CharField(max_length=16, blank=True)
    count = models.PositiveSmallIntegerField(default=1)
    product = models.CharField(max_length=120, blank=True)
    lot = models.CharField(max_length=60, blank=True, db_index=True)
    expires = models.DateField(null=True, blank=True)

    class Meta:
        """In the order recorded."""

        ordering: ClassVar[list[str]] = ["position"]
