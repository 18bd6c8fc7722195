"""Silence never reassures."""

import pytest

from afterthread.protocol import Urgency
from tests.lib.story import decided, easing, fired, said


def test_a_missed_check_in_is_followed_by_a_call() -> None:
    """When a check-in that was due did not come, the clinic calls within a day or two, however well all went before."""
    decision = decided(said(1), as_of=4)
    assert decision.urgency == Urgency.ROUTINE
    assert "clinic_calls" in decision.do


def test_silence_after_a_bad_day_is_looked_at_today() -> None:
    """When the last thing heard was a same-day sign, the silence after it is a same-day matter."""
    decision = decided(said(3, discharge="pus"), as_of=5)
    assert decision.urgency == Urgency.SAME_DAY
    assert "rule.silence_after_bad_day" in fired(decision)


def test_silence_after_an_emergency_stays_an_emergency() -> None:
    """When the last thing heard was an emergency, it stays one until somebody has spoken to the patient."""
    assert decided(said(3, breathing="yes"), as_of=400).urgency == Urgency.EMERGENCY


def test_somebody_who_was_never_heard_of_is_called() -> None:
    """A patient who never checked in is called; nothing is taken for granted about the day."""
    decision = decided(as_of=3)
    assert decision.urgency == Urgency.ROUTINE
    assert decision.could_be == Urgency.EMERGENCY


def test_a_check_in_that_is_due_today_is_not_yet_missed() -> None:
    """On the day on which a check-in is due there is still time; the last decision stands."""
    decision = decided(said(1, bruise=easing("mild")), as_of=2)
    assert decision.silence == "no"
    assert decision.urgency == Urgency.SELF_CARE


def test_days_without_a_check_in_are_no_silence() -> None:
    """Between two check-ins that are due nobody is missed."""
    assert decided(said(8), as_of=10).silence == "no"
    assert decided(said(8), as_of=11).silence == "missed"


def test_a_late_answer_ends_the_silence() -> None:
    """A late check-in is accepted as it is, and the decision is on what it says."""
    assert decided(said(1), as_of=7).urgency == Urgency.ROUTINE
    assert decided(said(1), said(7), as_of=7).urgency == Urgency.SELF_CARE


@pytest.mark.parametrize("as_of", [5, 30, 365, 3650])
def test_time_alone_never_calms(as_of: int) -> None:
    """However long a silence lasts, it is never less urgent than what was last heard."""
    for last in ({"discharge": "pus"}, {"breathing": "yes"}, {"fever": "yes"}):
        assert decided(said(3, **last), as_of=as_of).urgency >= decided(said(3, **last)).urgency
