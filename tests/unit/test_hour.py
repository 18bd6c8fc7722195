"""The clinic's clock, as a clinic manager would check it: hours, holidays, on call, promises and escalation."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from afterthread.clinic.hour import Hours, OnCall, Promise, covered, due, escalation_step, is_open, opens_next
from afterthread.protocol.model import Urgency

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEKLY: dict[str, Any] = {"weekly": {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in WORKDAYS}}
CLINIC = Hours.read(WEEKLY | {"closed": ["2026-03-17"], "extra": {"2026-03-21": [["10:00", "14:00"]]}}, BERLIN)
"""Weekdays with a lunch break; closed on Tuesday 17 March 2026, open on Saturday 21 March."""
NEVER = Hours(zone=BERLIN)
NOBODY, ALWAYS = OnCall(), OnCall(kind="always")
EVENINGS = OnCall.read(
    {"kind": "hours", "hours": {"weekly": {day: [["18:00", "22:00"]] for day in (*WORKDAYS, "saturday")}}}, BERLIN
)
PROMISE = Promise()


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """A time on the clinic's wall clock in March 2026, like "Mon 2 09:00"; longer ones stand as they are."""
    day, clock = text.split()[-2:]
    return datetime.fromisoformat(f"2026-03-{int(day):02} {clock}" if len(day) < 3 else f"{day} {clock}").replace(
        tzinfo=zone
    )


def by(urgency: Urgency, opened: str, oncall: OnCall = NOBODY, hours: Hours = CLINIC) -> str:
    """When it is due, on the clinic's wall clock."""
    found = due(PROMISE, hours, oncall, urgency, at(opened, hours.zone)).astimezone(hours.zone)
    return f"{found:%a} {found.day} {found:%H:%M}"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("Mon 2 08:59", False),
        ("Mon 2 09:00", True),
        ("Mon 2 12:59", True),
        ("Mon 2 13:00", False),
        ("Mon 2 14:00", True),
        ("Mon 2 18:00", False),
        ("Sat 7 11:00", False),
        ("Tue 17 11:00", False),
        ("Sat 21 11:00", True),
        ("Sat 21 15:00", False),
    ],
)
def test_it_knows_when_the_clinic_is_open(moment: str, expected: bool) -> None:
    """From the opening minute to the one before closing, not at lunch, not on holidays, and on extra dates."""
    assert is_open(CLINIC, at(moment)) is expected


def test_it_knows_when_somebody_answers() -> None:
    """Open or on call; on call holds on the clinic's holiday too, and always is always."""
    assert covered(CLINIC, NOBODY, at("Mon 2 10:00"))
    assert not covered(CLINIC, NOBODY, at("Mon 2 19:00"))
    assert covered(CLINIC, EVENINGS, at("Mon 2 19:00"))
    assert covered(CLINIC, EVENINGS, at("Tue 17 19:00"))
    assert not covered(CLINIC, EVENINGS, at("Tue 17 11:00"))
    assert covered(CLINIC, ALWAYS, at("Sun 8 03:00"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("Mon 2 07:00", "Mon 2 09:00"), ("Mon 2 10:00", "Mon 2 10:00"), ("Mon 16 19:00", "Wed 18 09:00")],
)
def test_it_says_when_the_clinic_opens_next(moment: str, expected: str) -> None:
    """Today, now, or after the holiday."""
    assert opens_next(CLINIC, at(moment)) == at(expected)


def test_it_says_when_the_clinic_does_not_open_again() -> None:
    """Nothing is made up for a clinic without hours."""
    assert opens_next(NEVER, at("Mon 2 10:00")) is None


@pytest.mark.parametrize("moment", ["Mon 2 10:00", "Sun 8 03:00", "Tue 17 23:50"])
def test_it_lets_no_emergency_wait_for_opening(moment: str) -> None:
    """A quarter of an hour, day and night, holiday or not."""
    waits = due(PROMISE, CLINIC, NOBODY, Urgency.EMERGENCY, at(moment)) - at(moment)
    assert waits.total_seconds() == 15 * 60


@pytest.mark.parametrize(
    ("opened", "oncall", "expected"),
    [
        ("Mon 2 10:00", NOBODY, "Mon 2 12:00"),
        ("Mon 2 12:00", NOBODY, "Mon 2 15:00"),  # an hour before lunch, an hour after
        ("Mon 2 17:00", NOBODY, "Tue 3 10:00"),  # an hour today, an hour tomorrow
        ("Mon 2 17:00", EVENINGS, "Mon 2 19:00"),  # the evening is covered
        ("Fri 6 20:00", NOBODY, "Mon 9 11:00"),  # the first covered moment and two hours
        ("Fri 6 20:00", EVENINGS, "Fri 6 22:00"),
        ("Sat 7 09:00", EVENINGS, "Sat 7 20:00"),
        ("Mon 16 19:00", NOBODY, "Wed 18 11:00"),  # Tuesday is a holiday
        ("Sun 8 03:00", ALWAYS, "Sun 8 05:00"),
    ],
)
def test_it_counts_the_same_day_in_covered_minutes(opened: str, oncall: OnCall, expected: str) -> None:
    """Two hours in which somebody is there."""
    assert by(Urgency.SAME_DAY, opened, oncall) == expected


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("Mon 2 10:00", "Tue 3 18:00"),
        ("Mon 2 20:00", "Tue 3 18:00"),
        ("Fri 6 10:00", "Mon 9 18:00"),
        ("Sat 7 10:00", "Mon 9 18:00"),
        ("Mon 16 10:00", "Wed 18 18:00"),
        ("Fri 20 10:00", "Sat 21 14:00"),
    ],
)
def test_it_gives_routine_until_the_next_working_day_ends(opened: str, expected: str) -> None:
    """Over weekends and holidays; a date that is open as an exception counts."""
    assert by(Urgency.ROUTINE, opened) == expected


def test_it_counts_routine_in_open_hours_where_a_clinic_wishes() -> None:
    """Four open hours from Monday 16:00 are Tuesday 11:00."""
    found = due(Promise(routine_hours=4), CLINIC, ALWAYS, Urgency.ROUTINE, at("Mon 2 16:00"))
    assert found == at("Tue 3 11:00")


def test_it_keeps_the_more_urgent_first() -> None:
    """Where little is open, a same-day item waits no longer than a routine one."""
    short = Hours.read({"weekly": {day: [["10:00", "10:30"]] for day in WORKDAYS}}, BERLIN)
    assert by(Urgency.SAME_DAY, "Mon 2 10:10", hours=short) == by(Urgency.ROUTINE, "Mon 2 10:10", hours=short)


def test_it_bounds_the_promise_of_a_clinic_that_never_opens() -> None:
    """A day for same-day, three days for routine; with somebody on call the minutes count."""
    assert by(Urgency.EMERGENCY, "Mon 2 10:00", hours=NEVER) == "Mon 2 10:15"
    assert by(Urgency.SAME_DAY, "Mon 2 10:00", hours=NEVER) == "Tue 3 10:00"
    assert by(Urgency.ROUTINE, "Mon 2 10:00", hours=NEVER) == "Thu 5 10:00"
    assert by(Urgency.SAME_DAY, "Mon 2 10:00", ALWAYS, NEVER) == "Mon 2 12:00"


def test_it_bounds_the_promise_over_a_long_closure() -> None:
    """Nothing is due later than 31 days."""
    shut = Hours.read(
        WEEKLY
        | {"closed": ["2026-03-31", "2026-04-01"] + [f"2026-{m:02}-{d:02}" for m in (3, 4) for d in range(2, 31)]},
        BERLIN,
    )
    opened = at("Mon 2 10:00")
    assert (due(PROMISE, shut, NOBODY, Urgency.ROUTINE, opened) - opened).days == 31
    assert (due(PROMISE, shut, NOBODY, Urgency.SAME_DAY, opened) - opened).days == 31


def test_it_counts_the_night_when_the_clocks_change() -> None:
    """Two hours on call are two hours that pass: the clock shows three in spring and one in autumn."""
    assert by(Urgency.SAME_DAY, "2026-03-29 01:30", ALWAYS) == "Sun 29 04:30"
    assert by(Urgency.SAME_DAY, "2026-10-25 01:30", ALWAYS) == "Sun 25 02:30"


def test_it_opens_when_the_clocks_have_jumped_over_the_opening() -> None:
    """Open from 02:30 on the night that has no 02:30 is open from 03:00."""
    night = Hours.read({"weekly": {"sunday": [["02:30", "05:00"]]}}, BERLIN)
    assert opens_next(night, at("2026-03-29 01:00")) == at("2026-03-29 03:00")
    assert is_open(night, at("2026-03-29 03:00"))


def test_it_does_not_go_back_over_midnight_with_the_clocks() -> None:
    """In St John's of 2010 Sunday began twice: what comes between is Sunday's, and is due on Monday."""
    john = ZoneInfo("America/St_Johns")
    daily = Hours.read({"weekly": {day: [["10:00", "16:00"]] for day in ("saturday", "sunday", "monday")}}, john)
    again = at("2010-11-06 23:30", john).replace(fold=1)
    for opened in (at("2010-11-07 00:00", john), again, at("2010-11-07 00:30", john)):
        assert due(PROMISE, daily, NOBODY, Urgency.ROUTINE, opened) == at("2010-11-08 16:00", john)
    assert due(PROMISE, daily, NOBODY, Urgency.ROUTINE, again.replace(fold=0)) == at("2010-11-07 16:00", john)


def test_it_skips_a_date_that_never_was() -> None:
    """Samoa had no 30 December 2011: who opens only then does not open."""
    apia = ZoneInfo("Pacific/Apia")
    friday = Hours.read({"extra": {"2011-12-30": [["09:00", "17:00"]]}}, apia)
    assert opens_next(friday, at("2011-12-29 12:00", apia)) is None


@pytest.mark.parametrize(("clock", "step"), [("11:59", 0), ("12:00", 1), ("12:09", 1), ("12:10", 2), ("13:00", 7)])
def test_it_goes_down_the_escalation_list(clock: str, step: int) -> None:
    """Nobody before it is due; then the first person, and one more every ten minutes."""
    assert escalation_step(at("Mon 2 12:00"), at(f"Mon 2 {clock}"), 10) == step


def test_it_refuses_what_it_cannot_answer() -> None:
    """Self-care is never due, a time has a zone, and a step takes time."""
    with pytest.raises(ValueError, match="nobody has to look"):
        due(PROMISE, CLINIC, NOBODY, Urgency.SELF_CARE, at("Mon 2 10:00"))
    with pytest.raises(ValueError, match="without its zone"):
        is_open(CLINIC, at("Mon 2 10:00").replace(tzinfo=None))
    with pytest.raises(ValueError, match="whole number from 1"):
        escalation_step(at("Mon 2 10:00"), at("Mon 2 11:00"), 0)


def test_it_names_every_problem_of_the_hours() -> None:
    """All at once, each on its line."""
    wrong = {
        "weekly": {
            "monday": [["18:00", "09:00"], ["9", "10:00"]],
            "tuesday": [["09:00", "14:00"], ["13:00", "18:00"]],
            "sunny": [],
            "friday": "all day",
        },
        "closed": ["25.12.2026", "2026-12-24"],
        "extra": {"2026-12-24": [["10:00", "12:00"]], "2026-12-27": []},
        "holidays": [],
    }
    with pytest.raises(ValueError, match="hours: `holidays` is not known") as caught:
        Hours.read(wrong, BERLIN)
    assert str(caught.value).splitlines() == [
        "hours: `holidays` is not known. Write weekly, closed, extra",
        "weekly: `sunny` is not known. Write monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        "monday: 18:00 to 09:00 ends before it begins. Midnight is 24:00; split what crosses it",
        """monday: `['9', '10:00']` are not hours. Write them like ["09:00", "18:00"]""",
        "tuesday: the hours from 13:00 begin before the ones before them end. Join them",
        """friday: `all day` is not a list of hours. Write them like [["09:00", "18:00"]]""",
        "closed: `25.12.2026` is not a date. Write it like 2026-12-25",
        "extra, 2026-12-27: has no hours. Write them, or list the date under closed",
        "2026-12-24: is both closed and open. Take it out of one of the two lists",
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "hours: `[]` is not a table"),
        ({"closed": "2026-12-25"}, "closed: `2026-12-25` is not a list"),
        ({"extra": ["2026-12-25"]}, "extra: `['2026-12-25']` is not a table"),
        ({"weekly": {"monday": [["00:00", "24:01"]]}}, "are not hours"),
        ({"weekly": {"monday": [["09:00", "00:00"]]}}, "Midnight is 24:00"),
    ],
)
def test_it_refuses_other_shapes(data: Any, problem: str) -> None:
    """A wrong shape is a sentence and no crash."""
    with pytest.raises(ValueError, match=r"Write|Midnight") as caught:
        Hours.read(data, BERLIN)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"kind": "sometimes"}, "on call: `sometimes` is not known"),
        ({"kind": "hours"}, "exactly when the kind is hours"),
        ({"kind": "always", "hours": {}}, "exactly when the kind is hours"),
        ({"kind": "hours", "hours": {"closed": 3}}, "on call: closed: `3` is not a list"),
    ],
)
def test_it_names_the_problems_of_on_call(data: Any, problem: str) -> None:
    """The kinds are three, and hours belong to one of them."""
    with pytest.raises(ValueError, match="on call") as caught:
        OnCall.read(data, BERLIN)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"emergency_minutes": 0}, "emergency_minutes: `0` does not do. Write a whole number from 1 to 1440"),
        ({"same_day_minutes": True}, "same_day_minutes: `True` does not do"),
        ({"same_day_minutes": None}, "same_day_minutes: `None` does not do"),
        ({"routine_hours": 81}, "routine_hours: `81` does not do. Write a whole number from 1 to 80"),
        ({"same_day_minutes": 10}, "an emergency would wait longer"),
    ],
)
def test_it_names_the_problems_of_a_promise(data: Any, problem: str) -> None:
    """A promise is in whole numbers within reason, and an emergency never waits longest."""
    with pytest.raises(ValueError, match="promise") as caught:
        Promise.read(data)
    assert problem in str(caught.value)
