"""Recording what was done: the draft, what the protocol remarks on it, the signature, and corrections."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from afterthread.clinic import case, clock
from afterthread.clinic.flow import procedure as flow
from afterthread.clinic.models import Patient, Procedure, ProcedureVersion
from afterthread.clinic.queries import procedure as queries
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.staff import clinic_of
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import ReasonForm
from afterthread.desk.page import page
from afterthread.desk.procedure.form import LABELS, grow
from afterthread.desk.procedure.record import Typed, fresh, record_of, stored
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Protocol

# -- Pages ------------------------------------------------------------------------------------------------------------


@page("procedure.drafted", "GET", "POST")
def procedure_new(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Begin a record."""
    patient, clinic, at = get(viewer, Patient, id, "clinic"), clinic_of(viewer), clock.now()
    typed, status = _typed(request, shipped(), clinic.zone, fresh(patient, clinic.zone, at)), 200
    if _is_saving(request):
        if typed.is_valid:
            key, said = typed.record.cleaned_data["key"], typed.record.record
            try:
                made = flow.draft_procedure(
                    viewer=viewer, patient=patient, threads=typed.threads, at=at, key=key, **said
                )
            except Conflict:  # the same page was sent twice
                made = queries.versions_of(viewer, get(viewer, Procedure, key))[-1]
            return _saved(request, made)
        status = 422
    told = {"viewer": viewer, "clinic": clinic, "patient": patient, "typed": typed, "zone": clinic.time_zone}
    return render(request, "desk/procedure_form.html", told, status=status)


def _typed(request: HttpRequest, protocol: Protocol, zone: ZoneInfo, initial: dict[str, Any]) -> Typed:
    if request.method != "POST":
        return Typed(protocol, zone, None, initial)
    how = request.POST.get("do", "")
    if _is_saving(request):
        return Typed(protocol, zone, request.POST, initial)
    return Typed(protocol, zone, grow(request.POST, how), initial, quiet=how)


def _is_saving(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("do") not in ("add", "repeat", "mirror")


def _saved(request: HttpRequest, version: ProcedureVersion) -> HttpResponse:
    messages.success(request, _("The draft is saved. It counts once it is signed."))
    to = redirect("desk:procedure", version.clinic.slug, version.pk)
    if request.POST.get("do") == "look":
        to["Location"] += "?look=1"
    return to


@page("patient.read", "GET", "POST")
def procedure(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show a signed version, or a draft to change and to look over."""
    version = queries.version_of(viewer, id)
    if version.signed_at is not None and request.method == "GET":
        return _show(request, viewer, version, ReasonForm())
    if request.method == "GET" and ("look" in request.GET or not viewer.may("procedure.changed")):
        return _look(request, viewer, version)
    return _change(request, viewer, version)


def _change(request: HttpRequest, viewer: Viewer, version: ProcedureVersion) -> HttpResponse:
    viewer.require("procedure.changed")
    status, protocol = 200, case.protocol_of(version.procedure)
    typed = _typed(request, protocol, ZoneInfo(version.time_zone), stored(version))
    if _is_saving(request):
        status = 422
        if typed.is_valid:
            revision = typed.record.cleaned_data["revision"] or 0
            try:
                flow.change_draft(
                    viewer=viewer, version=version, revision=revision, threads=typed.threads, at=clock.now(),
                    **typed.record.record,
                )  # fmt: skip
                return _saved(request, version)
            except Conflict:
                status = 409
                version = queries.version_of(viewer, version.pk)
                if queries.says(version, typed.record.record, typed.threads):  # the same page was sent twice
                    return _saved(request, version)
                typed.record.meet(version.revision, stored(version)["record"])
    told = {"viewer": viewer, "clinic": viewer.clinic, "patient": version.patient, "typed": typed, "version": version}
    return render(request, "desk/procedure_form.html", {**told, "zone": version.time_zone}, status=status)


def _look(request: HttpRequest, viewer: Viewer, version: ProcedureVersion, problem: str = "") -> HttpResponse:
    """The whole draft as it would be signed."""
    told = {**_told(viewer, version, clock.now()), "problem": problem}
    told["unknown"] = [told["record"].words.question(id) for id in told["review"].unknown]
    told["blanks"] = [(LABELS[name], count) for name, count in told["review"].blanks]
    return render(request, "desk/procedure.html", told, status=409 if problem else 200)


def _show(
    request: HttpRequest, viewer: Viewer, version: ProcedureVersion, form: ReasonForm, status: int = 200
) -> HttpResponse:
    """A signed version, and all others of the same procedure."""
    told = _told(viewer, version, version.signed_at or clock.now())
    drafts = [one for one in told["versions"] if one.signed_at is None]
    may_correct = viewer.may("procedure.corrected") and not drafts
    return render(request, "desk/procedure.html", {**told, "form": form, "may_correct": may_correct}, status=status)


def _told(viewer: Viewer, version: ProcedureVersion, today: datetime) -> dict[str, Any]:
    """A version with what the protocol remarks on it and how it differs from the one before."""
    record, versions = record_of(version), queries.versions_of(viewer, version.procedure)
    before = next((one for one in versions if one.number < version.number), None)
    review = queries.review(version, record.words, today.date())
    return {
        "viewer": viewer, "clinic": viewer.clinic, "patient": version.patient, "version": version, "record": record,
        "versions": versions, "changes": record.changes(before) if before else [],
        "review": review,
        "notes": [one for one in review.remarks if one.level == "note"],
        "notice": record.words.notice(record.words.protocol.stamp),
        "may": {verb: viewer.may(f"procedure.{verb}") for verb in ("changed", "signed", "closed")},
    }  # fmt: skip


@page("procedure.signed", "POST")
def procedure_sign(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Sign a draft that was looked over; what changed meanwhile is shown before anybody signs it."""
    version = queries.version_of(viewer, id)
    if not request.POST.get("confirm"):
        return _look(request, viewer, version, _("Confirm first that you looked it over."))
    try:
        flow.sign_procedure(viewer=viewer, version=version, revision=_revision(request), at=clock.now())
    except Conflict as conflict:
        version = queries.version_of(viewer, id)
        if version.signed_at is None:
            return _look(request, viewer, version, _why_not(conflict))
        messages.info(request, _("%(name)s signed it already.") % {"name": version.signed_by})
        return redirect("desk:procedure", clinic_of(viewer).slug, id)
    messages.success(request, _("Signed. The plan is made."))
    return redirect("desk:procedure", clinic_of(viewer).slug, id)


def _why_not(conflict: Conflict) -> str:
    if str(conflict) == "future":
        return _("It lies in the future, and a procedure is signed after it was done. Correct date and time.")
    return _("The draft was changed meanwhile and stands below as it is now. Look it over once more.")


def _revision(request: HttpRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isdecimal() and len(given) < len("9" * 10) else -1


@page("procedure.discarded", "POST")
def procedure_discard(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Throw a draft away."""
    version = queries.version_of(viewer, id)
    try:
        flow.discard_draft(viewer=viewer, version=version, revision=_revision(request), at=clock.now())
    except Conflict:
        messages.error(request, _("It was changed or signed meanwhile, so it was not discarded. Look at it first."))
        return redirect("desk:procedure", clinic_of(viewer).slug, id)
    messages.success(request, _("The draft is discarded."))
    return redirect("desk:patient", clinic_of(viewer).slug, version.patient.pk)


@page("procedure.corrected", "POST")
def procedure_correct(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Begin a correction, with its reason; the signed version stays as it is."""
    version, form = queries.version_of(viewer, id), ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, viewer, version, form, 422)
    reason = form.cleaned_data["reason"]
    try:
        made = flow.correct_procedure(viewer=viewer, procedure=version.procedure, reason=reason, at=clock.now())
    except Conflict:
        draft = queries.versions_of(viewer, version.procedure)[0]
        if draft.reason == reason and draft.drafted_by == viewer.staff:  # the same page was sent twice
            return redirect("desk:procedure", clinic_of(viewer).slug, draft.pk)
        form.add_error("reason", _("Somebody is correcting it already: there is a draft that is not signed."))
        return _show(request, viewer, version, form, 409)
    return redirect("desk:procedure", clinic_of(viewer).slug, made.pk)


@page("procedure.closed", "POST")
def procedure_close(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """End the follow-up."""
    version = queries.version_of(viewer, id)
    flow.close_procedure(viewer=viewer, procedure=version.procedure, at=clock.now())
    messages.success(request, _("The follow-up has ended. Check-ins are still taken, but none is due."))
    return redirect("desk:procedure", clinic_of(viewer).slug, id)


_AT = "<slug:clinic>/procedures/<uuid:id>/"
urlpatterns = [
    path("<slug:clinic>/patients/<uuid:id>/procedures/new", procedure_new, name="procedure_new"),
    path(_AT, procedure, name="procedure"),
    path(f"{_AT}sign", procedure_sign, name="procedure_sign"),
    path(f"{_AT}discard", procedure_discard, name="procedure_discard"),
    path(f"{_AT}correct", procedure_correct, name="procedure_correct"),
    path(f"{_AT}close", procedure_close, name="procedure_close"),
]
