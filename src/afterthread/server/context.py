"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from afterthread.clinic import clock
from afterthread.clinic.queries.worklist import places_of, waiting_count
from afterthread.clinic.roles import Viewer
from afterthread.desk.page import first_page


def installation(request: HttpRequest) -> dict[str, Any]:
    """Whether this is the demonstration; at the desk also the clinics to switch to, and what is open to whoever looks.

    `may_work` and `may_find` are what the table of roles says of the worklist and of the list of patients.
    """
    told: dict[str, Any] = {"demo": settings.AFTERTHREAD_DEMO}
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None or viewer.staff is None:
        return told
    user = viewer.staff.user  # asked for only where a page shows it
    told["clinics"] = SimpleLazyObject(
        lambda: [(one.clinic, reverse(first_page(one.role), args=[one.clinic.slug])) for one in places_of(user)]
    )
    told["may_work"], told["may_find"] = viewer.may("worklist.read"), viewer.may("patient.read")
    told["waiting"] = SimpleLazyObject(lambda: waiting_count(viewer, clock.now()) if viewer.may("worklist.read") else 0)
    return told


def is_open_to_look() -> bool:
    """Whether pages for developers are shown here."""
    return bool(settings.AFTERTHREAD_DEMO or settings.DEBUG)
