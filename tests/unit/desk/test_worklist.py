"""The worklist as staff see it: who sees it, what stands in it, and what a refresh may touch."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.models import Action, Heartbeat, WorkItem
from afterthread.clinic.roles import Role, Viewer
from afterthread.desk.row import clock_of, duration, moment
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import at_screen

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOON = MONDAY + DAY


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is looked at a day later."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


def look(viewer: Viewer, more: str = "", slug: str = "linden", status: int = 200) -> str:
    """The worklist as it is sent."""
    answer = at_screen(viewer).get(reverse("desk:worklist", args=[slug]) + more)
    assert answer.status_code == status
    return answer.content.decode()


def an_item(doctor: Viewer, name: str = "Anna Beispiel", at: datetime = NOON) -> WorkItem:
    """Fever on day 1, said in the cheek where it is red."""
    patient = a_patient(doctor, name=name)
    procedure = a_procedure(doctor, patient)
    phone, _ = on_phone(doctor, patient)
    says(phone, procedure, at - timedelta(hours=1), fever={"level": "yes"}, redness={"level": "mild", "zone": "cheek"})
    return WorkItem.objects.get(patient=patient)


def test_it_shows_one_item_in_a_glance() -> None:
    """Name, day, urgency, reason, threads there, who has it, the clock, and what was done last."""
    doctor = a_staff(a_clinic())
    an_item(doctor)
    page = look(doctor)
    for said in (
        "Anna Beispiel", "day 1", "Same day", "fever", "4 left, 4 right: Cheek and midface", "lot L-1",
        "Nobody has it yet", "due in 60 min", "came in", "(1) Worklist",
    ):  # fmt: skip
        assert said in page


def test_it_is_quiet_when_nothing_is_open() -> None:
    """An empty list says so, and raises no alarm while the worker lives."""
    doctor = a_staff(a_clinic())
    Heartbeat.objects.create(name="worker", at=NOON)
    page = look(doctor)
    assert "Nobody is waiting" in page
    assert 'class="errors' not in page


def test_it_raises_the_alarm_when_the_worker_is_silent() -> None:
    """Without a heartbeat of the last minute nobody is told by mail, and the list says it in red."""
    doctor = a_staff(a_clinic())
    Heartbeat.objects.create(name="worker", at=NOON - 61 * timedelta(seconds=1))
    assert "stand still" in look(doctor)


def test_it_filters_by_links() -> None:
    """Mine, nobody's and all are addresses, with what each holds counted."""
    clinic = a_clinic()
    doctor, nurse = a_staff(clinic), a_staff(clinic, Role.NURSE)
    mine = an_item(doctor, "Ada Meine")
    an_item(doctor, "Bea Keine")
    flow.claim_item(viewer=doctor, item=mine, revision=mine.revision, at=NOON)
    assert "Bea Keine" not in look(doctor, "?show=mine")
    assert "Ada Meine" not in look(doctor, "?show=unclaimed")
    assert "Ada Meine" not in look(nurse, "?show=mine")
    assert {"Ada Meine", "Bea Keine"} <= set(re.findall(r"<bdi>([^<]*)</bdi>", look(doctor, "?show=nonsense")))


def test_it_keeps_the_answered_apart() -> None:
    """What is answered stays in sight below, without a clock."""
    doctor = a_staff(a_clinic())
    item = an_item(doctor)
    flow.contact_patient(viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.COMING, at=NOON)
    page = look(doctor)
    assert "Answered, still open" in page
    assert 'class="clock"' not in page


def test_it_shows_a_message_by_its_first_line() -> None:
    """A message stands with its first line, whatever it contains, and harms nothing."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    phone, _ = on_phone(doctor, patient)
    text = "<script>alert(1)</script>\nsecond line"
    write_message(viewer=phone, patient=patient, key=patient.pk, text=text, at=NOON)
    page = look(doctor)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "second line" not in page


def test_it_refreshes_the_list_alone() -> None:
    """The part that is polled holds the list, its title and no form that anything is typed into."""
    doctor = a_staff(a_clinic())
    an_item(doctor)
    rows = at_screen(doctor).get(reverse("desk:worklist_rows", args=["linden"])).content.decode()
    assert rows.strip().startswith('<div class="stack" id="rows" data-refresh')
    assert "<html" not in rows
    assert not re.findall(r"<textarea|<select|<input(?! type=\"hidden\")", rows)
    assert 'data-title="(1) Worklist' in rows
    assert 'data-news="New: Anna Beispiel, Same day"' in rows


def test_it_works_under_a_policy_without_eval_or_inline() -> None:
    """No filter that htmx would have to evaluate, no handler, no style: the policy would forbid them."""
    doctor = a_staff(a_clinic())
    an_item(doctor)
    page = look(doctor)
    assert 'hx-trigger="refresh"' in page
    assert not re.findall(r"\son[a-z]+=|\sstyle=|<script>|hx-on", page)
    assert '<noscript><meta http-equiv="refresh"' in page


def test_it_costs_the_same_for_three_and_for_thirty() -> None:
    """The number of questions to the database does not grow with the list."""
    doctor = a_staff(a_clinic(), called=1)
    client, counts = at_screen(doctor), []
    for more in (3, 27):
        for number in range(more):
            an_item(doctor, f"Patient {number}")
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("desk:worklist", args=["linden"])).content.decode()
        counts.append((page.count('class="case"'), len(asked)))
    assert [shown for shown, _ in counts] == [3, 30]
    assert counts[0][1] == counts[1][1]


def test_it_keeps_clinics_and_roles_apart() -> None:
    """Another clinic's list looks like none at all, an administrator may not read it, a stranger is sent to sign in."""
    clinic = a_clinic("linden")
    other = a_staff(a_clinic("ahorn"))
    look(other, slug="linden", status=404)
    look(other, slug="nowhere", status=404)
    look(a_staff(clinic, Role.ADMIN), status=403)
    assert Client().get(reverse("desk:worklist", args=["linden"])).status_code == 302


def test_it_goes_straight_to_the_only_clinic() -> None:
    """One clinic: at once there; two: a choice; none: a page that says whom to ask."""
    doctor = a_staff(a_clinic("linden"), email="dr@both.example")
    client = at_screen(doctor)
    assert client.get(reverse("desk:clinics")).headers["Location"] == reverse("desk:worklist", args=["linden"])
    a_staff(a_clinic("ahorn"), email="dr@both.example")
    page = client.get(reverse("desk:clinics")).content.decode()
    assert all(reverse("desk:worklist", args=[slug]) in page for slug in ("linden", "ahorn"))
    admin = a_staff(a_clinic("eiche"), Role.ADMIN)
    answer = at_screen(admin).get(reverse("desk:clinics"))
    assert answer.headers["Location"] == reverse("desk:figures", args=["eiche"])


@pytest.mark.parametrize(
    ("minutes", "says", "state"),
    [
        (40, "due in 40 min", "soon"),
        (119, "due in 119 min", "due"),
        (240, "due today 14:00", "due"),
        (20 * 60, "due tomorrow 06:00", "due"),
        (3 * 24 * 60, "due Fri 6 Mar 10:00", "due"),
        (-1, "overdue 1 min", "overdue"),
        (-150, "overdue 2 h", "overdue"),
        (-4 * 24 * 60, "overdue 4 days", "overdue"),
    ],
)
def test_it_tells_the_time_as_people_do(minutes: int, says: str, state: str) -> None:
    """Minutes while they count, then the hour on the clinic's wall; a delay in one unit."""
    zone = a_clinic().zone
    told = clock_of(NOON + minutes * MINUTE, NOON, zone)
    assert (told.says, told.state) == (says, state)


def test_it_counts_days_on_the_clinics_calendar() -> None:
    """Five minutes before midnight in Berlin, ten minutes later is tomorrow."""
    zone = a_clinic().zone
    late = datetime(2026, 3, 2, 23, 55, tzinfo=zone)
    tell: Callable[[int], str] = lambda minutes: moment(late + minutes * MINUTE, late, zone)  # noqa: E731
    assert [tell(10), tell(-10), tell(-24 * 60)] == ["tomorrow 00:05", "today 23:45", "yesterday 23:55"]
    assert duration(timedelta(0)) == "0 min"
