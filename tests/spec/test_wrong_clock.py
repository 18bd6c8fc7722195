"""Wrong clocks: the server's, the phone's, the calendar's; what is stored, what pages show, what is noticed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as chosen
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.link import exchange_link, issue_link, new_code
from afterthread.clinic.flow.outbox import FIRST_RETRY, beat
from afterthread.clinic.flow.patient import correct_patient
from afterthread.clinic.flow.silence import notice_silences
from afterthread.clinic.models import CheckIn, Delivery, Patient, Procedure, WorkItem
from afterthread.clinic.queries.recovery import recovery_of
from afterthread.clinic.roles import Missing, Viewer, system
from afterthread.diary.page import COOKIE
from afterthread.server.upkeep.health import health
from afterthread.server.upkeep.worker import Worker
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGES = ("", "plan", "checkin", "history", "messages", "emergency", "pack.json")
JUMPS = "the clock jumps or differs from the database's"
CALM: dict[str, Any] = {"answers": {}, "otherwise": "no"}


class Wall:
    """The server's clock, which somebody sets, and the seconds that truly passed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        self.at, self.seconds = at, 0.0
        monkeypatch.setattr(clock, "now", lambda: self.at)
        monkeypatch.setattr("afterthread.server.upkeep.health._database_time", lambda: self.at)
        chosen.STATIC_ROOT.mkdir(parents=True, exist_ok=True)

    def passes(self, time: timedelta) -> None:
        """So much time passes."""
        self.at += time
        self.seconds += time.total_seconds()

    def is_set(self, by: timedelta) -> None:
        """Somebody sets the clock."""
        self.at += by


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Day 2, two hours after ten."""
    return Wall(monkeypatch, MONDAY + 2 * DAY + 2 * HOUR)


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner who is called."""
    return a_staff(a_clinic(), called=1)


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """A signed procedure of Anna."""
    return a_procedure(doctor, a_patient(doctor))


@pytest.fixture
def phone(doctor: Viewer, procedure: Procedure, client: Client) -> Viewer:
    """Her phone; the client is its browser."""
    viewer, secret = on_phone(doctor, procedure.patient)
    client.cookies[COOKIE] = secret
    return viewer


def shows(client: Client) -> None:
    """Every page of the diary is there."""
    for page in PAGES:
        assert client.get(f"/p/{page}").status_code == 200, page


# -- The server's clock is set ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [-HOUR, DAY])
def test_it_keeps_every_check_in_when_the_clock_is_set(
    wall: Wall, client: Client, phone: Viewer, procedure: Procedure, by: timedelta
) -> None:
    """Before, while and after the clock is wrong: all three are kept with a decision, and every page shows."""
    kept = [says(phone, procedure, wall.at, pain="mild")]
    for step in (by, -by):
        wall.is_set(step)
        wall.passes(MINUTE)
        kept.append(says(phone, procedure, wall.at, fever="yes"))
        shows(client)
    assert {row.pk for row in CheckIn.objects.all()} == {row.pk for row in kept}
    assert all(row.decisions.exists() for row in kept)
    assert WorkItem.objects.get(kind="decision").waiting_since


@pytest.mark.parametrize("by", [-HOUR, DAY, -DAY, -11 * SECOND])
def test_it_notices_that_the_clock_was_set(wall: Wall, by: timedelta) -> None:
    """With its next look the worker sees it; health says so at once and for an hour, so that nobody can miss it."""
    worker = Worker(post=lambda *_: None, steady=lambda: wall.seconds)
    worker.step(wall.at)
    wall.passes(5 * SECOND)
    worker.step(wall.at)
    assert JUMPS not in health(wall.at)["problems"]
    wall.is_set(by)
    wall.passes(SECOND)
    worker.step(wall.at)
    assert JUMPS in health(wall.at)["problems"]
    wall.passes(MINUTE)
    worker.step(wall.at)
    assert health(wall.at)["problems"] == [JUMPS]
    wall.passes(HOUR)
    worker.step(wall.at)
    assert JUMPS not in health(wall.at)["problems"]


def test_it_notices_a_clock_set_back_while_nothing_runs(wall: Wall) -> None:
    """Without a worker the last sign of life lies in the future, and that is told as well."""
    beat("worker", wall.at)
    wall.is_set(-HOUR)
    assert JUMPS in health(wall.at)["problems"]


@pytest.mark.parametrize("by", [-HOUR, -DAY, DAY])
def test_it_holds_up_no_letter_when_the_clock_is_set(
    wall: Wall, phone: Viewer, procedure: Procedure, by: timedelta
) -> None:
    """Urgent letters that waited for their next try, or that a dead worker held, leave at once and are not given up."""
    down, left = [True], list[str]()

    def post(letter: Delivery, _: datetime) -> None:
        if down[0]:
            raise OSError
        left.append(letter.cause)

    worker = Worker(post, lambda: wall.seconds)
    says(phone, procedure, wall.at, vision="yes")
    worker.step(wall.at)
    held = Delivery.objects.get()
    assert held.next_at == wall.at + FIRST_RETRY
    wall.is_set(by)
    worker.step(wall.at)
    assert not Delivery.objects.filter(gave_up_at__isnull=False).exists()
    Delivery.objects.update(leased_until=wall.at + DAY, next_at=wall.at + DAY)
    down[0] = False
    wall.is_set(-by)
    wall.passes(6 * SECOND)
    worker.step(wall.at)
    assert held.cause in left
    assert not Delivery.objects.filter(sent_at=None).exists()


@pytest.mark.parametrize("by", [-HOUR, DAY])
def test_it_lets_in_once_when_the_clock_is_set(wall: Wall, doctor: Viewer, procedure: Procedure, by: timedelta) -> None:
    """Set back, a link still works once and not twice; a day ahead it has ended, and a new one works."""
    code, other = new_code(), new_code()
    issue_link(viewer=doctor, patient=procedure.patient, code=code, at=wall.at)
    wall.is_set(by)
    issue_link(viewer=doctor, patient=procedure.patient, code=other, at=wall.at)

    def enter(with_code: str) -> None:
        exchange_link(viewer=system(), secret=uuid4().hex, label="Phone", at=wall.at, code=with_code)

    enter(other)
    if by < timedelta():
        enter(code)
    with pytest.raises(Missing):
        enter(code)


def test_it_finds_the_way_back_from_tomorrow(wall: Wall, client: Client, phone: Viewer, procedure: Procedure) -> None:
    """A check-in taken while the clock was a day ahead stays; after the clock is right she is asked and heard again."""
    wall.is_set(5 * DAY)
    ahead = says(phone, procedure, wall.at)
    list(notice_silences(wall.at))
    wall.is_set(-5 * DAY)
    right = says(phone, procedure, wall.at, vision="yes")
    assert (ahead.day, right.day) == (7, 2)
    assert WorkItem.objects.get(kind="decision").urgency == 3
    shows(client)


# -- The worker has stopped -------------------------------------------------------------------------------------------


def test_it_shows_a_stopped_worker_within_a_minute(
    wall: Wall, client: Client, doctor: Viewer, phone: Viewer, procedure: Procedure
) -> None:
    """Red on health and on the worklist, nothing lost; the next worker sends what waited and it is quiet again."""
    left: list[str] = []
    worker = Worker(lambda letter, _: left.append(letter.cause), lambda: wall.seconds)
    worker.step(wall.at)
    assert doctor.staff is not None
    client.force_login(doctor.staff.user)
    stands_still = b"Letters, reminders and escalation stand still"
    assert stands_still not in client.get("/desk/linden/").content
    says(phone, procedure, wall.at, vision="yes")
    wall.passes(60 * SECOND)
    assert "the worker does not run" in health(wall.at)["problems"]
    assert stands_still in client.get("/desk/linden/").content
    assert stands_still in client.get("/desk/linden/rows").content
    assert WorkItem.objects.get(kind="decision").waiting_since
    wall.passes(2 * MINUTE)
    assert "urgent letters are not sent" in health(wall.at)["problems"]
    assert b"1 urgent letter has not been sent" in client.get("/desk/linden/").content
    follower = Worker(lambda letter, _: left.append(letter.cause), lambda: wall.seconds)
    follower.step(wall.at)
    assert len([cause for cause in left if cause.startswith("call:")]) == 1
    assert health(wall.at)["problems"] == []
    assert stands_still not in client.get("/desk/linden/").content


# -- The phone's clock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said_at", "day"),
    [
        ("1970-01-01T00:00:00Z", 2),
        ("2026-03-01T09:00:00+01:00", 2),
        ("2038-01-19T03:14:08Z", 2),
        ("9999-12-31T23:59:59+00:00", 2),
        ("2026-03-03T09:00:00+01:00", 1),
    ],
)
def test_it_believes_a_phone_only_what_can_be(
    wall: Wall, client: Client, phone: Viewer, said_at: str, day: int
) -> None:
    """Before the procedure, or still to come: then ours counts. In between hers does, also days later."""
    assert phone.patient
    body = {"key": str(uuid4()), "said_at": said_at, **CALM}
    answer = client.post("/p/api/checkin", body, "application/json", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 201
    assert CheckIn.objects.get().day == day
    shows(client)


# -- Far years --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2038, 2040, 2099])
def test_it_knows_the_years_after_2038(monkeypatch: pytest.MonkeyPatch, client: Client, year: int) -> None:
    """A procedure and its check-ins past the last second of old clocks: the same days, summer time included."""
    placed = datetime(year, 3, 27, 9, 0, tzinfo=UTC)
    wall = Wall(monkeypatch, placed + 5 * DAY)
    doctor = a_staff(a_clinic(at=placed), at=placed, called=1)
    procedure = a_procedure(doctor, a_patient(doctor, placed), placed)
    phone, secret = on_phone(doctor, procedure.patient, wall.at)
    client.cookies[COOKIE] = secret
    assert says(phone, procedure, wall.at, fever="yes").day == 5
    shows(client)
    assert doctor.staff is not None
    client.force_login(doctor.staff.user)
    for page in ("", "figures/", f"patients/{procedure.patient_id}/", f"items/{WorkItem.objects.get().pk}/"):
        assert client.get(f"/desk/linden/{page}").status_code == 200, page


def test_it_takes_a_check_in_twelve_years_later(
    wall: Wall, client: Client, phone: Viewer, procedure: Procedure
) -> None:
    """A procedure of 2026 and a phone found again in 2038: taken as the last day that the protocol knows."""
    wall.at = datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)
    row = says(phone, procedure, wall.at, pain="mild")
    assert row.day == recovery_of(phone, procedure.patient, wall.at).protocol.horizon_days
    shows(client)


# -- Where people are -------------------------------------------------------------------------------------------------


def test_it_counts_days_where_she_is_now(wall: Wall, client: Client, doctor: Viewer, procedure: Procedure) -> None:
    """She flies from Berlin to Auckland between two check-ins: the day is the one on her wall, never one before."""
    patient: Patient = procedure.patient
    phone, secret = on_phone(doctor, patient)
    client.cookies[COOKIE] = secret
    evening = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
    first = submit_checkin(viewer=phone, procedure=procedure, key=uuid4(), said=CALM, at=evening)
    there: Any = correct_patient(
        viewer=doctor, patient=patient, revision=patient.revision, at=evening, time_zone="Pacific/Auckland"
    )
    phone, secret = on_phone(doctor, there, evening)
    second = submit_checkin(viewer=phone, procedure=procedure, key=uuid4(), said=CALM, at=evening + HOUR)
    assert (first.day, second.day) == (1, 2)
    wall.at = evening + 2 * HOUR
    client.cookies[COOKIE] = secret
    assert "Day 2" in client.get("/p/").content.decode()
    shows(client)


@pytest.mark.parametrize(
    ("placed", "said", "day"),
    [
        ("2026-03-28T22:30:00+01:00", "2026-03-29T03:30:00+02:00", 1),
        ("2026-03-28T23:59:00+01:00", "2026-03-29T00:01:00+01:00", 1),
        ("2026-10-24T23:30:00+02:00", "2026-10-25T02:30:00+02:00", 1),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", 0),
        ("2026-10-25T00:30:00+02:00", "2026-10-25T23:30:00+01:00", 0),
    ],
)
def test_it_counts_days_over_nights_that_are_longer_or_shorter(
    monkeypatch: pytest.MonkeyPatch, client: Client, placed: str, said: str, day: int
) -> None:
    """An hour that is skipped or comes twice makes no day more and none less."""
    start, wall = datetime.fromisoformat(placed), Wall(monkeypatch, datetime.fromisoformat(said))
    doctor = a_staff(a_clinic(at=start), at=start)
    patient = a_patient(doctor, start)
    procedure = a_procedure(doctor, patient, start)
    phone, secret = on_phone(doctor, patient, wall.at)
    client.cookies[COOKIE] = secret
    assert says(phone, procedure, wall.at).day == day
    shows(client)


def test_it_promises_by_the_clinics_clock_and_tells_by_hers(wall: Wall, client: Client, doctor: Viewer) -> None:
    """The clinic in Berlin is open until six; she lives in New York and reads its promise on her own wall."""
    patient = a_patient(doctor, time_zone="America/New_York")
    procedure = a_procedure(doctor, patient)
    phone, secret = on_phone(doctor, patient)
    client.cookies[COOKIE] = secret
    row = says(phone, procedure, wall.at, vision="yes")
    due = WorkItem.objects.get().due_at
    assert due == wall.at + 15 * MINUTE
    page = client.get(f"/p/checkin/{row.pk}/").content.decode()
    assert f"by {due.astimezone(ZoneInfo('America/New_York')):%H:%M} today" in page
    assert doctor.staff is not None
    client.force_login(doctor.staff.user)
    assert (
        f"{row.received_at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" in client.get("/desk/linden/").content.decode()
    )
