"""The ten-minute story: enrolled, recorded, signed, let in, checked in, decided, answered, written, closed."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow import silence
from afterthread.clinic.flow.audit import breaches
from afterthread.clinic.models import Action, AuditRow, CheckIn, Clinic, Delivery, Patient, ProcedureVersion, WorkItem
from afterthread.clinic.roles import Role, Viewer
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import be_on, overflow, shown_code, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, agreed, on_phone, says

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic() -> Clinic:
    """A clinic in Berlin."""
    return a_clinic()


@pytest.fixture
def doctor(clinic: Clinic) -> Viewer:
    """Its practitioner, second on the list."""
    return a_staff(clinic, called=2)


@pytest.fixture
def nurse(clinic: Clinic) -> Viewer:
    """Its nurse, first on the list."""
    return a_staff(clinic, Role.NURSE, called=1)


def record(page: Page) -> None:
    """Write down eight barbed threads in both cheeks, and sign."""
    page.get_by_role("link", name="Record a procedure").click()
    page.get_by_label("Date").first.fill("2026-03-02")
    page.get_by_label("Time", exact=True).fill("10:00")
    page.get_by_label("Cheek and midface").first.check()
    row = page.locator("fieldset", has_text="Row 1")
    for name, word in (
        ("zone", "cheek"),
        ("side", "left"),
        ("kind", "cog"),
        ("material", "pdo"),
        ("layer", "subcutaneous"),
    ):
        row.locator(f"select[name$={name}]").select_option(word)
    row.locator("input[name$=count]").fill("4")
    row.locator("input[name$=lot]").fill("L-1")
    page.get_by_role("button", name="Mirror to the other side").click()
    expect(page.locator("fieldset", has_text="Row 2").locator("select[name$=side]")).to_have_value("right")
    for answer in page.locator("fieldset.ask input[value=no]").all():
        answer.check()
    page.get_by_role("button", name="Save and look it over").click()
    expect(page.get_by_text("The clinic has published no consent text")).to_be_visible()
    agreed(ProcedureVersion.objects.get())
    page.reload()
    page.get_by_label("Why it was done all the same").fill("She was screened by telephone.")
    page.get_by_label("I looked it over").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()


def answer(page: Page, **signs: str) -> None:
    """Go through the check-in part by part with one thumb: what is named, and none of the rest."""
    page.get_by_role("link", name="Check-in", exact=True).click()
    steps = page.locator("[data-step]")
    expect(steps.first).to_be_visible()
    for number in range(steps.count() - 1):
        step = steps.nth(number)
        expect(step).to_be_visible()
        here = {id: level for id, level in signs.items() if step.locator(f'[data-ask="{id}"]').count()}
        for id, level in here.items():
            ask = step.locator(f'[data-ask="{id}"]')
            ask.locator("summary").first.click()
            ask.locator(f'input[name="q-{id}"][value="{level}"]').check()
            if ask.locator('input[name$="-side"]').count():
                ask.locator('input[name$="-side"][value="both"]').check()
        if here:
            step.locator("[data-others]").click()
        else:
            step.locator("[data-none]").check()
    page.get_by_role("button", name="Send the check-in").click()


def test_it_lives_a_recovery(clinic: Clinic, doctor: Viewer, nurse: Viewer, window: Open, story: Clock) -> None:
    """A newcomer lives a whole recovery from both sides."""
    desk = sign_in(window(DESK), doctor)
    desk.get_by_role("link", name="Patients").click()
    desk.get_by_role("link", name="Enrol a patient").first.click()
    desk.get_by_label("Name").fill("Anna Beispiel")
    desk.get_by_label("Year of birth").fill("1981")
    desk.get_by_label("Phone").fill("+49 170 5550123")
    desk.get_by_role("button", name="Enrol").click()
    expect(desk.get_by_role("heading", name="Anna Beispiel")).to_be_visible()
    record(desk)
    desk.get_by_role("link", name="Anna Beispiel").click()
    desk.get_by_role("button", name="Show a link here").click()
    code = shown_code(desk)

    phone = window(PHONE)
    phone.goto(f"/p/enter#{code}")
    phone.wait_for_url("**/p/")
    expect(phone.get_by_text("What is normal today")).to_be_visible()
    for days, signs, told in (
        (1, {"swelling": "moderate", "bruise": "mild"}, "Care at home"),
        (2, {"swelling": "mild"}, "Care at home"),
        (1, {"swelling": "moderate"}, "Speak to a clinician today"),
    ):
        story.forward(days=days)
        answer(phone, **signs)
        expect(phone.get_by_role("heading", level=1, name=told)).to_be_visible()
        assert overflow(phone) == 0
    expect(phone.get_by_text("The clinic will look by 14:00 today.")).to_be_visible()

    helper = sign_in(window(DESK), nurse)
    row = helper.locator("li.case", has_text="Anna Beispiel")
    expect(row).to_contain_text("day 4")
    expect(row).to_contain_text("due in")
    row.get_by_role("button", name="I take it").click()
    helper.get_by_role("link", name="Anna Beispiel").click()
    story.forward(minutes=20)
    helper.get_by_label("Reached: comes today").check()
    helper.get_by_label("Note for colleagues").fill("Comes at four.")
    helper.get_by_role("button", name="Keep the contact").click()
    expect(helper.get_by_text("answered").first).to_be_visible()

    phone.goto("/p/")
    expect(phone.get_by_text("nurse linden from the clinic answered today at 12:20.")).to_be_visible()
    phone.goto("/p/messages")
    phone.get_by_label("Write to the clinic").fill("May I wash my hair before?")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("May I wash my hair before?")).to_be_visible()
    helper.goto(f"/desk/{clinic.slug}/")
    helper.locator("li.case", has_text="message").get_by_role("link").click()
    helper.get_by_label("Message to the patient").fill("Yes, gently.")
    helper.get_by_role("button", name="Send the message").click()
    phone.reload()
    expect(phone.get_by_text("Yes, gently.")).to_be_visible()

    assert (CheckIn.objects.count(), Action.objects.filter(kind="contacted").count()) == (3, 2)
    assert Action.objects.filter(outcome="coming").get().waited == 20 * 60
    assert not list(breaches())
    assert AuditRow.objects.filter(verb="patient.opened").exists()


def test_it_escalates_what_nobody_answers(
    clinic: Clinic, doctor: Viewer, nurse: Viewer, window: Open, story: Clock
) -> None:
    """A check-in is missed, nobody looks in time, and the list is told one after the other."""
    patient = a_patient(nurse)
    a_procedure(doctor, patient)
    story.at = MONDAY + timedelta(days=2)
    assert len(list(silence.notice_silences(story.at))) == 1
    desk = sign_in(window(DESK), nurse)
    row = desk.locator("li.case", has_text="Anna Beispiel")
    expect(row).to_contain_text("no check-in")
    item = WorkItem.objects.get()
    story.at = item.due_at + timedelta(minutes=1)
    list(silence.escalate(story.at))
    story.forward(minutes=clinic.escalate_minutes)
    list(silence.escalate(story.at))
    assert list(silence.escalate(story.at)) == []
    told = Delivery.objects.filter(staff__isnull=False).values_list("queued_at", "staff__role")
    assert [role for _, role in sorted(told)] == ["nurse", "nurse", "practitioner"]
    desk.reload()
    expect(desk.locator("li.case", has_text="Anna Beispiel")).to_contain_text("overdue")
    expect(desk.locator("li.case", has_text="Anna Beispiel")).to_contain_text("escalated: 2 of 2 told")


def test_it_tells_the_slower_of_two(clinic: Clinic, doctor: Viewer, nurse: Viewer, window: Open, story: Clock) -> None:
    """Two people take the same item: the second is told by whom, and keeps what she had typed."""
    patient = a_patient(nurse)
    procedure = a_procedure(doctor, patient)
    says(on_phone(nurse, patient)[0], procedure, story.forward(days=1), fever="yes")
    first, second = sign_in(window(DESK), nurse), sign_in(window(DESK), doctor)
    for page in (first, second):
        page.get_by_role("link", name="Anna Beispiel").click()
    second.get_by_label("Note for colleagues").fill("I know her well.")
    first.locator("#claim").click()
    expect(first.get_by_text("nurse linden").first).to_be_visible()
    second.locator("#claim").click()
    expect(second.get_by_role("alert").first).to_contain_text("taken · nurse linden")
    expect(second.get_by_label("Note for colleagues")).to_have_value("I know her well.")
    assert WorkItem.objects.get().owner == nurse.staff


def test_it_keeps_two_clinics_apart(clinic: Clinic, doctor: Viewer, window: Open, story: Clock) -> None:
    """Somebody of one clinic finds nothing of the other: not by name, not by address."""
    there = a_staff(a_clinic("ahorn"))
    hidden = a_patient(there, name="Zoe Geheim")
    page = sign_in(window(DESK), doctor)
    page.goto(f"/desk/{clinic.slug}/patients/?q=Zoe")
    expect(page.get_by_text("Zoe Geheim")).to_have_count(0)
    for address in (f"/desk/{clinic.slug}/patients/{hidden.pk}/", f"/desk/ahorn/patients/{hidden.pk}/", "/desk/ahorn/"):
        response = page.goto(address)
        assert response is not None
        assert response.status == 404
        assert "Zoe" not in page.content()


def test_it_shows_russian(clinic: Clinic, doctor: Viewer, window: Open, story: Clock) -> None:
    """A patient who reads Russian reads nothing else: plan, questions, answer."""
    patient = a_patient(doctor, language="ru", name="Дарья")
    a_procedure(doctor, patient)
    _, secret = on_phone(doctor, patient)
    story.forward(days=1)
    page = be_on(window(PHONE), secret)
    for address in ("/p/", "/p/plan", "/p/checkin", "/p/messages", "/p/emergency", "/p/history", "/p/devices"):
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == "ru"
        english = page.locator("main").inner_text()
        assert not [word for word in (" the ", " your ", "Check-in", "Today") if word in english], address


def test_it_speaks_the_language_of_the_staff(clinic: Clinic, doctor: Viewer, window: Open, story: Clock) -> None:
    """Somebody of the staff chooses Russian in the menu and stays on the page; the next sign-in remembers it."""
    page = sign_in(window(DESK), doctor)
    page.goto(f"/desk/{clinic.slug}/figures/")
    page.locator(".deskbar summary").click()
    page.get_by_role("button", name="Русский").click()
    page.wait_for_url("**/figures/")
    assert page.locator("html").get_attribute("lang") == "ru"
    again = sign_in(window(DESK), doctor)
    expect(again.get_by_role("heading", name="Задачи")).to_be_visible()


def test_it_refuses_links_that_are_used_expired_or_invented(
    clinic: Clinic, doctor: Viewer, window: Open, story: Clock
) -> None:
    """Each gets the same page, which says what to do; a mail scanner that opens a link uses nothing up."""
    patient = a_patient(doctor)
    page = sign_in(window(DESK), doctor)

    def a_link() -> str:
        page.goto(f"/desk/{clinic.slug}/patients/{patient.pk}/")
        page.get_by_role("button", name="Show a link here").click()
        return f"/p/enter#{shown_code(page)}"

    used = a_link()
    scanner = window(PHONE, java_script_enabled=False)
    for _ in range(3):
        scanner.goto(used)
    phone = window(PHONE)
    phone.goto(used)
    phone.wait_for_url("**/p/")
    expired = a_link()
    story.forward(minutes=11)
    for bad in (used, expired, "/p/enter#AAAA-AAAA-AAAA-AAAA"):
        stranger = window(PHONE)
        stranger.goto(bad)
        expect(stranger.get_by_role("heading", name="This link or code does not work")).to_be_visible()
        expect(stranger.get_by_role("link", name="Ask for a new link")).to_be_visible()
    assert Patient.objects.get().devices.count() == 1
