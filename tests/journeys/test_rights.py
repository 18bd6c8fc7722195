"""A patient takes her data along, sees who opened it, asks to be forgotten, and the clinic answers."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow.procedure import close_procedure
from afterthread.clinic.flow.worklist import close_item
from afterthread.clinic.models import Action, Device, Patient, WorkItem
from afterthread.clinic.roles import Role
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import be_on, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db(transaction=True)


def takes_along(page: Page) -> dict[str, list[dict[str, object]]]:
    """The data file, as the phone saves it."""
    page.goto("/p/data")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Take it along as a data file").click()
    record: dict[str, list[dict[str, object]]] = json.loads(Path(saved.value.path()).read_text())["record"]
    return record


def test_it_gives_a_copy_and_then_forgets(window: Open, story: Clock) -> None:
    """From the phone's page to the administrator's answer, and out."""
    clinic = a_clinic()
    doctor, admin = a_staff(clinic), a_staff(clinic, Role.ADMIN)
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    phone, secret = on_phone(doctor, patient)
    says(phone, procedure, MONDAY + timedelta(days=1), words="A bit sore.", swelling="mild")
    item = WorkItem.objects.get()
    close_item(viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.SEEN, at=story.forward(days=3))
    close_procedure(viewer=doctor, procedure=procedure, at=story.forward(days=200))

    desk = sign_in(window(DESK), doctor)
    desk.goto(f"/desk/linden/patients/{patient.pk}/")

    page = be_on(window(PHONE), secret)
    page.goto("/p/")
    page.get_by_role("link", name="Your data").click()
    record = takes_along(page)
    assert [one["words"] for one in record["checkin"]] == ["A bit sore."]
    page.get_by_role("link", name="Read and print all of it").click()
    expect(page.get_by_text("A bit sore.")).to_be_visible()
    page.goto("/p/data/access")
    expect(page.get_by_text("practitioner linden: opened the record").first).to_be_visible()

    page.goto("/p/data")
    page.get_by_label("Is there anything").fill("I have moved away.")
    page.get_by_role("button", name="Ask for erasure").click()
    expect(page.get_by_text("Tick it first").first).to_be_visible()
    expect(page.get_by_label("Is there anything")).to_have_value("I have moved away.")
    page.get_by_label("I want the clinic to erase my data").check()
    page.get_by_role("button", name="Ask for erasure").click()
    expect(page.get_by_text("The clinic has to answer.")).to_be_visible()

    owner = sign_in(window(DESK), admin)
    owner.goto("/desk/linden/settings/erasures")
    expect(owner.get_by_text("I have moved away.")).to_be_visible()
    expect(owner.get_by_text("31 December 2036")).to_be_visible()
    owner.get_by_label("Take out everything").check()
    owner.get_by_label("What she is told").fill("No law makes us keep it: she withdrew her consent.")
    owner.get_by_role("button", name="Answer").click()
    expect(owner.get_by_text("everything that names her is out")).to_be_visible()

    page.goto("/p/")
    expect(page).to_have_url(f"{page.url.split('/p/')[0]}/p/enter")
    assert not Device.objects.exists()
    assert Patient.objects.get().erased_at == story.at
