"""The count of wrong day numbers tries the hours that matter and would notice a wrong one."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench import zones


def test_it_finds_no_wrong_day_where_the_clocks_change() -> None:
    """A year in Berlin: the skipped hour is left out, and hours divided by 24 would have been wrong."""
    count = zones.tried("Europe/Berlin", date(2026, 1, 1), date(2026, 12, 31))
    assert (count.wrong, count.skipped) == (0, 4)
    assert count.pairs > 4 * 365
    assert count.by_hours > 0


def test_it_tries_repeated_hours_twice_and_skipped_dates_never() -> None:
    """Both times the clock shows 02:15 in October; nothing on the date that Samoa left out."""
    count = zones.Count()
    with zones.c_library("Europe/Berlin"):
        october = (date(2026, 10, 25) - zones.EPOCH).days
        assert len(zones.lived(october, october, count)[october]) == 96 + 4 + 1
    with zones.c_library("Pacific/Apia"):
        left_out = (date(2011, 12, 30) - zones.EPOCH).days
        assert zones.lived(left_out, left_out, count)[left_out] == []


def test_it_notices_a_wrong_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days of 24 hours since the procedure's midnight are wrong around a change of the clocks."""

    def by_hours(procedure: date, at: datetime, zone: ZoneInfo) -> int:
        return (at - datetime(procedure.year, procedure.month, procedure.day, tzinfo=zone)) // timedelta(days=1)

    monkeypatch.setattr(zones, "day_number", by_hours)
    assert zones.tried("Europe/Berlin", date(2026, 3, 1), date(2026, 4, 30)).wrong > 0


def test_it_leaves_the_clock_of_the_process_as_it_was() -> None:
    """Whatever is measured next sees the same zone."""
    before = time.tzname
    with zones.c_library("Asia/Kathmandu"):
        assert time.localtime(0).tm_gmtoff == 5 * 3600 + 30 * 60
    assert time.tzname == before
