"""What a person or a procedure brings along."""

import pytest

from afterthread.protocol import UNKNOWN, Urgency, shipped
from tests.lib.story import Raw, decided, easing, fired, said

PROTOCOL = shipped()
RAISING = sorted(modifier.id for modifier in PROTOCOL["modifier"].values() if modifier.raises)
THREAD = {"zone": "cheek", "kind": "mono", "material": "pdo"}


def having(**modifiers: str) -> Raw:
    """A procedure on a person of whom this is known, and all else is denied."""
    return {"modifiers": {"otherwise": "no", **modifiers}}


@pytest.mark.parametrize("id", RAISING)
def test_a_risk_makes_routine_the_same_day(id: str) -> None:
    """For every risk: what would otherwise wait a day or two is seen the same day, and the decision names the risk."""
    calm, raised = decided(said(3, fever="yes")), decided(said(3, fever="yes"), **having(**{id: "yes"}))
    assert (calm.urgency, raised.urgency) == (Urgency.ROUTINE, Urgency.SAME_DAY)
    assert [finding.raised_by for finding in raised.findings] == [(id,)]


@pytest.mark.parametrize("id", RAISING)
def test_a_risk_alone_is_no_reason_to_worry(id: str) -> None:
    """For every risk: a person without signs, or with an expected bruise, stays at home all the same."""
    assert decided(said(3), **having(**{id: "yes"})).urgency == Urgency.SELF_CARE
    assert decided(said(3, bruise=easing("mild")), **having(**{id: "yes"})).urgency == Urgency.SELF_CARE


def test_two_risks_raise_once() -> None:
    """Several risks raise what is routine to the same day, and never to an emergency."""
    risks = having(diabetes="yes", immunosuppressed="yes", nose_threads="yes")
    decision = decided(said(3, fever="yes"), **risks)
    assert decision.urgency == Urgency.SAME_DAY
    assert {*decision.findings[0].raised_by} == {"diabetes", "immunosuppressed", "nose_threads"}


def test_dissatisfaction_is_answered_and_not_rushed() -> None:
    """Whoever dislikes the result is answered within a day or two, with a risk and without."""
    assert decided(said(60, result_disliked="yes"), **having(diabetes="yes")).urgency == Urgency.ROUTINE


@pytest.mark.parametrize("id", RAISING)
def test_an_unknown_risk_is_not_an_absent_one(id: str) -> None:
    """For every risk: when nobody asked for it, the decision says that it could raise what was found."""
    decision = decided(said(3, fever="yes"), **having(**{id: UNKNOWN}))
    assert decision.urgency == Urgency.ROUTINE
    assert [(change.variable, change.urgency) for change in decision.unanswered] == [(id, Urgency.SAME_DAY)]


def test_easy_bruising_gives_a_bruise_a_third_week() -> None:
    """In people who bruise easily a bruise is expected until day 21."""
    assert decided(said(21, bruise=easing("mild")), **having(bruise_prone="yes")).urgency == Urgency.SELF_CARE
    assert decided(said(22, bruise=easing("mild")), **having(bruise_prone="yes")).urgency == Urgency.ROUTINE


def test_barbed_threads_may_twinge_for_four_weeks() -> None:
    """After threads with barbs, cones or knots a little pain is expected until day 28 instead of day 14."""
    told = said(28, pain=easing("mild", "both"))
    assert decided(told, threads=[THREAD | {"kind": "cog"}]).urgency == Urgency.SELF_CARE
    assert decided(told, threads=[THREAD]).urgency == Urgency.ROUTINE


def test_the_nose_is_given_less_time() -> None:
    """After threads in the nose swelling is expected for one week only, and then seen the same day."""
    told = said(8, swelling=easing("mild", "both"))
    assert decided(told).urgency == Urgency.SELF_CARE
    assert decided(told, threads=[THREAD | {"zone": "nose"}]).urgency == Urgency.SAME_DAY


def test_what_is_not_known_never_lengthens_and_always_shortens_a_window() -> None:
    """Nobody is given a longer window by a silence, and a shorter one applies until it is denied."""
    bruise, swelling = said(15, bruise=easing("mild")), said(8, swelling=easing("mild", "both"))
    assert decided(bruise, **having(bruise_prone=UNKNOWN)).urgency == Urgency.ROUTINE
    assert decided(swelling, **having(nose_threads=UNKNOWN)).urgency == Urgency.ROUTINE


@pytest.mark.parametrize(
    ("record", "id"),
    [
        ({"age": 51}, "age_over_50"),
        ({"zones": ["neck"]}, "neck_threads"),
        ({"threads": [THREAD | {"zone": "periocular"}]}, "periocular_threads"),
        ({"threads": [THREAD | {"material": "gold"}]}, "non_absorbable"),
        ({"threads": [THREAD | {"material": UNKNOWN}]}, "non_absorbable"),
    ],
    ids=["age", "zone", "zone of a thread", "gold", "material not recorded"],
)
def test_the_record_speaks_for_itself(record: Raw, id: str) -> None:
    """Age, zones and material count from the record of the procedure, even where the question was answered no."""
    decision = decided(said(3, fever="yes"), **record)
    assert decision.findings[0].raised_by == (id,)


def test_twenty_threads_are_many() -> None:
    """From twenty threads on a little redness is given three more days, whoever counted them."""
    told = said(10, redness=easing("mild"))
    assert decided(told, threads=[THREAD | {"count": 20}]).urgency == Urgency.SELF_CARE
    assert decided(told, threads=[THREAD | {"count": 19}]).urgency == Urgency.ROUTINE


def test_filler_in_the_same_session_makes_numbness_urgent() -> None:
    """Numbness on the day after filler and threads may be a blocked vessel and is seen the same day."""
    decision = decided(said(1, numbness=easing("mild")), **having(filler_same_session="yes"))
    assert decision.urgency == Urgency.SAME_DAY
    assert "rule.numb_critical" in fired(decision)
    assert decided(said(1, numbness=easing("mild"))).urgency == Urgency.SELF_CARE
