"""The page that a patient takes along: looked at, signed, printed, and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.flow.record.handoff import issue_handoff, revoke_handoff
from afterthread.clinic.models import Handoff, ProcedureVersion
from afterthread.clinic.queries.procedure import version_of
from afterthread.clinic.queries.record.handoff import handoffs_of, openings_of, sum_of, tell_card
from afterthread.clinic.queries.record.sheet import Sheet
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.page import page


@page("patient.read", "GET", "POST", of=ProcedureVersion)
def handoff(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Look at what would be signed now, at what is in force, and at what was; sign, or revoke."""
    version, at = version_of(viewer, id), clock.now()
    if request.method == "POST":
        viewer.require("handoff.revoked")
        return _act(request, viewer, version, at)
    return _show(request, viewer, version, at)


def _act(request: HttpRequest, viewer: Viewer, version: ProcedureVersion, at: datetime) -> HttpResponse:
    here = redirect("desk:handoff", viewer.own_clinic.slug, version.pk)
    issued = handoffs_of(viewer, version.procedure)
    force = next((one for one in issued if one.revoked_at is None), None)
    if request.POST.get("do") == "revoke":
        if force is not None and request.POST.get("before", "") == str(force.pk):
            revoke_handoff(viewer=viewer, handoff=force, at=at)
        messages.success(request, _("It is revoked: its code opens nothing any more."))
        return here
    if request.POST.get("do") != "sign" or not request.POST.get("confirm"):
        return _show(request, viewer, version, at, _("Confirm first that you looked it over."))
    return _sign(request, viewer, version, at, force)


def _sign(
    request: HttpRequest, viewer: Viewer, version: ProcedureVersion, at: datetime, force: Handoff | None
) -> HttpResponse:
    """Sign what was looked at; what changed meanwhile is shown before anybody signs it."""
    before = request.POST.get("before", "")
    here = redirect("desk:handoff", viewer.own_clinic.slug, version.pk)
    if before != (str(force.pk) if force else ""):
        if force is not None and force.issued_by_id == (viewer.staff.pk if viewer.staff else None):
            messages.info(request, _("You signed one already; it is in force."))
            return here  # the same page was sent twice
        return _show(request, viewer, version, at, _("Somebody signed or revoked one meanwhile. Look at it once more."))
    seen = request.POST.get("seen", "") or "-"
    try:
        issue_handoff(viewer=viewer, procedure=version.procedure, at=at, seen=seen, before=force)
    except Conflict:
        return _show(request, viewer, version, at, _("Something changed meanwhile. Look it over once more."))
    messages.success(request, _("Signed. The patient has it on the phone; print it here."))
    return here


def _show(
    request: HttpRequest, viewer: Viewer, version: ProcedureVersion, at: datetime, problem: str = ""
) -> HttpResponse:
    procedure = version.procedure
    if procedure.signed_at is None:
        raise Missing
    content, seen = sum_of(procedure, at)
    issued = handoffs_of(viewer, procedure)
    force = next((one for one in issued if one.revoked_at is None), None)
    address = f"{settings.AFTERTHREAD_URL}{reverse('card:show')}"
    told: dict[str, Any] = {
        "viewer": viewer,
        "clinic": viewer.own_clinic,
        "patient": version.patient,
        "version": version,
        "seen": seen,
        "force": tell_card(viewer, force, address) if force else None,
        "preview": [Sheet(content, "en")],
        "past": [(one, openings_of(viewer, one)) for one in issued if one.revoked_at is not None],
        "problem": problem,
        "may": {"sign": viewer.may("handoff.issued"), "revoke": viewer.may("handoff.revoked")},
    }
    return render(request, "desk/handoff.html", told, status=409 if problem else 200)


urlpatterns = [path("<slug:clinic>/procedures/<uuid:id>/handoff", handoff, name="handoff")]
