"""Who did or opened what, and when: one chain per clinic, each row sealed to the one before."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from afterthread.clinic.models.clinic import Clinic


class AuditRow(models.Model):
    """One act; the database itself refuses to change or remove it."""

    chain = models.CharField(max_length=36)
    """The clinic's id, or "installation"."""
    number = models.PositiveBigIntegerField()
    verb = models.CharField(max_length=40)
    role = models.CharField(max_length=16)
    actor = models.CharField(max_length=36, blank=True)
    patient = models.CharField(max_length=36, blank=True)
    subject = models.CharField(max_length=80)
    at = models.DateTimeField()
    seal = models.CharField(max_length=64)

    class Meta:
        """Numbered without a gap."""

        ordering: ClassVar[list[str]] = ["chain", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_number_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["patient", "at"])]


class AuditHead(models.Model):
    """Where a chain ends; writers take it in turn."""

    chain = models.CharField(max_length=36, primary_key=True)
    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True)
