"""Before the session, on her phone: questions, preparation, and plain words."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.consultation import close_consultation, open_consultation
from afterthread.clinic.models import Consultation, Screening
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone
from tests.lib.practice import text
from tests.unit.diary.conftest import enter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def doctor(db: None, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    """A practitioner, on Monday."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    return a_staff(a_clinic())


def ahead(doctor: Viewer, **details: Any) -> tuple[Consultation, Client]:
    """A session in twelve days of somebody for whom nothing was ever signed, and her phone."""
    patient = a_patient(doctor, **{"born": 1991, **details})
    held = open_consultation(viewer=doctor, patient=patient, at=MONDAY, zones=["cheek"], planned_on=date(2026, 3, 14))
    return held, enter(on_phone(doctor, patient)[1])


def sheet(client: Client, **more: str) -> dict[str, str]:
    """The page as she sends it: everything closed, but what is said."""
    shown = text(client.get("/p/screening?again=1"))
    fields = dict(re.findall(r'<input type="hidden" name="(key|consultation)" value="([^"]+)"', shown))
    groups = dict.fromkeys(re.findall(r'name="(none-\w+)"', shown), "1")
    return {**fields, **groups, **{name.replace("__", "-"): value for name, value in more.items()}}


def test_it_shows_what_is_to_be_done_before_anything_is_signed(doctor: Viewer) -> None:
    """The planned day, the questions, what holds now and what comes next; nothing of a recovery."""
    _, client = ahead(doctor)
    shown = text(client.get("/p/"))
    assert "Saturday 14 March 2026" in shown
    assert "Answer the questions" in shown
    assert "Do not smoke or vape" not in shown.partition("Now")[0]
    assert "From Saturday 7 March" in shown
    assert "still writing down what was done" not in shown


def test_it_dates_every_step_with_its_reason(doctor: Viewer) -> None:
    """A page of its own, and who says so is one tap away."""
    _, client = ahead(doctor)
    shown = text(client.get("/p/preparation"))
    for words in ("From Saturday 7 March", "From Wednesday 11 March", "From Friday 13 March", "No alcohol"):
        assert words in shown
    assert client.get("/p/why/step.alcohol_before").status_code == 200


def test_it_is_answered_in_one_go(doctor: Viewer) -> None:
    """Sent twice it is kept once; then she reads that the clinic has it, and the first page asks no more."""
    held, client = ahead(doctor)
    sent = sheet(client, c__smoker="yes", note="I stopped last week.")
    for _ in range(2):
        assert client.post("/p/screening", sent)["Location"] == "/p/screening"
    row = Screening.objects.get()
    assert (row.answers["answers"]["smoker"], row.note, row.taken_by) == ("yes", "I stopped last week.", None)
    assert row.device is not None
    shown = text(client.get("/p/screening"))
    assert "Your answers are with the clinic." in shown
    assert "Answer the questions" not in text(client.get("/p/"))
    assert held.screenings.count() == 1


def test_it_tells_no_finding_and_no_verdict(doctor: Viewer) -> None:
    """Whatever was found, the page says that the clinic speaks with her about it, and nothing that frightens."""
    _, client = ahead(doctor)
    client.post("/p/screening", sheet(client, c__keloid="yes", c__cancer="yes", c__smoker="yes"))
    shown = text(client.get("/p/screening"))
    for word in ("keloid", "cancer", "scar", "oncologist", "Threads are not for you", "reason against"):
        assert word not in shown


def test_it_says_which_day_clashes_and_from_when_none_does(doctor: Viewer) -> None:
    """A date is no diagnosis."""
    _, client = ahead(doctor)
    client.post("/p/screening", sheet(client, **{"t-filler-on": "2026-03-01"}))
    shown = text(client.get("/p/screening"))
    assert "14 March lies too near to something else" in shown
    assert "1 March 2026" in shown
    assert "From Sunday 15 March 2026 on" in shown


def test_it_sends_a_new_weakness_to_the_ambulance(doctor: Viewer) -> None:
    """The one answer that fills the screen with the number to call."""
    _, client = ahead(doctor)
    client.post("/p/screening", sheet(client, c__facial_weakness_new="yes"))
    shown = text(client.get("/p/screening"))
    assert 'href="tel:112"' in shown
    assert "Call an ambulance now" in shown


def test_it_keeps_what_she_ticked_when_something_is_wrong(doctor: Viewer) -> None:
    """A yes without its date, an age that is none: told beside the question, the rest stays."""
    _, client = ahead(doctor, born=None)
    answer = client.post("/p/screening", sheet(client, t__filler="yes", age="1991", c__keloid="unknown"))
    assert answer.status_code == 400
    assert "Add the date." in text(answer)
    assert 'name="c-keloid" value="unknown" checked' in text(answer)
    answer = client.post("/p/screening", sheet(client, age="1991"))
    assert "Write a whole number from 1 to 120." in text(answer)
    assert not Screening.objects.exists()


def test_it_offers_the_old_answers_when_something_changed(doctor: Viewer) -> None:
    """Only what changed has to be touched, but how it is today is asked afresh."""
    _, client = ahead(doctor)
    client.post("/p/screening", sheet(client, c__keloid="yes"))
    shown = text(client.get("/p/screening?again=1"))
    assert 'name="c-keloid" value="yes" checked' in shown
    assert 'name="c-smoker" value="no" checked' in shown
    assert 'name="c-acute_illness" value="no" checked' not in shown


def test_it_says_so_when_the_clinic_gave_it_up_meanwhile(doctor: Viewer) -> None:
    """Nothing is kept, everything typed stands there, and she knows whom to call."""
    held, client = ahead(doctor)
    sent = sheet(client, note="One more thing.")
    close_consultation(viewer=doctor, consultation=held, revision=held.revision, reason="Moves.", at=MONDAY)
    answer = client.post("/p/screening", sent)
    assert answer.status_code == 409
    assert "One more thing." in text(answer)
    assert "No session is planned" in text(client.get("/p/screening"))


def test_it_stays_beside_a_recovery_that_runs(doctor: Viewer) -> None:
    """A second session is prepared while the first still heals."""
    held, client = ahead(doctor)
    a_procedure(doctor, held.patient)
    shown = text(client.get("/p/"))
    assert "Start the check-in" in shown
    assert "Before your session" in shown


def test_it_shows_nothing_of_anybody_else(doctor: Viewer) -> None:
    """The form of another patient is none of hers."""
    held, _ = ahead(doctor)
    other = enter(on_phone(doctor, a_patient(doctor, name="Berta"))[1])
    assert "No session is planned" in text(other.get("/p/screening"))
    other.post("/p/screening", {"key": str(uuid4()), "consultation": str(held.pk), "none-now": "1"})
    assert not Screening.objects.exists()
    assert "14 March" not in text(other.get("/p/preparation"))
