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
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Consultation, Patient, Procedure, ProcedureVersion
from afterthread.clinic.queries import procedure as queries
from afterthread.clinic.queries.record.gate import Blocked, gate_of
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.stock.stock import today, usable_lots
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import ReasonForm, revision_of
from afterthread.desk.page import page
from afterthread.desk.practice.scan import read
from afterthread.desk.procedure.consultation import prefilled
from afterthread.desk.procedure.drawing import NOTE
from afterthread.desk.procedure.form import LABELS, DespiteForm
from afterthread.desk.procedure.gate import tell
from afterthread.desk.procedure.record import Typed, fresh, meet, record_of, stored
from afterthread.desk.protocol.move import pinned
from afterthread.desk.thread.advice import advise
from afterthread.desk.thread.canvas import views
from afterthread.desk.thread.grow import GROWING, grow
from afterthread.desk.thread.preset import PRESETS
from afterthread.protocol.model import Protocol

# -- Pages ------------------------------------------------------------------------------------------------------------


@page("procedure.drafted", "GET", "POST", of=Patient)
def procedure_new(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Begin a record."""
    patient, at = get(viewer, Patient, id, "clinic"), clock.now()
    typed, status = _fresh(request, viewer, patient, at), 200
    if _is_saving(request):
        if typed.is_valid:
            try:
                made = flow.draft_procedure(
                    viewer=viewer, patient=patient, threads=typed.threads, at=at,
                    key=typed.record.cleaned_data["key"], consultation=_consultation(request, viewer),
                    **typed.record.record,
                )  # fmt: skip
            except Conflict:  # the same page was sent twice
                made = queries.versions_of(viewer, get(viewer, Procedure, typed.record.cleaned_data["key"]))[-1]
            return _saved(request, made)
        status = 422
    return _form(request, viewer, patient, typed, status=status)


def _fresh(request: HttpRequest, viewer: Viewer, patient: Patient, at: datetime) -> Typed:
    """The page of a new record, in the words of the protocol that it will be pinned to."""
    clinic = viewer.own_clinic
    empty = fresh(patient, clinic.zone, at)
    empty["record"] = prefilled(_consultation(request, viewer), empty["record"])
    return _typed(request, viewer, in_force(clinic), clinic.zone, empty)


def _consultation(request: HttpRequest, viewer: Viewer) -> Consultation | None:
    """The consultation that led here, if the address names one."""
    asked = request.GET.get("consultation", "")
    return get(viewer, Consultation, _id(asked)) if asked else None


def _typed(request: HttpRequest, viewer: Viewer, known: Protocol, zone: ZoneInfo, initial: dict[str, Any]) -> Typed:
    if request.method != "POST":
        return Typed(viewer, known, zone, None, initial)
    how = _how(request)
    if how not in GROWING:
        return Typed(viewer, known, zone, request.POST, initial)
    found = _scan(viewer, request.POST.get("s-code", "")) if how == "scan" else {}
    return Typed(viewer, known, zone, grow(request.POST, how, found), initial, quiet=how, scanned=found)


def _scan(viewer: Viewer, code: str) -> dict[str, Any]:
    """What a label says, as the fields of a row."""
    found = read(viewer, code, today(viewer, clock.now()))
    return {**found, "udi": found["text"]}


def _is_saving(request: HttpRequest) -> bool:
    return request.method == "POST" and _how(request) not in GROWING


def _how(request: HttpRequest) -> str:
    """The button; Enter in the field for codes reads the code, as scanners end with it."""
    how = request.POST.get("do", "")
    return "scan" if how == "enter" and request.POST.get("s-code", "").strip() else how


def _form(
    request: HttpRequest, viewer: Viewer, patient: Patient, typed: Typed, *, version: ProcedureVersion | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page on which it is typed and drawn; with the remarks on it once somebody asked for them."""
    at = clock.now()
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": patient, "typed": typed, "version": version,
        "zone": typed.zone.key, "views": views(), "presets": PRESETS, "note": NOTE,
        "lots": usable_lots(viewer, at.astimezone(typed.zone).date()),
        "notice": typed.words.notice(typed.words.protocol.stamp), "scanned": typed.scanned,
    }  # fmt: skip
    if typed.quiet == "check":
        told["said"] = advise(typed, at)
    return render(request, "desk/procedure_form.html", told, status=status)


@page("procedure.drafted", "POST")
def procedure_advice(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """What the protocol remarks on the page as it stands, row by row; nothing is kept."""
    patient, at, of = get(viewer, Patient, id, "clinic"), clock.now(), request.POST.get("version", "")
    if of:
        version = queries.version_of(viewer, _id(of))
        typed = _typed(request, viewer, case.protocol_of(version.procedure), version.zone, {"rows": [], "record": {}})
    else:
        typed = _fresh(request, viewer, patient, at)
    return render(request, "desk/thread_advice.html", {"said": advise(typed, at)})


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing from None


def _saved(request: HttpRequest, version: ProcedureVersion) -> HttpResponse:
    messages.success(request, _("The draft is saved. It counts once it is signed."))
    to = redirect("desk:procedure", version.clinic.slug, version.pk)
    if request.POST.get("do") == "look":
        to["Location"] += "?look=1"
    return to


@page("patient.read", "GET", "POST", of=ProcedureVersion)
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
    status, known = 200, case.protocol_of(version.procedure)
    typed = _typed(request, viewer, known, version.zone, stored(version))
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
                meet(typed, version)
    return _form(request, viewer, version.patient, typed, version=version, status=status)


def _look(request: HttpRequest, viewer: Viewer, version: ProcedureVersion, problem: str = "") -> HttpResponse:
    """The whole draft as it would be signed."""
    told = {**_told(viewer, version), "problem": problem, "despite": request.POST.get("despite", "")}
    told["gate"] = tell(gate_of(version), version)
    told["unknown"] = [told["record"].words.question(id) for id in told["review"].unknown]
    told["blanks"] = [(LABELS[name], count) for name, count in told["review"].blanks]
    return render(request, "desk/procedure.html", told, status=409 if problem else 200)


def _show(
    request: HttpRequest, viewer: Viewer, version: ProcedureVersion, form: ReasonForm, status: int = 200
) -> HttpResponse:
    """A signed version, and all others of the same procedure."""
    told = _told(viewer, version)
    drafts = [one for one in told["versions"] if one.signed_at is None]
    may_correct = viewer.may("procedure.corrected") and not drafts
    return render(request, "desk/procedure.html", {**told, "form": form, "may_correct": may_correct}, status=status)


def _told(viewer: Viewer, version: ProcedureVersion) -> dict[str, Any]:
    """A version with what the protocol remarks on it and how it differs from the one before."""
    record, versions = record_of(version), queries.versions_of(viewer, version.procedure)
    before = next((one for one in versions if one.number < version.number), None)
    review = queries.review(version, record.words, version.day_zero)
    return {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": version.patient, "version": version, "record": record,
        "versions": versions, "changes": record.changes(before) if before else [],
        "review": review, "lines": record.drawn(review.remarks),
        "notes": [one for one in review.remarks if one.level == "note"],
        "notice": record.words.notice(record.words.protocol.stamp),
        "pinned": pinned(viewer, version),
        "may": {verb: viewer.may(f"procedure.{verb}") for verb in ("changed", "signed", "closed")},
    }  # fmt: skip


@page("procedure.signed", "POST")
def procedure_sign(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Sign a draft that was looked over; what changed meanwhile is shown before anybody signs it."""
    version = queries.version_of(viewer, id)
    if not request.POST.get("confirm"):
        return _look(request, viewer, version, _("Confirm first that you looked it over."))
    form = DespiteForm(request.POST)
    if not form.is_valid():
        return _look(request, viewer, version, str(form.errors["despite"][0]))
    told = {"revision": revision_of(request), "despite": form.cleaned_data["despite"]}
    try:
        flow.sign_procedure(viewer=viewer, version=version, at=clock.now(), **told)
    except Conflict as conflict:
        version = queries.version_of(viewer, id)
        if version.signed_at is None:
            return _look(request, viewer, version, _why_not(conflict))
        messages.info(request, _("%(name)s signed it already.") % {"name": version.signed_by})
        return redirect("desk:procedure", viewer.own_clinic.slug, id)
    messages.success(request, _("Signed. The plan is made."))
    return redirect("desk:procedure", viewer.own_clinic.slug, id)


def _why_not(conflict: Conflict) -> str:
    if isinstance(conflict, Blocked):
        return _("It is not signed: something speaks against it, and stands below.")
    if str(conflict) == "future":
        return _("It lies in the future, and a procedure is signed after it was done. Correct date and time.")
    return _("The draft was changed meanwhile and stands below as it is now. Look it over once more.")


@page("procedure.discarded", "POST")
def procedure_discard(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Throw a draft away."""
    version = queries.version_of(viewer, id)
    try:
        flow.discard_draft(viewer=viewer, version=version, revision=revision_of(request), at=clock.now())
    except Conflict:
        messages.error(request, _("It was changed or signed meanwhile, so it was not discarded. Look at it first."))
        return redirect("desk:procedure", viewer.own_clinic.slug, id)
    messages.success(request, _("The draft is discarded."))
    return redirect("desk:patient", viewer.own_clinic.slug, version.patient.pk)


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
            return redirect("desk:procedure", viewer.own_clinic.slug, draft.pk)
        form.add_error("reason", _("Somebody is correcting it already: there is a draft that is not signed."))
        return _show(request, viewer, version, form, 409)
    return redirect("desk:procedure", viewer.own_clinic.slug, made.pk)


@page("procedure.closed", "POST")
def procedure_close(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """End the follow-up."""
    version = queries.version_of(viewer, id)
    flow.close_procedure(viewer=viewer, procedure=version.procedure, at=clock.now())
    messages.success(request, _("The follow-up has ended. Check-ins are still taken, but none is due."))
    return redirect("desk:procedure", viewer.own_clinic.slug, id)


_AT = "<slug:clinic>/procedures/<uuid:id>/"
urlpatterns = [
    path("<slug:clinic>/patients/<uuid:id>/procedures/new", procedure_new, name="procedure_new"),
    path("<slug:clinic>/patients/<uuid:id>/procedures/advice", procedure_advice, name="procedure_advice"),
    path(_AT, procedure, name="procedure"),
    path(f"{_AT}sign", procedure_sign, name="procedure_sign"),
    path(f"{_AT}discard", procedure_discard, name="procedure_discard"),
    path(f"{_AT}correct", procedure_correct, name="procedure_correct"),
    path(f"{_AT}close", procedure_close, name="procedure_close"),
]
