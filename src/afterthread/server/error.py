"""Answers to what went wrong, in the user's words; whatever happens, a patient learns whom to call."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template

from afterthread.clinic.models.country import EVERYWHERE

FORMS = ("/desk/", "/p/")
"""Where people type at length; passwords are typed elsewhere."""
FULL = ("disk is full", "No space left", "could not extend file", "readonly database", "read-only transaction")
"""How the two databases say that nothing more can be written."""


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - the reason is for us
    """A page that was open too long, or a request from another site: nothing was changed.

    Where the browser says that a page of ours asks, what was typed is shown again, to be sent once more; a page of
    another site gets nothing to press.
    """
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin" and request.path.startswith(FORMS)
    return render(request, "403_csrf.html", {"carried": ours}, status=403)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What came cannot be read, or is far too long."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def failed(request: HttpRequest) -> HttpResponse:
    """Something broke; these pages use neither tables nor context, because that may be what broke."""
    error = sys.exc_info()[1]
    status = 507 if _is_full(error) else 503 if isinstance(error, OperationalError | InterfaceError) else 500
    if request.content_type == "application/json":  # a phone that sends what it queued, and keeps it
        says = "it was not stored" if status == HTTPStatus.INSUFFICIENT_STORAGE else "it may not have been stored"
        told = {"error": "failed", "says": f"{says}; send it again in a few minutes", "emergency": EVERYWHERE}
        return JsonResponse(told, status=status, headers={"Cache-Control": "no-store"})
    return _plain(f"{status}.html", status)


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError | DatabaseError) and any(sign in str(error) for sign in FULL)


def _plain(template: str, status: int) -> HttpResponse:
    return HttpResponse(get_template(template).render(), status=status, headers={"Cache-Control": "no-store"})
