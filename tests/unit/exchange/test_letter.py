"""Letters say where to read on, and nothing that a shared mailbox should not know."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from afterthread.clinic.flow import silence
from afterthread.clinic.flow.clinic import end_staff, invite_staff
from afterthread.clinic.flow.link import exchange_link, request_link, request_password, send_link
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.outbox import Undeliverable, queue
from afterthread.clinic.flow.record.consultation import open_consultation, remind
from afterthread.clinic.flow.record.outcome import remind_outcomes
from afterthread.clinic.models import Delivery, Link, Patient
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.exchange.letter import KINDS, Letter, letters_of
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECRET_WORDS = ("anna", "beispiel", "thread", "face", "cheek", "swelling", "fever", "lift", "emergency on", "treatment")


def code_in(letter: Letter) -> str:
    """The code of the link in a letter."""
    return letter.text.partition("/p/enter#")[2].split()[0]


def newest(kind: str, at: datetime) -> list[Letter]:
    """What the last delivery of a kind comes to."""
    found = [one for one in Delivery.objects.order_by("queued_at") if json.loads(one.letter)["kind"] == kind]
    return letters_of(found[-1], at)


def told_everything() -> tuple[Viewer, Patient]:
    """A clinic in which every kind of letter is waiting."""
    clinic = a_clinic()
    doctor = a_staff(clinic, called=1)
    admin = a_staff(clinic, Role.ADMIN)
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    says(on_phone(doctor, patient)[0], procedure, MONDAY + 26 * HOUR, vision="yes")
    send_link(viewer=doctor, patient=patient, at=MONDAY)
    request_link("ANNA@patient.example ", MONDAY)
    request_password("PRACTITIONER@linden.example ", MONDAY)
    write_message(viewer=doctor, patient=patient, key=patient.pk, text="Fever? Come today.", at=MONDAY + 27 * HOUR)
    invite_staff(viewer=admin, email="new@linden.example", name="New", role=Role.NURSE, at=MONDAY)
    assert list(silence.notice_silences(MONDAY + 24 * 30 * HOUR))
    assert list(remind_outcomes(MONDAY + 24 * 16 * HOUR))
    open_consultation(viewer=doctor, patient=patient, planned_on=date(2026, 3, 16), at=MONDAY)
    assert list(remind(MONDAY))
    queue(
        "account", "account:1", MONDAY, to="x@linden.example", language="en", subject="Password changed", text="It was."
    )
    return doctor, patient


def test_it_words_every_kind_without_health_or_name() -> None:
    """Whoever reads over a shoulder learns neither who it is for nor what it is about."""
    told_everything()
    kinds = {json.loads(one.letter)["kind"] for one in Delivery.objects.all()}
    assert kinds == set(KINDS)
    for delivery in Delivery.objects.all():
        for letter in letters_of(delivery, MONDAY):
            assert letter.to
            assert letter.text
            said = f"{letter.subject}\n{letter.text}".casefold().replace("afterthread", "")
            assert [word for word in SECRET_WORDS if word in said] == []
            assert "Linden" not in letter.subject


def test_it_makes_the_link_when_the_letter_leaves() -> None:
    """The ten minutes begin when the letter is worded, and the code in it lets a device in."""
    told_everything()
    late = MONDAY + 5 * HOUR
    letter = newest("link", late)[0]
    assert "15:10" in letter.text
    device = exchange_link(viewer=system(), code=code_in(letter), secret="s", label="Phone", at=late + HOUR / 10)  # noqa: S106
    assert device.patient.email == "anna@patient.example"


def test_it_writes_for_each_clinic_that_knows_the_address() -> None:
    """Somebody who is a patient of two clinics gets a link to each, a stranger gets nothing and no trace of it."""
    doctor, _ = told_everything()
    a_patient(a_staff(a_clinic("ahorn")))
    assert [letter.text.splitlines()[0] for letter in newest("link_request", MONDAY)] == [
        "Here is your link to Ahorn:",
        "Here is your link to Linden:",
    ]
    links = Link.objects.count()
    request_link("stranger@nowhere.example", MONDAY + HOUR)
    assert newest("link_request", MONDAY + HOUR) == []
    assert Link.objects.count() == links
    assert doctor.clinic


def test_it_speaks_the_readers_language() -> None:
    """A letter is worded in the language that its reader chose."""
    _, patient = told_everything()
    Patient.objects.filter(pk=patient.pk).update(language="ru")
    assert newest("message", MONDAY)[0].language == "ru"


def test_it_needs_no_address_to_remind() -> None:
    """A patient without an address is reminded by the clinic; a message that cannot reach her is said to be so."""
    doctor, patient = told_everything()
    patient.email = ""
    patient.save()
    assert newest("reminder", MONDAY) == []
    with pytest.raises(Undeliverable):
        newest("message", MONDAY)
    assert doctor.staff


def test_it_writes_to_nobody_who_left() -> None:
    """Former staff get no letters about patients."""
    doctor, _ = told_everything()
    end_staff(viewer=a_staff(doctor.clinic, Role.ADMIN, email="b@linden.example"), staff=doctor.staff, at=MONDAY)  # type: ignore[arg-type]
    with pytest.raises(Undeliverable):
        newest("call", MONDAY)


def test_it_says_now_when_minutes_count() -> None:
    """The subject for staff tells an emergency from a same-day item, and that nobody answered in time."""
    doctor, patient = told_everything()
    assert newest("call", MONDAY)[0].subject == "Please look NOW"
    told: Any = {"clinic": doctor.clinic, "staff": doctor.staff, "urgency": Urgency.SAME_DAY, "item": str(patient.pk)}
    queue("call", "call:today", MONDAY + 9999 * HOUR, step=1, **told)
    late = newest("call", MONDAY)[0]
    assert late.subject == "Please look today"
    assert late.text.startswith("Nobody has answered in time.")
