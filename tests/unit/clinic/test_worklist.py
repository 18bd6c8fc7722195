"""What is open is found with all that is shown of it, at a cost that follows what is open."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.models import Action, Clinic, Heartbeat, WorkItem
from afterthread.clinic.queries.worklist import Opened, item_of, next_called, open_items, troubles
from afterthread.clinic.roles import Missing, Refused, Role, Viewer
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FRIDAY = MONDAY + 4 * DAY


def grows(doctor: Viewer, name: str = "Anna Beispiel") -> WorkItem:
    """A patient whose swelling comes back on day 4: same day."""
    patient = a_patient(doctor, name=name)
    procedure = a_procedure(doctor, patient)
    phone, _ = on_phone(doctor, patient)
    for days, level in ((1, "moderate"), (3, "mild"), (4, "moderate")):
        says(phone, procedure, MONDAY + days * DAY, swelling={"level": level, "side": "both", "zone": "cheek"})
    return WorkItem.objects.get(patient=patient)


def opened(viewer: Viewer, at: object = FRIDAY) -> Opened:
    """The only open item."""
    (one,) = open_items(viewer, at)  # type: ignore[arg-type]
    return one


def test_it_shows_what_an_item_rests_on() -> None:
    """The day, the leading sign with its answers, and the threads in the zone that the answers name."""
    doctor = a_staff(a_clinic())
    grows(doctor)
    one = opened(doctor)
    assert (one.day, one.urgency, one.by_rules, one.waiting) == (4, Urgency.SAME_DAY, Urgency.SAME_DAY, True)
    assert one.trend is not None
    assert one.trend.question == "swelling"
    assert one.trend.points == ((1, "moderate"), (3, "mild"), (4, "moderate"))
    assert one.trend.expected is not None
    assert one.trend.expected.until["severe"] < one.trend.expected.until["mild"]
    assert [(thread.zone, thread.side, thread.lot) for thread in one.threads_near] == [
        ("cheek", "left", "L-1"),
        ("cheek", "right", "L-1"),
    ]


def test_it_names_no_threads_where_no_place_was_named() -> None:
    """Without a zone in the answers no thread is called near."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    says(on_phone(doctor, patient)[0], a_procedure(doctor, patient), MONDAY + DAY, fever={"level": "yes"})
    one = opened(doctor, MONDAY + DAY)
    assert one.threads
    assert one.threads_near == []


def test_it_puts_the_unanswered_first() -> None:
    """An answered emergency stands below an unanswered routine item; among the unanswered the most urgent leads."""
    doctor = a_staff(a_clinic())
    first, second, third = (grows(doctor, name) for name in ("Ada", "Bea", "Cleo"))
    flow.override_urgency(
        viewer=doctor, item=first, revision=first.revision, urgency=Urgency.ROUTINE, reason="seen", at=FRIDAY
    )
    flow.override_urgency(
        viewer=doctor, item=second, revision=second.revision, urgency=Urgency.EMERGENCY, reason="pale", at=FRIDAY
    )
    second.refresh_from_db()
    flow.contact_patient(viewer=doctor, item=second, revision=second.revision, outcome=Action.Outcome.COMING, at=FRIDAY)
    assert [one.item.pk for one in open_items(doctor, FRIDAY)] == [third.pk, first.pk, second.pk]


def test_it_shows_both_urgencies_after_an_override() -> None:
    """What somebody judged counts; what the rules said stays in sight."""
    doctor = a_staff(a_clinic())
    item = grows(doctor)
    flow.override_urgency(
        viewer=doctor, item=item, revision=item.revision, urgency=Urgency.ROUTINE, reason="on the phone", at=FRIDAY
    )
    one = opened(doctor)
    assert (one.urgency, one.by_rules) == (Urgency.ROUTINE, Urgency.SAME_DAY)
    assert one.overridden is not None
    assert one.overridden.staff == doctor.staff


def test_it_escalates_when_it_is_read() -> None:
    """The step follows the clock without any worker, and stays at the end of the list; an answer ends it."""
    clinic = a_clinic()
    doctor, nurse = a_staff(clinic, called=2), a_staff(clinic, Role.NURSE, called=7)  # an order, not numbers
    item = grows(doctor)
    told = {minutes: opened(doctor, item.due_at + minutes * MINUTE) for minutes in (-1, 0, 29, 30, 600)}
    assert {minutes: one.step for minutes, one in told.items()} == {-1: 0, 0: 1, 29: 1, 30: 2, 600: 2}
    assert next_called(told[0]) == ([nurse.staff], item.due_at + 30 * MINUTE)
    assert next_called(told[30]) is None
    flow.contact_patient(
        viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.SEEN, at=item.due_at + DAY
    )
    assert opened(doctor, item.due_at + DAY).step == 0


def test_it_costs_the_same_for_three_and_for_thirty() -> None:
    """The number of questions to the database does not grow with what is open."""
    doctor = a_staff(a_clinic(), called=1)
    counts = []
    for more in (3, 27):
        for number in range(more):
            grows(doctor, f"Patient {number}")
        with CaptureQueriesContext(connection) as asked:
            for one in open_items(doctor, FRIDAY):
                assert all((one.trend, one.threads_near, one.patient.name, one.actions, one.decided, one.step == 0))
        counts.append(len(asked))
    assert WorkItem.objects.count() == 30
    assert counts[0] == counts[1]


def test_it_reads_only_the_last_checkins() -> None:
    """However long a recovery is, its trend is made from the last twelve check-ins."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    phone, _ = on_phone(doctor, patient)
    for number in range(15):
        says(phone, procedure, MONDAY + DAY + number * MINUTE, pain={"level": "severe", "side": "both"})
    one = opened(doctor, MONDAY + DAY)
    assert one.trend is not None
    assert len(one.trend.points) == 12


def test_it_keeps_other_clinics_out() -> None:
    """Another clinic's items are neither listed nor found, and an administrator reads none at all."""
    here = a_staff(a_clinic("linden"))
    there = a_staff(a_clinic("ahorn"))
    item = grows(here)
    assert open_items(there, FRIDAY) == []
    with pytest.raises(Missing):
        item_of(there, item.pk, FRIDAY)
    clinic = here.clinic
    assert isinstance(clinic, Clinic)
    with pytest.raises(Refused):
        open_items(a_staff(clinic, Role.ADMIN), FRIDAY)


def test_it_says_when_letters_are_stuck() -> None:
    """An urgent letter unsent for more than two minutes, or a worker silent for half a minute, is trouble."""
    clinic = a_clinic()
    doctor = a_staff(clinic)
    assert troubles(doctor, MONDAY).worker_silent
    Heartbeat.objects.create(name="worker", at=MONDAY)
    queue("call", "one", MONDAY, clinic=clinic, urgency=Urgency.SAME_DAY)
    queue("message", "two", MONDAY, clinic=clinic)
    assert not troubles(doctor, MONDAY + MINUTE / 2)
    found = troubles(doctor, MONDAY + 3 * MINUTE)
    assert (found.unsent, found.worker_silent) == (1, True)
    assert not troubles(a_staff(a_clinic("ahorn")), MONDAY + 3 * MINUTE).unsent
