"""The consultation: what for, what was expected and promised, for when; and the way from it to a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from afterthread.clinic import clock
from afterthread.clinic.flow.record import consultation as flow
from afterthread.clinic.knowledge import in_force, protocol
from afterthread.clinic.models import Consultation, Patient
from afterthread.clinic.queries.procedure import is_read, usual_age
from afterthread.clinic.queries.record.consultation import Ahead, ahead, coming, consultations_of, titled
from afterthread.clinic.queries.record.screening import screened
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import ReasonForm, revision_of
from afterthread.desk.page import page, words_of
from afterthread.desk.procedure.agreed import ConsultationForm, effects, line, stored, unsayable
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Modifier

# -- Pages ------------------------------------------------------------------------------------------------------------


@page("consultation.opened", "GET", "POST", of=Patient)
def consultation_new(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Begin to agree on a session; sent twice, it is there once."""
    patient, at = get(viewer, Patient, id, "clinic"), clock.now()
    words, today = words_of(in_force(viewer.own_clinic)), at.astimezone(viewer.own_clinic.zone).date()
    form = ConsultationForm(request.POST or None, words=words, today=today)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        try:
            made = flow.open_consultation(viewer=viewer, patient=patient, key=key, at=at, **form.agreed)
        except Conflict:
            made = get(viewer, Consultation, key)
        messages.success(request, _("The consultation is kept."))
        return redirect("desk:consultation", viewer.own_clinic.slug, made.pk)
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "patient": patient, "form": form, "may_change": True}
    status = 422 if form.errors else 200
    return render(request, "desk/consultation.html", told | _around(words, form), status=status)


@page("patient.read", "GET", "POST", of=Consultation)
def consultation(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show what was agreed and how far the way to the session is; change it while the session is ahead."""
    way = way_of(viewer, id)
    if request.method == "GET":
        return _show(request, viewer, way, _form(way))
    viewer.require("consultation.changed")
    form, status = _form(way, request), 422
    if form.is_valid():
        revision = form.cleaned_data["revision"] or 0
        try:
            flow.change_consultation(
                viewer=viewer, consultation=way.consultation, revision=revision, at=way.at, **form.agreed
            )
            messages.success(request, _("The consultation is kept."))
            return redirect("desk:consultation", viewer.own_clinic.slug, id)
        except Conflict as conflict:
            way, status = way_of(viewer, id), 409
            if not way.editable or str(conflict) != "revision":
                form.add_error(None, _shut(str(conflict)))
            else:
                form.meet(way.consultation.revision, stored(way.consultation))
    return _show(request, viewer, way, form, status=status)


@page("consultation.closed", "POST")
def consultation_close(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """It leads to no session; why is kept."""
    way, closing = way_of(viewer, id), ReasonForm(request.POST)
    if not closing.is_valid():
        return _show(request, viewer, way, _form(way), closing=closing, status=422)
    reason, revision = closing.cleaned_data["reason"], revision_of(request)
    try:
        flow.close_consultation(
            viewer=viewer, consultation=way.consultation, revision=revision, reason=reason, at=way.at
        )
    except Conflict as conflict:
        if way.consultation.closed_at is None:
            closing.add_error("reason", _shut(str(conflict)))
            return _show(request, viewer, way_of(viewer, id), _form(way), closing=closing, status=409)
    messages.success(request, _("The consultation is closed. Nothing is due any more."))
    return redirect("desk:consultation", viewer.own_clinic.slug, id)


@page("patient.read", of=Consultation)
def consultation_paper(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """What was said, on paper, in the language of the patient."""
    way = way_of(viewer, id)
    with translation.override(way.patient.language):
        return render(request, "desk/consultation_paper.html", _told(viewer, way))


@page("patient.read")
def consultations(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everybody whose session is ahead, by date: what is filled in, what has to be decided, what is missing."""
    at = clock.now()
    rows = [ahead(one, at) for one in coming(viewer)]
    rows.sort(key=lambda one: (one.consultation.planned_on is None, one.consultation.planned_on or date.max))
    found = [(one, standing(viewer, one)) for one in rows]
    return render(request, "desk/consultations.html", {"viewer": viewer, "clinic": viewer.own_clinic, "rows": found})


# -- What they show ---------------------------------------------------------------------------------------------------


def way_of(viewer: Viewer, id: UUID) -> Ahead:
    """A consultation as it stands now; raises `Missing`."""
    return ahead(get(viewer, Consultation, id, "patient__clinic", "clinic", "opened_by__user"), clock.now())


def _form(way: Ahead, request: HttpRequest | None = None) -> ConsultationForm:
    held = way.consultation
    return ConsultationForm(
        request.POST if request else None, initial=stored(held), words=words_of(way.protocol), today=way.today,
        stored=held.planned_on,
    )  # fmt: skip


def _show(
    request: HttpRequest, viewer: Viewer, way: Ahead, form: ConsultationForm, *, closing: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    told = _told(viewer, way) | _around(words_of(way.protocol), form)
    told |= {"form": form, "may_change": viewer.may("consultation.changed") and way.editable}
    told["steps"] = steps(viewer, way)
    closing = closing or ReasonForm()
    closing.fields["reason"].label = _("Why there is no session")
    return render(request, "desk/consultation.html", told | {"closing": closing}, status=status)


def _around(words: Words, form: ConsultationForm) -> dict[str, Any]:
    """The protocol's words beside the form."""
    return {
        "effects": effects(words, form["materials"].value() or ()),
        "unsayable": unsayable(words),
        "notice": words.notice(words.protocol.stamp),
    }


def _told(viewer: Viewer, way: Ahead) -> dict[str, Any]:
    held, words = way.consultation, words_of(way.protocol)
    known = words.protocol
    return {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": way.patient, "way": way, "consultation": held,
        "asked": [line(words, known["indication"][id]) for id in held.indications if id in known["indication"]],
        "zones": [words.of(f"zone.{id}", "name") for id in held.zones if id in known["zone"]],
        "said": [words.of(f"promise.{id}", "says") for id in held.promises if id in known["promise"]],
        "chosen": [one for one in effects(words, held.materials) if one.chosen],
        "preparation": prepared(way, words),
        "notice": words.notice(known.stamp),
    }  # fmt: skip


def prepared(way: Ahead, words: Words) -> list[tuple[date, list[str], bool]]:
    """The preparation by the day on which it begins; whether that day has come."""
    return [
        (day, [words.of(one.step, "title") for one in items], day <= way.today)
        for day, items in titled(way.preparation).items()
    ]


def _shut(why: str) -> str:
    return {
        "closed": _("It was closed meanwhile. What you typed stands below, but it is not kept."),
        "done": _("The session is signed by now: what was said before it stays as it was."),
        "past": _("The planned day is over. Choose a day from today on."),
    }.get(why, _("Somebody else changed this meanwhile. Look at it again first."))


# -- The way to a session ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step to a session: how it stands, and where it is done."""

    title: str
    says: str
    tone: str
    link: str = ""


def steps(viewer: Viewer, way: Ahead) -> list[Step]:
    """Consultation, screening, consent, preparation, procedure: in the order in which they are needed."""
    talked = (_("written down"), "good") if way.discussed else (_("nothing written down yet"), "warn")
    return [
        Step(_("Consultation"), *talked),
        *standing(viewer, way),
        Step(_("Preparation"), *_preparation_stands(way), "#preparation" if way.preparation else ""),
        Step(_("Procedure"), *_procedure_stands(way), _record(viewer, way)),
    ]


def standing(viewer: Viewer, way: Ahead) -> list[Step]:
    """The steps that show on a list: screening and consent."""
    here = {"clinic": viewer.own_clinic.slug, "id": way.consultation.pk}
    signed = (_("signed"), "good") if way.consented else (_("not signed yet"), "warn")
    return [
        Step(_("Screening"), *_screening_stands(way), reverse("desk:screening", kwargs=here)),
        Step(_("Consent"), *signed, reverse("desk:consent", kwargs=here)),
    ]


def before(viewer: Viewer, patient: Patient, at: datetime) -> dict[str, Any]:
    """What the page of a patient says of sessions that are ahead, and of consultations that are over."""
    found = consultations_of(viewer, patient, at)
    return {
        "ahead": [(one, standing(viewer, one)) for one in found if one.editable],
        "earlier": [one for one in found if not one.editable],
        "may_open": viewer.may("consultation.opened"),
    }


def _screening_stands(way: Ahead) -> tuple[str, str]:
    """How the screening stands, in a few words and a tone."""
    known = way.screened
    if known is None:
        return _("waiting for the patient"), "warn"
    verdicts = {one.verdict for one in known.open}
    if "no" in verdicts:
        return _("a reason against threads"), "bad"
    if "not_yet" in verdicts:
        return _("the date clashes"), "bad"
    if verdicts:
        count = len(known.open)
        return ngettext("%(n)d thing to decide", "%(n)d things to decide", count) % {"n": count}, "warn"
    if known.left_open:
        count = len(known.left_open)
        return ngettext("%(n)d question open", "%(n)d questions open", count) % {"n": count}, "warn"
    return (_("decided") if known.overrides else _("clear")), "good"


def _preparation_stands(way: Ahead) -> tuple[str, str]:
    if way.consultation.planned_on is None:
        return _("needs a planned date"), "warn"
    now, later = way.by_now(way.today)
    return _("%(now)d now, %(later)d to come") % {"now": len(now), "later": len(later)}, "thread"


def _procedure_stands(way: Ahead) -> tuple[str, str]:
    if way.done:
        return _("signed"), "good"
    if way.version is not None:
        return _("draft, not signed"), "warn"
    if way.days is not None and way.days < 0:
        return _("the planned day is over"), "warn"
    return _("not begun"), "thread"


def _record(viewer: Viewer, way: Ahead) -> str:
    """Where the record is, or begins."""
    slug = viewer.own_clinic.slug
    if way.version is not None:
        return reverse("desk:procedure", kwargs={"clinic": slug, "id": way.version.pk})
    if way.consultation.closed_at is not None or not viewer.may("procedure.drafted"):
        return ""
    new = reverse("desk:procedure_new", kwargs={"clinic": slug, "id": way.patient.pk})
    return f"{new}?consultation={way.consultation.pk}"


# -- From it to the record --------------------------------------------------------------------------------------------


def prefilled(held: Consultation | None, record: dict[str, Any]) -> dict[str, Any]:
    """What stands on the empty page of a record: zones and time as planned, and what the screening asked already."""
    if held is None:
        return record
    found = record | {"zones": held.zones}
    if held.planned_on:
        found |= {"day": held.planned_on, "age": usual_age(held.patient, held.planned_on)}
    if held.planned_time:
        found |= {"time": held.planned_time}
    known = screened(held)
    answers = known.screening.answers["answers"] if known else {}
    asked = {id: one for id, one in protocol(held.protocol_id)["modifier"].items() if id in answers}
    return found | {f"m-{id}": _ticked(one, answers[id]) for id, one in asked.items()}


def _ticked(modifier: Modifier, answer: str) -> bool | str:
    return answer == "yes" if is_read(modifier) else answer


_AT = "<slug:clinic>/consultations/<uuid:id>/"
urlpatterns = [
    path("<slug:clinic>/patients/<uuid:id>/consultations/new", consultation_new, name="consultation_new"),
    path("<slug:clinic>/consultations/", consultations, name="consultations"),
    path(_AT, consultation, name="consultation"),
    path(f"{_AT}close", consultation_close, name="consultation_close"),
    path(f"{_AT}paper", consultation_paper, name="consultation_paper"),
]
