"""Answers to what went wrong, in the user's words; whatever happens, a patient learns whom to call."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

FULL = ("disk is full", "No space left", "could not extend file", "readonly database")
"""How the two databases say that nothing more can be written."""


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - the reason is for us
    """A page that was open too long, or a request from another site: nothing was changed."""
    return render(request, "403_csrf.html", status=403)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What came cannot be read, or is far too long."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - nothing of it can be trusted any more
    """Something broke; these pages use neither tables nor context, because that may be what broke."""
    error = sys.exc_info()[1]
    if _is_full(error):
        return _plain("507.html", 507)
    if isinstance(error, OperationalError | InterfaceError):
        return _plain("503.html", 503)
    return _plain("500.html", 500)


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError | OperationalError) and any(sign in str(error) for sign in FULL)


def _plain(template: str, status: int) -> HttpResponse:
    return HttpResponse(get_template(template).render(), status=status, headers={"Cache-Control": "no-store"})
