"""What was not answered is never taken for no."""

import pytest

from afterthread.protocol import UNKNOWN, Urgency, shipped
from tests.lib.story import decided, easing, said

PROTOCOL = shipped()
QUESTIONS = sorted(PROTOCOL["question"])


def test_an_empty_check_in_does_not_reassure() -> None:
    """A check-in without a single answer is not "care at home"; the clinic looks within a day or two."""
    decision = decided(said(3, otherwise=UNKNOWN))
    assert decision.urgency == Urgency.ROUTINE
    assert not decision.findings


def test_an_empty_check_in_says_what_could_be_behind_it() -> None:
    """What was not asked may be an emergency, and the decision says so, naming every danger sign."""
    decision = decided(said(3, otherwise=UNKNOWN))
    assert decision.could_be == Urgency.EMERGENCY
    flags = {question.id for question in PROTOCOL["question"].values() if question.red_flag}
    assert flags <= {change.variable for change in decision.unanswered}


def test_the_first_advice_is_to_answer_what_is_missing() -> None:
    """When a missing answer is all that stands against care at home, the patient is first asked for it."""
    assert decided(said(3, otherwise=UNKNOWN)).do[0] == "answer_missing"


@pytest.mark.parametrize("id", QUESTIONS)
def test_an_open_question_never_ranks_below_no(id: str) -> None:
    """For every question: leaving it open never gives a calmer decision than answering no."""
    for day in (0, 5, 30, 400):
        assert decided(said(day, **{id: UNKNOWN})).urgency >= decided(said(day, **{id: "no"})).urgency


@pytest.mark.parametrize("id", QUESTIONS)
def test_a_question_that_could_matter_is_named(id: str) -> None:
    """For every question: left open, it is listed as not answered."""
    assert decided(said(5, **{id: UNKNOWN})).open == (id,)


def test_none_of_these_closes_a_question() -> None:
    """A patient who saw all questions and chose "none of these" has answered them."""
    decision = decided(said(3, bruise="mild"))
    assert decision.urgency == Urgency.SELF_CARE
    assert not decision.open


def test_a_silence_that_can_change_nothing_costs_nothing() -> None:
    """An open question that could not make the decision graver is mentioned and does not raise it."""
    decision = decided(said(5, discharge="pus", fever=UNKNOWN))
    assert decision.urgency == Urgency.SAME_DAY
    assert decision.open == ("fever",)
    assert not decision.unanswered


def test_an_unknown_side_is_not_both_sides() -> None:
    """Swelling whose side nobody told may be one-sided, so it is not yet care at home."""
    assert decided(said(3, swelling=easing("mild", "both"))).urgency == Urgency.SELF_CARE
    decision = decided(said(3, swelling=easing("mild")))
    assert decision.urgency == Urgency.ROUTINE
    assert "swelling.side" in {change.variable for change in decision.unanswered}


def test_an_unknown_trend_is_not_improvement() -> None:
    """Clear swelling in the second week that is not known to get better is not yet care at home."""
    assert decided(said(9, swelling=easing("moderate", "both"))).urgency == Urgency.SELF_CARE
    assert decided(said(9, swelling={"level": "moderate", "side": "both"})).urgency == Urgency.ROUTINE


def test_own_words_are_read_by_a_person() -> None:
    """Free text is never interpreted: somebody reads it, and it can only raise the urgency."""
    assert decided(said(5)).urgency == Urgency.SELF_CARE
    decision = decided(said(5, words="All is well, thank you."))
    assert decision.urgency == Urgency.ROUTINE
    assert "clinic_reads" in decision.do
    assert decided(said(5, breathing="yes", words="It is nothing.")).urgency == Urgency.EMERGENCY
