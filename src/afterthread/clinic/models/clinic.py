"""A clinic: when it is open, who answers when it is not, and how fast it promises to look."""

from __future__ import annotations

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from afterthread.clinic.models.country import emergency_number
from afterthread.clinic.models.protocol import ProtocolVersion


def weekdays() -> dict[str, Any]:
    """Monday to Friday, nine to six: where a new clinic starts."""
    return {"weekly": {day: [["09:00", "18:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}}


class Clinic(models.Model):
    """One clinic of an installation; nothing of it is seen from another."""

    class OnCall(models.TextChoices):
        """Who answers outside opening hours."""

        NOBODY = "none", "nobody"
        ALWAYS = "always", "somebody, round the clock"
        HOURS = "hours", "somebody, at set hours"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=40, blank=True)
    on_call_phone = models.CharField(max_length=40, blank=True)
    emergency_phone = models.CharField(max_length=20, blank=True)
    hours = models.JSONField(default=weekdays)
    on_call = models.CharField(max_length=8, choices=OnCall, default=OnCall.NOBODY)
    on_call_hours = models.JSONField(default=dict, blank=True)
    emergency_minutes = models.PositiveSmallIntegerField(default=15)
    same_day_minutes = models.PositiveSmallIntegerField(default=120)
    escalate_minutes = models.PositiveSmallIntegerField(default=30)
    out_of_hours = models.TextField(blank=True)
    protocol = models.ForeignKey(ProtocolVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The protocol of its own that new plans are made from; none for the shipped one."""
    keep_years = models.PositiveSmallIntegerField(default=10)
    """How long its law makes it keep a medical record, counted from the last entry."""
    revision = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Where its walls are."""
        return ZoneInfo(self.time_zone)

    @property
    def emergency(self) -> str:
        """The number that is called when minutes count."""
        return self.emergency_phone or emergency_number(self.country)
