"""Today: one thing to do at most, and nothing that only looks calm."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic.flow import worklist
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.models import Action, WorkItem
from tests.lib.clinic import MONDAY, a_patient, on_phone, says, signed
from tests.unit.diary.conftest import Diary, enter

DAY = timedelta(days=1)


def text(answer: Any) -> str:
    """A page as text."""
    return str(answer.content.decode())


@pytest.mark.django_db
def test_it_shows_strangers_the_door() -> None:
    """Without a device there is nothing to see."""
    for path in ("", "plan", "plan/leaflet", "checkin", "history", "messages", "devices", "why/step.sauna"):
        assert Client().get(f"/p/{path}")["Location"] == "/p/enter"


def test_it_greets_and_asks(diary: Diary) -> None:
    """On day 2 the page knows the name, the day, and that a check-in is due."""
    page = text(diary.on(2).get())
    assert "Anna Beispiel" in page
    assert "Day 2 after the procedure" in page
    assert "Start the check-in" in page


def test_it_says_what_is_normal_and_until_when(diary: Diary) -> None:
    """Swelling on day 2 has a date until which it is expected."""
    page = text(diary.on(2).get())
    assert "Swelling" in page
    assert "until 16 March" in page


def test_it_asks_nothing_twice_a_day(diary: Diary) -> None:
    """After the check-in of the day nothing is due, and the next one has a date."""
    diary.on(1)
    says(diary.phone, diary.procedure, diary.at)
    page = text(diary.get())
    assert "Start the check-in" not in page
    assert "Wednesday 4 March" in page


def test_it_is_kind_about_a_late_check_in(diary: Diary) -> None:
    """Nothing is due on day 9, and the one of day 8 is still welcome."""
    says(diary.phone, diary.procedure, MONDAY + 7 * DAY)
    assert "Late is fine" in text(diary.on(9).get())


def test_it_waits_for_the_plan(diary: Diary) -> None:
    """Before anything is signed the page says so, and whom to call."""
    patient = a_patient(diary.doctor, email="new@patient.example")
    client = enter(on_phone(diary.doctor, patient)[1])
    for path in ("", "plan"):
        page = text(client.get(f"/p/{path}"))
        assert "still writing down" in page
        assert "tel:112" in page
    assert client.get("/p/checkin")["Location"] == "/p/"
    assert client.get("/p/plan/leaflet")["Location"] == "/p/plan"
    assert client.get("/p/history")["Location"] == "/p/"


def test_it_keeps_what_waits_on_top(diary: Diary) -> None:
    """A same-day decision stands with its promise until the clinic answers, then with who answered."""
    diary.on(2)
    says(diary.phone, diary.procedure, diary.at, discharge="pus")
    page = text(diary.get())
    assert "Speak to a clinician today" in page
    assert "The clinic will look by 14:00 today." in page
    item = WorkItem.objects.get()
    later = diary.at + timedelta(minutes=20)
    worklist.contact_patient(
        viewer=diary.doctor, item=item, revision=item.revision, outcome=Action.Outcome.COMING, at=later
    )
    page = text(diary.get())
    assert "practitioner linden from the clinic answered today at 12:20." in page
    assert 'data-urgency="same_day"' not in page


def test_it_says_when_the_clinic_is_late(diary: Diary) -> None:
    """A promise that was not kept is not hidden: the page says to call."""
    diary.on(2)
    says(diary.phone, diary.procedure, diary.at, discharge="pus")
    page = text(diary.on(2.5).get())
    assert "is late" in page
    assert "Do not wait: call." in page


def test_it_sends_elsewhere_when_nobody_is_there(diary: Diary) -> None:
    """On a Saturday without anybody on call the page names who helps instead."""
    diary.on(5)
    says(diary.phone, diary.procedure, diary.at, discharge="pus")
    page = text(diary.get())
    assert "nobody is on call" in page
    assert "Praxis am Ostkreuz." in page


def test_it_tells_of_a_correction(diary: Diary) -> None:
    """After a corrected record the plan says that it follows the new one."""
    assert "corrected its record" not in text(diary.get())
    version = correct_procedure(viewer=diary.doctor, procedure=diary.procedure, reason="lot", at=diary.at)
    signed(diary.doctor, version, diary.at)
    assert "corrected its record on 2 March" in text(diary.get())


def test_it_counts_new_messages(diary: Diary) -> None:
    """What the clinic wrote is announced until it was read."""
    write_message(viewer=diary.doctor, patient=diary.patient, key=uuid4(), text="Hello", at=diary.at)
    assert "One new message" in text(diary.get())
    diary.get("messages")
    assert "One new message" not in text(diary.get())


def test_it_lives_on_the_patients_wall(diary: Diary) -> None:
    """Who lives in Tokyo reads Tokyo's date and hour."""
    diary.patient.time_zone = "Asia/Tokyo"
    diary.patient.save()
    diary.on(2.25)
    assert "Thursday 5 March" in text(diary.get())
    assert "Day 3" in text(diary.get())


def test_it_escapes_what_people_wrote(diary: Diary) -> None:
    """A name is text, whatever is in it."""
    diary.patient.name = "<script>alert(1)</script>"
    diary.patient.save()
    assert "<script>alert" not in text(diary.get())


def test_it_names_the_year_when_it_is_another(diary: Diary) -> None:
    """A restriction that ends next spring does not look as if it had ended last spring."""
    assert "from 2 March 2027" in text(diary.on(200).get())
