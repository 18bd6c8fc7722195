"""Reading the label of a box."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.clinic.code.udi import LONGEST, read_udi

GTIN = "08806388269617"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-./_"
PROBLEMS = {"", "empty", "hibc", "iccbba", "unreadable", "date", "separator", "check_digit", "no_product", "no_lot"}
PROBLEMS |= {"no_expiry"}
lots = st.text(LETTERS, min_size=1, max_size=20)


def with_check_digit(first: str) -> str:
    """Thirteen digits and the one that fits, by the definition of GS1."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(first))
    return first + str(-total % 10)


gtins = st.text("0123456789", min_size=13, max_size=13).map(with_check_digit)


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN}1728021310LOT-7\x1d21S9",
        f"]d201{GTIN}1728021310LOT-7\x1d21S9",
        f"]C101{GTIN}1728021310LOT-7\x1d21S9",
        f"\x1d01{GTIN}1728021310LOT-7\x1d21S9\x1d",
        f"(01){GTIN}(17)280213(10)LOT-7(21)S9",
        f" (01) {GTIN} (17) 280213\n(10) LOT-7 (21) S9 ",
        f"01{GTIN}10LOT-7\x1d1728021321S9",
        f"01{GTIN}1728021310LOT-7|21S9",
        f"01{GTIN}1728021310LOT-7<GS>21S9",
    ],
)
def test_it_reads_a_label_however_it_is_typed(text: str) -> None:
    """With separators, announced, in brackets, with blanks, in another order."""
    found = read_udi(text)
    assert (found.gtin, found.lot, found.expires, found.serial) == (GTIN, "LOT-7", date(2028, 2, 13), "S9")
    assert found.problem == ""


@pytest.mark.parametrize(("month", "last"), [("2802", 29), ("2702", 28), ("2804", 30), ("2812", 31)])
def test_it_takes_day_nothing_for_the_end_of_the_month(month: Any, last: int) -> None:
    """The last day on which it may be used."""
    assert read_udi(f"01{GTIN}17{month}0010A").expires == date(2000 + int(month[:2]), int(month[2:]), last)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \x1d ", "empty"),
        ("+A99912345/$$52001510X3", "hibc"),
        ("=W0000123456", "iccbba"),
        ("the small green box", "unreadable"),
        ("(01", "unreadable"),
        (f"01{GTIN}17990230", "date"),
        (f"01{GTIN[:-1]}91728021310A", "check_digit"),
        ("(17)280213(10)A", "no_product"),
        (f"01{GTIN}17280213", "no_lot"),
        (f"(01){GTIN}(10)A", "no_expiry"),
        (GTIN, "no_lot"),
        ("8806388269617", "no_lot"),
        ("8806388269618", "check_digit"),
        ("01\u0660\u0661", "unreadable"),
    ],
)
def test_it_says_what_is_wrong(text: str, problem: str) -> None:
    """Each mistake has its name."""
    assert read_udi(text).problem == problem


def test_it_fills_in_what_can_be_read_beside_a_mistake() -> None:
    """A wrong product number takes lot and expiry from nobody."""
    found = read_udi(f"01{GTIN[:-1]}91728021310A")
    assert (found.gtin, found.lot, found.expires) == ("", "A", date(2028, 2, 13))


def test_it_guesses_no_lot_where_the_scanner_left_out_the_separator() -> None:
    """Where a lot ends is not known then; the rest is."""
    found = read_udi(f"01{GTIN}17280213" + "10" + "A" * 20 + "21S9")
    assert (found.lot, found.serial, found.problem) == ("", "", "separator")
    assert (found.gtin, found.expires) == (GTIN, date(2028, 2, 13))


@given(gtins, lots, st.dates(date(2000, 1, 1), date(2069, 12, 31)), st.booleans())
def test_it_reads_back_what_was_printed(gtin: str, lot: str, expires: date, brackets: bool) -> None:
    """Every label that can be printed comes out as it went in."""
    day = f"{expires:%y%m%d}"
    text = f"(01){gtin}(17){day}(10){lot}" if brackets else f"]d201{gtin}17{day}10{lot}"
    found = read_udi(text)
    assert (found.gtin, found.lot, found.expires, found.problem) == (gtin, lot, expires, "")
    assert read_udi(found.text) == found


@given(st.dates(date(2000, 1, 1), date(2069, 12, 1)))
def test_it_never_ends_a_month_early(month: Any) -> None:
    """A day nothing is the day before the first of the next month."""
    found = read_udi(f"01{GTIN}17{month:%y%m}0010A").expires
    assert found is not None
    assert (found + timedelta(days=1)).day == 1
    assert (found.year, found.month) == (month.year, month.month)


@given(gtins, st.integers(0, 9))
def test_it_takes_no_wrong_check_digit(gtin: str, digit: int) -> None:
    """One of ten last digits fits."""
    found = read_udi(f"01{gtin[:-1]}{digit}1728021310A")
    assert (found.gtin == "") == (found.problem == "check_digit") == (str(digit) != gtin[-1])


@given(st.text() | st.text("0123456789()+=]d2C1 \x1d|") | st.builds("01{}17{}10{}".format, gtins, st.text(), st.text()))
def test_it_has_an_answer_to_any_text(text: str) -> None:
    """Whatever somebody pastes: no exception, a known problem, and nothing longer than its column."""
    found = read_udi(text)
    assert found.problem in PROBLEMS
    assert len(found.text) <= LONGEST
    assert len(found.gtin) in (0, 14)
    assert len(found.lot) <= 20
    assert all(letter.isprintable() for letter in found.text + found.lot + found.serial)
