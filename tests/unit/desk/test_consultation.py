"""The consultation and the screening at the desk: nothing typed is lost, nobody decides without a name."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.consultation import change_consultation, open_consultation
from afterthread.clinic.flow.record.screening import answer_screening
from afterthread.clinic.models import Consultation, Override, Procedure, Screening
from afterthread.clinic.roles import Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff
from tests.lib.practice import text

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PLANNED = date(2026, 3, 14)


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def doctor(db: None) -> Viewer:
    """A practitioner."""
    return a_staff(a_clinic())


def desk(viewer: Viewer) -> Client:
    """Somebody at a screen."""
    client = Client()
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return client


def held_by(doctor: Viewer, **agreed: Any) -> Consultation:
    """A session on the cheeks in twelve days."""
    told: dict[str, Any] = {"zones": ["cheek"], "planned_on": PLANNED, "expectation": "Fresh."} | agreed
    return open_consultation(viewer=doctor, patient=a_patient(doctor, born=1991), at=MONDAY, **told)


def answered(doctor: Viewer, held: Consultation, **said: Any) -> Screening:
    """Everything denied, but what is said."""
    told = {"otherwise": "no", **said}
    return answer_screening(viewer=doctor, consultation=held, key=uuid4(), said=told, at=MONDAY)


def page_of(held: Consultation, more: str = "") -> str:
    """Where it is."""
    return f"/desk/linden/consultations/{held.pk}/{more}"


def test_it_opens_one_however_often_it_is_sent(doctor: Viewer) -> None:
    """What was typed is kept, once."""
    patient, client = a_patient(doctor), desk(doctor)
    path = f"/desk/linden/patients/{patient.pk}/consultations/new"
    sent = {
        "key": str(uuid4()), "indications": ["cheek_sag", "pigmentation"], "zones": ["cheek"], "materials": ["pdo"],
        "promises": ["lift_fades"], "expectation": "Less tired.", "promised": "Shown in the mirror.",
        "planned_on": "2026-03-14", "planned_time": "14:30",
    }  # fmt: skip
    first, again = (client.post(path, sent)["Location"] for _ in range(2))
    assert first == again
    held = Consultation.objects.get()
    assert (held.indications, held.promises, held.expectation) == (
        ["cheek_sag", "pigmentation"], ["lift_fades"], "Less tired.",
    )  # fmt: skip
    assert (held.planned_on, str(held.planned_time)) == (PLANNED, "14:30:00")
    shown = text(client.get(first))
    assert "threads cannot" in shown
    assert "within 30 days" in shown
    assert "Not to be said" in shown
    assert "Saturday 7 March" in shown


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"planned_on": "2026-03-01"}, "This day is over."),
        ({"planned_on": "2029-03-01"}, "Check the year."),
        ({"planned_on": "soon"}, "Write a date like"),
        ({"planned_time": "14:30"}, "Choose the day as well."),
        ({"promises": ["permanent"]}, "permanent"),
        ({"zones": ["moon"]}, "moon"),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(doctor: Viewer, sent: dict[str, Any], says: str) -> None:
    """A day that is over, a slip of the year, a dishonest promise: told, and the words stay."""
    patient = a_patient(doctor)
    told = {"expectation": "Less tired, please.", **sent}
    answer = desk(doctor).post(f"/desk/linden/patients/{patient.pk}/consultations/new", told)
    assert answer.status_code == 422
    assert says in text(answer)
    assert "Less tired, please." in text(answer)
    assert not Consultation.objects.exists()


def test_it_shows_both_when_somebody_was_faster(doctor: Viewer) -> None:
    """What I typed stays in the form, what is stored stands above it, and the next attempt counts."""
    held, client = held_by(doctor), desk(doctor)
    change_consultation(viewer=doctor, consultation=held, revision=1, expectation="Theirs.", at=MONDAY)
    told = {"revision": "1", "expectation": "Mine.", "planned_on": str(PLANNED), "zones": ["cheek"]}
    met = client.post(page_of(held), told)
    assert met.status_code == 409
    assert "Theirs." in text(met)
    assert "Mine." in text(met)
    revision = re.search(r'name="revision" value="(\d+)"', text(met))
    assert revision is not None
    assert client.post(page_of(held), {**told, "revision": revision[1]}).status_code == 302
    assert Consultation.objects.get().expectation == "Mine."


def test_it_is_closed_with_a_reason_only(doctor: Viewer) -> None:
    """Then it is there to read, and asks for nothing."""
    held, client = held_by(doctor), desk(doctor)
    assert client.post(page_of(held, "close"), {"revision": "1"}).status_code == 422
    for _ in range(2):
        assert client.post(page_of(held, "close"), {"revision": "1", "reason": "Moves."}).status_code == 302
    shown = text(client.get(page_of(held)))
    assert "Moves." in shown
    assert "Keep the consultation" not in shown
    assert client.post(page_of(held), {"revision": "2", "expectation": "Late words."}).status_code == 409
    assert "Late words." in text(client.post(page_of(held), {"revision": "2", "expectation": "Late words."}))


def test_it_reads_to_a_coordinator_and_lets_her_change_nothing(doctor: Viewer) -> None:
    """She sees who comes and what is missing."""
    held, client = held_by(doctor), desk(a_staff(doctor.own_clinic, Role.COORDINATOR))
    listed = text(client.get("/desk/linden/consultations/"))
    assert "Anna Beispiel" in listed
    assert "waiting for the patient" in listed
    assert "Keep the consultation" not in text(client.get(page_of(held)))
    assert client.post(page_of(held), {"revision": "1"}).status_code == 403


def test_it_prints_what_was_said_in_her_language(doctor: Viewer) -> None:
    """The patient takes it home."""
    held = held_by(doctor, indications=["cheek_sag"], materials=["pdo"], promises=["lift_fades"])
    shown = text(desk(doctor).get(page_of(held, "paper")))
    assert "The lift fades." in shown
    assert "Fresh." in shown
    held.patient.language = "ru"
    held.patient.save()
    assert "The lift fades." not in text(desk(doctor).get(page_of(held, "paper")))


def test_it_begins_the_record_with_what_is_known(doctor: Viewer) -> None:
    """Day, time, zones and what the screening asked already stand on the page, and the record belongs to it."""
    held, client = held_by(doctor, planned_time="14:30"), desk(doctor)
    answered(doctor, held, answers={"diabetes": "yes"})
    link = re.search(r'href="([^"]*procedures/new[^"]*)"', text(client.get(page_of(held))))
    assert link is not None
    shown = text(client.get(link[1]))
    assert 'value="2026-03-14"' in shown
    assert 'value="14:30"' in shown
    assert re.search(r'value="cheek"[^>]*checked', shown)
    assert re.search(r'name="m-diabetes" value="yes"[^>]*checked', shown)
    sent = {"key": str(uuid4()), "day": "2026-03-14", "time": "14:30", "t-TOTAL_FORMS": "0", "t-INITIAL_FORMS": "0"}
    assert client.post(link[1], sent).status_code == 302
    assert Procedure.objects.get().consultation == held


# -- The screening ----------------------------------------------------------------------------------------------------


def test_it_fills_the_questionnaire_in_at_the_desk(doctor: Viewer) -> None:
    """By a nurse, once, with her name."""
    held, client = held_by(doctor), desk(a_staff(doctor.own_clinic, Role.NURSE))
    shown = text(client.get(page_of(held, "screening?fill=1")))
    groups = set(re.findall(r'name="(none-\w+)"', shown))
    sent = {"key": str(uuid4()), **dict.fromkeys(groups, "1"), "c-smoker": "yes"}
    for _ in range(2):
        assert client.post(page_of(held, "screening"), sent).status_code == 302
    row = Screening.objects.get()
    assert (str(row.taken_by), row.verdict) == ("nurse linden", "clinician_decides")
    told = text(client.get(page_of(held, "screening")))
    assert "Do you smoke or vape nicotine?" in told
    assert "A practitioner decides on it." in told
    assert "benavides" in told


def test_it_keeps_what_was_ticked_when_something_is_wrong(doctor: Viewer) -> None:
    """The error stands beside its question, every other answer in its place."""
    held, client = held_by(doctor), desk(doctor)
    sent = {"key": str(uuid4()), "c-keloid": "yes", "t-filler-on": "2026-04-01", "note": "She is in a hurry."}
    answer = client.post(page_of(held, "screening"), sent)
    assert answer.status_code == 422
    assert "This day has not come yet." in text(answer)
    assert 'name="c-keloid" value="yes" checked' in text(answer)
    assert "She is in a hurry." in text(answer)
    assert not Screening.objects.exists()


def test_it_decides_once_with_a_reason(doctor: Viewer) -> None:
    """Without one there is an error; the second of two clicks changes nothing; who and why is shown."""
    held, client = held_by(doctor), desk(doctor)
    row = answered(doctor, held, answers={"smoker": "yes"})
    told = {"screening": str(row.pk), "entry": "condition.smoker"}
    assert client.post(page_of(held, "screening/override"), told).status_code == 422
    for _ in range(2):
        assert client.post(page_of(held, "screening/override"), {**told, "reason": "Stops."}).status_code == 302
    assert Override.objects.count() == 1
    shown = text(client.get(page_of(held, "screening")))
    assert "practitioner linden" in shown
    assert "Stops." in shown
    assert "Everything is decided" in shown


def test_it_does_not_decide_on_answers_that_are_old(doctor: Viewer) -> None:
    """She answered anew while the page was open: the reason stays typed, and nothing is decided."""
    held, client = held_by(doctor), desk(doctor)
    row = answered(doctor, held, answers={"smoker": "yes"})
    answer_screening(
        viewer=doctor, consultation=held, key=uuid4(), at=MONDAY + DAY,
        said={"otherwise": "no", "answers": {"smoker": "yes", "pregnancy": "yes"}},
    )  # fmt: skip
    told = {"screening": str(row.pk), "entry": "condition.smoker", "reason": "Stops next week."}
    answer = client.post(page_of(held, "screening/override"), told)
    assert answer.status_code == 409
    assert "Stops next week." in text(answer)
    assert not Override.objects.exists()


def test_it_moves_the_session_to_the_first_free_day(doctor: Viewer) -> None:
    """One button; after it the same answers are clear."""
    held, client = held_by(doctor), desk(doctor)
    answered(doctor, held, events={"filler": "2026-03-01"})
    shown = text(client.get(page_of(held, "screening")))
    assert "Not before Sunday 15 March 2026." in shown
    assert client.post(page_of(held, "screening/move"), {"revision": "1", "to": "2026-03-15"}).status_code == 302
    assert "Nothing speaks against it" in text(client.get(page_of(held, "screening")))
    assert client.post(page_of(held, "screening/move"), {"revision": "1", "to": "2026-03-20"}).status_code == 409
    assert client.post(page_of(held, "screening/move"), {"revision": "2", "to": "soon"}).status_code == 400


def test_it_stands_on_the_page_of_the_patient(doctor: Viewer) -> None:
    """What is ahead, and how it stands; a record begun without a consultation shows none."""
    held, client = held_by(doctor), desk(doctor)
    a_procedure(doctor, held.patient)
    shown = text(client.get(f"/desk/linden/patients/{held.patient.pk}/"))
    assert "Saturday 14 March 2026" in shown
    assert "Screening: waiting for the patient" in shown
    assert "Earlier consultations" not in shown
