"""Consent as a story: written by the clinic, read and signed on a phone, changed meanwhile, signed by two at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.models import ConsentText, ProcedureVersion, Signature
from afterthread.clinic.roles import Role, Viewer
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import be_on, overflow, sign_in
from tests.lib.clinic import a_clinic, a_patient, a_staff, on_phone, published

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = {"en": {"title": "Threads", "body": "I agree to four threads.\n\nI know the risks."}}
SECOND = {"en": {"title": "Threads", "body": "I agree to six threads.\n\nI know the risks."}}


@pytest.fixture
def doctor() -> Viewer:
    """The practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


def a_draft(doctor: Viewer, story: Clock) -> ProcedureVersion:
    """The record of a session that takes place an hour later."""
    return draft_procedure(
        viewer=doctor, patient=a_patient(doctor, at=story.at), threads=[], zones=["cheek"], age=44,
        placed_at=story.at + timedelta(hours=1), time_zone="Europe/Berlin", at=story.at,
    )  # fmt: skip


def draw(page: Page) -> None:
    """A finger, or the mouse, goes up and down over the field."""
    pad = page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 20 + step * 25, box["y"] + 60 + (-1) ** step * 30)
    page.mouse.up()
    expect(pad.locator("polyline")).to_have_count(1)


def publish(page: Page, words: dict[str, dict[str, str]], address: str) -> None:
    """Write a text and put it in force."""
    page.goto(address)
    for part in ("title", "body"):
        page.locator(f"[name={part}-en]").fill(words["en"][part])
        page.locator(f"[name={part}-ru]").fill("")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_label("I read it in every language").check()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("From now on this version is signed.")).to_be_visible()


def test_it_signs_on_the_phone_while_the_text_changes(doctor: Viewer, window: Open, story: Clock) -> None:
    """The clinic publishes, she reads, the clinic publishes again, she is told, signs with her finger, and takes it."""
    draft = a_draft(doctor, story)
    desk = sign_in(window(DESK), doctor)
    desk.goto("/desk/linden/settings/consent")
    expect(desk.get_by_text("Without a text in force no procedure can be signed.")).to_be_visible()
    texts = "/desk/linden/settings/consent/new?purpose=procedure"
    desk.goto(f"/desk/linden/settings/consent/{ConsentText.objects.get(purpose='procedure').pk}")
    expect(desk.get_by_text("Fill in or take out what stands in square brackets")).to_be_visible()
    publish(desk, FIRST, desk.url)

    phone = be_on(window(PHONE, has_touch=True), on_phone(doctor, draft.patient, story.at)[1])
    phone.goto("/p/")
    phone.get_by_role("heading", name="Please read and sign").wait_for()
    phone.locator("a.go", has_text="Threads").click()
    expect(phone.get_by_text("I agree to four threads.")).to_be_visible()
    assert overflow(phone) == 0

    publish(desk, SECOND, texts)
    phone.get_by_label("I have read the text").check()
    phone.get_by_label("Your name").fill("Anna Beispiel")
    draw(phone)
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_role("heading", name="The text changed while you were reading")).to_be_visible()
    expect(phone.locator("del", has_text="four")).to_be_visible()
    expect(phone.get_by_label("Your name")).to_have_value("Anna Beispiel")
    expect(phone.get_by_label("I have read the text")).not_to_be_checked()
    assert not Signature.objects.exists()

    phone.get_by_label("I have read the text").check()
    draw(phone)
    phone.get_by_role("button", name="Draw it again").click()
    expect(phone.locator("[data-pad] polyline")).to_have_count(0)
    draw(phone)
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("Nothing waits for your signature.")).to_be_visible()
    expect(phone.get_by_role("img", name="The signature as it was drawn")).to_be_visible()

    desk.goto(f"/desk/linden/patients/{draft.patient.pk}/")
    desk.locator("section", has=desk.get_by_role("heading", name="Consent", exact=True)).get_by_role("link").click()
    expect(desk.get_by_text("by the patient, in the diary")).to_be_visible()
    desk.get_by_text("The exact words").click()
    expect(desk.get_by_text("I agree to six threads.")).to_be_visible()
    desk.goto(f"/desk/linden/procedures/{draft.pk}/?look=1")
    expect(desk.get_by_text("It cannot be signed yet.")).to_have_count(0)


def test_it_signs_once_when_two_sign_at_once(doctor: Viewer, window: Open, story: Clock) -> None:
    """She signs on her phone while the nurse hands her the tablet: one signature, and the second is told."""
    published(doctor, story.at, words=FIRST)
    draft = a_draft(doctor, story)
    nurse = a_staff(doctor.own_clinic, Role.NURSE)
    tablet = sign_in(window(DESK), nurse)
    tablet.goto(f"/desk/linden/procedures/{draft.pk}/?look=1")
    tablet.get_by_role("link", name="Mend it").first.click()
    tablet.get_by_role("link", name="Read and sign").first.click()
    phone = be_on(window(PHONE), on_phone(doctor, draft.patient, story.at)[1])
    phone.goto("/p/consent")
    phone.locator("a.go", has_text="Threads").click()
    for page, name in ((phone, "Your name"), (tablet, "Name of the patient")):
        page.get_by_label("I have read the text").check()
        page.get_by_label(name).fill("Anna Beispiel")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("Signed. You can read the exact words")).to_be_visible()
    tablet.get_by_role("button", name="Sign", exact=True).click()
    expect(tablet.get_by_text("It is signed already: somebody was faster.")).to_be_visible()
    assert Signature.objects.get().witness is None
    phone.get_by_text("Take it back").click()
    phone.get_by_label("What you want to say").fill("I want to think it over.")
    phone.get_by_role("button", name="Take my consent back").click()
    expect(phone.get_by_text("Withdrawn. The clinic has been told")).to_be_visible()
    tablet.goto("/desk/linden/")
    expect(tablet.locator("li.case", has_text="Anna Beispiel")).to_be_visible()


def test_it_signs_without_a_script(doctor: Viewer, window: Open, story: Clock) -> None:
    """Where no script runs there is no field to draw in, and the typed name is enough."""
    text = published(doctor, story.at, words=FIRST)
    draft = a_draft(doctor, story)
    secret = on_phone(doctor, draft.patient, story.at)[1]
    phone = be_on(window(PHONE, java_script_enabled=False), secret)
    phone.goto(f"/p/consent/{text.pk}")
    expect(phone.locator("[data-pad]")).to_be_hidden()
    phone.get_by_label("I have read the text").check()
    phone.get_by_label("Your name").fill("Anna Beispiel")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_text("Nothing waits for your signature.")).to_be_visible()
    assert Signature.objects.get().drawing == ""
