"""Patients: finding, enrolling, and the one page that shows a whole recovery."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import qrcode
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathImage

from afterthread.clinic import clock
from afterthread.clinic.flow.checkin import Mismatch, submit_checkin
from afterthread.clinic.flow.link import issue_link, new_code, send_link
from afterthread.clinic.flow.message import read_messages, write_message
from afterthread.clinic.flow.patient import correct_patient, enrol_patient, open_record, revoke_device
from afterthread.clinic.models import CheckIn, Clinic, Device, Patient, WorkItem
from afterthread.clinic.queries.patient import (
    KINDS,
    Event,
    devices_of,
    drafts_of,
    messages_of,
    open_items_of,
    timeline,
)
from afterthread.clinic.queries.patient import patients as patients_page
from afterthread.clinic.queries.procedure import titles_of
from afterthread.clinic.queries.recovery import Recovery, Said, recoveries_of
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.staff import clinic_of
from afterthread.clinic.questionnaire import one_each, read_form
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.chart import Chart, Point, chart
from afterthread.desk.form import LANGUAGES, MOST_LETTERS, MessageForm, PatientForm, checkin_form, shown_to
from afterthread.desk.page import page
from afterthread.desk.procedure import Record, language, record_of
from afterthread.desk.row import ACTS, OUTCOMES, URGENCIES, Clock, clock_of
from afterthread.engine.case import CaseError
from afterthread.engine.explain import Explanation, Words
from afterthread.engine.plan import today
from afterthread.protocol.model import UNKNOWN, Urgency

SHOWN = {
    "": gettext_lazy("Everything"),
    "procedure": gettext_lazy("Procedures"),
    "checkin": gettext_lazy("Check-ins"),
    "action": gettext_lazy("Actions"),
    "message": gettext_lazy("Messages"),
}


# -- The list ---------------------------------------------------------------------------------------------------------


@page("patient.read")
def patients(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """List the clinic's patients, or those whose name is searched for."""
    name = request.GET.get("q", "")[:200]
    found = patients_page(viewer, name, request.GET.get("page", "1"))
    told = {"viewer": viewer, "clinic": viewer.clinic, "page": found, "q": name}
    return render(request, "desk/patients.html", told)


@page("patient.enrolled", "GET", "POST")
def patient_new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Enrol somebody."""
    clinic, at = clinic_of(viewer), clock.now()
    form = PatientForm(request.POST or None, at=at, clinic=clinic)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        try:
            made = enrol_patient(viewer=viewer, at=at, key=key, **form.details)
        except Conflict:  # the same page was sent twice
            made = get(viewer, Patient, key)
        return _kept(request, clinic, made)
    told = {"viewer": viewer, "clinic": clinic, "form": form}
    return render(request, "desk/patient_form.html", told, status=422 if form.is_bound else 200)


@page("patient.corrected", "GET", "POST")
def patient_edit(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Correct somebody's details; what was typed is kept when a colleague was faster."""
    held, clinic, at, status = get(viewer, Patient, id), clinic_of(viewer), clock.now(), 200
    initial = {**PatientForm.stored(held), "revision": held.revision}
    form = PatientForm(request.POST or None, at=at, clinic=clinic, initial=initial)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                made = correct_patient(viewer=viewer, patient=held, revision=revision, at=at, **form.details)
            except Conflict:
                made = get(viewer, Patient, id)
            if PatientForm.stored(made) == form.details:
                return _kept(request, clinic, made)
            form.meet(made.revision, PatientForm.stored(made))
            status = 409
    told = {"viewer": viewer, "clinic": clinic, "form": form, "patient": held}
    return render(request, "desk/patient_form.html", told, status=status)


def _kept(request: HttpRequest, clinic: Clinic, patient: Patient) -> HttpResponse:
    messages.success(request, _("Saved."))
    if not patient.email and not patient.phone:
        warning = _("There is no e-mail and no phone: nobody can send reminders, and nobody can call back.")
        messages.warning(request, warning)
    return redirect("desk:patient", clinic.slug, patient.pk)


# -- Letting her in ---------------------------------------------------------------------------------------------------


@page("link.issued", "POST")
def patient_link(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show a fresh link once, as a picture and as a code; or have it sent."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    if request.POST.get("by") == "email":
        if held.email:
            send_link(viewer=viewer, patient=held, at=at)
            messages.success(request, _("A link is on its way. It is valid for ten minutes from when it leaves."))
        else:
            messages.error(request, _("There is no e-mail address to send it to."))
        return redirect("desk:patient", clinic_of(viewer).slug, held.pk)
    code = new_code()
    link = issue_link(viewer=viewer, patient=held, code=code, at=at)
    url = f"{settings.AFTERTHREAD_URL}{reverse('diary:enter')}"
    told = {"viewer": viewer, "clinic": viewer.clinic, "patient": held, "link": link, "url": url, "code": code}
    return render(request, "desk/link.html", {**told, "groups": code.split("-"), "qr": qr(f"{url}#{code}")})


def qr(url: str) -> SafeString:
    """The address as a picture for a camera, black on white in any theme."""
    drawn: str = qrcode.make(url, image_factory=SvgPathImage).to_string(encoding="unicode")
    return mark_safe(drawn)  # noqa: S308 - drawn here, from squares; the address itself is not in it


@page("device.revoked", "POST")
def device_revoke(request: HttpRequest, viewer: Viewer, id: UUID, device: UUID) -> HttpResponse:
    """End one device of a patient."""
    held = get(viewer, Device, device)
    if held.patient_id != id:
        raise Missing
    revoke_device(viewer=viewer, device=held, at=clock.now())
    messages.success(request, _("This device is out. To come back, the patient needs a new link."))
    return redirect("desk:patient", clinic_of(viewer).slug, id)


# -- The whole recovery -----------------------------------------------------------------------------------------------


@page("patient.opened")
def patient(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show everything about one patient; that somebody looked leaves a trace."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    only = request.GET.get("show", "")
    only = only if only in KINDS else ""
    open_record(viewer=viewer, patient=held, at=at)
    if any(one.author_id is None and one.read_at is None for one in messages_of(viewer, held)):
        read_messages(viewer=viewer, patient=held, at=at)
    return render(request, "desk/patient.html", _told(viewer, held, at, only, MessageForm()))


def _told(viewer: Viewer, held: Patient, at: datetime, only: str, form: MessageForm) -> dict[str, Any]:
    """Everything that the page of a patient shows."""
    try:
        recoveries = recoveries_of(viewer, held, at)
    except Missing:
        recoveries = []
    events = timeline(viewer, held, recoveries, only)
    return {
        "viewer": viewer,
        "clinic": viewer.clinic,
        "patient": held,
        "at": at,
        "age": _age(held, at),
        "language_name": dict(LANGUAGES).get(held.language, held.language),
        "recoveries": recoveries,
        "now": _Now(recoveries[0]) if recoveries else None,
        "items": [Waiting(item, at) for item in open_items_of(viewer, held)],
        "drafts": drafts_of(viewer, held),
        "lines": [_line(event) for event in events],
        "only": only,
        "shown": SHOWN,
        "messages_both": messages_of(viewer, held),
        "devices": devices_of(viewer, held),
        "form": form,
        "may": {what.replace(".", "_"): viewer.may(what) for what in ("procedure.drafted", "checkin.submitted")},
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
            points = [_point(recovery, one, id) for one in recovery.said]
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


def _point(recovery: Recovery, said: Said, question: str) -> Point:
    """What was answered to one question; what was closed with all the rest is the best answer."""
    answers = said.checkin.answers
    level = answers["answers"].get(question, {}).get("level", UNKNOWN)
    if question not in answers["answers"] and answers.get("otherwise") == "no":
        level = recovery.protocol.variables[question][0]
    return Point(said.checkin.day, level)


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


def _line(event: Event) -> Line:
    """An event in the words of its kind; messages speak for themselves."""
    if event.kind == "checkin" and event.recovery:
        return Line(event, told=tell(event.recovery, event.row))
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
    after = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(after)  # `redirect` would take it for the name of a page
    return redirect(reverse("desk:patient", args=[clinic_of(viewer).slug, held.pk]) + "#messages")


# -- By phone ---------------------------------------------------------------------------------------------------------


@page("checkin.submitted", "GET", "POST")
def patient_checkin(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Take a check-in while the patient is on the phone, and show what was decided."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    recovery = recoveries_of(viewer, held, at)[0]
    told: dict[str, Any] = {"viewer": viewer, "clinic": viewer.clinic, "patient": held, "recovery": recovery}
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
    if len(said["words"]) > MOST_LETTERS:
        raise ValueError(_("Use at most %(most)d characters for the patient’s own words.") % {"most": MOST_LETTERS})
    if not said["answers"] and not said["words"]:
        raise ValueError(_("Nothing was answered yet."))
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise ValueError(_("This page is incomplete. Load it again.")) from None
    return submit_checkin(viewer=viewer, procedure=recovery.procedure, key=key, said=said, at=at)


urlpatterns = [
    path("<slug:clinic>/patients/", patients, name="patients"),
    path("<slug:clinic>/patients/new", patient_new, name="patient_new"),
    path("<slug:clinic>/patients/<uuid:id>/", patient, name="patient"),
    path("<slug:clinic>/patients/<uuid:id>/edit", patient_edit, name="patient_edit"),
    path("<slug:clinic>/patients/<uuid:id>/link", patient_link, name="patient_link"),
    path("<slug:clinic>/patients/<uuid:id>/devices/<uuid:device>/revoke", device_revoke, name="device_revoke"),
    path("<slug:clinic>/patients/<uuid:id>/messages", patient_message, name="patient_message"),
    path("<slug:clinic>/patients/<uuid:id>/checkin", patient_checkin, name="patient_checkin"),
]
