"""The one page that shows a whole recovery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.case import level_of
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.models import Patient, WorkItem
from afterthread.clinic.queries.complication.complication import complications_of
from afterthread.clinic.queries.message import messages_of
from afterthread.clinic.queries.patient import (
    KINDS,
    Event,
    devices_of,
    drafts_of,
    open_items_of,
    timeline,
)
from afterthread.clinic.queries.procedure import titles_of
from afterthread.clinic.queries.recovery import Recovery, Said, recoveries_of
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Missing, Viewer
from afterthread.desk.complication.case import Happened, Shown, happened
from afterthread.desk.form import MessageForm, languages
from afterthread.desk.page import language, page, read_conversation, way_back
from afterthread.desk.patient.chart import Chart, Point, chart
from afterthread.desk.procedure.consent import consent_state
from afterthread.desk.procedure.consultation import before
from afterthread.desk.procedure.record import Record, record_of
from afterthread.desk.row import ACTS, OUTCOMES, URGENCIES, Clock, clock_of
from afterthread.engine.explain import Explanation, Words
from afterthread.engine.plan import today
from afterthread.protocol.model import UNKNOWN, Urgency

SHOWN = {
    "": gettext_lazy("Everything"),
    "procedure": gettext_lazy("Procedures"),
    "checkin": gettext_lazy("Check-ins"),
    "action": gettext_lazy("Actions"),
    "message": gettext_lazy("Messages"),
    "complication": gettext_lazy("Complications"),
}


# -- The whole recovery -----------------------------------------------------------------------------------------------


@page("patient.opened", of=Patient)
def patient(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show everything about one patient; that somebody looked leaves a trace."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    only = request.GET.get("show", "")
    only = only if only in KINDS else ""
    read_conversation(viewer, held, at)
    return render(request, "desk/patient.html", _told(viewer, held, at, only, MessageForm()))


def _told(viewer: Viewer, held: Patient, at: datetime, only: str, form: MessageForm) -> dict[str, Any]:
    """Everything that the page of a patient shows."""
    try:
        recoveries = recoveries_of(viewer, held, at)
    except Missing:
        recoveries = []
    talk = messages_of(viewer, held)
    return {
        "viewer": viewer,
        "clinic": viewer.own_clinic,
        "patient": held,
        "at": at,
        "age": _age(held, at),
        "language_name": dict(languages()).get(held.language, held.language),
        "recoveries": recoveries,
        "now": _Now(recoveries[0]) if recoveries else None,
        "items": [Waiting(item, at) for item in open_items_of(viewer, held)],
        "drafts": drafts_of(viewer, held),
        "consents": consent_state(viewer, held, at),
        "lines": [_line(event) for event in timeline(viewer, held, recoveries, talk, only)],
        "only": only,
        "shown": SHOWN,
        "talk": talk,
        "devices": devices_of(viewer, held),
        "before": before(viewer, held, at),
        "cases": [Shown(one) for one in complications_of(viewer, held, at)],
        "form": form,
        "may": {
            what.replace(".", "_"): viewer.may(what)
            for what in ("procedure.drafted", "checkin.submitted", "patient.exported", "complication.opened")
        },
    }


def _age(held: Patient, at: datetime) -> tuple[int, int] | None:
    """From a year of birth alone an age is one of two."""
    return None if held.born is None else (at.year - held.born - 1, at.year - held.born)


class _Now:
    """How the running recovery stands today, in sentences."""

    def __init__(self, recovery: Recovery) -> None:
        self.recovery = recovery
        self.words: Words = recovery.words(language())

    def charts(self) -> Iterator[Chart]:
        """A chart of every sign that was ever there, the most recent answers included."""
        recovery, expected = self.recovery, {one.question: one for one in self.recovery.plan.expected}
        for id, normal in expected.items():
            points = [Point(one.checkin.day, level_of(one.checkin, id)) for one in recovery.said]
            if any(point.level not in ("no", UNKNOWN) for point in points):
                yield chart(recovery.protocol, normal, points, today=recovery.day, words=self.words)

    def today(self) -> list[tuple[str, str, list[str]]]:
        """What is forbidden, allowed and normal now: a kind, its title, its lines."""
        held = today(self.recovery.plan, self.recovery.day, self.recovery.at)
        lines = [
            (kind, self.words.say(kind), [self.words.of(item.step, "title") for item in held[kind]])
            for kind in ("forbidden", "allowed", "care", "due", "window")
        ]
        return [(kind, title, found) for kind, title, found in lines if found]

    def expected(self) -> list[str]:
        """What is normal today, by name."""
        day = self.recovery.day
        return [
            self.words.question(one.question)
            for one in self.recovery.plan.expected
            if any(day <= until for until in one.until.values())
        ]

    @property
    def notice(self) -> str:
        """Whether a clinician has signed the protocol."""
        return self.words.notice(self.recovery.protocol.stamp)


@dataclass(frozen=True)
class Told:
    """A check-in as staff read it: the decision in sentences, what was answered, and the titles of its sources."""

    explanation: Explanation
    answers: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    words: str


@dataclass(frozen=True)
class Waiting:
    """An open item with its clock."""

    item: WorkItem
    at: datetime

    @property
    def word(self) -> str:
        """The urgency as the stylesheet names it."""
        return Urgency(self.item.urgency).word

    @property
    def urgency(self) -> str:
        """The urgency as people say it."""
        return str(URGENCIES[Urgency(self.item.urgency)])

    @property
    def clock(self) -> Clock:
        """By when somebody has to have answered."""
        return clock_of(self.item.due_at, self.at, self.item.clinic.zone)


@dataclass(frozen=True)
class Line:
    """An event with what is said about it."""

    event: Event
    told: Told | None = None
    record: Record | None = None
    says: str = ""
    outcome: str = ""
    happened: Happened | None = None


def _line(event: Event) -> Line:
    """An event in the words of its kind; messages speak for themselves."""
    if event.kind == "checkin" and event.recovery:
        return Line(event, told=tell(event.recovery, event.row))
    if event.kind in ("case", "judged", "removal"):
        return Line(event, happened=happened(event.kind, event.row))
    if event.kind == "procedure":
        return Line(event, record=record_of(event.row))
    if event.kind == "action":
        outcome = str(OUTCOMES[event.row.outcome]) if event.row.outcome else ""
        return Line(event, says=str(ACTS[event.row.kind]).capitalize(), outcome=outcome)
    return Line(event)


def tell(recovery: Recovery, said: Said) -> Told:
    """One check-in in the language of whoever looks."""
    explanation, words = recovery.explain(said.decided, language()), recovery.words(language())
    sources = dict.fromkeys(id for reason in explanation.reasons for id in reason.sources)
    given = said.checkin.answers["answers"].items()
    answers = [(words.question(id), _answered(words, id, answer)) for id, answer in given if answer["level"] != "no"]
    return Told(explanation, answers, titles_of(words, sources), said.checkin.words)


def _answered(words: Words, id: str, answer: dict[str, Any]) -> str:
    parts = [words.of(f"scale.{words.protocol['question'][id].scale}", answer["level"])]
    if answer.get("side"):
        parts.append(words.say({"one": "one_side", "both": "both_sides"}[answer["side"]]))
    if answer.get("trend"):
        parts.append(words.say(answer["trend"]))
    if answer.get("zone"):
        parts.append(words.of(f"zone.{answer['zone']}", "name"))
    return ", ".join(parts)


@page("message.written", "POST")
def patient_message(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Write to the patient; sent twice, it is there once."""
    held, form, at = get(viewer, Patient, id, "clinic"), MessageForm(request.POST), clock.now()
    if not form.is_valid():
        return render(request, "desk/patient.html", _told(viewer, held, at, "", form), status=422)
    key, text = form.cleaned_data["key"], form.cleaned_data["text"]
    write_message(viewer=viewer, patient=held, key=key, text=text, at=at)
    messages.success(request, _("The message is sent."))
    return way_back(request, reverse("desk:patient", args=[viewer.own_clinic.slug, held.pk]) + "#messages")


urlpatterns = [
    path("<slug:clinic>/patients/<uuid:id>/", patient, name="patient"),
    path("<slug:clinic>/patients/<uuid:id>/messages", patient_message, name="patient_message"),
]
