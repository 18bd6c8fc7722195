"""A check-in that staff take by phone, with the questions of the day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.case import checkin_of
from afterthread.clinic.flow.checkin import Mismatch, submit_checkin
from afterthread.clinic.models import CheckIn, Patient
from afterthread.clinic.queries.recovery import Recovery, recoveries_of
from afterthread.clinic.queries.scope import get
from afterthread.clinic.questionnaire import (
    LONGEST_TEXT,
    Part,
    Shown,
    one_each,
    present_before,
    questions_for,
    read_form,
)
from afterthread.clinic.roles import Viewer
from afterthread.desk.page import language, page
from afterthread.desk.patient.patient import tell
from afterthread.engine.case import CaseError
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Question


def shown_to(recovery: Recovery) -> Shown:
    """The questions that stand on the page today."""
    before = present_before(recovery.protocol, (checkin_of(said.checkin) for said in recovery.said))
    return questions_for(recovery.protocol, recovery.day, before)


def checkin_form(recovery: Recovery, said: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The questions of today in words, with what was ticked so far."""
    shown, words = shown_to(recovery), recovery.words(language)

    def told(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        return [
            {
                "id": part.group,
                "title": words.of(f"group.{part.group}", "title"),
                "none": words.of(f"group.{part.group}", "none"),
                "closed": bool(said.get(f"none-{part.group}")),
                "questions": [_question(words, one, said) for one in part.questions],
            }
            for part in parts
        ]

    return {
        "asked": told(shown.parts),
        "rest": told(shown.rest),
        "rest_closed": bool(said.get("none-rest")),
        "words": said.get("words", ""),
        "notice": words.notice(recovery.protocol.stamp),
    }


def _question(words: Words, known: Question, said: Mapping[str, Any]) -> dict[str, Any]:
    """One question with its answers, and what more can be said about a sign."""
    more = {
        "side": [("both", words.say("both_sides")), ("one", words.say("one_side"))],
        "trend": [(one, words.say(one)) for one in ("better", "same", "worse")],
        "zone": [(zone, words.of(f"zone.{zone}", "name")) for zone in words.protocol["zone"]],
    }
    titles = {"side": _("Which side?"), "trend": _("Better or worse?"), "zone": _("Where?")}
    field = f"q-{known.id}"
    return {
        "field": field,
        "name": words.question(known.id),
        "ask": words.of(known.key, "ask"),
        "help": words.table[known.key].get("help", ""),
        "answers": [(value, words.of(f"scale.{known.scale}", value)) for value in words.protocol.variables[known.id]],
        "said": said.get(field, ""),
        "told_more": any(said.get(f"{field}-{part}") for part in more),
        "more": [
            {
                "field": f"{field}-{part}",
                "title": titles[part],
                "options": options,
                "said": said.get(f"{field}-{part}", ""),
            }
            for part, options in more.items()
            if getattr(known, part)
        ],
    }


@page("checkin.submitted", "GET", "POST", of=Patient)
def patient_checkin(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Take a check-in while the patient is on the phone, and show what was decided."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    recovery = recoveries_of(viewer, held, at)[0]
    told: dict[str, Any] = {"viewer": viewer, "clinic": viewer.own_clinic, "patient": held, "recovery": recovery}
    if request.method == "GET":
        done = next((said for said in recovery.said if str(said.checkin.pk) == request.GET.get("done")), None)
        told |= {"done": done, "told": tell(recovery, done) if done else None, "key": uuid.uuid4()}
        return render(request, "desk/checkin.html", {**told, **checkin_form(recovery, {}, language())})
    try:
        made = _take(request, viewer, recovery, at)
        return redirect(f"{request.path}?done={made.pk}")
    except CaseError as error:
        problems = [str(problem) for problem in error.problems]
    except Mismatch:
        problems = [_("This page was sent before with other answers. Look at them once more and send them again.")]
    except ValueError as error:
        problems = [str(error)]
    told |= {"problems": problems, "key": uuid.uuid4(), **checkin_form(recovery, request.POST.dict(), language())}
    return render(request, "desk/checkin.html", told, status=422)


def _take(request: HttpRequest, viewer: Viewer, recovery: Recovery, at: datetime) -> CheckIn:
    """Keep what the form says; raises ValueError in plain words for what cannot be kept."""
    said = read_form(recovery.protocol, shown_to(recovery), one_each(request.POST))
    if len(said["words"]) > LONGEST_TEXT:
        raise ValueError(_("Use at most %(most)d characters for the patient’s own words.") % {"most": LONGEST_TEXT})
    if not said["answers"] and not said["words"]:
        raise ValueError(_("Nothing was answered yet."))
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise ValueError(_("This page is incomplete. Load it again.")) from None
    return submit_checkin(viewer=viewer, procedure=recovery.procedure, key=key, said=said, at=at)


urlpatterns = [
    path("<slug:clinic>/patients/<uuid:id>/checkin", patient_checkin, name="patient_checkin"),
]
