"""A patient's rights over her data, as the clinic answers them: a copy of everything, and being forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.flow.record.right import ask_erasure, erase_patient, export_record, refuse_erasure
from afterthread.clinic.models import Erasure, Patient
from afterthread.clinic.queries.record.right import (
    TITLES,
    counts_of,
    document_of,
    erasures,
    export_of,
    kept_until,
)
from afterthread.clinic.queries.record.telling import tell
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import Revised, text
from afterthread.desk.page import page

WAYS = (
    ("law", gettext_lazy("End what reaches her and lets her in; keep the record as long as the law says")),
    ("everything", gettext_lazy("Take out everything that names her or tells her story, now")),
    ("refuse", gettext_lazy("Refuse")),
)
WHY_NOT = {
    "open": gettext_lazy("Something of hers is still open: an item on the worklist or a complication. Close it first."),
    "ground": gettext_lazy("The term has not passed. Write on what ground everything may go already."),
    "revision": gettext_lazy("Somebody else answered meanwhile. Look at it once more."),
    "erased": gettext_lazy("It is done already."),
}


class WishForm(forms.Form):
    """A wish that somebody told the clinic."""

    wish = text(gettext_lazy("What does she want?"), rows=2, most=2000)


class AnswerForm(Revised):
    """The clinic's answer to a wish."""

    way = forms.ChoiceField(label=gettext_lazy("What is done"), choices=WAYS, widget=forms.RadioSelect)
    answer = text(
        gettext_lazy("What she is told, and on what ground anything is kept or refused"), rows=3, most=2000,
        required=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish on the page, with what it is about."""

    row: Erasure
    until: date
    counts: list[tuple[str, int]]
    form: AnswerForm | None
    over: bool
    """Whether the law's term has passed."""


@page("patient.exported")
def patient_export(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Everything that is held about a patient, to print and hand over."""
    patient, at = get(viewer, Patient, id, "clinic"), clock.now()
    export_record(viewer=viewer, patient=patient, at=at)
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "patient": patient, "at": at}
    return render(request, "desk/export.html", {**told, "chapters": tell(export_of(viewer, patient), patient)})


@page("patient.exported")
def patient_export_data(_request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """The same as a data file."""
    patient, at = get(viewer, Patient, id, "clinic"), clock.now()
    export_record(viewer=viewer, patient=patient, at=at)
    answer = HttpResponse(document_of(viewer, patient, at), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="record-{at:%Y-%m-%d}.json"'
    return answer


@page("erasure.asked", "POST")
def erasure_ask(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Write down that a patient wants to be forgotten; somebody who administers the clinic answers."""
    patient, form = get(viewer, Patient, id, "clinic"), WishForm(request.POST)
    back = redirect("desk:patient", viewer.own_clinic.slug, patient.pk)
    if not form.is_valid():
        messages.error(request, str(form.errors["wish"][0]))
        return back
    try:
        ask_erasure(viewer=viewer, patient=patient, wish=form.cleaned_data["wish"], at=clock.now())
    except Conflict:
        messages.info(request, WHY_NOT["erased"])
    else:
        messages.success(request, _("It is written down. An administrator of the clinic has to answer it."))
    return back


@page("erasure.read")
def erasures_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every wish, what it would touch, and until when the law makes the record stay."""
    return _draw(request, viewer)


@page("erasure.answered", "POST")
def erasure_answer(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Answer one wish."""
    asked, form, at = get(viewer, Erasure, id, "patient__clinic"), AnswerForm(request.POST), clock.now()
    if not form.is_valid():
        return _draw(request, viewer, asked, form, 422)
    said = form.cleaned_data
    act = refuse_erasure if said["way"] == "refuse" else partial(erase_patient, everything=said["way"] == "everything")
    try:
        act(viewer=viewer, erasure=asked, revision=said["revision"] or 0, answer=said["answer"], at=at)
    except Conflict as conflict:
        form.add_error(None, WHY_NOT.get(str(conflict), WHY_NOT["revision"]))
        return _draw(request, viewer, asked, form, 409)
    messages.success(request, _("It is done and written down."))
    return redirect("desk:erasures", viewer.own_clinic.slug)


def _draw(
    request: HttpRequest, viewer: Viewer, about: Erasure | None = None, form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    today = clock.now().astimezone(viewer.own_clinic.zone).date()
    wishes = [_asked(row, form if about and row.pk == about.pk else None, today) for row in erasures(viewer)]
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "wishes": wishes}
    return render(request, "desk/erasures.html", told, status=status)


def _asked(row: Erasure, form: AnswerForm | None, today: date) -> Asked:
    counts = [(str(TITLES[name]), count) for name, count in counts_of(row.patient).items()]
    until = kept_until(row.patient)
    fresh = AnswerForm(initial={"revision": row.revision, "way": "everything" if today > until else "law"})
    is_open = row.patient.erased_at is None
    if form is not None:
        form.meet_revision(row.revision)
    return Asked(row, until, counts, (form or fresh) if is_open else None, today > until)


_ONE = "<slug:clinic>/patients/<uuid:id>/"
urlpatterns = [
    path(f"{_ONE}export", patient_export, name="patient_export"),
    path(f"{_ONE}export.json", patient_export_data, name="patient_export_data"),
    path(f"{_ONE}erasure", erasure_ask, name="erasure_ask"),
    path("<slug:clinic>/settings/erasures", erasures_page, name="erasures"),
    path("<slug:clinic>/settings/erasures/<uuid:id>", erasure_answer, name="erasure_answer"),
]
