"""The shelf at the desk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.stock import keep_product
from afterthread.clinic.models import Lot, Movement, Product
from afterthread.clinic.queries.stock.stock import left_of
from afterthread.clinic.roles import Role, Viewer
from afterthread.desk.practice.scan import refused
from tests.lib.clinic import MONDAY, a_staff
from tests.lib.lots import GTIN, a_carrier, a_lot, a_product, a_recall, a_row
from tests.lib.practice import at_screen, text, url

pytestmark = pytest.mark.django_db
LABEL = f"]d201{GTIN}1727033110PD-2291"
UNKNOWN = "0109520000100100172703311022"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(hours=2))


def delivered(product: Product, **more: Any) -> dict[str, Any]:
    told = {"key": uuid4(), "product": product.pk, "lot": "PD-2291", "expires": "2027-03-31", "quantity": "20"}
    return {**told, **more}


def test_it_shows_what_asks_for_something(desk: Client, doctor: Viewer) -> None:
    """Low, near its end, past it, called back, and more used than received."""
    product = a_product(doctor, low_at=3)
    for code, expires, count in (
        ("SOON", date(2026, 4, 1), 3),
        ("LATE", date(2026, 3, 1), 3),
        ("BACK", date(2027, 3, 1), 3),
        ("GONE", None, 1),
        ("LESS", None, 1),
    ):
        a_lot(doctor, product, code, expires=expires, quantity=count)
    a_recall(doctor, "back")
    gone, less = Lot.objects.get(code="GONE"), Lot.objects.get(code="LESS")
    a_carrier(doctor, "Anna", a_row(lot="GONE", stock=gone, count=1), a_row("right", lot="LESS", stock=less, count=2))
    page = text(desk.get(url("stock")))
    for said in (
        "low: order",
        "expires soon",
        "expired: do not use",
        "recalled: do not use",
        "more used than received",
        "1 lot used up",
        "lot expires within 60 days",
        "2 threads usable",
    ):
        assert said in page


def test_it_is_empty_at_first(desk: Client) -> None:
    """It says how to begin."""
    assert "Nothing is in stock yet" in text(desk.get(url("stock")))


def test_it_fills_the_delivery_from_a_scan(desk: Client, doctor: Viewer) -> None:
    """Product, lot and expiry stand in the form, by the address alone: no script is needed."""
    product = a_product(doctor)
    page = text(desk.get(url("stock_receive"), {"code": LABEL}))
    assert f'value="{product.pk}" selected' in page
    assert 'value="PD-2291"' in page
    assert 'value="2027-03-31"' in page
    assert "Compare with the box" in page


def test_it_describes_an_unknown_product_first(desk: Client) -> None:
    """Its number is filled in, and the delivery goes on where it was."""
    there = desk.get(url("stock_receive"), {"code": UNKNOWN})
    assert there.status_code == 302
    page = text(desk.get(there["Location"]))
    assert 'value="09520000100100"' in page
    kept = desk.post(there["Location"], {"key": uuid4(), "name": "PDO mono", "gtin": "09520000100100"})
    page = text(desk.get(kept["Location"]))
    assert f'value="{Product.objects.get().pk}" selected' in page
    assert 'value="22"' in page


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("+A99912345/$$52001510X3", "HIBC"),
        ("the green box", "no GS1 code"),
        (f"01{GTIN[:-1]}9172703311022", "its last digit does not fit"),
        ("\0\x1b\u202e", "no GS1 code"),
        ("x" * 5000, "no GS1 code"),
    ],
)
def test_it_says_what_is_wrong_with_a_label(desk: Client, code: str, says: str) -> None:
    """And the form is there to type it by hand."""
    answer = desk.get(url("stock_receive"), {"code": code})
    assert answer.status_code == 200
    assert says in text(answer)
    assert says in desk.post(url("stock_read"), {"code": code}).json()["problem"]


def test_it_takes_a_delivery_once(desk: Client, doctor: Viewer) -> None:
    """Sent twice it is on the shelf once."""
    told = delivered(a_product(doctor))
    for _ in range(2):
        assert desk.post(url("stock_receive"), told).status_code == 302
    assert left_of(Lot.objects.get()) == 20


def test_it_keeps_what_was_typed_when_something_is_wrong(desk: Client, doctor: Viewer) -> None:
    """With the mistake beside its field."""
    answer = desk.post(url("stock_receive"), delivered(a_product(doctor), quantity="0", expires="3/27", lot="A\x1bB"))
    page = text(answer)
    assert answer.status_code == 422
    assert "whole number from 1" in page
    assert "Write a date like" in page
    assert "control character" in page
    assert not Lot.objects.exists()


def test_it_asks_which_expiry_is_right(desk: Client, doctor: Viewer) -> None:
    """Both are shown; the answer goes with the same form."""
    product = a_product(doctor)
    a_lot(doctor, product, expires=date(2027, 2, 28))
    told = delivered(product)
    answer = desk.post(url("stock_receive"), told)
    assert answer.status_code == 409
    assert "Which expiry is right" in text(answer)
    assert "28 February 2027" in text(answer)
    assert desk.post(url("stock_receive"), told | {"settle": "given"}).status_code == 302
    assert Lot.objects.get().expires == date(2027, 3, 31)


def test_it_tells_a_form_what_a_label_says(desk: Client, doctor: Viewer) -> None:
    """Everything that a row of threads needs, and whether it may be used on that day."""
    product = a_product(doctor)
    lot = a_lot(doctor, product)
    found = desk.post(url("stock_read"), {"code": LABEL}).json()
    assert found == {
        "product": "PDO cog 19G", "product_id": str(product.pk), "gtin": GTIN, "lot": "PD-2291",
        "expires": "2027-03-31", "stock": str(lot.pk), "kind": "cog", "material": "pdo", "fixation": "", "gauge": 19,
        "length_mm": 90, "path": "", "text": f"(01){GTIN}(17)270331(10)PD-2291", "problem": "",
    }  # fmt: skip
    assert desk.post(url("stock_read"), {"code": "pd-2291"}).json()["stock"] == str(lot.pk)
    assert "expired" in desk.post(url("stock_read"), {"code": LABEL, "on": "2027-04-01"}).json()["problem"]
    a_recall(doctor)
    assert "recalled" in desk.post(url("stock_read"), {"code": LABEL}).json()["problem"]
    assert "not among yours" in desk.post(url("stock_read"), {"code": UNKNOWN}).json()["problem"]


def test_it_says_beside_each_row_why_it_must_not_be_used(doctor: Viewer) -> None:
    """As the form of a procedure asks, for all rows at once."""
    lot = a_lot(doctor, a_product(doctor), expires=date(2026, 3, 1))
    a_recall(doctor, "BAD")
    rows: list[dict[str, Any]] = [
        {"lot": "PD-2291", "stock": lot},
        {"lot": "bad"},
        {"lot": "X", "expires": None},
        {"lot": ""},
    ]
    said = refused(doctor.own_clinic, rows, date(2026, 3, 2))
    assert ["expired" in said[0], "recalled" in said[1], said[2:]] == [True, True, ["", ""]]


def test_it_counts_and_throws_away(desk: Client, doctor: Viewer) -> None:
    """With a reason; more than there is cannot go."""
    lot = a_lot(doctor, a_product(doctor), quantity=5)
    told = {"key": uuid4(), "kind": "discarded", "quantity": "2", "note": "Dropped."}
    for _ in range(2):
        assert desk.post(url("lot_move", lot.pk), told).status_code == 302
    assert left_of(lot) == 3
    short = desk.post(url("lot_move", lot.pk), told | {"key": uuid4(), "quantity": "4"})
    assert short.status_code == 409
    assert "Only 3 are here" in text(short)
    assert desk.post(url("lot_move", lot.pk), told | {"key": uuid4(), "note": " "}).status_code == 422
    page = text(desk.get(url("lot", lot.pk)))
    assert "Dropped." in page
    assert "Thrown away" in page


def test_it_keeps_a_product_in_the_words_of_the_protocol(desk: Client, doctor: Viewer) -> None:
    """A kind that the protocol does not know is none."""
    told = {"key": uuid4(), "name": "PDO cog", "gtin": "8806388269617", "kind": "cog", "gauge": "19"}
    assert desk.post(url("product_new"), told | {"kind": "invented"}).status_code == 422
    for _ in range(2):
        assert desk.post(url("product_new"), told).status_code == 302
    product = Product.objects.get()
    assert (product.gtin, product.kind, product.low_at) == (GTIN, "cog", 0)
    taken = text(desk.post(url("product_new"), told | {"key": uuid4()}))
    assert "Another product has this number." in taken
    assert "Another product has this name." in taken


def test_it_shows_both_when_two_describe_one_product(desk: Client, doctor: Viewer) -> None:
    """What the other stored stands beside what was typed, and the next attempt counts."""
    product = a_product(doctor)
    keep_product(viewer=doctor, product=product, revision=1, at=MONDAY, maker="Theirs")
    told = {"revision": "1", "name": product.name, "gtin": GTIN, "maker": "Mine", "kind": "cog", "material": "pdo"}
    answer = desk.post(url("product", product.pk), told)
    assert answer.status_code == 409
    assert "Theirs" in text(answer)
    assert 'value="Mine"' in text(answer)
    assert desk.post(url("product", product.pk), told | {"revision": "2"}).status_code == 302


def test_it_shows_an_administrator_the_stock_and_no_patient(doctor: Viewer) -> None:
    """Who used a thread is nothing for the office."""
    lot = a_lot(doctor, a_product(doctor))
    a_carrier(doctor, "Anna Beispiel", a_row(stock=lot))
    admin = at_screen(a_staff(doctor.own_clinic, Role.ADMIN))
    assert Movement.objects.filter(kind="used").exists()
    assert "Anna" not in text(admin.get(url("lot", lot.pk)))
    assert "Anna" in text(at_screen(doctor).get(url("lot", lot.pk)))
