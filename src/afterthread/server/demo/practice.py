"""A made-up practice to try everything on: two clinics, their staff, and about fifty recoveries told day by day.

Everything is done with the verbs of a real clinic, at the times at which it would have happened. Nobody in it exists.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from afterthread.clinic.flow import silence, worklist
from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.clinic import appoint_first, open_clinic
from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.patient import enrol_patient
from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.models import Action, Clinic, Delivery, Patient, Procedure, WorkItem
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.engine.history import due_days
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency
from afterthread.server.demo import complication, consent, consultation, outcome, overlay, right, stock, thread
from afterthread.server.demo.story import BOTH_CLINICS, CLINICS, PASSWORD, STORIES, Story, day_of_healing

DAY = timedelta(days=1)
Event = tuple[datetime, int, Callable[[datetime], object]]


@dataclass(slots=True)
class Practice:
    """One clinic of the demonstration while its past is being told."""

    clinic: Clinic
    doctor: Viewer
    nurse: Viewer
    admin: Viewer
    random: Random
    now: datetime
    events: list[Event] = field(default_factory=list)
    counter: Iterator[int] = field(default_factory=itertools.count)

    def then(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Let something happen at a time; what would lie in the future does not happen."""
        if at <= self.now:
            heapq.heappush(self.events, (at, next(self.counter), act))

    def uuid(self) -> UUID:
        """A key that is the same in every telling."""
        return UUID(int=self.random.getrandbits(128), version=4)


def fill(at: datetime) -> None:
    """Tell the past of both clinics up to now."""
    first_day = at - 620 * DAY
    practices = [_open(slug, settings, first_day, at) for slug, settings in CLINICS.items()]
    for practice in practices:
        stock.fill_shelf(practice)
        overlay.begin(practice, first_day + DAY)
        for story in STORIES[practice.clinic.slug]:
            _enrol(practice, story)
        stock.tell(practice)
        complication.tell(practice)
        consultation.tell(practice)
        outcome.tell(practice)
        for days in range(1, 60):
            practice.then(at - days * DAY, partial(_work_through, practice))
    _tell(practices)
    for practice in practices:
        overlay.tell(practice)
        right.tell(practice)
    Delivery.objects.filter(sent_at=None).update(sent_at=at)  # those letters left long ago


def sign_ins() -> Iterator[tuple[str, str, str]]:
    """Who can sign in to the demonstration: address, password, and what that person is."""
    for slug, settings in CLINICS.items():
        for role in (Role.PRACTITIONER, Role.NURSE, Role.COORDINATOR, Role.ADMIN):
            yield f"{role}@{slug}.example", PASSWORD, f"{role} of {settings['name']}"
    yield BOTH_CLINICS, PASSWORD, "practitioner of both clinics"


def patient_link(at: datetime, url: str, *, name: str = "Anna Lindqvist") -> str:
    """A link, good for ten minutes, that lets you in as a patient who is on day 4."""
    patient = next(one for one in Patient.objects.filter(clinic__slug="linden") if one.name == name)
    code = new_code()
    issue_link(viewer=_viewer(patient.clinic, Role.NURSE), patient=patient, code=code, at=at)
    return f"{url}/p/enter#{code}"


def _tell(practices: list[Practice]) -> None:
    """Everything in the order in which it happened."""
    for practice in practices:
        while practice.events:
            at, _, act = heapq.heappop(practice.events)
            act(at)
    for _ in silence.notice_silences(practices[0].now):
        pass


def _open(slug: str, settings: dict[str, Any], at: datetime, now: datetime) -> Practice:
    clinic = open_clinic(viewer=system(), slug=slug, at=at, **settings)
    called = {Role.NURSE: 1, Role.PRACTITIONER: 2, Role.ADMIN: 3}
    people = [(role, f"{role}@{slug}.example", name, called.get(role)) for role, name in settings["staff"].items()]
    for role, email, name, turn in [*people, (Role.PRACTITIONER, BOTH_CLINICS, "Dr Vera Sorokina", None)]:
        appoint_first(
            viewer=system(clinic), clinic=clinic, email=email, name=name, role=role, called=turn, at=at,
            password=PASSWORD,
        )  # fmt: skip
    practice = Practice(
        clinic=clinic,
        doctor=_viewer(clinic, Role.PRACTITIONER),
        nurse=_viewer(clinic, Role.NURSE),
        admin=_viewer(clinic, Role.ADMIN),
        random=Random(slug),  # noqa: S311 - made-up people are no secrets
        now=now,
    )
    consent.publish_texts(practice, at)
    return practice


def _viewer(clinic: Clinic, role: Role) -> Viewer:
    staff = clinic.staff.filter(role=role.value).select_related("user").order_by("since", "pk").exclude(
        user__email=BOTH_CLINICS
    ).get()  # fmt: skip
    return Viewer(role=role, clinic=clinic, staff=staff)


def _enrol(practice: Practice, story: Story) -> None:
    """A patient with her procedure, and everything that she says until today."""
    zone = practice.clinic.zone
    placed = (practice.now.astimezone(zone) - story.day * DAY).replace(hour=10, minute=30, second=0, microsecond=0)
    placed = min(placed, practice.now - timedelta(hours=2))
    patient = enrol_patient(
        viewer=practice.nurse, at=placed - 7 * DAY, name=story.name, born=story.born, language=story.language,
        time_zone=story.zone or practice.clinic.time_zone, email=f"{story.name.split()[0].lower()}@patient.example",
        phone=f"+49 170 {practice.random.randrange(1_000_000, 9_999_999)}",
    )  # fmt: skip
    version = draft_procedure(
        viewer=practice.nurse, patient=patient, at=placed, placed_at=placed, time_zone=practice.clinic.time_zone,
        age=placed.year - story.born, zones=list(story.zones),
        threads=list(stock.from_stock(practice, thread.drawn(story.threads()))),
        modifiers={**dict.fromkeys(shipped()["modifier"], "no"), **dict.fromkeys(story.risks, "yes")},
        consultation=consultation.talk(practice, patient, story, placed),
    )  # fmt: skip
    consent.agree(practice, version)
    consultation.screen(practice, version, story)
    if story.draft:
        return
    sign_procedure(viewer=practice.doctor, version=version, revision=version.revision, at=placed + timedelta(hours=1))
    _speak(practice, story, version.procedure)
    for days, text in story.messages:
        _later(practice, placed, days, partial(_write, practice, patient, text))


def _speak(practice: Practice, story: Story, procedure: Procedure) -> None:
    """The check-ins of a story: what it tells, and ordinary healing on the days between."""
    version = procedure.versions.get()
    zone = ZoneInfo(procedure.patient.time_zone)
    for day in sorted(due_days(shipped()) | story.said.keys()):
        if day > story.day or day in story.silent or (day == story.day and day not in story.said):
            continue
        said = story.said.get(day) or day_of_healing(day, practice.random)
        hour, minute = practice.random.randrange(8, 21), practice.random.randrange(60)
        at = (version.placed_at.astimezone(zone) + day * DAY).replace(hour=hour, minute=minute)
        if day == story.day:
            at = practice.now - timedelta(minutes=story.minutes_ago)
        elif day == 0:
            at = version.placed_at + timedelta(hours=5)
        words = story.words if day == max(story.said, default=-1) else ""
        practice.then(at, partial(_check_in, practice, procedure, said, words))


def _check_in(practice: Practice, procedure: Procedure, said: dict[str, Any], words: str, at: datetime) -> None:
    viewer = Viewer(role=Role.PATIENT, clinic=practice.clinic, patient=procedure.patient)
    told = {"answers": said, "otherwise": "no", "words": words}
    submit_checkin(viewer=viewer, procedure=procedure, key=practice.uuid(), said=told, at=at)


def _later(practice: Practice, placed: datetime, days: float, act: Callable[[datetime], object]) -> None:
    practice.then(placed + timedelta(days=days), act)


def _write(practice: Practice, patient: Patient, text: str, at: datetime) -> None:
    viewer = Viewer(role=Role.PATIENT, clinic=practice.clinic, patient=patient)
    write_message(viewer=viewer, patient=patient, key=practice.uuid(), text=text, at=at)


def _work_through(practice: Practice, at: datetime) -> None:
    """The clinic's morning: the nurse answers what is open, mostly in time; the newest items are left for you."""
    for _ in silence.notice_silences(at):
        pass
    if at > practice.now - 0.9 * DAY:
        return
    waiting = WorkItem.objects.filter(clinic=practice.clinic, closed_at=None, opened_at__lt=at, complication=None)
    for item in list(waiting.order_by("opened_at")):
        quick = practice.random.random() < 0.8  # noqa: PLR2004 - four in five are answered in time
        when = item.opened_at + (item.due_at - item.opened_at) * (0.4 if quick else 1.7)
        if when <= at:
            _answer(practice, item, when)


def _answer(practice: Practice, item: WorkItem, at: datetime) -> None:
    outcome = {
        Urgency.EMERGENCY: Action.Outcome.REFERRED,
        Urgency.SAME_DAY: Action.Outcome.COMING,
        Urgency.ROUTINE: Action.Outcome.REASSURED,
    }[Urgency(item.urgency)]
    acting = practice.doctor if item.urgency == Urgency.EMERGENCY else practice.nurse
    held = worklist.contact_patient(viewer=acting, item=item, revision=item.revision, outcome=outcome, at=at)
    ended = Action.Outcome.SEEN if item.urgency >= Urgency.SAME_DAY else Action.Outcome.REASSURED
    worklist.close_item(viewer=acting, item=item, revision=held.revision, outcome=ended, at=at + timedelta(hours=3))
