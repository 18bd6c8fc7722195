"""What came of it, at the desk: both sides beside each other, the figures, and the page that is handed on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow.record.handoff import issue_handoff, open_handoff
from afterthread.clinic.flow.record.outcome import tell_outcome
from afterthread.clinic.models import Handoff, Outcome, Procedure
from afterthread.clinic.roles import Role, Viewer, system
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import at_screen

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=95)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """Signed three months ago."""
    return a_procedure(doctor, a_patient(doctor))


def address(name: str, procedure: Procedure) -> str:
    """A page about a procedure."""
    return reverse(f"desk:{name}", args=["linden", procedure.versions.get().pk])


def text(response: Any) -> str:
    """A page without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


# -- Outcome ----------------------------------------------------------------------------------------------------------


def test_it_shows_both_sides(doctor: Viewer, procedure: Procedure) -> None:
    """What she said stands beside the clinician's form, with what may be expected."""
    phone, _ = on_phone(doctor, procedure.patient)
    tell_outcome(
        viewer=phone, procedure=procedure, key=uuid4(), point="3m", at=NOW, improvement=2, satisfaction=1, words="Gone."
    )
    page = text(at_screen(doctor).get(address("outcome", procedure)))
    assert {word for word in ("no change", "very dissatisfied", "Gone.", "gone by twelve") if word not in page} == set()


def test_it_keeps_the_clinicians_assessment(doctor: Viewer, procedure: Procedure) -> None:
    """With her name and the day; sent twice, it is there once; without a grade the page says what is missing."""
    client, path = at_screen(doctor), address("outcome", procedure)
    said = {"key": uuid4(), "point": "3m", "improvement": "4", "still_visible": "yes", "words": "Firm."}
    assert [client.post(path, said).status_code for _ in range(2)] == [302, 302]
    kept = Outcome.objects.get()
    assert (kept.improvement, kept.staff, kept.day) == (4, doctor.staff, 95)
    missing = client.post(path, {"key": uuid4(), "point": "3m", "words": "Kept here."})
    assert missing.status_code == 422
    assert "Kept here." in text(missing)
    assert client.post(path, {**said, "key": uuid4(), "point": "12m"}).status_code == 422


def test_it_shows_the_figures_with_their_denominators(doctor: Viewer, procedure: Procedure) -> None:
    """Counts of all that are old enough; of few no share."""
    tell_outcome(viewer=doctor, procedure=procedure, key=uuid4(), point="3m", at=NOW, improvement=4)
    a_procedure(doctor, a_patient(doctor))
    client = at_screen(doctor)
    page = text(client.get(reverse("desk:outcomes", args=["linden"])))
    assert "2 procedures are old enough." in page
    assert "1 of 2 too few to compare" in page
    assert " %" not in page.partition("How this is counted")[0]
    empty = client.get(reverse("desk:outcomes", args=["linden"]), {"material": "gold"})
    assert "Nothing to count" in text(empty)


# -- Hand-off ---------------------------------------------------------------------------------------------------------


def seen_of(client: Client, path: str) -> dict[str, str]:
    """The hidden fields of the form that signs."""
    page = client.get(path).content.decode()
    found = {name: re.findall(f'name="{name}" value="([^"]*)"', page) for name in ("seen", "before")}
    return {name: values[-1] for name, values in found.items()}


def test_it_signs_what_was_looked_at(doctor: Viewer, procedure: Procedure) -> None:
    """Confirmed and unchanged, it is signed; what changed meanwhile is shown first."""
    client, path = at_screen(doctor), address("handoff", procedure)
    seen = seen_of(client, path)
    assert client.post(path, {**seen, "do": "sign"}).status_code == 409
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, NOW, lump="mild")
    changed = client.post(path, {**seen, "do": "sign", "confirm": "1"})
    assert changed.status_code == 409
    assert "Something changed meanwhile" in text(changed)
    assert client.post(path, {**seen_of(client, path), "do": "sign", "confirm": "1"}).status_code == 302
    assert Handoff.objects.get().issued_by == doctor.staff


def test_it_signs_once_however_often_it_is_sent(doctor: Viewer, procedure: Procedure) -> None:
    """The second one of the same page changes nothing; a colleague's is shown before it is replaced."""
    client, path = at_screen(doctor), address("handoff", procedure)
    told = {**seen_of(client, path), "do": "sign", "confirm": "1"}
    assert [client.post(path, told).status_code for _ in range(2)] == [302, 302]
    assert Handoff.objects.count() == 1
    colleague = at_screen(a_staff(procedure.clinic, email="second@linden.example"))
    assert colleague.post(path, told).status_code == 409
    assert Handoff.objects.filter(revoked_at=None).count() == 1


def test_it_shows_what_is_in_force_and_who_opened_it(doctor: Viewer, procedure: Procedure) -> None:
    """The code to print, the digits to tell, every opening; revoked, it stands among the earlier ones."""
    held = issue_handoff(viewer=doctor, procedure=procedure, at=NOW)
    open_handoff(viewer=system(), code=held.code, pin=held.pin, at=NOW)
    nurse, path = at_screen(a_staff(procedure.clinic, Role.NURSE)), address("handoff", procedure)
    page = text(nurse.get(path))
    assert held.code in page
    assert "Only a practitioner can sign it." in page
    assert nurse.post(path, {"do": "revoke", "before": held.pk}).status_code == 302
    page = text(nurse.get(path))
    assert held.code not in page
    assert "opened once" in page


def test_it_shows_a_draft_to_nobody(doctor: Viewer, procedure: Procedure) -> None:
    """What nobody signed is no hand-off and has no outcome."""
    Procedure.objects.filter(pk=procedure.pk).update(signed_at=None)
    procedure.versions.update(signed_at=None)
    client = at_screen(doctor)
    assert [client.get(address(name, procedure)).status_code for name in ("handoff", "outcome")] == [404, 404]
