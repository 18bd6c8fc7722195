"""Recording what was done, signing it, and correcting it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from afterthread.clinic import case, clock
from afterthread.clinic.flow import procedure as flow
from afterthread.clinic.models import Patient, Procedure, ProcedureVersion
from afterthread.clinic.queries import procedure as queries
from afterthread.clinic.queries.recovery import speakable
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.staff import clinic_of
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import (
    ANSWERS,
    CHOICES,
    LABELS,
    ReasonForm,
    RecordForm,
    Rows,
    ThreadForm,
    grow,
)
from afterthread.desk.page import page
from afterthread.engine.explain import Words
from afterthread.engine.history import traits
from afterthread.protocol.load import shipped
from afterthread.protocol.model import UNKNOWN, Protocol

FIRST_ROWS = 2
WORDED = ("zone", "kind", "material", "layer")


def language() -> str:
    """The language of whoever looks."""
    return get_language() or "en"


# -- What a record says -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One version in the words of whoever looks."""

    version: ProcedureVersion
    words: Words

    @property
    def when(self) -> str:
        """Date and time where it was done."""
        return _when(self.version.placed_at, self.version.time_zone)

    @property
    def zones(self) -> str:
        """The zones by name."""
        return self._zones(self.version.zones)

    def _zones(self, zones: list[str]) -> str:
        return ", ".join(self._word("zone", zone) for zone in zones)

    @cached_property
    def traits(self) -> list[tuple[str, list[str]]]:
        """What is known of person and procedure, as the engine reads it: an answer, and all that has it."""
        known = traits(self.words.protocol, case.procedure_of(self.version))
        found = [(title, [self.words.question(id) for id in known if known[id] == value]) for value, title in ANSWERS]
        return [(str(title), names) for title, names in found if names]

    @property
    def threads(self) -> list[dict[str, Any]]:
        """Each row of threads in words."""
        return [self._thread(queries.line_of(row)) for row in self.version.threads.all()]

    @property
    def total(self) -> int:
        """How many threads there are in all."""
        return sum(row.count for row in self.version.threads.all())

    def _thread(self, line: queries.Line) -> dict[str, Any]:
        said = dict(zip(("count", *queries.THREAD), line, strict=True))
        worded = {name: self._word(name, said[name]) for name in WORDED}
        told = {
            name: str(dict(options).get(said[name], said[name])) if said[name] else ""
            for name, options in CHOICES.items()
        }
        return {**said, **worded, **told}

    def _word(self, section: str, id: str) -> str:
        return self.words.of(f"{section}.{id}", "name") if id in self.words.protocol[section] else id

    def told_thread(self, line: queries.Line) -> str:
        """One row of threads as a sentence."""
        said = self._thread(line)
        about = [said[name] for name in queries.THREAD if said[name] and name not in ("lot", "expires")]
        if said["lot"]:
            about.append(f"{LABELS['lot']} {said['lot']}")
        if said["expires"]:
            about.append(f"{LABELS['expires']} {date_format(said['expires'])}")
        return f"{said['count']} × {', '.join(about)}"

    def changes(self, before: ProcedureVersion) -> list[tuple[str, str, str]]:
        """What stands differently in the version before: what, then and now."""
        return [
            (self._about(change), self._said(change, change.before), self._said(change, change.after))
            for change in queries.changes(before, self.version)
        ]

    def _about(self, change: queries.Change) -> str:
        return self.words.question(change.about) if change.about else str(LABELS[change.field])

    def _said(self, change: queries.Change, value: Any) -> str:
        if value in (None, "", []):
            return ""
        tell = {
            "placed_at": lambda: _when(value, self.version.time_zone),
            "zones": lambda: self._zones(value),
            "modifier": lambda: str(dict(ANSWERS)[value]),
            "thread": lambda: self.told_thread(value),
        }
        return str(tell[change.field]() if change.field in tell else value)


def _when(at: datetime, zone: str) -> str:
    return date_format(at.astimezone(ZoneInfo(zone)), "DATETIME_FORMAT")


def record_of(version: ProcedureVersion) -> Record:
    """A version with the words of its own protocol."""
    protocol = case.protocol_of(version.procedure)
    return Record(version, Words(protocol, speakable(protocol, language())))


# -- What is typed ----------------------------------------------------------------------------------------------------


class Typed:
    """The form of a record and its rows of threads, from a page or from what is stored."""

    def __init__(
        self,
        protocol: Protocol,
        zone: ZoneInfo,
        data: QueryDict | None,
        initial: dict[str, Any],
        quiet: str = "",
    ) -> None:
        """`quiet` while rows are only added: what is still missing is no mistake yet."""
        self.quiet = quiet
        words = Words(protocol, speakable(protocol, language()))
        named = {name: [(id, words.of(f"{name}.{id}", "name")) for id in protocol[name]] for name in WORDED}
        asked = {id: one for id, one in protocol["modifier"].items() if not queries.is_read(one)}
        derived = {id: one for id, one in protocol["modifier"].items() if queries.is_read(one)}
        self.record = RecordForm(
            data, initial=initial["record"], zone=zone, zones=named["zone"],
            asked={id: words.of(one.key, "ask") for id, one in asked.items()},
            derived={id: words.of(one.key, "ask") for id, one in derived.items()},
        )  # fmt: skip
        self.rows: BaseFormSet[ThreadForm] = Rows(
            data, initial=None if data else initial["rows"], form_kwargs={"words": named}, prefix="t"
        )

    @property
    def is_valid(self) -> bool:
        """Whether all of it can be kept."""
        return all([self.record.is_valid(), self.rows.is_valid()])

    @property
    def threads(self) -> list[dict[str, Any]]:
        """The rows in which something was said."""
        return [row for form in self.rows.forms if (row := form.row)]


def _fresh(patient: Patient, zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    """What stands on an empty page."""
    now = at.astimezone(zone)
    record = {"day": now.date(), "time": now.time(), "age": queries.usual_age(patient, now.date())}
    return {"record": record, "rows": [{} for _ in range(FIRST_ROWS)]}


def _stored(version: ProcedureVersion) -> dict[str, Any]:
    """What stands on the page of a draft."""
    placed = version.placed_at.astimezone(ZoneInfo(version.time_zone))
    modifiers = {
        f"m-{one.id}": version.modifiers.get(one.id) == "yes"
        if queries.is_read(one)
        else version.modifiers.get(one.id, UNKNOWN)
        for one in case.protocol_of(version.procedure)["modifier"].values()
    }
    record = {"day": placed.date(), "time": placed.time(), "age": version.age, "zones": version.zones}
    rows = [{name: getattr(row, name) for name in ThreadForm.base_fields} for row in version.threads.all()]
    record |= {"note": version.note, "revision": version.revision, **modifiers}
    return {"record": record, "rows": rows or [{} for _ in range(FIRST_ROWS)]}


# -- Pages ------------------------------------------------------------------------------------------------------------


@page("procedure.drafted", "GET", "POST")
def procedure_new(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Begin a record."""
    patient, clinic, at = get(viewer, Patient, id, "clinic"), clinic_of(viewer), clock.now()
    typed, status = _typed(request, shipped(), clinic.zone, _fresh(patient, clinic.zone, at)), 200
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
    typed = _typed(request, protocol, ZoneInfo(version.time_zone), _stored(version))
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
                typed.record.meet(version.revision, _stored(version)["record"])
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
