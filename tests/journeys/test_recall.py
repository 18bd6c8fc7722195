"""A lot is called back: the patient is told on her phone and answers, and nobody gets another thread of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.models import Lot, ProcedureVersion
from afterthread.clinic.roles import Viewer
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import be_on, sign_in
from tests.lib.clinic import a_clinic, a_patient, a_staff, agreed, on_phone
from tests.lib.lots import GTIN, a_carrier, a_row

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = f"]d201{GTIN}1727033110PD-2291"


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner."""
    return a_staff(a_clinic())


def type_like_a_scanner(page: Page, label: str, text: str) -> None:
    """Fast typing that ends with Enter."""
    page.get_by_label(label).focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def receive(page: Page) -> None:
    """Scan the box of a product that nobody knows yet, describe it, and put twenty threads on the shelf."""
    page.get_by_role("link", name="Stock", exact=True).click()
    type_like_a_scanner(page, "Scan the code on the box", LABEL)
    expect(page.get_by_label("Product number")).to_have_value(GTIN)
    page.get_by_label("Name", exact=True).fill("PDO cog 19G")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Lot", exact=True)).to_have_value("PD-2291")
    expect(page.get_by_label("Expires")).to_have_value("2027-03-31")
    page.keyboard.type("20")  # the number is all that is missing, and the cursor stands there
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="PD-2291")).to_contain_text("20")


def call_back(page: Page) -> None:
    """From the lot to whoever carries it, open the recall, change the message, send it."""
    page.get_by_role("link", name="PD-2291").click()
    page.get_by_role("link", name="Who carries it").click()
    expect(page.get_by_text("1 patient carries it")).to_be_visible()
    page.get_by_label("Why it is called back").fill("The maker wrote: the seal is not tight.")
    page.get_by_role("button", name="Open the recall").click()
    message = page.get_by_label("Message in English")
    message.fill("Your threads were called back. Please answer.")
    page.get_by_role("button", name="Send the message").click()
    expect(page.get_by_text("told, not read")).to_be_visible()


def test_it_calls_a_lot_back(doctor: Viewer, window: Open, story: Clock, tmp_path: Path) -> None:
    """Received, found in a cheek, called back, told, answered, saved as a table, and refused from then on."""
    anna, _ = a_carrier(doctor, "Anna Beispiel", a_row(), a_row("right"))
    berta = a_patient(doctor, name="Berta Beispiel", email="berta@patient.example")
    _, secret = on_phone(doctor, anna, story.at)
    desk = sign_in(window(DESK), doctor)
    receive(desk)
    call_back(desk)

    story.forward(hours=1)
    phone = be_on(window(PHONE), secret)
    phone.goto("/p/messages")
    expect(phone.get_by_text("Your threads were called back.")).to_be_visible()
    story.forward(minutes=5)
    phone.get_by_role("textbox").fill("I come on Thursday.")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("I come on Thursday.")).to_be_visible()

    desk.reload()
    expect(desk.get_by_role("heading", name="Reached")).to_be_visible()
    expect(desk.get_by_text("I come on Thursday.")).to_be_visible()
    with desk.expect_download() as saved:
        desk.get_by_role("link", name="Save as a table").click()
    saved.value.save_as(tmp_path / "recall.csv")
    rows = list(csv.DictReader((tmp_path / "recall.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["Patient"], row["Still in"], row["Her message"]) for row in rows] == [
        ("Anna Beispiel", "4", "I come on Thursday.")
    ] * 2

    refuse(desk, f"/desk/linden/patients/{berta.pk}/procedures/new")
    assert ProcedureVersion.objects.filter(patient=berta, signed_at=None).exists()
    assert sum(Lot.objects.get().movements.values_list("quantity", flat=True)) == 20


def refuse(page: Page, address: str) -> None:
    """The lot is refused beside its row while it is drafted, and again before it is signed."""
    page.goto(address)
    page.get_by_label("Date").first.fill("2026-03-02")
    page.get_by_label("Time", exact=True).fill("12:00")
    row = page.locator("fieldset", has_text="Row 1").first
    row.locator("select[name$=zone]").select_option("cheek")
    row.locator("input[name$=lot]").fill("pd-2291")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(row.get_by_text("This lot was recalled")).to_be_visible()
    page.get_by_role("button", name="Save and look it over").click()
    expect(page.get_by_text("Threads are of a lot that was recalled.")).to_be_visible()
    agreed(ProcedureVersion.objects.get(signed_at=None))
    page.reload()
    page.get_by_label("I looked it over").check()
    page.get_by_label("Why it was done all the same").fill(" ")  # no reason is none
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("It is not signed")).to_be_visible()
