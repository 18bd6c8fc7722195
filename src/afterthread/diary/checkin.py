"""The check-in: asking, the answer at once, and what was said before."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from afterthread.clinic import case, clock
from afterthread.clinic.flow.checkin import Mismatch, submit_checkin
from afterthread.clinic.models import CheckIn
from afterthread.clinic.queries.promise import look_at
from afterthread.clinic.queries.recovery import Recovery, Said, recoveries_of
from afterthread.clinic.queries.scope import get, scope
from afterthread.clinic.questionnaire import (
    LONGEST_TEXT,
    Shown,
    contradicted,
    one_each,
    present_before,
    questions_for,
    read_form,
    still_open,
)
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.clinic.schedule import is_covered, phone_now
from afterthread.diary.ask import alarms, ask_parts, told
from afterthread.diary.page import herself, page, show
from afterthread.diary.plan import maybe_recovery
from afterthread.engine.case import CaseError
from afterthread.engine.triage import Decision, triage
from afterthread.protocol.model import Urgency

OWN = ("csrfmiddlewaretoken", "key", "confirmed", "slip", "again")
"""What a form says about itself; everything else is an answer."""


@dataclass
class Sheet:
    """One check-in being filled in: the form of the day, and what was posted of it."""

    viewer: Viewer
    recovery: Recovery
    at: datetime
    data: QueryDict

    @cached_property
    def shown(self) -> Shown:
        """What is asked today of this patient."""
        said = [case.checkin_of(one.checkin) for one in self.recovery.said]
        return questions_for(self.recovery.protocol, self.recovery.day, present_before(self.recovery.protocol, said))

    @cached_property
    def said(self) -> dict[str, Any]:
        """What was posted, in the case format; raises `CaseError` for what was answered twice."""
        return read_form(self.recovery.protocol, self.shown, one_each(self.data))

    @cached_property
    def key(self) -> UUID:
        """The key of this check-in; a form that lost it gets another."""
        try:
            return UUID(self.data.get("key", ""))
        except ValueError:
            return uuid4()

    @cached_property
    def decided(self) -> Decision:
        """What would be decided; nothing is kept. Raises `CaseError` for answers that nobody knows."""
        recovery, known = self.recovery, self.recovery.protocol
        row = CheckIn(
            day=recovery.day, said_at=self.at, words=self.said["words"],
            answers=case.read_answers(known, recovery.day, self.said),
        )  # fmt: skip
        return triage(known, case.case_of(recovery.version, [*(one.checkin for one in recovery.said), row]))

    @cached_property
    def open(self) -> Shown:
        """What was left open and could still make the answer more urgent."""
        return still_open(self.shown, self.said, {change.variable for change in self.decided.unanswered})

    @property
    def was_sent(self) -> bool:
        """Whether a check-in with this key is kept already."""
        sent = scope(self.viewer, CheckIn).filter(procedure=self.recovery.procedure, key=self.key)
        return sent.exists()

    def carried(self, but: Shown | None = None) -> list[tuple[str, str]]:
        """What was posted, to be posted again by another form, except the questions that it asks itself."""
        asked = {f"q-{id}" for id in (*but.asked, *but.offered)} if but else set()
        again = [(name, str(value)) for name, value in self.data.items() if name not in OWN]
        return [(name, value) for name, value in again if not _within(name, asked)]


def _within(name: str, asked: Collection[str]) -> bool:
    """Whether a field belongs to one of these questions."""
    return name in asked or name.rpartition("-")[0] in asked


@page("GET", "HEAD", "POST")
def checkin(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The form; what is posted is weighed first, so that nothing that matters stays open by accident."""
    at = clock.now()
    recovery = _asked_about(request, viewer, at)
    if recovery is None:
        return redirect("diary:today")
    sheet = Sheet(viewer, recovery, at, request.POST)
    if request.method != "POST":
        return _ask(request, sheet)
    try:
        if len(sheet.said["words"]) > LONGEST_TEXT:
            return _ask(request, sheet, status=400, too_long=LONGEST_TEXT)
        return _take(request, sheet)
    except CaseError:
        return _ask(request, sheet, status=400, not_understood=True)
    except Mismatch:
        sheet.key = uuid4()
        return _ask(request, sheet, status=409, mixed_up=True)


def _asked_about(request: HttpRequest, viewer: Viewer, at: datetime) -> Recovery | None:
    """The recovery that a form was drawn for, however long ago, or the one that runs; `Conflict` for another's form."""
    record = request.POST.get("record", "")
    if not record:
        return maybe_recovery(viewer, at)
    found = [one for one in recoveries_of(viewer, herself(viewer), at) if str(one.procedure.pk) == record]
    if not found:
        raise Conflict("record")
    return found[0]


def _take(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Warn, ask once for what is open, or keep it: in this order."""
    grave = sheet.decided.urgency is Urgency.EMERGENCY
    if not sheet.was_sent:
        if request.POST.get("slip"):
            return _ask(request, sheet, slipped=_alarming(sheet.decided))
        if grave and not request.POST.get("confirmed"):
            return _confirm(request, sheet)
        if not grave and not request.POST.get("again") and (sheet.open.parts or sheet.open.rest):
            return _ask_again(request, sheet)
    try:
        kept = submit_checkin(
            viewer=sheet.viewer, procedure=sheet.recovery.procedure, key=sheet.key, said=sheet.said, at=sheet.at,
            shown=request.POST.get("shown", ""),
        )  # fmt: skip
    except (OperationalError, InternalError):
        return _unsaved(request, sheet)
    return redirect("diary:answer", id=kept.pk)


def _alarming(decided: Decision) -> frozenset[str]:
    """The questions whose answers make it an emergency."""
    grave = [finding for finding in decided.findings if finding.urgency is Urgency.EMERGENCY]
    return frozenset(name for finding in grave for name in finding.about)


def _ask(
    request: HttpRequest, sheet: Sheet, *, status: int = 200, slipped: frozenset[str] = frozenset(), **more: Any
) -> HttpResponse:
    """The whole form, with what was posted in its place; what was a slip is asked anew."""
    recovery, shown = sheet.recovery, sheet.shown
    words = recovery.words(recovery.patient.language)
    anew = {*(f"q-{id}" for id in slipped), *contradicted(sheet.data)}
    data = {name: value for name, value in sheet.data.items() if not _within(name, anew)}
    context = {
        **_form(sheet, shown, data),
        "day_words": words.say("day", day=recovery.day),
        "rest_closed": bool(data.get("none-rest")),
        "words": data.get("words", ""),
        "longest": LONGEST_TEXT,
        "slipped": bool(slipped),
        "late": recovery.due_now is not None and recovery.due_now < recovery.day,
        **more,
    }
    return show(request, sheet.viewer, "diary/checkin.html", context, status=status)


def _ask_again(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Only what is still open, once, with everything else kept."""
    still = sheet.open
    count = len(still.asked) + bool(still.rest)
    context = {**_form(sheet, still, sheet.data), "again": True, "count": count, "carried": sheet.carried(but=still)}
    return show(request, sheet.viewer, "diary/checkin.html", context)


def _form(sheet: Sheet, shown: Shown, data: Mapping[str, Any]) -> dict[str, Any]:
    """The questions in words, and all that the page needs to warn before anything is sent."""
    recovery, clinic = sheet.recovery, sheet.recovery.patient.clinic
    words = recovery.words(recovery.patient.language)
    grave = f"urgency.{Urgency.EMERGENCY.word}"
    return {
        "key": sheet.key,
        "record": recovery.procedure.pk,
        "parts": ask_parts(recovery, words, shown.parts, data),
        "rest": ask_parts(recovery, words, shown.rest, data),
        "alarms": json.dumps(alarms(recovery, words, sheet.at), ensure_ascii=False),
        "call": clinic.emergency,
        "clinic_phone": phone_now(clinic, sheet.at),
        "emergency": words.of(grave, "name"),
        "meaning": words.of(grave, "meaning"),
        "notice": words.notice(recovery.protocol.stamp),
    }


def _confirm(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """The advice first; then whether it is so, or was a slip."""
    return show(request, sheet.viewer, "diary/confirm.html", {**_advice(sheet), "carried": sheet.carried()})


def _unsaved(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Nothing can be written now: the advice all the same, and the check-in stays on the page to be sent again."""
    carried = [*sheet.carried(), ("confirmed", "1"), ("again", "1")]
    context = {**_advice(sheet), "urgency": sheet.decided.urgency.word, "carried": carried}
    return show(request, sheet.viewer, "diary/unsaved.html", context, status=507)


def _advice(sheet: Sheet) -> dict[str, Any]:
    """What would be decided, in sentences, and whom to call."""
    patient = sheet.recovery.patient
    return {
        "said": sheet.recovery.explain(sheet.decided, patient.language),
        "key": sheet.key,
        "call": patient.clinic.emergency,
        "clinic_phone": phone_now(patient.clinic, sheet.at),
    }


@page("GET", "HEAD")
def answer(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """What was decided on one check-in, why, and what happens now."""
    at, patient = clock.now(), herself(viewer)
    row = get(viewer, CheckIn, id)
    recovery = next(one for one in recoveries_of(viewer, patient, at) if one.procedure.pk == row.procedure_id)
    said = next(one for one in recovery.said if one.checkin.pk == row.pk)
    words = recovery.words(patient.language)
    explained = recovery.explain(said.decided, patient.language)
    look = look_at(viewer, said.decision, at)
    calm = len([one for one in explained.reasons if one.urgency == Urgency.SELF_CARE.word])
    context = {
        "recovery": recovery,
        "said": said,
        "told": explained,
        "urgency": said.urgency.word,
        "alarm": said.urgency is Urgency.EMERGENCY and (look is None or look.waits),
        "normal": explained.reasons[len(explained.reasons) - calm :],
        "troubled": explained.reasons[: len(explained.reasons) - calm],
        "look": look,
        "covered": is_covered(patient.clinic, at),
        "call": patient.clinic.emergency,
        "clinic_phone": phone_now(patient.clinic, at),
        "late": words.say("late") if said.late else "",
        "before": _before(words, said),
        "now": at,
    }
    return show(request, viewer, "diary/answer.html", context)


def _before(words: Any, said: Said) -> dict[str, str]:
    """Another urgency that was told before this one: by the phone by itself, or before a correction."""
    earlier = said.decision.supersedes
    told_by_phone = said.checkin.shown
    known = {urgency.word for urgency in Urgency}
    found = {}
    if told_by_phone in known and told_by_phone != said.urgency.word:
        found["phone"] = words.of(f"urgency.{told_by_phone}", "name")
    if earlier is not None and earlier.urgency != said.decision.urgency:
        found["earlier"] = words.of(f"urgency.{Urgency(earlier.urgency).word}", "name")
    return found


@page("GET", "HEAD")
def history(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everything that was said, the newest first, with what was decided."""
    try:
        recoveries = recoveries_of(viewer, herself(viewer), clock.now())
    except Missing:
        messages.info(request, _("There is nothing to look back on yet."))
        return redirect("diary:today")
    language = herself(viewer).language
    rows = [
        {"said": said, "told": told(recovery, recovery.words(language), said), "urgency": said.urgency.word,
         "name": recovery.words(language).of(f"urgency.{said.urgency.word}", "name"),
         "day_words": recovery.words(language).say("day", day=said.checkin.day)}
        for recovery in recoveries
        for said in reversed(recovery.said)
    ]  # fmt: skip
    return show(request, viewer, "diary/history.html", {"rows": rows})


urlpatterns = [
    path("checkin", checkin, name="checkin"),
    path("checkin/<uuid:id>/", answer, name="answer"),
    path("history", history, name="history"),
]
