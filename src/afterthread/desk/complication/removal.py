"""Threads of a procedure: what is still in and until when, taking threads out, and saying a removal anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import case, clock
from afterthread.clinic.flow.record.removal import correct_removal, record_removals
from afterthread.clinic.models import Complication, ProcedureVersion, Removal
from afterthread.clinic.queries.complication.complication import complications_of
from afterthread.clinic.queries.complication.judgement import Unfit
from afterthread.clinic.queries.complication.removal import Placed, Window, threads_of, today_of
from afterthread.clinic.queries.procedure import titles_of, version_of
from afterthread.clinic.queries.record.drawn import OUT
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.complication.case import Shown, told_removal, told_thread
from afterthread.desk.complication.form import CorrectionForm, SittingForm, TakenForm, moment_of
from afterthread.desk.complication.picture import picture_of
from afterthread.desk.page import page, words_of
from afterthread.engine.explain import Words

STATES: dict[str, str | Promise] = {
    "in": gettext_lazy("in"),
    "part": gettext_lazy("partly in"),
    "out": gettext_lazy("out"),
}
TONES = {"in": "thread", "part": "warn", "out": "good"}
UNFIT: dict[str, str | Promise] = {
    "count": gettext_lazy("More than are still in."),
    "removed_at": gettext_lazy("It lies in the future, or before the procedure."),
    "note": gettext_lazy("Say what was wrong."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One window of a thread in words."""

    says: str
    state: str
    """Whether it runs, lies ahead, is over, or has no dates."""
    sources: list[tuple[str, str]]
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of threads in words."""

    placed: Placed
    says: str
    state: str | Promise
    tone: str
    removals: list[tuple[Removal, str]]
    absorbed: Told | None


@page("patient.read", of=ProcedureVersion)
def threads(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """All threads of a procedure: what is in, what is out, and the windows; that somebody looked leaves a trace."""
    version, at = version_of(viewer, id), clock.now()
    found = threads_of(viewer, version.procedure)
    words, today = _words(version), today_of(found.version, at)
    states = {row.thread.key: row.state for row in found.rows}
    rows = [_row(one, words, today) for one in found.rows]
    reversal, capsule = _told(found.reversal, words, today), _told(found.capsule, words, today)
    told = {
        **_about(viewer, version),
        "version": found.version,
        "threads": found,
        "rows": rows,
        "reversal": reversal,
        "capsule": capsule,
        "windows": [one for one in (reversal, capsule) if one],
        "materials": {one.absorbed.says: one.absorbed for one in rows if one.absorbed}.values(),
        "corrected": [(one, told_removal(one)) for one in found.corrected],
        "astray": [(one, told_removal(one)) for one in found.astray],
        "facts": _facts(words),
        "notice": words.notice(words.protocol.stamp),
        "picture": picture_of([row.thread for row in found.rows], words, states=states),
    }
    return render(request, "desk/threads_in.html", told)


@page("removal.recorded", "GET", "HEAD", "POST", of=ProcedureVersion)
def threads_remove(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Record a sitting in which one or several threads were taken out; all of it is kept, or nothing."""
    version, at = version_of(viewer, id), clock.now()
    found, words = threads_of(viewer, version.procedure), _words(version)
    left = [row for row in found.rows if row.state != OUT]
    posted = request.POST if request.method == "POST" else None
    sitting = SittingForm(posted, initial=_now(viewer, at, request), cases=_cases(viewer, version, at))
    forms = [(row, told_thread(words, row.number, row.thread), _taken(row, posted, request)) for row in left]
    valid = posted is not None and all([sitting.is_valid(), *[form.is_valid() for _row, _says, form in forms]])
    if valid and _kept(viewer, version, sitting, forms, at):
        messages.success(request, _("Kept. The map shows what is still in."))
        return redirect("desk:threads", viewer.own_clinic.slug, id)
    told = {**_about(viewer, version), "sitting": sitting, "forms": forms}
    return render(request, "desk/threads_remove.html", told, status=422 if posted is not None else 200)


Filled = list[tuple[Placed, str, TakenForm]]


def _kept(viewer: Viewer, version: ProcedureVersion, sitting: SittingForm, forms: Filled, at: datetime) -> bool:
    """Whether it could be kept; if not, what is wrong stands beside its field."""
    said = sitting.cleaned_data
    key, touched = said["key"] or uuid4(), [one for one in forms if one[2].cleaned_data.get("extent")]
    if not touched:
        sitting.add_error(None, _("Say of at least one thread what came out."))
        return False
    removals = [
        {**_common(viewer, said), **_row_said(row, form), "key": uuid5(key, str(row.thread.key)),
         "thread": row.thread.key}
        for row, _says, form in touched
    ]  # fmt: skip
    try:
        record_removals(viewer=viewer, procedure=version.procedure, removals=removals, at=at)
    except Unfit as error:
        wrong = str(error)
        for row, _says, form in touched:
            if wrong == "count" and (form.cleaned_data["count"] or row.left) > row.left:
                form.add_error("count", str(UNFIT[wrong]))
        sitting.add_error("day" if wrong == "removed_at" else None, str(UNFIT.get(wrong, _("This cannot be kept."))))
        return False
    return True


def _common(viewer: Viewer, said: dict[str, Any]) -> dict[str, Any]:
    """What holds for every thread of a sitting."""
    named = said["complication"]
    held = get(viewer, Complication, UUID(named)) if named else None
    when = moment_of(said, viewer.own_clinic.zone)
    return {"removed_at": when, "why": said["why"], "note": said["note"], "complication": held}


def _row_said(row: Placed, form: TakenForm) -> dict[str, Any]:
    said = form.cleaned_data
    names = ("extent", "found", "punctures", "left_mm")
    return {**{name: said[name] for name in names}, "count": said["count"] or row.left}


@page("removal.corrected", "GET", "HEAD", "POST", of=Removal)
def removal_correct(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Say a removal anew; what was written first stays."""
    removal, at = get(viewer, Removal, id, "procedure__patient", "patient"), clock.now()
    version = removal.procedure.signed_version()
    words = _words(version)
    offers = {
        "cases": _cases(viewer, version, at),
        "threads": [(str(r.key), told_thread(words, n, r)) for n, r in enumerate(version.threads.all(), 1)],
    }
    posted = request.POST if request.method == "POST" else None
    form = CorrectionForm(posted, initial=_as_it_was(viewer, removal), **offers)
    if posted is not None and form.is_valid():
        said = form.cleaned_data
        names = ("extent", "found", "punctures", "left_mm", "count")
        try:
            correct_removal(
                viewer=viewer, removal=removal, key=said["key"] or uuid4(), thread=UUID(said["thread"]), at=at,
                **_common(viewer, said), **{name: said[name] for name in names},
            )  # fmt: skip
        except Unfit as error:
            wrong = {"removed_at": "day"}.get(str(error), str(error))
            says = UNFIT.get(str(error), _("This cannot be kept."))
            form.add_error(wrong if wrong in form.fields else None, str(says))
        except Conflict:
            form.add_error(None, _("A colleague has corrected it meanwhile. Look at the threads first."))
        else:
            messages.success(request, _("Corrected. What was written first is kept below."))
            return redirect("desk:threads", viewer.own_clinic.slug, version.pk)
    told = {**_about(viewer, version), "form": form, "was": told_removal(removal)}
    return render(request, "desk/removal_correct.html", told, status=422 if posted is not None else 200)


# -- In words ---------------------------------------------------------------------------------------------------------


def _about(viewer: Viewer, version: ProcedureVersion) -> dict[str, Any]:
    return {
        "viewer": viewer, "clinic": viewer.own_clinic, "version": version, "patient": version.patient,
        "may_remove": viewer.may("removal.recorded"), "may_open": viewer.may("complication.opened"),
    }  # fmt: skip


def _words(version: ProcedureVersion) -> Words:
    return words_of(case.protocol_of(version.procedure))


def _row(one: Placed, words: Words, today: date) -> Row:
    return Row(
        one, told_thread(words, one.number, one.thread), STATES[one.state], TONES[one.state],
        [(row, told_removal(row)) for row in one.removals], _told(one.absorbed, words, today),
    )  # fmt: skip


def _told(window: Window | None, words: Words, today: date) -> Told | None:
    """A window with its dates; what the protocol says of it stands beside."""
    if window is None:
        return None
    if window.first is None:
        state = "none"
    else:
        state = "runs" if window.holds(today) else "over" if window.over(today) else "ahead"
    section, _dot, _id = window.entry.partition(".")
    says = words.of(window.entry, "says" if section == "removal" else "name")
    return Told(says, state, titles_of(words, window.sources), window.first, window.last)


def _facts(words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that the protocol knows about taking threads out."""
    return [(words.of(one.key, "says"), titles_of(words, one.sources)) for one in words.protocol["removal"].values()]


def _cases(viewer: Viewer, version: ProcedureVersion, at: datetime) -> list[tuple[str, str]]:
    """The cases of this procedure, by name."""
    rows = complications_of(viewer, version.patient, at)
    own = [Shown(one) for one in rows if one.row.procedure_id == version.procedure_id]
    return [(str(one.row.pk), f"{one.name} · " + _("day %(day)s") % {"day": one.row.began_day}) for one in own]


def _now(viewer: Viewer, at: datetime, request: HttpRequest) -> dict[str, Any]:
    wall = at.astimezone(viewer.own_clinic.zone)
    named = request.GET.get("complication", "")
    return {"day": wall.date(), "time": wall.time(), "complication": named, "key": uuid4()}


def _taken(row: Placed, posted: Any, request: HttpRequest) -> TakenForm:
    chosen = request.GET.get("thread") == str(row.thread.key)
    initial = {"count": row.left, "extent": "whole" if chosen else ""}
    return TakenForm(posted, initial=initial, prefix=f"t-{row.thread.key}")


def _as_it_was(viewer: Viewer, row: Removal) -> dict[str, Any]:
    wall = row.removed_at.astimezone(viewer.own_clinic.zone)
    names = ("extent", "count", "found", "punctures", "left_mm", "why")
    return {
        **{name: getattr(row, name) for name in names}, "thread": str(row.thread), "day": wall.date(),
        "time": wall.time(), "complication": str(row.complication_id or ""), "key": uuid4(),
    }  # fmt: skip


_AT = "<slug:clinic>/procedures/<uuid:id>/threads"
urlpatterns = [
    path(_AT, threads, name="threads"),
    path(f"{_AT}/remove", threads_remove, name="threads_remove"),
    path("<slug:clinic>/removals/<uuid:id>/correct", removal_correct, name="removal_correct"),
]
