"""From a check-in with signs to a case, its steps, a thread taken out, and the close with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow import silence
from afterthread.clinic.flow.audit import breaches
from afterthread.clinic.models import AuditRow, Complication, Delivery, Patient, Removal, WorkItem
from afterthread.clinic.roles import Role, Viewer
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import barriers, overflow, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db(transaction=True)
SIGNS: dict[str, Any] = {"fever": "yes", "redness": {"level": "moderate", "zone": "cheek"}}


def keep_step(page: Page, note: str = "") -> None:
    """Keep the step that comes next as done."""
    page.get_by_label("Done", exact=True).check()
    page.get_by_label("What was found, or why it is not needed").fill(note)
    page.get_by_role("button", name="Keep the step").click()
    expect(page.get_by_text("The step is kept.")).to_be_visible()


def open_case(page: Page) -> Complication:
    """Find the check-in in the worklist, and open a case from it."""
    page.get_by_role("link", name="Anna Beispiel · day 5").click()
    page.get_by_role("link", name="Open a complication").click()
    expect(page.get_by_label("What was seen, or what does the patient say?")).to_have_value("It throbs on the left.")
    expect(page.get_by_label("On which day did it begin?")).to_have_value("5")
    page.get_by_label("left", exact=True).check()
    page.get_by_label("Row 2").uncheck()
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_text("Say today what it is")).to_be_visible()
    expect(page.get_by_text("Named by the findings").first).to_be_visible()
    return Complication.objects.get()


def judge_case(page: Page, case: Complication) -> None:
    """Judge what it is: the steps get their clock; the first two are done at once."""
    page.goto(f"/desk/linden/complications/{case.pk}/")
    page.locator("#judge-pathway select").select_option("infection")
    page.locator("#judge-pathway").get_by_label("Why?").fill("Warm, firm, 38.2.")
    page.get_by_role("button", name="Judge it so", exact=True).first.click()
    expect(page.get_by_role("heading", name="Infection around a thread or puncture", level=1)).to_be_visible()
    assert barriers(page) == []
    assert overflow(page) == 0
    for note in ("No spread.", "Firm strand of 2 cm."):
        keep_step(page, note)


def catch_up(page: Page) -> None:
    """Find the forgotten step in the worklist, overdue, and do it."""
    page.goto("/desk/linden/")
    row = page.locator(".case", has_text="Next step: Sample pus or fluid")
    expect(row).to_contain_text("overdue")
    row.get_by_role("link", name="Anna Beispiel · day 5").click()
    page.get_by_role("link", name="Open the case").click()
    keep_step(page, "Sent, also for mycobacteria.")


def take_out(page: Page) -> None:
    """Take out one thread of four, after a slip that is told and loses nothing."""
    page.get_by_role("link", name="Record a removal").click()
    row = page.locator("details", has_text="Row 1: 4 ×")
    row.locator("summary").first.click()
    row.get_by_label("Whole", exact=True).check()
    row.get_by_label("How many of them").fill("5")
    page.get_by_label("A complication", exact=True).check()
    page.get_by_label("Note").fill("Pus behind it.")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("More than are still in.").first).to_be_visible()
    row.get_by_label("How many of them").fill("1")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("still in, of 8 placed")).to_be_visible()
    expect(page.get_by_text("partly in")).to_be_visible()


def judge_nature(page: Page) -> None:
    """Say what kind of event it was."""
    nature = page.locator("section.card", has=page.get_by_role("heading", name="Kind of event"))
    nature.get_by_text("Judge it", exact=True).click()
    nature.get_by_label("Complication", exact=True).check()
    nature.get_by_role("button", name="Judge it so").click()
    expect(page.get_by_text("The judgement is kept.")).to_be_visible()


def close_case(page: Page) -> None:
    """Close it: how it ended is asked for, and why."""
    page.get_by_text("Say how it ended, or close the case").click()
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("Choose how it ended.").first).to_be_visible()
    page.get_by_label("Resolved", exact=True).check()
    page.get_by_label("Why is it closed now?").fill("Dry, pale, soft; culture negative.")
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("The case is closed.")).to_be_visible()


def read_all(page: Page, patient: Patient) -> None:
    """Everything can be read afterwards, in the order in which it happened."""
    expect(page.get_by_text("Warm, firm, 38.2.").first).to_be_attached()
    page.goto(f"/desk/linden/patients/{patient.pk}/?show=complication")
    timeline = page.locator("ol.timeline").last
    for told in ("Closed: Resolved", "Taken out: 1 × Whole", "What it is: Infection around a thread or puncture"):
        expect(timeline).to_contain_text(told)


@pytest.fixture
def doctor() -> Viewer:
    """The practitioner of a clinic, second on its list."""
    return a_staff(a_clinic(), called=2)


def test_it_goes_from_signs_to_the_closed_case(doctor: Viewer, window: Open, story: Clock) -> None:
    """A nurse opens the case, a doctor judges it, a step is forgotten and comes back, a thread comes out, it heals."""
    nurse, patient = a_staff(doctor.own_clinic, Role.NURSE, called=1), a_patient(doctor, phone="+49 170 5550111")
    procedure = a_procedure(doctor, patient)
    phone, _secret = on_phone(doctor, patient)
    story.at = MONDAY + timedelta(days=5)
    says(phone, procedure, story.at, words="It throbs on the left.", **SIGNS)
    case = open_case(sign_in(window(PHONE), nurse))
    story.forward(minutes=20)
    page = sign_in(window(DESK), doctor)
    judge_case(page, case)
    story.forward(hours=9)
    assert case in [item.complication for item in silence.escalate(story.at)]
    assert Delivery.objects.filter(cause__startswith="call:", staff=nurse.staff).exists()
    catch_up(page)
    story.forward(days=1)
    page.reload()
    take_out(page)
    assert Removal.objects.get().complication == case
    page.goto(f"/desk/linden/complications/{case.pk}/")
    expect(page.get_by_text("Pus behind it.")).to_be_visible()
    judge_nature(page)
    story.forward(days=10)
    page.reload()
    close_case(page)
    assert not WorkItem.objects.filter(complication=case, closed_at=None).exists()
    read_all(page, patient)
    verbs = set(AuditRow.objects.values_list("verb", flat=True))
    assert {"complication.opened", "complication.judged", "complication.stepped", "removal.recorded"} <= verbs
    assert list(breaches()) == []
