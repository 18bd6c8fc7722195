"""The front door: whoever is in goes on to her own pages, everybody else is shown the two ways in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from afterthread.diary.page import patient_of
from afterthread.server.context import is_open_to_look


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Staff to the desk, a patient's device to the diary, others to the door."""
    if request.user.is_authenticated:
        return redirect("desk:clinics")
    if patient_of(request) is not None:
        return redirect("diary:today")
    return render(request, "home.html")


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every part of the look on one page, for those who work on it."""
    if not is_open_to_look():
        raise Http404
    return render(request, "gallery.html")
