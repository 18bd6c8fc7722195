"""A complication as a case: what was seen, what it was judged to be, what was done by when, and how it ended."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.checkin import Decision
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.procedure import Procedure
from afterthread.clinic.models.staff import Staff


class Complication(models.Model):
    """One case on one procedure; everything that is thought of it stands in its judgements."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="complications")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="complications")
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The decision from which it was opened, if it was."""
    key = models.UUIDField(default=uuid.uuid4)
    began_day = models.PositiveSmallIntegerField()
    """The day after the procedure on which it began."""
    zone = models.CharField(max_length=40, blank=True)
    side = models.CharField(max_length=16, blank=True)
    threads = models.JSONField(default=list)
    """Keys of the threads that are thought to be concerned."""
    signs = SealedField(blank=True)
    """What was seen, in the words of whoever opened it."""
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """The newest first; the open ones are found at once; sent twice with one key, it is opened once."""

        ordering: ClassVar[list[str]] = ["-opened_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure", "key"], name="complication_key_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-opened_at"], condition=Q(closed_at=None), name="complication_open")
        ]


class Judgement(models.Model):
    """What somebody holds it to be; a later one about the same thing supersedes it. Only ever added to."""

    class About(models.TextChoices):
        """Which question it answers."""

        PATHWAY = "pathway", "what it is"
        NATURE = "nature", "sequela, complication or dissatisfaction"
        GRADE = "grade", "Clavien-Dindo grade"
        TECHNIQUE = "technique", "what the technique had to do with it"
        THREADS = "threads", "which threads"
        OUTCOME = "outcome", "how it ended"
        CLOSING = "closing", "why it is closed"
        REOPENING = "reopening", "why it is open again"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    complication = models.ForeignKey(Complication, on_delete=models.CASCADE, related_name="judgements")
    about = models.CharField(max_length=12, choices=About)
    value = models.CharField(max_length=80, blank=True)
    """A word of the question's vocabulary; of a pathway its id in the protocol."""
    more = models.JSONField(default=dict, blank=True)
    reason = SealedField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """The last one about a question counts."""

        ordering: ClassVar[list[str]] = ["id"]


class StepDone(models.Model):
    """One step of a pathway that was done, or found not to be needed. Only ever added to."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    complication = models.ForeignKey(Complication, on_delete=models.CASCADE, related_name="steps")
    pathway = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    needed = models.BooleanField(default=True)
    note = SealedField(blank=True)
    at = models.DateTimeField()
    """When it was done, which may be before it was written down."""
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Once for each step; in the order written."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["complication", "pathway", "step"], name="pathway_step_once")
        ]


class Remark(models.Model):
    """A note on a case. Only ever added to."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    complication = models.ForeignKey(Complication, on_delete=models.CASCADE, related_name="remarks")
    key = models.UUIDField(default=uuid.uuid4)
    text = SealedField()
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In the order written; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["complication", "key"], name="remark_key_once")
        ]
