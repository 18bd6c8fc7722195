"""What was done, version by version: a draft can be changed, what was signed never is."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.patient import Patient
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.record.consultation import Consultation
from afterthread.clinic.models.record.stock import Lot
from afterthread.clinic.models.staff import Staff
from afterthread.clinic.roles import Missing


class Procedure(models.Model):
    """One session of threads; what is known of it stands in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="procedures")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="procedures")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    consultation = models.ForeignKey(
        Consultation, null=True, blank=True, on_delete=models.PROTECT, related_name="procedures"
    )
    """What was agreed before; none for a record that is older than consultations."""
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

    def signed_version(self) -> ProcedureVersion:
        """The last signed version with its threads, which is what counts; raises `Missing` while there is none."""
        signed = self.versions.filter(signed_at__isnull=False).prefetch_related("threads")
        found = signed.order_by("number").last()
        if found is None:
            raise Missing
        return found


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
    despite = SealedField(blank=True)
    """Why it was signed although something spoke against it, as the signer wrote it."""
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

    @property
    def zone(self) -> ZoneInfo:
        """Where it was done."""
        return ZoneInfo(self.time_zone)

    @property
    def placed(self) -> datetime:
        """When it was done, on the wall there."""
        return self.placed_at.astimezone(self.zone)

    @property
    def day_zero(self) -> date:
        """The date from which days are counted."""
        return self.placed.date()


class Thread(models.Model):
    """One thread, or several alike, as placed; words are those of the protocol, a blank is unknown.

    A thread that was drawn has a view and two points of it, in per mille of the drawing's width and height.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="threads")
    position = models.PositiveSmallIntegerField()
    key = models.UUIDField(default=uuid.uuid4, db_index=True)
    """The same thread has the same key in every version of the record."""
    zone = models.CharField(max_length=40, blank=True)
    side = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    material = models.CharField(max_length=40, blank=True)
    layer = models.CharField(max_length=40, blank=True)
    fixation = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=16, blank=True)
    purpose = models.CharField(max_length=16, blank=True)
    count = models.PositiveSmallIntegerField(default=1)
    overcorrection = models.CharField(max_length=8, blank=True)
    barb_near_exit = models.CharField(max_length=8, blank=True)
    paired_needles = models.CharField(max_length=8, blank=True)
    view = models.CharField(max_length=12, blank=True)
    entry_x = models.PositiveSmallIntegerField(null=True, blank=True)
    entry_y = models.PositiveSmallIntegerField(null=True, blank=True)
    exit_x = models.PositiveSmallIntegerField(null=True, blank=True)
    exit_y = models.PositiveSmallIntegerField(null=True, blank=True)
    vector = models.PositiveSmallIntegerField(null=True, blank=True)
    """Direction from entry to exit in degrees: 0 away from the midline, 90 up."""
    gauge = models.PositiveSmallIntegerField(null=True, blank=True)
    length_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    product = models.CharField(max_length=120, blank=True)
    stock = models.ForeignKey(Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="threads")
    """The lot in the clinic's stock, when it came from there; `lot` is what was written down in any case."""
    udi = models.CharField(max_length=160, blank=True)
    """The text of the device's identification as scanned or typed."""
    lot = models.CharField(max_length=60, blank=True)
    expires = models.DateField(null=True, blank=True)

    class Meta:
        """In the order recorded; a key stands once in a version; a lot is found however it was typed."""

        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "key"], name="thread_key_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index("clinic", Upper("lot"), name="thread_lot")]
