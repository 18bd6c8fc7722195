"""What came of it, at fixed times after the procedure, as the patient and as a clinician see it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Device, Patient
from afterthread.clinic.models.procedure import Procedure
from afterthread.clinic.models.staff import Staff


class Outcome(models.Model):
    """One assessment at one point; said again, the later one counts. Only ever added to."""

    class Point(models.TextChoices):
        """When: weeks or calendar months after the procedure."""

        WEEKS_2 = "2w", "2 weeks"
        MONTH_1 = "1m", "1 month"
        MONTHS_3 = "3m", "3 months"
        MONTHS_6 = "6m", "6 months"
        MONTHS_12 = "12m", "12 months"
        MONTHS_18 = "18m", "18 months"

    class Grade(models.IntegerChoices):
        """The improvement against before, in five grades."""

        WORSE = 1, "worse than before"
        SAME = 2, "no change"
        BETTER = 3, "somewhat better"
        MUCH_BETTER = 4, "clearly better"
        BEST = 5, "as good as hoped"

    class Three(models.TextChoices):
        """Yes, no, or in between."""

        YES = "yes", "yes"
        PARTLY = "partly", "partly, or not sure"
        NO = "no", "no"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="outcomes")
    key = models.UUIDField(default=uuid.uuid4)
    point = models.CharField(max_length=4, choices=Point)
    improvement = models.PositiveSmallIntegerField(choices=Grade, null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True)
    """From 1, very dissatisfied, to 5, very satisfied; asked of the patient only."""
    would_repeat = models.CharField(max_length=8, choices=Three, blank=True)
    still_visible = models.CharField(max_length=8, choices=Three, blank=True)
    words = SealedField(blank=True)
    day = models.PositiveSmallIntegerField()
    """The day after the procedure on which it was said."""
    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The clinician who assessed it; none when it is the patient's own word."""
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """In the order said; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["procedure", "key"], name="outcome_key_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["clinic", "point"])]
