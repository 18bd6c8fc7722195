"""The worker does everything in turn, and dies of nothing."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from afterthread.clinic import clock
from afterthread.clinic.flow.outbox import KEPT, queue
from afterthread.clinic.models import Delivery, Heartbeat, Patient, WorkItem
from afterthread.server.upkeep import PARENT
from afterthread.server.upkeep.worker import Worker
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that a test sets."""

    class Now:
        at = MONDAY

    monkeypatch.setattr(clock, "now", lambda: Now.at)
    return Now


@pytest.fixture
def posted() -> list[str]:
    """What left, by cause."""
    return []


@pytest.fixture
def worker(now: Any, posted: list[str]) -> Worker:
    """A worker whose letters are kept here; those of the cause `bad` cannot be sent."""

    def post(letter: Delivery, _at: datetime) -> None:
        if letter.cause == "bad":
            raise ValueError("Anna Beispiel <anna@patient.example>")
        posted.append(letter.cause)

    return Worker(post)


def test_it_beats_every_five_seconds(worker: Worker) -> None:
    """Health can tell a worker that is alive."""
    for seconds, beat in ((0, 0), (3, 0), (5, 5), (6, 5)):
        worker.step(MONDAY + seconds * SECOND)
        assert Heartbeat.objects.get(name="worker").at == MONDAY + beat * SECOND


def test_it_goes_on_when_the_clock_is_set_back(worker: Worker) -> None:
    """An hour that happens twice is no reason to be silent for an hour."""
    worker.step(MONDAY)
    worker.step(MONDAY - 3600 * SECOND)
    assert Heartbeat.objects.get(name="worker").at == MONDAY - 3600 * SECOND


def test_it_sends_what_is_due(worker: Worker, posted: list[str], now: Any) -> None:
    """The most urgent first, and only what is due."""
    queue("call", "routine", MONDAY)
    queue("call", "urgent", MONDAY, urgency=3)  # type: ignore[arg-type]
    queue("call", "later", MONDAY + DAY)
    worker.step(MONDAY)
    assert posted == ["urgent", "routine"]
    now.at = MONDAY + DAY
    worker.step(now.at)
    assert posted == ["urgent", "routine", "later"]


def test_it_survives_a_bad_letter(worker: Worker, posted: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """A letter that cannot be sent, and one that cannot even be opened, keep nobody else's letter back."""
    queue("call", "bad", MONDAY)
    queue("call", "unreadable", MONDAY)
    queue("call", "good", MONDAY + SECOND)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_delivery SET letter = 'broken' WHERE cause = 'unreadable'")
    for seconds in range(3):
        worker.step(MONDAY + 9 * seconds * SECOND)
    assert "good" not in posted  # it is not due yet: the clock of this story stands
    worker.post = lambda letter, _at: posted.append(str(letter.letter and letter.cause))
    assert Delivery.objects.filter(cause="bad").values_list("error", flat=True).get() == "ValueError"
    assert "Anna" not in caplog.text


def test_it_notices_silence_past_a_bad_record(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    """One record that cannot be opened does not hide the silence of the next patient."""
    doctor = a_staff(a_clinic(), called=1)
    broken, fine = a_patient(doctor), a_patient(doctor)
    for patient in (broken, fine):
        a_procedure(doctor, patient)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_patient SET name = 'broken' WHERE id = %s", [_stored(broken)])
    worker.step(MONDAY + 3 * DAY)
    assert list(WorkItem.objects.values_list("patient_id", "kind")) == [(fine.pk, "silence")]
    assert "is skipped: Unreadable" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def _stored(patient: Patient) -> str:
    return str(patient.pk) if connection.vendor == "postgresql" else patient.pk.hex


def test_it_forgets_what_is_over(worker: Worker, now: Any) -> None:
    """Sessions that ended and letters that left long ago are removed, what still waits is not."""
    for key, end in (("over", MONDAY - DAY), ("open", MONDAY + DAY)):
        Session.objects.create(session_key=key, session_data="", expire_date=end)
    for cause, sent in (("old", MONDAY - KEPT - DAY), ("new", MONDAY), ("waits", None)):
        queue("call", cause, MONDAY + DAY)
        Delivery.objects.filter(cause=cause).update(sent_at=sent)
    worker.step(MONDAY)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert sorted(Delivery.objects.values_list("cause", flat=True)) == ["new", "waits"]


def test_it_ends_after_the_letter_in_hand(worker: Worker, posted: list[str]) -> None:
    """Told to stop, it finishes one letter and leaves the others to the next worker."""

    def post(letter: Delivery, _at: datetime) -> None:
        worker.stop.set()
        posted.append(letter.cause)

    worker.post = post
    for cause in ("a", "b"):
        queue("call", cause, MONDAY)
    worker.run()
    assert len(posted) == 1
    left = Delivery.objects.get(sent_at=None)
    assert (left.leased_until, left.attempts) == (None, 0)


def test_it_takes_over_from_a_worker_that_died(worker: Worker, posted: list[str]) -> None:
    """What a dead worker had in hand is sent at once, and counted as a repetition."""
    queue("call", "held", MONDAY)
    Delivery.objects.update(leased_until=MONDAY + DAY, attempts=1)

    def post(letter: Delivery, _at: datetime) -> None:
        worker.stop.set()
        posted.append(f"{letter.cause} {letter.attempts}")

    worker.post = post
    worker.run()
    assert posted == ["held 2"]


def test_it_goes_with_the_process_that_started_it(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose server was killed does not stay behind."""
    monkeypatch.setenv(PARENT, "1")
    worker.run()
    assert not Heartbeat.objects.exists()
