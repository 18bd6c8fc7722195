"""What is allowed, forbidden and due on which day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from afterthread.engine.case import read_case
from afterthread.engine.plan import plan, today
from afterthread.protocol import UNKNOWN, shipped
from tests.lib.story import Raw, holding, told

FACE: Raw = {"zones": ["cheek"]}
BODY: Raw = {"zones": ["thigh"]}
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("topic", "first_free"),
    [("sauna", 21), ("swimming", 21), ("sun", 30), ("massage", 30), ("sport_intense", 14), ("alcohol", 14)],
)
def test_a_restriction_holds_until_its_last_day(topic: str, first_free: int) -> None:
    """Heat and pool wait three weeks, sun and massage thirty days, hard exercise and alcohol two weeks."""
    assert topic in holding(first_free - 1, **FACE)["forbidden"]
    assert topic not in holding(first_free, **FACE)["forbidden"]
    assert topic in holding(first_free, **FACE)["allowed"]


@pytest.mark.parametrize("topic", ["self_massage", "pulling_thread"])
def test_what_is_never_allowed_never_becomes_so(topic: str) -> None:
    """Massaging a dimple away and pulling at a thread are forbidden on the first day and after ten years."""
    assert all(topic in holding(day, **FACE)["forbidden"] for day in (0, 60, 3650))


def test_no_day_forbids_and_allows_the_same_thing() -> None:
    """On no day of a year stands the same thing under forbidden and under allowed."""
    for day in range(366):
        for where in (FACE, BODY, {}):
            held = holding(day, **where)
            assert held["forbidden"].isdisjoint(held["allowed"])


def test_hours_are_counted_where_hours_matter() -> None:
    """Light exercise waits for 48 hours by the clock, though the clocks change in between."""
    procedure: Raw = {"at": "2026-03-28T15:00", "timezone": "Europe/Berlin", **FACE}
    made = plan(shipped(), read_case(shipped(), told(**procedure)).procedure)

    def resting(hour: int, minute: int) -> bool:
        held = today(made, 2, datetime(2026, 3, 30, hour, minute, tzinfo=BERLIN))
        return "sport_light" in {item.topic for item in held["forbidden"]}

    assert resting(15, 59)
    assert not resting(16, 0)


def test_without_clock_times_a_started_day_counts_whole() -> None:
    """When only the day is known, what is forbidden for 48 hours is forbidden on day 2 as well."""
    assert "make_up" in holding(2, **FACE)["forbidden"]
    assert "make_up" not in holding(3, **FACE)["forbidden"]


def test_the_face_has_rules_that_the_body_has_not() -> None:
    """After threads in the thigh nobody is told how to chew; after threads in the cheek everybody is."""
    assert "hard_chewing" in holding(3, **FACE)["forbidden"]
    assert "hard_chewing" not in holding(3, **BODY)["forbidden"]
    assert "sport_treated_area" in holding(3, **BODY)["forbidden"]


@pytest.mark.parametrize("zones", [[], [UNKNOWN]])
def test_a_place_that_was_not_recorded_is_restricted_like_any(zones: list[str]) -> None:
    """When nobody wrote down where the threads are, every restriction holds: one too many harms less."""
    forbidden = holding(3, zones=zones)["forbidden"]
    assert forbidden >= holding(3, **FACE)["forbidden"] | holding(3, **BODY)["forbidden"]


def test_check_ins_are_daily_at_first() -> None:
    """A check-in is due on every day of the first week, then more and more seldom, and once a year for ten years."""
    due = [day for day in range(3651) if "checkin" in holding(day, **FACE)["due"]]
    assert due[:9] == [*range(9)]
    assert due[-10:] == [365 * year for year in range(1, 11)]


def test_people_at_risk_are_seen_early() -> None:
    """Diabetes brings a visit between day 2 and day 4, which others do not need."""
    assert "review_early" in holding(3, modifiers={"diabetes": "yes", "otherwise": "no"})["due"]
    assert "review_early" not in holding(3)["due"]
    assert "review_early" in holding(3, modifiers={})["due"]


def test_the_time_to_undo_ends_after_two_months() -> None:
    """The window in which threads are better taken out stands in the plan until day 59."""
    assert "reversal" in holding(59, **FACE)["window"]
    assert "reversal" not in holding(60, **FACE)["window"]


def test_preparation_begins_before_the_day() -> None:
    """The plan begins before the day: no smoking, and the medicines told to the clinic."""
    assert {"smoking", "prescribed_medicine"} <= holding(-5, **FACE)["care"]


def test_a_plan_names_its_protocol() -> None:
    """Every plan carries the version it was made from, so that a running plan stays as it was given."""
    made = plan(shipped(), read_case(shipped(), told(**FACE)).procedure)
    assert made.stamp == shipped().stamp
    assert all(item.sources for item in made.items)
