"""A hand-off: signed at the desk, read on the phone in a tunnel, opened only with her digits, and ended."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.flow.record.handoff import issue_handoff
from afterthread.clinic.models import Handoff, Procedure
from afterthread.clinic.roles import Viewer
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import PAGES_READ, sign_in, until
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff
from tests.lib.record.complication import a_case, judged

PAPER = {"width": 703, "height": 1047}
"""An A4 within its margins, in pixels."""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer, story: Clock) -> Procedure:
    """Signed four days ago, for somebody who reads Russian."""
    done = a_procedure(doctor, a_patient(doctor, language="ru"))
    story.forward(days=4)
    return done


def signs_it(page: Page, procedure: Procedure) -> None:
    """The practitioner goes from the patient to the hand-off, looks it over and signs."""
    page.goto(f"/desk/linden/patients/{procedure.patient.pk}/")
    page.get_by_role("link", name="Hand-off").click()
    page.get_by_label("I looked it over.").check()
    page.get_by_role("button", name="Sign it").click()
    expect(page.get_by_role("heading", name="In force")).to_be_visible()


def comes_in(page: Page, doctor: Viewer, procedure: Procedure, story: Clock) -> None:
    """The patient, by her link; her phone has time to get ready."""
    code = new_code()
    issue_link(viewer=doctor, patient=procedure.patient, code=code, at=story.at)
    page.goto(f"/p/enter#{code}")
    page.wait_for_url("**/p/")
    until(page, PAGES_READ)


def scans(page: Page, code: str) -> None:
    """Somebody points a camera at the square."""
    page.goto("about:blank")
    page.goto(f"/card/#{code}")
    expect(page.locator("[name=code]")).to_have_value(code)
    expect(page).to_have_url(re.compile("/card/$"))  # the code is out of the address


def tells(page: Page, digits: str) -> None:
    """The digits are typed."""
    page.locator("[name=pin]").fill(digits)
    page.get_by_role("button", name="Open the hand-off").click()


def test_it_is_handed_on(window: Open, doctor: Viewer, procedure: Procedure, story: Clock) -> None:
    """From the desk to the phone to a stranger, and to its end."""
    desk = sign_in(window(DESK), doctor)
    signs_it(desk, procedure)
    card = Handoff.objects.get()

    phone = window(PHONE)
    phone.clock.set_fixed_time(story.at)
    comes_in(phone, doctor, procedure, story)
    phone.context.set_offline(True)
    phone.goto("/p/card")
    expect(phone.locator("[data-bar=stale]")).to_be_visible()
    expect(phone.locator(".digits")).to_have_text(f"{card.pin[:3]} {card.pin[3:]}")
    expect(phone.locator("article[lang=ru]")).to_contain_text("L-1")
    expect(phone.locator("article[lang=en]")).to_be_hidden()
    phone.get_by_text("English", exact=True).first.click()
    expect(phone.locator("article[lang=en]")).to_contain_text("Danger signs")
    expect(phone.locator("article[lang=ru]")).to_be_hidden()
    phone.emulate_media(media="print")
    for language in ("ru", "en"):
        expect(phone.locator(f"article[lang={language}]")).to_be_visible()
        expect(phone.locator(f".implant[lang={language}]")).to_be_visible()
    expect(phone.locator(".digits")).to_be_hidden()
    phone.emulate_media(media="screen")

    stranger = window(PHONE)
    scans(stranger, card.code)
    expect(stranger.locator("body")).not_to_contain_text("Linden")
    tells(stranger, f"{(int(card.pin) + 1) % 1_000_000:06}")
    expect(stranger.get_by_role("heading", name="This opens nothing")).to_be_visible()
    expect(stranger.locator("body")).not_to_contain_text("Linden")
    tells(stranger, card.pin)
    expect(stranger.get_by_role("article")).to_contain_text("L-1")
    expect(stranger.locator("body")).to_contain_text("It may be outdated: call the clinic.")

    phone.context.set_offline(False)
    phone.goto("/p/card")
    phone.locator("details summary").first.click()
    expect(phone.locator("details[open] li")).to_have_count(1)
    phone.locator("details").nth(1).locator("summary").click()
    phone.locator("button.danger").click()
    expect(phone.locator(".digits")).to_have_count(0)

    scans(stranger, card.code)
    tells(stranger, card.pin)
    expect(stranger.get_by_role("heading", name="This opens nothing")).to_be_visible()
    phone.context.set_offline(True)
    phone.goto("/p/card")
    expect(phone.locator(".digits")).to_have_count(0)


def much_placed(doctor: Viewer) -> Procedure:
    """Twelve rows of threads, each of a lot of its own, and two open complications."""
    zones = ["forehead", "brow", "temple", "periocular", "cheek", "nasolabial"]
    of_what = {"kind": "cog", "layer": "subcutaneous", "gauge": 19, "length_mm": 100, "fixation": "barbs", "count": 2}
    rows = [
        {"zone": zone, "side": side, "material": material, "lot": f"LOT-2026-{zone}-{side}", **of_what}
        for zone in zones
        for side, material in (("left", "pdo"), ("right", "gold"))
    ]
    done = a_procedure(doctor, a_patient(doctor, language="ru"), zones=zones, threads=rows)
    for pathway in ("infection", "retraction"):
        case = a_case(
            doctor, done, words="A hot, red lump along the thread, tender to touch.", at=MONDAY + timedelta(hours=2)
        )
        judged(doctor, case, MONDAY + timedelta(hours=2), pathway=pathway, nature="complication")
    return done


def test_it_loses_nothing_on_paper(window: Open, doctor: Viewer, story: Clock) -> None:
    """However much was placed: a page has two sheets of paper at most, and no line of the card to fold is cut off."""
    done = much_placed(doctor)
    issue_handoff(viewer=doctor, procedure=done, at=story.at)
    page = sign_in(window(PAPER), doctor)
    page.goto(f"/desk/linden/procedures/{done.versions.get().pk}/handoff")
    page.emulate_media(media="print")
    for language in ("ru", "en"):
        sheet = page.locator(f".hand-off article[lang={language}]:visible").bounding_box()
        assert sheet is not None
        assert sheet["height"] < 2 * PAPER["height"]
        cut = page.locator(f".implant[lang={language}]:visible .implant-side").evaluate_all(
            "sides => sides.map(side => side.scrollHeight - side.clientHeight)"
        )
        assert cut == [0, 0]
