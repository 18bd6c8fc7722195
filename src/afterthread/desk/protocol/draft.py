"""The draft of a clinic's own protocol: the list of all that may be changed, and the form on one entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from afterthread.clinic import clock, knowledge
from afterthread.clinic.flow.record.overlay import change_overlay, discard_overlay, draft_overlay
from afterthread.clinic.models import Overlay
from afterthread.clinic.queries.protocol.version import draft_of, whole
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import revision_of
from afterthread.desk.page import page, words_of
from afterthread.desk.protocol.edit import EntryForm, stored, take_back
from afterthread.desk.protocol.entry import (
    SECTIONS,
    all_differences,
    choices,
    differences,
    find,
    origins,
    rows,
    title,
)
from afterthread.protocol.load import ProtocolError, shipped
from afterthread.protocol.model import Protocol
from afterthread.protocol.parse import Problem

LONGEST_SEARCH = 80


@dataclass(frozen=True)
class Desk:
    """What lies on the desk: the draft, or what is in force while there is none, laid over what is shipped."""

    overlay: Overlay | None
    laid: Protocol
    problems: tuple[Problem, ...] = ()


def desk_of(viewer: Viewer) -> Desk:
    """The draft of the clinic as a protocol; one that cannot be built any more says why."""
    overlay = draft_of(viewer)
    if overlay is None:
        return Desk(None, knowledge.in_force(viewer.own_clinic))
    try:
        return Desk(overlay, knowledge.build(whole(overlay)))
    except ProtocolError as error:
        return Desk(overlay, shipped(), error.problems)


@page("overlay.read", "GET", "POST")
def protocol_draft(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show everything that may be changed, or begin a draft."""
    if request.method == "POST":
        return _begin(request, viewer)
    desk, sought = desk_of(viewer), request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    show = request.GET.get("show", "")
    show = show if show in (*SECTIONS, "changed") else "course"
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "desk": desk, "overlay": desk.overlay, "sought": sought,
        "show": show, "sections": SECTIONS, "rows": rows(shipped(), desk.laid, show, sought),
        "changes": len(all_differences(shipped(), desk.laid)), "may": viewer.may("overlay.changed"),
    }  # fmt: skip
    return render(request, "desk/protocol/draft.html", told)


def _begin(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    viewer.require("overlay.drafted")
    try:
        begun: dict[str, Any] | None = {} if request.POST.get("from") == "shipped" else None
        draft_overlay(viewer=viewer, at=clock.now(), document=begun)
    except Conflict:
        messages.info(request, _("There is a draft already, and this is it."))
    return redirect("desk:protocol_draft", viewer.own_clinic.slug)


@page("overlay.read", "GET", "POST")
def protocol_entry(request: HttpRequest, viewer: Viewer, entry: str) -> HttpResponse:
    """Show one entry with its sources, or change it in the draft."""
    desk = desk_of(viewer)
    if find(shipped(), entry) is None or find(desk.laid, entry) is None:
        raise Missing
    if request.method == "POST":
        viewer.require("overlay.changed")
        if desk.overlay is None:
            messages.warning(request, _("There is no draft any more. Begin one first."))
            return redirect("desk:protocol", viewer.own_clinic.slug)
        return _change(request, viewer, desk, desk.overlay, entry)
    revision = desk.overlay.revision if desk.overlay else 0
    return _show(request, viewer, desk, EntryForm(shipped(), desk.laid, entry, revision=revision))


def _show(request: HttpRequest, viewer: Viewer, desk: Desk, form: EntryForm, status: int = 200) -> HttpResponse:
    words = words_of(desk.laid)
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "overlay": desk.overlay, "form": form, "key": form.about,
        "entry": form.entry, "title": title(words, form.entry), "section": form.about.partition(".")[0],
        "changes": differences(shipped(), desk.laid, form.about),
        "origins": list(origins(shipped(), form.shipped)), "choices": choices(words_of(shipped()), form.shipped),
        "may": viewer.may("overlay.changed") and desk.overlay is not None,
    }  # fmt: skip
    return render(request, "desk/protocol/entry.html", told, status=status)


def _change(request: HttpRequest, viewer: Viewer, desk: Desk, overlay: Overlay, entry: str) -> HttpResponse:
    form = EntryForm(shipped(), desk.laid, entry, request.POST)
    back = request.POST.get("do") == "back"
    if not back and not form.is_valid():
        return _show(request, viewer, desk, form, 422)
    document = take_back(overlay.document, entry) if back else form.document(overlay.document)
    try:
        knowledge.build(whole(overlay, document))
        change_overlay(viewer=viewer, overlay=overlay, revision=revision_of(request), document=document, at=clock.now())
    except ProtocolError as error:
        form.refuse(error.problems)
        return _show(request, viewer, desk, form, 422)
    except Conflict:
        return _met(request, viewer, form, document)
    messages.success(request, _("It stands in the draft. Nothing is in force before it is checked and adopted."))
    return redirect("desk:protocol_entry", viewer.own_clinic.slug, entry)


def _met(request: HttpRequest, viewer: Viewer, form: EntryForm, document: dict[str, Any]) -> HttpResponse:
    """Somebody else changed the draft meanwhile; the same page sent twice says what stands there already."""
    desk = desk_of(viewer)
    if desk.overlay is not None and desk.overlay.document == document:
        return redirect("desk:protocol_entry", viewer.own_clinic.slug, form.about)
    if desk.overlay is None or not form.is_valid():
        messages.warning(request, _("There is no draft any more. Begin one first."))
        return redirect("desk:protocol", viewer.own_clinic.slug)
    again = EntryForm(shipped(), desk.laid, form.about, request.POST)
    again.is_valid()
    again.meet(desk.overlay.revision, stored(again))
    return _show(request, viewer, desk, again, 409)


@page("overlay.discarded", "POST")
def protocol_discard(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Throw the draft away."""
    overlay = draft_of(viewer)
    try:
        if overlay is not None:
            discard_overlay(viewer=viewer, overlay=overlay, revision=revision_of(request), at=clock.now())
        messages.success(request, _("The draft is discarded. What is in force stays."))
    except (Conflict, Missing):
        messages.error(request, _("It was changed meanwhile, so it was not discarded. Look at it first."))
        return redirect("desk:protocol_draft", viewer.own_clinic.slug)
    return redirect("desk:protocol", viewer.own_clinic.slug)


_AT = "<slug:clinic>/settings/protocol/draft"
urlpatterns = [
    path(_AT, protocol_draft, name="protocol_draft"),
    path(f"{_AT}/discard", protocol_discard, name="protocol_discard"),
    path(f"{_AT}/<str:entry>", protocol_entry, name="protocol_entry"),
]
