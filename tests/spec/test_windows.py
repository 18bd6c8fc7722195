"""What is normal, and until which day."""

import pytest

from afterthread.protocol import Urgency, shipped
from tests.lib.story import Raw, decided, easing, fired, said

PROTOCOL = shipped()


@pytest.mark.parametrize("day", [1, 3, 14])
def test_some_swelling_on_both_sides_is_expected_for_two_weeks(day: int) -> None:
    """Mild or clear swelling on both sides that gets better is expected until day 14."""
    assert decided(said(day, swelling=easing("moderate", "both"))).urgency == Urgency.SELF_CARE


def test_swelling_after_two_weeks_is_shown_to_the_clinic() -> None:
    """From day 15 even a little swelling is past its window, and the clinic looks within a day or two."""
    decision = decided(said(15, swelling=easing("mild", "both")))
    assert decision.urgency == Urgency.ROUTINE
    assert {"prolonged_swelling", "infection"} <= {*decision.suspects}


def test_strong_swelling_is_expected_for_one_week_only() -> None:
    """Strong swelling is expected until day 7 and not on day 8."""
    assert decided(said(7, swelling=easing("severe", "both"))).urgency == Urgency.SELF_CARE
    assert decided(said(8, swelling=easing("severe", "both"))).urgency == Urgency.ROUTINE


def test_a_bruise_is_expected_for_two_weeks() -> None:
    """A bruise is expected until day 14, however large."""
    assert decided(said(14, bruise=easing("severe"))).urgency == Urgency.SELF_CARE
    assert decided(said(15, bruise=easing("mild"))).urgency == Urgency.ROUTINE


def test_clear_pain_is_expected_for_a_week() -> None:
    """Clear pain on both sides is expected until day 7; twinges may last until day 14."""
    assert decided(said(7, pain=easing("moderate", "both"))).urgency == Urgency.SELF_CARE
    assert decided(said(8, pain=easing("moderate", "both"))).urgency == Urgency.ROUTINE
    assert decided(said(14, pain=easing("mild", "both"))).urgency == Urgency.SELF_CARE


@pytest.mark.parametrize("day", [0, 1, 3, 7])
def test_severe_pain_is_expected_on_no_day(day: int) -> None:
    """Severe pain is seen the same day, even on the day of the procedure."""
    assert decided(said(day, pain=easing("severe", "both"))).urgency == Urgency.SAME_DAY


@pytest.mark.parametrize("day", [0, 1, 3, 7])
def test_strong_redness_is_expected_on_no_day(day: int) -> None:
    """Strong redness is seen the same day, however early."""
    assert decided(said(day, redness=easing("severe"))).urgency == Urgency.SAME_DAY


def test_a_crooked_smile_is_excused_only_by_the_anaesthetic() -> None:
    """A changed smile is expected in the first 24 hours, while the anaesthetic acts; afterwards it is seen today."""
    evening: Raw = {"at": "2026-03-16T14:30", "timezone": "Europe/Berlin"}
    within = decided(said("2026-03-17T14:00", expression="mild"), **evening)
    after = decided(said("2026-03-17T15:00", expression="mild"), **evening)
    assert (within.urgency, after.urgency) == (Urgency.SELF_CARE, Urgency.SAME_DAY)


def test_pus_is_expected_on_no_day() -> None:
    """Clear drops at the punctures are expected for two days; pus never is, and is seen the same day."""
    assert decided(said(2, discharge="clear")).urgency == Urgency.SELF_CARE
    assert decided(said(3, discharge="clear")).urgency == Urgency.ROUTINE
    assert decided(said(1, discharge="pus")).urgency == Urgency.SAME_DAY


def test_dimples_are_given_three_weeks() -> None:
    """A dimple is given until day 21 to smooth out."""
    assert decided(said(21, dimple=easing("mild"))).urgency == Urgency.SELF_CARE
    assert decided(said(22, dimple=easing("mild"))).urgency == Urgency.ROUTINE


@pytest.mark.parametrize("id", sorted(PROTOCOL["course"]))
def test_nothing_is_expected_past_its_window(id: str) -> None:
    """For every sign: the day after its window it is called past, somebody looks, and the decision says since when."""
    for answer, until in PROTOCOL["course"][id].until.items():
        decision = decided(said(until + 1, **{id: answer}))
        found = {finding.entry: finding for finding in decision.findings}[f"course.{id}"]
        assert (found.status, found.until) == ("past", until)
        assert decision.urgency >= Urgency.ROUTINE


def test_a_day_without_signs_needs_nobody() -> None:
    """Somebody who answers every question with no is cared for at home, with nothing to explain."""
    decision = decided(said(5))
    assert decision.urgency == Urgency.SELF_CARE
    assert not fired(decision)
