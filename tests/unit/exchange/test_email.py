"""Letters reach a real mail server once and known as such, and survive whatever that server does."""

import socket
from datetime import datetime, timedelta
from typing import Any

import pytest

from afterthread.clinic.flow.link import send_link
from afterthread.clinic.flow.outbox import FEWEST_TRIES, GIVE_UP, lease_next, send_due
from afterthread.clinic.models import AuditRow, Delivery, Patient, WorkItem
from afterthread.exchange.delivery import send
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff
from tests.lib.mail import Sink, free_port, mail_server

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def patient() -> Patient:
    """A patient to whom a link is on its way."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    send_link(viewer=doctor, patient=patient, at=MONDAY)
    return patient


@pytest.fixture
def sink(settings: Any) -> Any:
    """A mail server that is up."""
    with mail_server(settings) as sink:
        yield sink


def post(at: datetime) -> Delivery:
    """Send what is due, and look at the letter."""
    for _ in send_due(lambda letter: send(letter, at), lambda: at):
        pass
    return Delivery.objects.get()


def test_it_arrives_as_plain_text(patient: Patient, sink: Sink) -> None:
    """One letter, to the right address, that no machine answers."""
    sent = post(MONDAY)
    (letter,) = sink.letters
    assert sent.sent_at == MONDAY
    assert (letter["To"], letter["Subject"]) == (patient.email, "Your link")
    assert letter.get_content_type() == "text/plain"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Possible-Repetition"] is None


def test_it_marks_a_repetition(patient: Patient, sink: Sink) -> None:
    """A worker that died after sending sends again: the same Message-ID, and a word that it may be the second."""
    taken = lease_next(MONDAY)
    assert taken
    send(taken, MONDAY)  # and here the worker dies
    post(MONDAY + timedelta(minutes=2))
    first, second = sink.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert [letter["X-Possible-Repetition"] for letter in sink.letters] == [None, "yes"]


@pytest.mark.parametrize("answer", ["451 try later", "550 no such user"])
def test_it_tries_again_after_a_refusal(patient: Patient, sink: Sink, answer: str) -> None:
    """A refused letter waits longer each time, and leaves once the server takes it."""
    sink.answer = answer
    first = post(MONDAY)
    assert (first.sent_at, first.next_at - MONDAY) == (None, 5 * SECOND)
    assert first.error == f"SMTPDataError {answer[:3]}"
    second = post(first.next_at)
    assert second.next_at - first.next_at == 10 * SECOND
    sink.answer = "250 kept"
    assert post(second.next_at).sent_at == second.next_at
    assert len(sink.letters) == 1


def test_it_waits_for_a_server_that_is_down(patient: Patient, settings: Any) -> None:
    """A connection that is refused is one more reason to try again."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert post(MONDAY).error == "ConnectionRefusedError"


def test_it_does_not_wait_for_a_silent_server(patient: Patient, settings: Any) -> None:
    """A server that takes the call and says nothing is left after its time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 0.05
        assert post(MONDAY).error == "SMTPServerDisconnected"


def test_it_keeps_no_address_in_an_error(patient: Patient, sink: Sink) -> None:
    """What a server says of an address does not reach a column that is not sealed."""
    sink.answer = f"550 {patient.email} is unknown"
    assert patient.email not in post(MONDAY).error


def test_it_gives_up_in_the_open(patient: Patient, sink: Sink) -> None:
    """After a day of tries the clinic is told on its list, and the log says so."""
    sink.answer = "550 no such user"
    assert not post(MONDAY + GIVE_UP + SECOND).gave_up_at  # a clock that jumps a day ahead gives up nothing
    Delivery.objects.update(attempts=FEWEST_TRIES, next_at=MONDAY)
    given_up = post(MONDAY + GIVE_UP + SECOND)
    assert given_up.gave_up_at
    item = WorkItem.objects.get()
    assert (item.kind, item.patient) == ("delivery", patient)
    assert AuditRow.objects.filter(verb="delivery.failed", subject=f"delivery:{given_up.pk}").exists()
    post(MONDAY + 2 * GIVE_UP)
    assert WorkItem.objects.count() == 1


def test_it_gives_up_at_once_without_an_address(patient: Patient, sink: Sink) -> None:
    """Nothing is gained by trying for a day where there is nobody to write to."""
    Patient.objects.update(email="")
    assert post(MONDAY).gave_up_at == MONDAY
    assert WorkItem.objects.get().kind == "delivery"
