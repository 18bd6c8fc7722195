"""What cannot wait, on any day, for years."""

import pytest

from afterthread.protocol import UNKNOWN, Urgency, shipped
from tests.lib.story import Raw, decided, easing, said

PROTOCOL = shipped()
DAYS = (0, 1, 9, 400, 3650)
RED_FLAGS = [question.id for question in PROTOCOL["question"].values() if question.red_flag]


@pytest.mark.parametrize("id", RED_FLAGS)
def test_every_danger_sign_alone_is_an_emergency(id: str) -> None:
    """Every danger sign is an emergency by itself, on the day of the procedure and ten years later."""
    assert {decided(said(day, **{id: "yes"})).urgency for day in DAYS} == {Urgency.EMERGENCY}


@pytest.mark.parametrize("id", RED_FLAGS)
def test_an_emergency_is_an_emergency_though_nothing_else_was_answered(id: str) -> None:
    """A danger sign counts at once; no other question has to be answered first."""
    assert decided(said(3, otherwise=UNKNOWN, **{id: "yes"}), modifiers={}).urgency == Urgency.EMERGENCY


@pytest.mark.parametrize("id", RED_FLAGS)
def test_an_emergency_says_to_call_an_ambulance_and_nothing_calmer(id: str) -> None:
    """The first thing said is to call an ambulance, and no advice for smaller things stands beside it."""
    decision = decided(said(5, bruise="mild", swelling=easing("mild", "both"), **{id: "yes"}))
    assert decision.do[0] == "call_ambulance"
    assert {"wait_and_watch", "contact_clinic_soon", "contact_clinic_today", "cold_pack"}.isdisjoint(decision.do)


@pytest.mark.parametrize("id", RED_FLAGS)
def test_nobody_is_shown_how_to_answer_an_emergency_away(id: str) -> None:
    """With an emergency it is never said which other answer would make it less."""
    assert decided(said(5, **{id: "yes"})).would_lower is None


def test_weals_with_faintness_are_an_emergency() -> None:
    """Weals are seen the same day; with faintness they are an emergency."""
    assert decided(said(0, hives="local")).urgency == Urgency.SAME_DAY
    assert decided(said(0, hives="local", faintness="yes")).urgency == Urgency.EMERGENCY


def test_weals_all_over_in_the_first_day_are_an_emergency() -> None:
    """Weals all over the body within 24 hours are not waited upon."""
    assert decided(said(0, hives="widespread")).urgency == Urgency.EMERGENCY
    assert decided(said(2, hives="widespread")).urgency == Urgency.SAME_DAY


def test_spreading_redness_is_worse_with_fever() -> None:
    """Redness that spreads is seen the same day; with fever it is an emergency."""
    assert decided(said(6, redness_spreading="yes")).urgency == Urgency.SAME_DAY
    assert decided(said(6, redness_spreading="yes", fever="yes")).urgency == Urgency.EMERGENCY


def test_spreading_redness_at_the_eye_is_an_emergency() -> None:
    """Redness that spreads and reaches the eye, or starts from threads near it, is an emergency."""
    near: Raw = {"modifiers": {"periocular_threads": "yes", "otherwise": "no"}}
    assert decided(said(6, redness_spreading="yes", redness_near_eye="yes")).urgency == Urgency.EMERGENCY
    assert decided(said(6, redness_spreading="yes"), **near).urgency == Urgency.EMERGENCY


def test_skin_that_turns_white_or_grey_need_not_hurt() -> None:
    """Skin that turns white, mottled or grey is an emergency with pain and without."""
    assert decided(said(1, skin_colour="yes", pain="no")).urgency == Urgency.EMERGENCY


@pytest.mark.parametrize(
    "answers",
    [
        {"fever": "yes", "swelling": "mild"},
        {"fluctuance": "yes"},
        {"growth_one_side": "yes"},
        {"lump_pulsating": "yes"},
        {"ear_swelling": "yes"},
        {"eye_closure": "yes"},
        {"wound": "yes"},
        {"thread_out": "yes", "redness": "mild"},
        {"antibiotics_failed": "yes", "nodules": "yes"},
    ],
    ids=" with ".join,
)
def test_what_must_be_seen_today_is_seen_today_even_after_years(answers: dict[str, str]) -> None:
    """Fever with a local sign, a soft or pulsating lump, one-sided growth, saliva, wounds: the same day, for years."""
    assert all(decided(said(day, **answers)).urgency >= Urgency.SAME_DAY for day in (3, 40, 1000))
