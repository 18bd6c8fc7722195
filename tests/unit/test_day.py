"""Day N is a difference of local dates: over every time zone, every clock change, a missing midnight and a flight."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import CaseError, read_case
from afterthread.engine.day import day_number, hours_between, moment, start_of_day
from afterthread.protocol import shipped
from afterthread.protocol.model import Offset

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
LATE, EARLY = time(23, 30), time(0, 10)
EXACT = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31))  # noqa: DTZ001 - the zone comes with the sample


@cache
def change_days(zone: str) -> tuple[date, ...]:
    """The local days on which the clocks of a zone change."""
    found, info = [], ZoneInfo(zone)
    noon = datetime.combine(FIRST, time(12), UTC)
    end = datetime.combine(LAST, time(12), UTC)
    while noon < end:
        later = min(noon + timedelta(days=14), end)
        if noon.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            day = noon
            while day.astimezone(info).utcoffset() == noon.astimezone(info).utcoffset():
                day += timedelta(days=1)
            found.append((day - timedelta(days=1)).date())
        noon = later
    return tuple(found)


def days_to_try(zone: str) -> Iterator[date]:
    """The first of every month, and every day around a change of the clocks."""
    yield from (date(year, month, 1) for year in range(FIRST.year, LAST.year + 1) for month in range(1, 13))
    for day in change_days(zone):
        yield from (day + timedelta(days=n) for n in (-2, -1, 0, 1, 2))


def at_wall(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """What a server stores when the clock on the wall shows this: a moment in UTC."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def test_it_knows_the_zones() -> None:
    """All zones of the system are tried, and most of the world's changes of clocks are seen."""
    assert len(ZONES) > 400
    assert len(change_days("Europe/Berlin")) == 14
    assert change_days("Asia/Tokyo") == ()
    assert len(change_days("Africa/Casablanca")) >= 12


def test_it_counts_local_days_in_every_zone() -> None:
    """From late on the day of the procedure, or just after midnight, to late on the days after it."""
    wrong, tried = [], 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for day, clock, after in itertools.product(days_to_try(name), (LATE, EARLY), (0, 1, 2, 30)):
            procedure = at_wall(day, clock, zone).astimezone(zone).date()
            heard = at_wall(day + timedelta(days=after), LATE, zone)
            if procedure != day or heard.astimezone(zone).time() < LATE:
                continue  # the clocks of that night jump over the hour, so nobody lives it
            tried += 1
            if day_number(procedure, heard, zone) != after:
                wrong.append((name, day, clock, after))
    assert wrong == []
    assert tried > 400 * 84 * 8


def test_it_differs_from_elapsed_hours() -> None:
    """Forty minutes over midnight are a day, and nearly two days of hours are one, so hours cannot be counted."""
    berlin = ZoneInfo("Europe/Berlin")
    procedure = at_wall(date(2026, 3, 2), LATE, berlin)
    soon, later = at_wall(date(2026, 3, 3), EARLY, berlin), at_wall(date(2026, 3, 3), LATE, berlin)
    assert day_number(date(2026, 3, 2), soon, berlin) == day_number(date(2026, 3, 2), later, berlin) == 1
    assert int(hours_between(procedure, soon) // 24) == 0


@given(EXACT, st.sampled_from(ZONES), st.integers(0, 3650))
def test_it_is_the_difference_of_local_dates(wall: datetime, name: str, days: int) -> None:
    """Whatever the hour, the day number is what a calendar on the wall says."""
    zone = ZoneInfo(name)
    start = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    then = (start.astimezone(UTC) + timedelta(days=days)).astimezone(zone)
    assert day_number(start.date(), then, zone) == (then.date() - start.date()).days
    assert day_number(start.date(), then.date()) == (then.date() - start.date()).days


@given(EXACT, st.sampled_from(ZONES), st.integers(-200, 5000))
def test_it_counts_hours_as_they_pass(wall: datetime, name: str, hours: int) -> None:
    """Forty-eight hours are forty-eight hours, whatever the clocks do meanwhile."""
    start = wall.replace(tzinfo=ZoneInfo(name)).astimezone(UTC).astimezone(ZoneInfo(name))
    then = moment(start, Offset(hours, "h"))
    assert hours_between(start, then) == hours
    assert then.tzinfo is start.tzinfo


@given(EXACT, st.sampled_from(ZONES), st.integers(-60, 3650))
def test_it_begins_days_with_their_first_moment(wall: datetime, name: str, days: int) -> None:
    """A day of the plan begins when that local day begins, not a number of hours after the procedure."""
    zone = ZoneInfo(name)
    start = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    then = moment(start, Offset(days, "d"))
    assert then.date() == start.date() + timedelta(days=days)
    assert before(then).date() < then.date()


def before(at: datetime) -> datetime:
    """The last moment before this one, on the same wall."""
    return (at.astimezone(UTC) - timedelta(microseconds=1)).astimezone(at.tzinfo)


def test_it_finds_the_first_moment_of_every_day() -> None:
    """In every zone, around every change of the clocks, a day begins where the day before ends."""
    wrong = []
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in change_days(name):
            for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
                start = start_of_day(near, zone)
                if start.date() != near or before(start).date() >= near:
                    wrong.append((name, near, start.isoformat()))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "day"),
    [("America/Santiago", date(2024, 9, 8)), ("Africa/Cairo", date(2024, 4, 26)), ("Asia/Beirut", date(2024, 3, 31))],
)
def test_it_begins_at_one_where_midnight_is_missing(name: str, day: date) -> None:
    """On the night when the clocks jump from midnight to one, the day begins at one and still counts as a day."""
    zone = ZoneInfo(name)
    assert start_of_day(day, zone).hour == 1
    assert day_number(day - timedelta(days=1), at_wall(day, EARLY, zone), zone) == 1
    assert day_number(day, at_wall(day + timedelta(days=1), EARLY, zone), zone) == 1


def test_it_counts_on_the_calendar_where_a_day_was_skipped() -> None:
    """Samoa had no 30 December 2011: the evening of the 29th and the morning of the 31st are two dates apart."""
    apia = ZoneInfo("Pacific/Apia")
    procedure, next_morning = (at_wall(date(2011, 12, day), clock, apia) for day, clock in ((29, LATE), (31, EARLY)))
    assert hours_between(procedure, next_morning) < 1
    assert day_number(date(2011, 12, 29), next_morning, apia) == 2
    assert start_of_day(date(2011, 12, 30), apia) == start_of_day(date(2011, 12, 31), apia)


# -- Through the front door -------------------------------------------------------------------------------------------


def days(procedure: dict[str, Any], *checkins: dict[str, Any]) -> list[int]:
    """The day numbers of the check-ins of a case, in the order in which they are judged."""
    return [one.day for one in read_case(shipped(), {"procedure": procedure, "checkins": [*checkins]}).checkins]


def test_it_reads_a_moment_on_the_calendar_of_the_patient() -> None:
    """The same moment is another day for somebody who has travelled."""
    procedure = {"at": "2026-03-02T10:00", "timezone": "Europe/Berlin"}
    heard = "2026-03-03T23:30:00+00:00"
    assert days(procedure, {"at": heard}) == [2]
    assert days(procedure, {"at": heard, "timezone": "America/New_York"}) == [1]
    assert days(procedure, {"at": heard, "timezone": "Pacific/Auckland"}) == [2]


def test_it_takes_the_date_of_the_procedure_from_its_own_wall() -> None:
    """A time with an offset and a zone is the zone's day: late in New York is early in Berlin."""
    procedure = {"at": "2026-03-02T23:30:00-05:00", "timezone": "Europe/Berlin"}
    case = read_case(shipped(), {"procedure": procedure})
    assert case.procedure.day == date(2026, 3, 3)
    assert case.procedure.at is not None
    assert case.procedure.at.tzinfo == ZoneInfo("Europe/Berlin")
    assert days(procedure, {"date": "2026-03-05"}) == [2]


def test_it_never_counts_below_the_procedure() -> None:
    """Who flies east over the date line may land on the day before; it is still the day of the procedure."""
    procedure = {"at": "2026-03-03T08:00", "timezone": "Pacific/Auckland"}
    assert days(procedure, {"at": "2026-03-02T22:00", "timezone": "Pacific/Honolulu"}) == [0]


def test_it_orders_check_ins_by_time_where_times_are_known() -> None:
    """A day that is lived twice on a flight does not turn the history round."""
    procedure = {"at": "2026-03-01T08:00", "timezone": "Pacific/Auckland"}
    home = {"at": "2026-03-03T20:00", "answers": {"pain": "mild"}}
    away = {"at": "2026-03-02T22:00", "timezone": "Pacific/Honolulu", "answers": {"pain": "severe"}}
    case = read_case(shipped(), {"procedure": procedure, "checkins": [away, home]})
    assert [(one.day, one.answers["pain"].level) for one in case.checkins] == [(2, "mild"), (1, "severe")]


@pytest.mark.parametrize(
    ("checkin", "message"),
    [
        ({"day": -1}, "$.checkins[0].day: it lies before the procedure. Days run from 0"),
        ({"day": 3651}, "$.checkins[0].day: 3651 is no day we know. Days run from 0 (the procedure) to 3650"),
        ({"day": True}, "$.checkins[0].day: True is no day we know"),
        ({"day": 1.0}, "$.checkins[0].day: 1.0 is no day we know"),
        ({"day": "2026-03-05"}, "$.checkins[0].day: '2026-03-05' is no day we know"),
        ({"date": 5}, "$.checkins[0].date: 5 is not a date of our time"),
        ({"date": "2026-03-01"}, "$.checkins[0].date: it lies before the procedure"),
        ({"date": "9999-12-31"}, "$.checkins[0].date: '9999-12-31' is not a date of our time"),
        ({"date": "0001-01-01"}, "$.checkins[0].date: '0001-01-01' is not a date of our time"),
        ({"date": "2026-02-30"}, "$.checkins[0].date: '2026-02-30' is not a date of our time"),
        ({"at": "2026-03-02T09:00"}, "$.checkins[0].at: it lies before the procedure. Check both times"),
        ({"at": "2026-03-05"}, "$.checkins[0].at: '2026-03-05' is not a date of our time. Write it like"),
        ({"at": "9999-12-31T23:59:59+00:00"}, "is not a date of our time"),
        ({"at": "2026-03-05T10:00", "timezone": "Mars/Olympus"}, "timezone: no time zone is called 'Mars/Olympus'"),
        ({"at": "2026-03-05T10:00", "timezone": "../../etc/passwd"}, "no time zone is called"),
        ({"at": "2026-03-05T10:00", "timezone": "Europe"}, "no time zone is called 'Europe'"),
        ({"day": 1, "date": "2026-03-03"}, "$.checkins[0]: a check-in needs exactly one of `day`, `date` and `at`"),
        ({}, "$.checkins[0]: a check-in needs exactly one of `day`, `date` and `at`"),
    ],
)
def test_it_refuses_impossible_times(checkin: dict[str, Any], message: str) -> None:
    """A time that nobody can mean is named with its path, once."""
    with pytest.raises(CaseError) as caught:
        days({"at": "2026-03-02T10:00", "timezone": "Europe/Berlin"}, checkin)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_it_needs_a_zone_for_a_clock_time() -> None:
    """A clock time alone says nothing about when it was."""
    with pytest.raises(CaseError, match="a clock time without a time zone"):
        days({"at": "2026-03-02T10:00"})
    with pytest.raises(CaseError, match="a date needs the date of the procedure"):
        days({}, {"date": "2026-03-02"})
