"""From the consultation to the day of the session: asked at home, decided at the desk, moved out of a clash."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow.audit import breaches
from afterthread.clinic.flow.record.consultation import remind
from afterthread.clinic.models import AuditRow, Consultation, Delivery, Override, Procedure, Screening
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import be_on, overflow, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, on_phone

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def talk(page: Page) -> None:
    """What is asked for, hoped for, promised and planned."""
    page.get_by_role("link", name="New consultation").click()
    page.get_by_label("Sagging cheeks").check()
    page.get_by_label("What the patient hopes for").fill("To look less tired.")
    page.get_by_label("Planned date").fill("2026-03-12")
    page.locator("#id_planned_time").fill("10:30")
    page.get_by_label("Cheek and midface").check()
    page.get_by_label("PDO").check()
    page.get_by_label("The lift fades.").check()
    page.get_by_role("button", name="Keep the consultation").click()
    expect(page.get_by_text("The consultation is kept.")).to_be_visible()


def answer(page: Page) -> None:
    """She smokes, had a filler yesterday, and denies the rest, group by group."""
    page.get_by_role("link", name="Answer the questions").click()
    expect(page.get_by_role("button", name="Send the answers")).to_be_visible()
    for none in page.get_by_label("None of these, or none of the others here").all():
        none.check()
    smoker = page.locator("#c-smoker")
    smoker.locator("summary").click()
    smoker.get_by_label("Yes").check()
    filler = page.locator("#t-filler")
    filler.locator("summary").click()
    filler.get_by_label("Yes, on").check()
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_text("Add the date.")).to_be_visible()
    page.locator("#t-filler-on").fill("2026-03-01")
    assert overflow(page) == 0
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_it_leads_to_the_day_of_the_session(window: Open, story: Clock) -> None:
    """A patient fills in at home, a practitioner decides, a clash moves the date, and the record is begun from it."""
    clinic = a_clinic()
    doctor = a_staff(clinic, called=1)
    patient = a_patient(doctor, born=1991)
    _, secret = on_phone(doctor, patient)
    desk = sign_in(window(DESK), doctor)
    desk.goto(f"/desk/{clinic.slug}/patients/{patient.pk}/")
    talk(desk)
    expect(desk.get_by_text("waiting for the patient")).to_be_visible()

    phone = be_on(window(PHONE), secret)
    phone.goto("/p/")
    expect(phone.get_by_text("Thursday 12 March 2026, 10:30")).to_be_visible()
    answer(phone)
    expect(phone.get_by_role("heading", name="12 March lies too near to something else")).to_be_visible()
    expect(phone.get_by_text("From Sunday 15 March 2026 on")).to_be_visible()

    desk.goto(f"/desk/{clinic.slug}/consultations/")
    desk.get_by_text("the date clashes").click()
    expect(desk.get_by_text("Not before Sunday 15 March 2026.")).to_be_visible()
    desk.get_by_role("button", name="Move the session to 15 March").click()
    expect(desk.get_by_text("The session is planned for 15 March 2026.")).to_be_visible()
    desk.get_by_label("Why it may be done all the same").fill("Stops two weeks before, and knows why.")
    desk.get_by_role("button", name="Go on all the same").click()
    expect(desk.get_by_text("Everything is decided")).to_be_visible()
    expect(desk.get_by_text("practitioner linden").first).to_be_visible()

    phone.goto("/p/")
    expect(phone.get_by_text("Sunday 15 March 2026, 10:30")).to_be_visible()
    phone.get_by_role("link", name="Everything that prepares the day").click()
    expect(phone.get_by_role("heading", name="From Sunday 8 March")).to_be_visible()
    assert [len(list(remind(MONDAY + days * DAY))) for days in (3, 5, 6)] == [0, 0, 1]

    desk.get_by_role("link", name="Consultation").click()
    desk.get_by_role("link", name="Begin the record").click()
    expect(desk.get_by_label("Date", exact=False).first).to_have_value("2026-03-15")
    assert (Screening.objects.count(), Override.objects.count(), Delivery.objects.count()) == (1, 1, 1)
    assert (Consultation.objects.count(), Procedure.objects.count()) == (1, 0)
    assert AuditRow.objects.filter(verb="screening.answered", role="patient").count() == 1
    assert not list(breaches())


def test_it_is_answered_without_scripts_and_by_keyboard(window: Open, story: Clock) -> None:
    """The same questions on an old phone: one page, one button."""
    clinic = a_clinic()
    doctor = a_staff(clinic)
    desk = sign_in(window(DESK), doctor)
    patient = a_patient(doctor, born=1991)
    _, secret = on_phone(doctor, patient)
    desk.goto(f"/desk/{clinic.slug}/patients/{patient.pk}/")
    talk(desk)
    page = be_on(window(PHONE, java_script_enabled=False), secret)
    page.goto("/p/screening")
    for none in page.get_by_label("None of these, or none of the others here").all():
        none.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Send the answers").press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Screening.objects.get().verdict == "clear"
