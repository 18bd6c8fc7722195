"""A clinic's own protocol: its changes while they are worked on, who signed it off, and which plans moved to it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import Procedure
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.staff import Staff


class Overlay(models.Model):
    """One set of a clinic's own windows, steps and words; once adopted it never changes: a change is the next one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="overlays")
    number = models.PositiveSmallIntegerField()
    base = models.CharField(max_length=64)
    """The digest of the protocol that it is laid over."""
    document = models.JSONField(default=dict)
    """The overlay as tables: `course`, `rule`, `step`, `words` (see protocol/overlay)."""
    reason = models.TextField(blank=True)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    """When this very document was verified and replayed; a change of it takes that back."""
    checks = models.JSONField(null=True, blank=True)
    """`problems`, `properties` (name, holds, what refutes it), `replay` (how many would change, and whom)."""
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    protocol = models.ForeignKey(ProtocolVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The whole protocol that it became."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """Numbers without twins, one draft at a time."""

        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "number"], name="overlay_number_once"),
            models.UniqueConstraint(fields=["clinic"], condition=Q(adopted_at=None), name="one_overlay_draft"),
        ]


class SignOff(models.Model):
    """A clinician vouches for a protocol in her clinic; nobody does by default. Only ever added to."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    """As written, with title."""
    profession = models.CharField(max_length=120)
    statement = models.TextField()
    """The sentence that was agreed to."""
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at"]


class Move(models.Model):
    """A running plan moved to another version of the protocol, by somebody and for a reason. Only ever added to."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="moves")
    before = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    reason = SealedField()
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In the order done."""

        ordering: ClassVar[list[str]] = ["id"]
