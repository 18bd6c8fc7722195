"""Threads that come and go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterthread.clinic.code.udi import read_udi
from afterthread.clinic.flow.procedure import correct_procedure, draft_procedure
from afterthread.clinic.flow.record.recall import close_recall
from afterthread.clinic.flow.record.stock import OtherExpiry, Short, keep_product, move_lot, receive_lot
from afterthread.clinic.models import AuditRow, Lot, Movement, Product
from afterthread.clinic.queries.stock.stock import (
    found_by,
    held_of,
    history_of,
    left_of,
    problem_of,
    shelves,
    usable_lots,
)
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, agreed, sign
from tests.lib.lots import GTIN, a_carrier, a_lot, a_product, a_recall, a_row

pytestmark = pytest.mark.django_db
DISCARDED, COUNTED = Movement.Kind.DISCARDED, Movement.Kind.COUNTED
NOW = MONDAY + timedelta(days=1)


def test_it_keeps_a_product_once(doctor: Viewer) -> None:
    """Made twice with one key, or under a name or number that is taken, it is a conflict."""
    key = uuid4()
    a_product(doctor, key=key)
    for more in ({"key": key}, {"gtin": ""}, {"name": "Other"}):
        with pytest.raises(Conflict):
            a_product(doctor, **more)
    assert Product.objects.count() == 1


def test_it_changes_a_product_only_from_what_was_read(doctor: Viewer) -> None:
    """Somebody who looked at an older description is told so."""
    product = a_product(doctor)
    keep_product(viewer=doctor, product=product, revision=1, at=NOW, low_at=5)
    with pytest.raises(Conflict):
        keep_product(viewer=doctor, product=product, revision=1, at=NOW, low_at=9)
    product.refresh_from_db()
    assert (product.low_at, product.name, product.revision) == (5, "PDO cog 19G", 2)


def test_it_retires_a_product_and_takes_it_back(doctor: Viewer) -> None:
    """What is not ordered any more is not offered, and its past stays."""
    product = a_product(doctor)
    a_lot(doctor, product)
    product = keep_product(viewer=doctor, product=product, revision=1, at=NOW, retired=True)
    assert product.retired_at == NOW
    assert usable_lots(doctor, date(2026, 3, 2)) == []
    assert shelves(doctor, NOW)[0].left == 20
    assert keep_product(viewer=doctor, product=product, revision=2, at=NOW).retired_at is None


def test_it_takes_a_delivery_once(doctor: Viewer) -> None:
    """Sent again with the same key, nothing is added, and one row stands in the log."""
    product = a_product(doctor)
    told: dict[str, Any] = {"code": "PD-1", "expires": date(2027, 1, 31), "quantity": 8, "key": uuid4()}
    first = receive_lot(viewer=doctor, product=product, at=MONDAY, **told)
    assert receive_lot(viewer=doctor, product=product, at=NOW, **told) == first
    assert left_of(first.lot) == 8
    assert AuditRow.objects.filter(verb="lot.moved").count() == 1


def test_it_adds_to_the_lot_that_is_there(doctor: Viewer) -> None:
    """However its number is typed; an expiry that was not known is filled in."""
    product = a_product(doctor)
    first = a_lot(doctor, product, "pd-1", expires=None, quantity=3)
    second = a_lot(doctor, product, "PD-1", expires=date(2027, 1, 31), quantity=4)
    assert first == second
    assert left_of(second) == 7
    assert held_of(doctor, second, NOW).lot.expires == date(2027, 1, 31)


def test_it_adds_to_a_lot_in_other_letters(doctor: Viewer) -> None:
    """Of letters that are not Latin, too, capitals are a matter of typing; the label finds the lot as well."""
    product = a_product(doctor)
    lot = a_lot(doctor, product, "пд-1", quantity=3)
    assert a_lot(doctor, product, "ПД-1", quantity=4) == lot
    assert found_by(doctor, read_udi("Пд-1")) == (product, lot)


@pytest.mark.parametrize(("settle", "kept"), [("stored", date(2027, 1, 31)), ("given", date(2027, 2, 28))])
def test_it_asks_which_of_two_expiries_is_right(doctor: Viewer, settle: str, kept: date) -> None:
    """Nothing is kept before somebody says so, and the other one stays readable."""
    product = a_product(doctor)
    lot = a_lot(doctor, product, expires=date(2027, 1, 31), quantity=3)
    told: dict[str, Any] = {"code": lot.code, "expires": date(2027, 2, 28), "quantity": 4, "key": uuid4()}
    with pytest.raises(OtherExpiry) as asked:
        receive_lot(viewer=doctor, product=product, at=NOW, **told)
    assert asked.value.lot == lot
    assert left_of(lot) == 3
    done = receive_lot(viewer=doctor, product=product, at=NOW, settle=settle, **told)
    lot.refresh_from_db()
    assert (lot.expires, left_of(lot)) == (kept, 7)
    assert "2027-01-31" in done.note
    assert "2027-02-28" in done.note


def test_it_throws_away_and_counts_anew(doctor: Viewer) -> None:
    """Each with its reason and once; a count that fits is a fact, too."""
    lot, key = a_lot(doctor, a_product(doctor), quantity=10), uuid4()
    for _ in range(2):
        move_lot(viewer=doctor, lot=lot, kind=DISCARDED, quantity=3, note="Dropped.", key=key, at=NOW)
    assert left_of(lot) == 7
    for count in (9, 9):
        move_lot(viewer=doctor, lot=lot, kind=COUNTED, quantity=count, note="By hand.", key=uuid4(), at=NOW)
    told = [(row.kind, row.quantity, left) for row, left in history_of(doctor, lot)]
    assert told == [("counted", 0, 9), ("counted", 2, 9), ("discarded", -3, 7), ("received", 10, 10)]


def test_it_throws_no_more_away_than_there_is(doctor: Viewer) -> None:
    """Then the count is wrong, and is put right first."""
    lot = a_lot(doctor, a_product(doctor), quantity=2)
    with pytest.raises(Short) as short:
        move_lot(viewer=doctor, lot=lot, kind=DISCARDED, quantity=3, note="?", key=uuid4(), at=NOW)
    assert short.value.left == 2


def test_it_lets_only_clinical_staff_and_administrators_move_stock() -> None:
    """A coordinator sees the shelf."""
    clinic = a_clinic()
    product, office = a_product(a_staff(clinic)), a_staff(clinic, Role.COORDINATOR)
    with pytest.raises(Refused):
        a_lot(office, product)
    assert [one.product for one in shelves(office, NOW)] == [product]


def test_it_shows_and_moves_nothing_of_another_clinic(doctor: Viewer) -> None:
    """Products, lots and labels are those of one clinic."""
    other = a_staff(a_clinic("ahorn"))
    product = a_product(doctor)
    lot = a_lot(doctor, product)
    for act in (
        lambda: a_lot(other, product),
        lambda: move_lot(viewer=other, lot=lot, kind=COUNTED, quantity=1, note="", key=uuid4(), at=NOW),
        lambda: keep_product(viewer=other, product=product, revision=1, at=NOW),
    ):
        with pytest.raises(Missing):
            act()
    assert shelves(other, NOW) == []
    assert found_by(other, read_udi(f"01{GTIN}10PD-2291")) == (None, None)


def test_it_takes_no_lot_of_another_clinic_into_a_record(doctor: Viewer) -> None:
    """A draft with one is not kept."""
    other = a_staff(a_clinic("ahorn"))
    lot = a_lot(doctor, a_product(doctor))
    with pytest.raises(Missing):
        draft_procedure(
            viewer=other, patient=a_patient(other), threads=[a_row(stock=lot)], at=MONDAY, placed_at=MONDAY,
            time_zone="Europe/Berlin",
        )  # fmt: skip


def test_it_reads_the_whole_shelf_in_three_questions(doctor: Viewer) -> None:
    """However much there is."""
    for number in range(6):
        product = a_product(doctor, name=f"P{number}", gtin="")
        for code in "ABC":
            a_lot(doctor, product, code)
    a_recall(doctor, "B")
    with CaptureQueriesContext(connection) as asked:
        found = shelves(doctor, NOW)
        assert sum(shelf.left for shelf in found) == 6 * 40
    assert len(asked) == 3


def test_it_says_of_a_thread_why_it_must_not_be_used(doctor: Viewer) -> None:
    """Recalled before expired; a recall of one product leaves another's lot of the same number alone."""
    product, other = a_product(doctor), a_product(doctor, name="Other", gtin="")
    recall = a_recall(doctor, "L 7", product=product)
    clinic, day = doctor.own_clinic, date(2026, 3, 2)
    assert problem_of(clinic, lot=" l 7", on=day) == "lot_recalled"
    assert problem_of(clinic, lot="L 7", product=product.pk, expires=date(2026, 3, 1), on=day) == "lot_recalled"
    assert problem_of(clinic, lot="L 7", product=other.pk, on=day) == ""
    assert problem_of(clinic, lot="L 8", expires=date(2026, 3, 1), on=day) == "lot_expired"
    assert problem_of(clinic, lot="L 8", expires=day, on=day) == ""
    assert problem_of(clinic, lot="", expires=None, on=None) == ""
    close_recall(viewer=doctor, recall=recall, revision=0, conclusion="A slip.", lifted=True, at=NOW)
    assert problem_of(clinic, lot="L 7", on=day) == ""


def test_it_finds_a_lot_by_its_number_alone(doctor: Viewer) -> None:
    """If it is the only one of that number."""
    product = a_product(doctor)
    lot = a_lot(doctor, product, "pd-9")
    assert found_by(doctor, read_udi("PD-9")) == (product, lot)
    a_lot(doctor, a_product(doctor, name="Other", gtin=""), "PD-9")
    assert found_by(doctor, read_udi("PD-9")) == (None, None)


def test_it_moves_only_the_difference_when_a_record_is_corrected(doctor: Viewer) -> None:
    """A lot that was mixed up goes back, the other one is taken."""
    product = a_product(doctor)
    wrong, right = (a_lot(doctor, product, code) for code in ("A-1", "A-2"))
    _, procedure = a_carrier(doctor, "Anna", a_row(lot="A-1", stock=wrong), a_row("right", lot="A-1", stock=wrong))
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="mixed up", at=NOW)
    draft.threads.filter(position=1).update(stock=right, lot="A-2")
    agreed(draft)
    sign(doctor, draft, NOW)
    assert [left_of(lot) for lot in (wrong, right)] == [16, 16]
    assert Movement.objects.filter(kind="used").count() == 3


def test_it_goes_below_nothing_rather_than_stop_a_record(doctor: Viewer) -> None:
    """What was done was done; the shelf says that its count is wrong."""
    lot = a_lot(doctor, a_product(doctor), quantity=2)
    a_carrier(doctor, "Anna", a_row(stock=lot))
    assert held_of(doctor, lot, NOW).left == -2
    assert usable_lots(doctor, date(2026, 3, 3)) == []
    assert Lot.objects.count() == 1
