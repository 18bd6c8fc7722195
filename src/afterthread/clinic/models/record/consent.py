"""What a clinic asks consent for, word for word, and who signed which words."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Device, Patient
from afterthread.clinic.models.record.consultation import Consultation
from afterthread.clinic.models.staff import Staff


class ConsentText(models.Model):
    """One version of one text; once published its words never change, a change is the next number."""

    class Purpose(models.TextChoices):
        """What is consented to; only the first is needed for the procedure itself."""

        PROCEDURE = "procedure", "the procedure"
        PHOTO_RECORD = "photo_record", "photos for the record"
        PHOTO_SHOWN = "photo_shown", "photos shown to others"
        REGISTRY = "registry", "pseudonymous data for a registry"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose)
    region = models.CharField(max_length=8, blank=True)
    """The region it is about (face, neck, nose, body); blank for all that have no text of their own."""
    number = models.PositiveSmallIntegerField()
    words = models.JSONField(default=dict)
    """Language -> `title`, `body` (plain paragraphs)."""
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    """When a later version, or nothing, took its place."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """Numbers without twins; one in force at a time."""

        ordering: ClassVar[list[str]] = ["purpose", "region", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "purpose", "region", "number"], name="consent_number_once"),
            models.UniqueConstraint(
                fields=["clinic", "purpose", "region"],
                condition=Q(published_at__isnull=False, retired_at=None),
                name="one_consent_text_in_force",
            ),
        ]


class Signature(models.Model):
    """One person agreed to exactly these words; only ever added to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="signatures")
    consultation = models.ForeignKey(
        Consultation, null=True, blank=True, on_delete=models.CASCADE, related_name="signatures"
    )
    """The session it was given for; none for a purpose that is not about one session."""
    key = models.UUIDField(default=uuid.uuid4)
    language = models.CharField(max_length=8)
    digest = models.CharField(max_length=64)
    """Of title and body in that language: whatever is shown later can be proved to be what was signed."""
    name = SealedField()
    """As she wrote it."""
    drawing = SealedField(blank=True)
    """JSON: the strokes, each a list of points in per mille of the field; blank when typed or on paper."""
    on_paper = models.BooleanField(default=False)
    signed_at = models.DateTimeField()
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    witness = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who was there, when it was signed at the clinic; who saw the paper, when it was signed there."""

    class Meta:
        """In the order signed; sent twice with one key, it is kept once."""

        ordering: ClassVar[list[str]] = ["signed_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient", "key"], name="signature_key_once")
        ]


class Withdrawal(models.Model):
    """A signature taken back; what was done before stays allowed, nothing after."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    signature = models.OneToOneField(Signature, on_delete=models.CASCADE, related_name="withdrawal")
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who wrote it down; none when she did it herself."""
    reason = SealedField(blank=True)
