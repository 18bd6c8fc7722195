"""Who works in a clinic, and who did."""

from __future__ import annotations

from django.db.models import F

from afterthread.clinic.models import Staff
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer


def staff_of(viewer: Viewer) -> list[Staff]:
    """Everybody who works there now: first those who are called, in their order, then the rest."""
    viewer.require("staff.read")
    rows = scope(viewer, Staff).filter(until=None).select_related("user")
    return list(rows.order_by(F("called").asc(nulls_last=True), "since"))


def former_of(viewer: Viewer) -> list[Staff]:
    """Everybody who worked there once; what they signed stays theirs."""
    viewer.require("staff.read")
    return list(scope(viewer, Staff).filter(until__isnull=False).select_related("user").order_by("-until"))
