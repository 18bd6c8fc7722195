"""The screening at home: the questions in one page, and plain next words once they are answered."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from afterthread.clinic import clock
from afterthread.clinic.flow.record.screening import answer_screening
from afterthread.clinic.models import Consultation
from afterthread.clinic.queries.record.consultation import ahead
from afterthread.clinic.queries.record.screening import Screened, first_free, flat
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.clinic.sheet.screening import WrongSheet, read_posted, sheet, typed
from afterthread.diary.page import page, show
from afterthread.diary.record.preparation import Before, as_read, before_of
from afterthread.engine.explain import Words


@page("GET", "HEAD", "POST")
def screening(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask, or once it is answered say what happens next; whatever was typed stays on the page."""
    before = _before(request, viewer)
    if before is None:
        return show(request, viewer, "diary/screening.html", {"nothing": True})
    known = before.way.screened
    if request.method == "POST":
        return _take(request, viewer, before)
    if known is None or "again" in request.GET:
        return _ask(request, viewer, before, typed(known.screening.answers) if known else {}, {})
    return _answered(request, viewer, before, known)


def _before(request: HttpRequest, viewer: Viewer) -> Before | None:
    """The session that a page was drawn for, however long ago, or the one that is ahead."""
    at = clock.now()
    with suppress(Missing, ValueError):
        held = get(viewer, Consultation, UUID(request.POST.get("consultation", "")), "patient__clinic", "clinic")
        return as_read(viewer, ahead(held, at))
    return before_of(viewer, at)


def _take(request: HttpRequest, viewer: Viewer, before: Before) -> HttpResponse:
    data = {name: str(value) for name, value in request.POST.items()}
    try:
        posted = read_posted(before.way.protocol, request.POST)
        answer_screening(
            viewer=viewer, consultation=before.way.consultation, key=posted.key, said=posted.said, note=posted.note,
            at=before.way.at,
        )  # fmt: skip
    except WrongSheet as wrong:
        return _ask(request, viewer, before, data, dict(wrong.problems), status=400)
    except Conflict:
        return _ask(request, viewer, before, data, {}, status=409, closed=True)
    return redirect("diary:screening")


def _ask(
    request: HttpRequest, viewer: Viewer, before: Before, data: dict[str, str], wrong: dict[str, str],
    *, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    age_asked = before.way.patient.born is None
    told = {
        "sheet": sheet(before.words, data, wrong, age_asked=age_asked),
        "consultation": before.way.consultation,
        "notice": before.notice,
    }
    return show(request, viewer, "diary/screening.html", told | more, status=status)


def _answered(request: HttpRequest, viewer: Viewer, before: Before, known: Screened) -> HttpResponse:
    """Plain next words: no finding and no verdict is told here, but a date that clashes, and what cannot wait."""
    way, words = before.way, before.words
    told = {
        "before": before,
        "known": known,
        "urgent": [words.of(f"condition.{id}", "do") for id in known.at_once],
        "call": way.consultation.clinic.emergency,
        "clashes": _clashes(words, known),
        "free": first_free(way.consultation, known, way.today),
        "left": len(known.left_open),
        "notice": before.notice,
    }
    return show(request, viewer, "diary/screened.html", told)


def _clashes(words: Words, known: Screened) -> list[tuple[str, date]]:
    """The days that lie too near to the planned one, each as it was asked."""
    dated = flat(known.screening.answers)
    near = [one.entry for one in known.found.objections if one.earliest]
    return [(words.of(entry, "ask"), date.fromisoformat(dated[entry])) for entry in near]


urlpatterns = [path("screening", screening, name="screening")]
