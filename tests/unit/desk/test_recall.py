"""A recall at the desk."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import AuditRow, Message, Notice, Recall
from afterthread.clinic.roles import Role, Viewer
from afterthread.desk.spreadsheet import cell, spreadsheet
from tests.lib.clinic import MONDAY, a_staff
from tests.lib.lots import a_carrier, a_lot, a_product, a_recall, a_row
from tests.lib.practice import at_screen, text, url

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_it_looks_for_a_lot_and_opens_a_recall(desk: Client, doctor: Viewer) -> None:
    """What is found stands there before anybody decides; pressed twice, there is one recall."""
    a_carrier(doctor, "Anna", a_row(), a_row("right"))
    a_carrier(doctor, "Berta", a_row(lot="PD 2291"))
    page = text(desk.get(url("recalls"), {"lot": " pd-2291 "}))
    assert "1 patient carries it (2 rows of threads)" in page
    assert "PD 2291" in page
    told = {"key": uuid4(), "code": "PD-2291", "reason": "The maker wrote."}
    assert desk.post(url("recalls"), told | {"reason": ""}).status_code == 422
    first, second = (desk.post(url("recalls"), told) for _ in range(2))
    assert first["Location"] == second["Location"] == url("recall", Recall.objects.get().pk)
    again = desk.post(url("recalls"), told | {"key": uuid4()}, follow=True)
    assert "called back already" in text(again)


@pytest.mark.parametrize("lot", ["", "\0", "'; --", "x" * 500, "\u202e", "%"])
def test_it_looks_for_any_text(desk: Client, lot: str) -> None:
    """Nothing that somebody types breaks the search."""
    assert desk.get(url("recalls"), {"lot": lot}).status_code == 200


def test_it_tells_with_a_text_that_was_read_first(desk: Client, doctor: Viewer) -> None:
    """One text for each language that is read; an empty one is not sent."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    berta, _ = a_carrier(doctor, "Berta", a_row())
    type(berta).objects.filter(pk=berta.pk).update(language="ru")
    recall = a_recall(doctor)
    page = text(desk.get(url("recall", recall.pk)))
    assert "Tell 2 patients" in page
    assert 'name="en"' in page
    assert 'name="ru"' in page
    assert "The lot PD-2291 of threads has been called back." in page
    assert desk.post(url("recall_tell", recall.pk), {"en": "Call us.", "ru": " "}).status_code == 422
    for _ in range(2):
        assert desk.post(url("recall_tell", recall.pk), {"en": "Call us.", "ru": "Звоните."}).status_code == 302
    assert {one.patient: one.text for one in Message.objects.all()} == {anna: "Call us.", berta: "Звоните."}
    assert "Everybody was told already." in text(desk.post(url("recall_tell", recall.pk), follow=True))


def test_it_writes_down_an_answer(desk: Client, doctor: Viewer) -> None:
    """Empty it is asked for again, open at her place; somebody else's patient is not there."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    recall = a_recall(doctor)
    empty = desk.post(url("recall_answer", recall.pk), {"patient": anna.pk, "answer": " "})
    assert empty.status_code == 422
    assert '<details class="fold" open>' in text(empty)
    for raw in ("", "x", str(uuid4())):
        assert desk.post(url("recall_answer", recall.pk), {"patient": raw, "answer": "?"}).status_code in (404, 422)
    for _ in range(2):
        desk.post(url("recall_answer", recall.pk), {"patient": anna.pk, "answer": "Comes\r\non Friday."})
    assert Notice.objects.get().answer == "Comes\non Friday."
    assert "Told by phone" in text(desk.get(url("recall", recall.pk)))


def test_it_closes_once_and_says_what_came_of_it(desk: Client, doctor: Viewer) -> None:
    """The second to press the button is told so."""
    recall = a_recall(doctor)
    told = {"revision": "0", "conclusion": "Everybody was seen."}
    assert desk.post(url("recall_close", recall.pk), told | {"conclusion": ""}).status_code == 422
    assert "The recall is closed." in text(desk.post(url("recall_close", recall.pk), told, follow=True))
    late = text(desk.post(url("recall_close", recall.pk), told | {"conclusion": "Mine."}, follow=True))
    assert "Somebody else closed it already" in late
    assert "Everybody was seen." in late


def test_it_saves_a_row_for_each_row_of_threads(desk: Client, doctor: Viewer) -> None:
    """With who, where, how many are still in, and what was answered; that it was taken along stands in the log."""
    product = a_product(doctor)
    anna, _ = a_carrier(doctor, "=Anna", a_row(stock=a_lot(doctor, product)), a_row("right"))
    recall = a_recall(doctor)
    desk.post(url("recall_answer", recall.pk), {"patient": anna.pk, "answer": "@Comes"})
    answer = desk.get(url("recall_export", recall.pk))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="recall-pd-2291.csv"'
    assert text(answer).startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(text(answer).removeprefix("\ufeff")))
    first = dict(zip(head, rows[0], strict=True))
    assert len(rows) == 2
    assert (first["Patient"], first["Procedure"], first["Lot"]) == ("'=Anna", "2026-03-02", "PD-2291")
    assert (first["Threads"], first["Still in"], first["Product"]) == ("4", "4", "PDO cog 19G")
    assert first["Place"] == "Cheek and midface, left"
    assert first["Answer written down"] == "'@Comes"
    assert AuditRow.objects.filter(verb="recall.exported").count() == 1


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@x", "\t=1", "\r=1", "＝1", "  =1"])
def test_it_computes_nothing_in_a_table(text: str) -> None:
    """What a spreadsheet would take for a formula is text."""
    assert cell(text) == f"'{text}"


def test_it_names_a_file_by_letters_alone() -> None:
    """Nothing that somebody typed gets into the header."""
    assert spreadsheet('x"\r\nX: 1/../ы', (), ())["Content-Disposition"] == 'attachment; filename="x-x-1.csv"'
    assert spreadsheet("ы", (), ())["Content-Disposition"] == 'attachment; filename="table.csv"'


def test_it_hides_recalls_from_the_office(doctor: Viewer) -> None:
    """An administrator sees no patients."""
    client = at_screen(a_staff(doctor.own_clinic, Role.ADMIN))
    assert client.get(url("recalls")).status_code == 403
