"""The page that a patient can show to whoever treats her next, and the code that opens it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import Procedure, ProcedureVersion
from afterthread.clinic.models.staff import Staff


class Handoff(models.Model):
    """One signed summary of one procedure as it stood when it was signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="handoffs")
    version = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, related_name="+")
    document = SealedField()
    """JSON: everything the page says, in the protocol's ids, so that it can be read in any language that it speaks."""
    digest = models.CharField(max_length=64)
    """Of the document: what was signed."""
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    secret = models.CharField(max_length=64, unique=True)
    """What the code in the picture hashes to."""
    code = SealedField()
    """The code itself, to draw the picture again."""
    pin = SealedField()
    """Six digits without which the code opens nothing."""
    failures = models.PositiveSmallIntegerField(default=0)
    """Wrong digits in a row; too many shut it until a new one is issued."""
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who of the clinic; none when she did it herself, or a newer one took its place."""

    class Meta:
        """The newest first; one in force for each procedure."""

        ordering: ClassVar[list[str]] = ["-issued_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure"], condition=Q(revoked_at=None), name="one_handoff_in_force")
        ]
