"""What every page of the diary has in common: a device that was let in, and the patient's own language."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from afterthread.clinic import clock
from afterthread.clinic.flow.link import viewer_of
from afterthread.clinic.models import Patient
from afterthread.clinic.queries.message import unread_of
from afterthread.clinic.roles import Missing, Viewer

COOKIE = "afterthread_device"
View = Callable[..., HttpResponse]


def patient_of(request: HttpRequest) -> Viewer | None:
    """The patient whose device asks, or none."""
    try:
        return viewer_of(request.COOKIES.get(COOKIE, ""), clock.now())
    except Missing:
        return None


def page(*methods: str) -> Callable[[View], View]:
    """Make `view(request, viewer, …)` a page for a patient; whoever is not in is shown the door."""

    def decorate(view: View) -> View:
        @never_cache
        @gzip_page  # its padding and the changing CSRF token leave nothing to be guessed from the length
        @require_http_methods(methods or ("GET", "HEAD"))
        @functools.wraps(view)
        def run(request: HttpRequest, **given: Any) -> HttpResponse:
            viewer = patient_of(request)
            if viewer is None or viewer.patient is None:
                return _signed_out(request)
            translation.activate(viewer.patient.language)
            request.viewer = viewer  # type: ignore[attr-defined]  # the shell shows clinic and language
            return view(request, viewer, **given)

        return cast("View", run)

    return decorate


def _signed_out(request: HttpRequest) -> HttpResponse:
    """The door; whoever was writing keeps what she wrote on the page, to send it again once she is in."""
    if "key" not in request.POST:  # only what is written anew has one
        return redirect("diary:enter")
    return render(request, "diary/signed_out.html", status=403)


def herself(viewer: Viewer) -> Patient:
    """The patient who looks; raises `Missing` for anybody else."""
    if viewer.patient is None:
        raise Missing
    return viewer.patient


def show(
    request: HttpRequest, viewer: Viewer, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page as this patient sees it: on her wall clock, with her clinic and what she has not read."""
    shell = {"clinic": viewer.own_clinic, "patient": viewer.patient, "unread": unread_of(viewer, herself(viewer))}
    with timezone.override(herself(viewer).zone):
        return render(request, template, shell | (context or {}), status=status)
