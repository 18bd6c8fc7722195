"""The screening at the desk: filling it in, what it found, and what a clinician decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic.flow.record.consultation import change_consultation
from afterthread.clinic.flow.record.screening import DECIDABLE, answer_screening, override_finding
from afterthread.clinic.models import Consultation, Override, Screening
from afterthread.clinic.queries.procedure import titles_of
from afterthread.clinic.queries.record.consultation import Ahead
from afterthread.clinic.queries.record.screening import Screened, Told, first_free, flat, history
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.clinic.sheet.screening import WrongSheet, read_posted, sheet, typed
from afterthread.desk.form import ReasonForm, id_of, revision_of
from afterthread.desk.page import page, words_of
from afterthread.desk.procedure.consultation import way_of
from afterthread.engine.explain import Words
from afterthread.engine.screen import Objection
from afterthread.protocol.model import UNKNOWN

LEVELS: dict[str, tuple[str | Promise, str]] = {
    "no": (gettext_lazy("A reason against threads"), "bad"),
    "not_yet": (gettext_lazy("Too near in time"), "bad"),
    DECIDABLE: (gettext_lazy("For a clinician to decide"), "warn"),
}
ANSWERS: dict[str, str | Promise] = {
    "yes": gettext_lazy("Yes"), "no": gettext_lazy("No"), UNKNOWN: gettext_lazy("Does not know"),
    "": gettext_lazy("Not answered"),
}  # fmt: skip

# -- Pages ------------------------------------------------------------------------------------------------------------


@page("patient.read", "GET", "POST", of=Consultation)
def screening(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show answers and findings, or fill the questionnaire in at the desk."""
    way = way_of(viewer, id)
    if request.method == "POST":
        viewer.require("screening.answered")
        return _take(request, viewer, way)
    may = viewer.may("screening.answered") and way.consultation.closed_at is None
    if may and "fill" in request.GET:
        return _fill(request, viewer, way, typed(way.screened.screening.answers) if way.screened else {}, {})
    return _show(request, viewer, way)


def _take(request: HttpRequest, viewer: Viewer, way: Ahead) -> HttpResponse:
    data = {name: str(value) for name, value in request.POST.items()}
    try:
        posted = read_posted(way.protocol, request.POST)
        answer_screening(
            viewer=viewer, consultation=way.consultation, key=posted.key, said=posted.said, note=posted.note, at=way.at
        )
    except WrongSheet as wrong:
        return _fill(request, viewer, way, data, dict(wrong.problems), status=422)
    except Conflict:
        messages.error(request, _("The consultation was closed meanwhile: nothing is kept any more."))
        return _fill(request, viewer, way, data, {}, status=409)
    messages.success(request, _("The answers are kept."))
    return redirect("desk:screening", viewer.own_clinic.slug, way.consultation.pk)


@page("screening.overridden", "POST")
def screening_override(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Decide to go on despite one finding; the reason stays with the name."""
    way, form, entry = way_of(viewer, id), ReasonForm(request.POST), request.POST.get("entry", "")
    known = id_of(request.POST.get("screening", ""))
    row = way.consultation.screenings.filter(pk=known).first() if known else None
    if row is None:
        return _show(request, viewer, way, problem=_("Nobody has answered yet."), status=409)
    if not form.is_valid():
        return _show(request, viewer, way, wrong=(entry, form), status=422)
    try:
        override_finding(viewer=viewer, screening=row, entry=entry, reason=form.cleaned_data["reason"], at=way.at)
    except Conflict:
        way = way_of(viewer, id)
        done = way.screened.overrides.get(entry) if way.screened else None
        if done is None or done.by_id != (viewer.staff and viewer.staff.pk):
            form.add_error("reason", _("It was answered or decided anew meanwhile. Look at it as it is now."))
            return _show(request, viewer, way, wrong=(entry, form), status=409)
    messages.success(request, _("Your decision is kept."))
    return redirect("desk:screening", viewer.own_clinic.slug, id)


@page("consultation.changed", "POST")
def screening_move(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Move the planned day out of everything that clashes with it."""
    way, day = way_of(viewer, id), None
    with suppress(ValueError):
        day = date.fromisoformat(request.POST.get("to", ""))
    revision = revision_of(request)
    if day is None or revision < 0:
        return _show(request, viewer, way, problem=_("Choose a day."), status=400)
    try:
        change_consultation(viewer=viewer, consultation=way.consultation, revision=revision, planned_on=day, at=way.at)
    except Conflict:
        way = way_of(viewer, id)
        if way.consultation.planned_on != day:
            problem = _("It was changed meanwhile, or the day is over. Look at it as it is now.")
            return _show(request, viewer, way, problem=problem, status=409)
    messages.success(request, _("The session is planned for %(day)s.") % {"day": date_format(day)})
    return redirect("desk:screening", viewer.own_clinic.slug, id)


# -- What they show ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One objection in words; `override` who decided on it, `form` a decision that could not be kept."""

    entry: str
    level: str
    tone: str
    asked: str
    said: str
    because: str
    do: str
    sources: list[tuple[str, str]]
    earliest: date | None
    decidable: bool
    override: Override | None
    form: ReasonForm


def _fill(
    request: HttpRequest, viewer: Viewer, way: Ahead, data: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    words = words_of(way.protocol)
    told = {
        "sheet": sheet(words, data, wrong, age_asked=way.patient.born is None, unfolded=True),
        "notice": words.notice(words.protocol.stamp),
    }
    return render(request, "desk/screening_fill.html", _shell(viewer, way) | told, status=status)


def _shell(viewer: Viewer, way: Ahead) -> dict[str, Any]:
    return {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": way.patient, "way": way,
        "consultation": way.consultation,
    }  # fmt: skip


def _show(
    request: HttpRequest, viewer: Viewer, way: Ahead, *, wrong: tuple[str, ReasonForm] | None = None,
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    words, known = words_of(way.protocol), way.screened
    told: dict[str, Any] = {
        "known": known,
        "problem": problem,
        "notice": words.notice(words.protocol.stamp),
        "may": {
            "answer": viewer.may("screening.answered") and way.consultation.closed_at is None,
            "decide": viewer.may("screening.overridden") and way.editable,
            "move": viewer.may("consultation.changed") and way.editable,
        },
    }
    if known:
        told |= {
            "findings": [_finding(words, known, one, wrong) for one in known.found.objections],
            "left_open": [words.of(entry, "ask") for entry in known.left_open],
            "at_once": [words.of(f"condition.{id}", "do") for id in known.at_once],
            "earliest": first_free(way.consultation, known, way.today),
            "answers": _answers(words, known.screening),
            "history": [(row, [_change(words, one) for one in found]) for row, found in history(way.consultation)],
        }
    return render(request, "desk/screening.html", _shell(viewer, way) | told, status=status)


def _finding(words: Words, known: Screened, one: Objection, wrong: tuple[str, ReasonForm] | None) -> Finding:
    title, tone = LEVELS[one.verdict]
    is_condition = one.entry.startswith("condition.")
    answer = flat(known.screening.answers).get(one.entry, "")
    return Finding(
        entry=one.entry,
        level=str(title),
        tone=tone,
        asked=words.of(one.entry, "ask"),
        said=_said(answer) if answer else _("It follows from the age"),
        because=words.of(one.entry, "because"),
        do=words.of(one.entry, "do") if is_condition else "",
        sources=titles_of(words, one.sources),
        earliest=one.earliest,
        decidable=one.verdict == DECIDABLE,
        override=known.overrides.get(one.entry),
        form=wrong[1] if wrong and wrong[0] == one.entry else _reason_form(one.entry),
    )


def _reason_form(entry: str) -> ReasonForm:
    form = ReasonForm(auto_id=f"id_{entry.replace('.', '_')}_%s")
    form.fields["reason"].label = _("Why it may be done all the same")
    return form


def _said(word: str) -> str:
    """An answer in words, or a date."""
    return str(ANSWERS[word]) if word in ANSWERS else date_format(date.fromisoformat(word))


def _answers(words: Words, row: Screening) -> list[tuple[str, str]]:
    """Everything that was answered but with a no, as asked."""
    return [(words.of(entry, "ask"), _said(word)) for entry, word in flat(row.answers).items() if word != "no"]


def _change(words: Words, one: Told) -> tuple[str, str, str]:
    return words.of(one.entry, "ask"), _said(one.before), _said(one.after)


_AT = "<slug:clinic>/consultations/<uuid:id>/screening"
urlpatterns = [
    path(_AT, screening, name="screening"),
    path(f"{_AT}/override", screening_override, name="screening_override"),
    path(f"{_AT}/move", screening_move, name="screening_move"),
]
