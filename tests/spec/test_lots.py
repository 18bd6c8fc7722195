"""Threads as things: what must not be used is refused, and whoever carries a lot can be found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from afterthread.clinic.code.udi import read_udi
from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.flow.record.recall import close_recall
from afterthread.clinic.models import ProcedureVersion
from afterthread.clinic.queries.record.gate import Blocked, gate_of
from afterthread.clinic.queries.stock.recall import carriers
from afterthread.clinic.queries.stock.stock import left_of
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, agreed, sign
from tests.lib.lots import a_carrier, a_lot, a_product, a_recall, a_row

pytestmark = pytest.mark.django_db
HALF_PAST_MIDNIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
"""In Berlin it is Monday the second, half past midnight; in London still Sunday the first."""


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner in Berlin."""
    return a_staff(a_clinic())


def drafted(doctor: Viewer, *rows: dict[str, Any], at: datetime = MONDAY, zone: str = "Europe/Berlin") -> Any:
    """A record that was agreed to and is ready to sign."""
    version: ProcedureVersion = draft_procedure(
        viewer=doctor, patient=a_patient(doctor, at), threads=rows, at=at, placed_at=at, time_zone=zone,
        zones=["cheek"], modifiers={},
    )  # fmt: skip
    agreed(version)
    return version


def against(version: ProcedureVersion) -> dict[str, tuple[int, ...]]:
    """What speaks against the threads of a record, with the rows concerned."""
    return {one.code: one.rows for one in gate_of(version).held if one.code.startswith("lot")}


def test_an_expired_thread_is_refused(doctor: Viewer) -> None:
    """Without a word of the signer the record is not signed, and nothing leaves the stock."""
    lot = a_lot(doctor, a_product(doctor), expires=date(2026, 3, 1))
    version = drafted(doctor, a_row(expires=date(2027, 1, 1), lot="X"), a_row("right", stock=lot))
    assert against(version) == {"lot_expired": (2,)}
    with pytest.raises(Blocked):
        sign_procedure(viewer=doctor, version=version, revision=version.revision, at=MONDAY, despite=" ")
    assert left_of(lot) == 20


def test_what_was_done_all_the_same_can_be_told(doctor: Viewer) -> None:
    """A record tells the truth: with the signer's reason it is signed, and the reason stands in it."""
    version = sign(doctor, drafted(doctor, a_row(expires=date(2026, 3, 1))), MONDAY)
    assert version.despite


@pytest.mark.parametrize(
    ("zone", "expired"),
    [("Europe/Berlin", True), ("Europe/London", False), ("Asia/Tokyo", True), ("America/Santiago", False)],
)
def test_the_calendar_on_the_wall_of_the_room_decides(doctor: Viewer, zone: str, expired: bool) -> None:
    """A thread that may be used until the first of March: at the same moment it has expired in one zone only."""
    version = drafted(doctor, a_row(expires=date(2026, 3, 1)), at=HALF_PAST_MIDNIGHT, zone=zone)
    assert (against(version) != {}) is expired


def test_the_last_day_itself_is_still_good(doctor: Viewer) -> None:
    """An expiry is the last day of use."""
    assert against(drafted(doctor, a_row(expires=date(2026, 3, 2)))) == {}


def test_a_label_that_names_a_month_is_good_until_its_end() -> None:
    """Day 00 on the label is the last day of the month, in a leap year, too."""
    assert read_udi("(17)280200(10)A").expires == date(2028, 2, 29)


def test_of_two_expiries_the_earlier_one_counts(doctor: Viewer) -> None:
    """If record and stock do not agree."""
    lot = a_lot(doctor, a_product(doctor), expires=date(2026, 2, 28))
    assert against(drafted(doctor, a_row(stock=lot, expires=date(2026, 8, 31)))) == {"lot_expired": (1,)}


def test_a_recalled_lot_is_refused_however_it_was_typed(doctor: Viewer) -> None:
    """From stock or by hand, in capitals or not, also after the recall was closed."""
    lot, recall = a_lot(doctor, a_product(doctor)), a_recall(doctor)
    version = drafted(doctor, a_row(stock=lot), a_row("right", lot="pd-2291"), a_row(lot="Y"))
    assert against(version) == {"lot_recalled": (1, 2)}
    close_recall(viewer=doctor, recall=recall, revision=0, conclusion="Everybody was seen.", at=MONDAY)
    assert against(version) == {"lot_recalled": (1, 2)}


def test_a_recall_that_was_a_mistake_frees_the_lot(doctor: Viewer) -> None:
    """Lifted, it speaks against nothing."""
    recall, version = a_recall(doctor), drafted(doctor, a_row())
    close_recall(viewer=doctor, recall=recall, revision=0, conclusion="Another lot.", lifted=True, at=MONDAY)
    assert against(version) == {}


def test_a_recall_of_another_clinic_is_none_of_ours(doctor: Viewer) -> None:
    """Each clinic decides for itself."""
    a_recall(a_staff(a_clinic("ahorn")))
    assert against(drafted(doctor, a_row())) == {}


def test_threads_leave_the_stock_when_the_record_is_signed(doctor: Viewer) -> None:
    """A draft takes nothing."""
    lot = a_lot(doctor, a_product(doctor))
    version = drafted(doctor, a_row(stock=lot), a_row("right", stock=lot))
    assert left_of(lot) == 20
    sign(doctor, version, MONDAY)
    assert left_of(lot) == 12


def test_a_recall_finds_also_those_recorded_without_stock(doctor: Viewer) -> None:
    """Whoever carries the lot is found by what was written down."""
    lot = a_lot(doctor, a_product(doctor))
    anna, _ = a_carrier(doctor, "Anna", a_row(stock=lot))
    berta, _ = a_carrier(doctor, "Berta", a_row(lot="pd-2291"))
    found = carriers(doctor, a_recall(doctor, at=MONDAY + timedelta(days=1)))
    assert {one.patient for one in found} == {anna, berta}
