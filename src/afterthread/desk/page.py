"""What every page of the desk has in common: who looks, in which clinic, and whether she may."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from afterthread.clinic import clock
from afterthread.clinic.flow.clinic import viewer_of
from afterthread.clinic.flow.message import read_messages
from afterthread.clinic.flow.patient import open_record
from afterthread.clinic.models import Patient
from afterthread.clinic.queries.message import unread_of
from afterthread.clinic.queries.recovery import speakable
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import MAY, Viewer
from afterthread.engine.explain import Words
from afterthread.protocol.model import Protocol

View = Callable[..., HttpResponse]


def language() -> str:
    """The language of whoever looks."""
    return translation.get_language() or "en"


def words_of(protocol: Protocol) -> Words:
    """The protocol's sentences in that language."""
    return Words(protocol, speakable(protocol, language()))


def page(what: str, *methods: str, of: type[Model] | None = None) -> Callable[[View], View]:
    """Make `view(request, viewer, …)` a page of one clinic that shows or does `what` of the table of roles.

    Somebody without a place in the clinic gets the same answer as for a clinic that does not exist. `of` is the table
    of what the address names when that belongs to one patient: reading such a page leaves a trace that she can see.
    """

    def decorate(view: View) -> View:
        @never_cache
        @require_http_methods(methods or ("GET", "HEAD"))
        @functools.wraps(view)
        def run(request: HttpRequest, clinic: str, **given: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _signed_out(request)
            user = request.user
            viewer = viewer_of(user, clinic)
            viewer.require(what)
            translation.activate(user.language)
            request.viewer = viewer  # type: ignore[attr-defined]  # the shell's navigation shows where one is
            response = view(request, viewer, **given)
            if of is not None and request.method == "GET" and response.status_code == HTTPStatus.OK:
                _leave_trace(request, viewer, of, given["id"])
            return response

        return cast("View", run)

    return decorate


def _leave_trace(request: HttpRequest, viewer: Viewer, table: type[Model], id: UUID) -> None:
    """Somebody looked; a page that asks for its own news is nobody."""
    if request.htmx:  # type: ignore[attr-defined]  # set by its middleware
        return
    named: Any = get(viewer, table, id, *([] if table is Patient else ["patient"]))
    open_record(viewer=viewer, patient=named if table is Patient else named.patient, at=clock.now())


def read_conversation(viewer: Viewer, patient: Patient, at: datetime) -> None:
    """What the patient wrote stands on the page: it is read now."""
    if unread_of(viewer, patient):
        read_messages(viewer=viewer, patient=patient, at=at)


def first_page(role: str) -> str:
    """The name of the page on which somebody of this role begins."""
    return "desk:worklist" if role in MAY["worklist.read"] else "desk:figures"


def way_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Back to the page that `next` names, if it is one of ours; `redirect` would take a word for the name of a page."""
    there = request.POST.get("next", "")
    return HttpResponseRedirect(there if url_has_allowed_host_and_scheme(there, allowed_hosts=None) else otherwise)


def _signed_out(request: HttpRequest) -> HttpResponse:
    """The way in; whoever was typing while the session ended keeps what was typed on the page, to send it again."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    if not request.htmx:  # type: ignore[attr-defined]  # set by its middleware
        return render(request, "desk/signed_out.html", status=403)
    page = render(request, "desk/signed_out.html")  # htmx shows only what succeeds, and would put it into a part
    page["HX-Retarget"], page["HX-Reselect"], page["HX-Reswap"] = "#main", "#main", "outerHTML"
    return page
