"""Checking a draft, reading what was found, and adopting it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.flow.record.overlay import Unfit, adopt_overlay, check_overlay
from afterthread.clinic.models import Overlay
from afterthread.clinic.queries.protocol.version import draft_of
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import revision_of, text
from afterthread.desk.page import page
from afterthread.desk.protocol import finding
from afterthread.desk.protocol.draft import Desk, desk_of
from afterthread.desk.protocol.entry import all_differences
from afterthread.protocol.load import shipped

PAGE, MOST_PLANS = 50, 50


class AdoptForm(forms.Form):
    """What a practitioner says when she adopts a draft."""

    reason = text(gettext_lazy("Why the clinic changes this"), rows=3, most=2000)
    read = forms.BooleanField(
        label=gettext_lazy("I read what this changes, and what it would have changed for our patients."),
        required=False,
    )


@page("overlay.read", "GET", "POST")
def protocol_check(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Check the draft, or show what checking found."""
    if request.method == "POST":
        return _check(request, viewer)
    return _show(request, viewer, AdoptForm())


def _check(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    viewer.require("overlay.checked")
    overlay = draft_of(viewer)
    try:
        if overlay is not None:
            check_overlay(viewer=viewer, overlay=overlay, at=clock.now())
    except (Conflict, Missing):
        messages.warning(request, _("The draft was changed while it was checked. Check it once more."))
    return redirect("desk:protocol_check", viewer.own_clinic.slug)


def _show(request: HttpRequest, viewer: Viewer, form: AdoptForm, status: int = 200) -> HttpResponse:
    desk = desk_of(viewer)
    if desk.overlay is None:
        messages.info(request, _("There is no draft to check."))
        return redirect("desk:protocol", viewer.own_clinic.slug)
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "overlay": desk.overlay, "form": form,
        "differences": all_differences(shipped(), desk.laid), "may": viewer.may("overlay.adopted"),
        **_found(viewer, desk, desk.overlay, request.GET.get("page", "1")),
    }  # fmt: skip
    return render(request, "desk/protocol/check.html", told, status=status)


def _found(viewer: Viewer, desk: Desk, overlay: Overlay, number: str) -> dict[str, Any]:
    """What checking found, in words; nothing while it is not checked."""
    checks = overlay.checks
    if checks is None or checks["problems"]:
        return {"problems": checks["problems"] if checks else [], "spoken": finding.spoken()}
    made, history = desk.laid, checks["replay"]
    rows = Paginator(history["rows"], PAGE).get_page(number)
    proved = finding.proved(made, checks["properties"])
    return {
        "checks": checks,
        "proved": proved,
        "refuted": sum(not one.holds for one in proved),
        "examples": finding.examples(checks["examples"]),
        "spoken": finding.spoken(),
        "history": history,
        "same": history["checkins"] - history["lowered"] - history["raised"] - history["otherwise"],
        "page": rows,
        "rows": finding.replayed(viewer, made, list(rows.object_list)),
        "plans": finding.plans(viewer, made, checks["plans"]["rows"][:MOST_PLANS]),
    }


@page("overlay.adopted", "POST")
def protocol_adopt(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Make new plans from the draft, if nothing speaks against it."""
    overlay, form = draft_of(viewer), AdoptForm(request.POST)
    if overlay is None:  # adopted already, or discarded
        return redirect("desk:protocol", viewer.own_clinic.slug)
    if not form.is_valid():
        return _show(request, viewer, form, 422)
    try:
        adopt_overlay(
            viewer=viewer, overlay=overlay, revision=revision_of(request), at=clock.now(), **form.cleaned_data
        )
    except Unfit as unfit:
        for code in unfit.because:
            form.add_error({"unread": "read", "unexplained": "reason"}.get(code), str(finding.AGAINST[code]))
        return _show(request, viewer, form, 422)
    except (Conflict, Missing):
        messages.warning(request, _("The draft was changed meanwhile and stands below as it is now."))
        return redirect("desk:protocol_check", viewer.own_clinic.slug)
    messages.success(request, _("Adopted. New plans are made from it; running plans stay on their version."))
    return redirect("desk:protocol", viewer.own_clinic.slug)


_AT = "<slug:clinic>/settings/protocol"
urlpatterns = [
    path(f"{_AT}/check", protocol_check, name="protocol_check"),
    path(f"{_AT}/adopt", protocol_adopt, name="protocol_adopt"),
]
