"""A patient, the links that let her in, and the devices that stay in."""

from __future__ import annotations

import uuid
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.staff import Staff


class Patient(models.Model):
    """One person in one clinic; name and contact are sealed, the address is found by its fingerprint."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    name = SealedField()
    email = SealedField(blank=True)
    phone = SealedField(blank=True)
    email_index = models.CharField(max_length=64, blank=True, db_index=True)
    born = models.PositiveSmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64)
    enrolled_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)
    """When everything that names her was taken out, at her wish."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """Listed by clinic, the newest first."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["clinic", "-enrolled_at"])]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def zone(self) -> ZoneInfo:
        """Where she lives: her days are counted there."""
        return ZoneInfo(self.time_zone)


class Link(models.Model):
    """A way in that works once and soon ends; only what its secret and its code hash to is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="links")
    secret = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class Device(models.Model):
    """A phone or computer on which a patient is in, until somebody ends it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="devices")
    secret = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
