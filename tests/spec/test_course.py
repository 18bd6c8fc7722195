"""How a sign develops is read from the check-ins, not from memory."""

from afterthread.protocol import UNKNOWN, Urgency
from tests.lib.story import Raw, decided, easing, fired, observed, said

BOTH = {"side": "both"}


def test_swelling_that_falls_and_rises_again_is_seen_today() -> None:
    """Swelling that had become less and is more again after day 3 is seen the same day, at the same strength."""
    story = [said(day, swelling={"level": level, **BOTH}) for day, level in ((1, "moderate"), (3, "mild"))]
    decision = decided(*story, said(5, swelling={"level": "moderate", **BOTH}))
    assert decision.urgency == Urgency.SAME_DAY
    assert "rule.swelling_increasing" in fired(decision)


def test_the_same_swelling_that_only_falls_is_expected() -> None:
    """The same answer on the same day is expected when every check-in before it was worse."""
    story = [said(1, swelling={"level": "severe", **BOTH}), said(5, swelling={"level": "moderate", **BOTH})]
    assert decided(*story).urgency == Urgency.SELF_CARE


def test_swelling_that_was_gone_and_is_back_is_seen_today() -> None:
    """Swelling that was gone and has come back after day 3 is seen the same day, however little."""
    story = [said(1, swelling={"level": "mild", **BOTH}), said(4), said(6, swelling={"level": "mild", **BOTH})]
    assert observed(*story)[-1]["swelling.course"] == "back"
    assert decided(*story).urgency == Urgency.SAME_DAY


def test_swelling_that_begins_late_is_seen_today() -> None:
    """Swelling that was never there and begins in the second week is seen the same day."""
    story = [said(3), said(9, swelling={"level": "mild", **BOTH})]
    assert observed(*story)[-1]["swelling.course"] == "new"
    assert decided(*story).urgency == Urgency.SAME_DAY


def test_an_increase_in_the_first_days_is_expected() -> None:
    """Swelling may increase until day 3, when it is at its peak."""
    story = [said(1, swelling={"level": "mild", **BOTH}), said(3, swelling={"level": "moderate", **BOTH})]
    assert decided(*story).urgency == Urgency.SELF_CARE


def test_the_history_is_believed_over_a_better_memory() -> None:
    """Whoever says that it gets better, and ticks more than last time, is getting worse."""
    story = [said(3, pain={"level": "mild", **BOTH}), said(6, pain=easing("moderate", "both"))]
    assert observed(*story)[-1]["pain.course"] == "worse"
    assert decided(*story).urgency == Urgency.SAME_DAY


def test_a_word_of_worse_is_always_believed() -> None:
    """Whoever ticks the same as last time, or less, and says that it is worse, is believed."""
    story = [said(3, pain={"level": "moderate", **BOTH}), said(6, pain={"level": "mild", "trend": "worse", **BOTH})]
    assert decided(*story).urgency == Urgency.SAME_DAY


def test_a_check_in_left_unanswered_is_no_day_without_the_sign() -> None:
    """A question left open in between is not "gone": what comes after is compared with the last answer."""
    story = [said(1, swelling="moderate"), said(2, swelling=UNKNOWN), said(5, swelling="mild")]
    assert observed(*story)[-1]["swelling.course"] == "better"


def test_three_calls_within_three_days_are_answered_by_a_call() -> None:
    """A patient who checks in again and again without being asked is called, though every answer is no."""
    decision = decided(*(said(9) for _ in range(3)))
    assert decision.urgency == Urgency.ROUTINE
    assert fired(decision) == {"rule.repeated_contact"}
    assert decided(said(9), said(9)).urgency == Urgency.SELF_CARE


def test_check_ins_that_were_due_are_no_repeated_contact() -> None:
    """Answering every check-in that was asked for is never repeated contact."""
    assert decided(*(said(day) for day in range(9))).urgency == Urgency.SELF_CARE


def test_the_order_in_which_check_ins_arrive_means_nothing() -> None:
    """A check-in that is sent late takes its place by its day; the decision is that on the latest day."""
    first, second = said(1, pain={"level": "severe", **BOTH}), said(6, pain={"level": "mild", **BOTH})
    assert decided(second, first).findings == decided(first, second).findings
    assert decided(second, first).day == 6


def test_a_day_is_a_day_of_the_calendar() -> None:
    """Day 1 begins at midnight where the patient is, though only hours have passed since the procedure."""
    evening: Raw = {"at": "2026-03-28T22:00", "timezone": "Europe/Berlin"}
    assert decided(said("2026-03-28T23:59"), **evening).day == 0
    assert decided(said("2026-03-29T00:01"), **evening).day == 1
