"""The worklist: what waits, the most urgent first, each with its clock and its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from afterthread.clinic import clock
from afterthread.clinic.flow.clinic import choose_staff_language
from afterthread.clinic.models import User
from afterthread.clinic.queries.worklist import Opened, open_items, places_of, troubles
from afterthread.clinic.roles import Viewer
from afterthread.desk import item
from afterthread.desk.page import first_page, page, way_back
from afterthread.desk.row import Row

FILTERS = ("all", "mine", "unclaimed")


@never_cache
@login_required
@require_safe
def clinics(request: HttpRequest) -> HttpResponse:
    """Choose a clinic; somebody who works in one only is there at once."""
    user = cast("User", request.user)
    places = places_of(user)
    if len(places) == 1:
        return redirect(first_page(places[0].role), clinic=places[0].clinic.slug)
    told = [(place, first_page(place.role)) for place in places]
    return render(request, "desk/clinics.html", {"places": told})


@page("staff.language_chosen", "POST")
def language(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Read on in another language, on the page where one was."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        choose_staff_language(viewer=viewer, language=chosen, at=clock.now())
    return way_back(request, reverse("desk:clinics"))


@page("worklist.read")
def worklist(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The whole page."""
    return render(request, "desk/worklist.html", _shown(request, viewer, clock.now()))


@page("worklist.read")
def worklist_rows(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The list alone, for a page that is open already."""
    return render(request, "desk/worklist.html#rows", _shown(request, viewer, clock.now()))


def _shown(request: HttpRequest, viewer: Viewer, at: datetime) -> dict[str, Any]:
    every = open_items(viewer, at)
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in FILTERS else "all"
    groups = {name: [one for one in every if _belongs(one, name, viewer)] for name in FILTERS}
    rows = [Row(one, get_language() or "en") for one in groups[chosen]]
    return {
        "clinic": viewer.own_clinic,
        "viewer": viewer,
        "at": at,
        "chosen": chosen,
        "counts": {name: len(found) for name, found in groups.items()},
        "waiting": sum(one.waiting for one in every),
        "rows_waiting": [row for row in rows if row.opened.waiting],
        "rows_answered": [row for row in rows if not row.opened.waiting and not row.opened.later],
        "rows_later": [row for row in rows if row.opened.later],
        "troubles": troubles(viewer, at),
    }


def _belongs(one: Opened, name: str, viewer: Viewer) -> bool:
    if name == "mine":
        return viewer.staff is not None and one.item.owner_id == viewer.staff.pk
    return name == "all" or one.item.owner_id is None


urlpatterns = [
    path("", clinics, name="clinics"),
    path("<slug:clinic>/language", language, name="language"),
    path("<slug:clinic>/", worklist, name="worklist"),
    path("<slug:clinic>/rows", worklist_rows, name="worklist_rows"),
    *item.urlpatterns,
]
