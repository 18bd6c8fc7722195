"""Promises of safety on random cases: order means nothing, worse never lowers, and nothing lost lowers silently."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from afterthread.engine.case import CaseError, read_case
from afterthread.protocol import shipped
from afterthread.protocol.model import Box, Days
from bench import identity, loss, safety
from bench.wild import draw_case
from tests.lib.diary import cases
from tests.lib.edit import changed

PROTOCOL = shipped()
SEVERE_LEFT_OUT = changed(PROTOCOL, "rule.pain_severe", when=(Box({"pain": frozenset({"moderate"})}, Days(0)),))
"""Moderate pain is same-day and severe pain is not: a protocol in which worse lowers."""


def wild(seed: int) -> Any:
    """One case of the benchmark's own generator."""
    return draw_case(PROTOCOL, Random(seed))


@given(case=cases(PROTOCOL), seed=st.integers(1, 1_000_000))
def test_it_decides_the_same_in_any_order_of_rules(case: Any, seed: int) -> None:
    """Rules, their alternatives and windows in another order give the same bytes."""
    (own,) = identity.fingerprints(PROTOCOL, [case])
    (other,) = identity.fingerprints(identity.shuffled(PROTOCOL, seed), [case])
    assert own == other


def test_it_sees_a_decision_that_differs() -> None:
    """The fingerprint is of the whole decision: one more action shows."""
    case = {"checkins": [{"day": 3, "answers": {"fever": "yes"}, "otherwise": "no"}]}
    other = changed(PROTOCOL, "rule.fever_alone", do=(*PROTOCOL["rule"]["fever_alone"].do, "photo"))
    assert [*identity.fingerprints(PROTOCOL, [case])] != [*identity.fingerprints(other, [case])]


@pytest.mark.parametrize(
    "environment", [{"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}], ids=str
)
def test_it_decides_the_same_in_another_process(environment: dict[str, str]) -> None:
    """Hash seed, time zone and locale of the machine change nothing."""
    drawn = [wild(seed) for seed in range(40)]
    there = identity.run(identity.Setting("elsewhere", environment=tuple(environment.items())), drawn)
    assert there == [*identity.fingerprints(PROTOCOL, drawn)]


@given(case=cases(PROTOCOL), random=st.randoms(use_true_random=False))
def test_it_never_answers_worse_with_less(case: Any, random: Random) -> None:
    """No step to the worse, from anywhere, lowers the urgency."""
    read = read_case(PROTOCOL, case)
    assume(read.checkins)
    assert [step for step, lowered in safety.compare(PROTOCOL, read, random, 10) if lowered] == []


def test_it_notices_a_protocol_in_which_worse_is_less() -> None:
    """A rule for moderate pain that leaves severe pain out is found."""
    case = {"checkins": [{"day": 3, "answers": {"pain": "moderate"}, "otherwise": "no"}]}
    steps = safety.compare(SEVERE_LEFT_OUT, read_case(PROTOCOL, case), Random(1), 40)
    assert ("more_severe", True) in list(steps)


@given(case=cases(PROTOCOL, closed=False), random=st.randoms(use_true_random=False))
def test_it_never_loses_a_field_in_silence(case: Any, random: Random) -> None:
    """A field that is gone, null or of a wrong type is refused, or named, or lowers nothing."""
    case["procedure"].get("modifiers", {}).pop("otherwise", None)
    assume(not _contradicts(case))
    silent = [one for one in loss.lose(PROTOCOL, case, random, 5) if one.end == "silent"]
    assert silent == []


def _contradicts(case: Any) -> bool:
    """Whether the record and the asked modifiers, or zones and threads, say the same thing twice and differently."""
    procedure = case["procedure"]
    recorded = {"age", "zones", "threads"} & procedure.keys()
    return bool(recorded and procedure.get("modifiers")) or {"zones", "threads"} <= procedure.keys()


def test_it_notices_what_lowers_in_silence() -> None:
    """Where "none of these" speaks for the lost answer, losing it lowers in silence, and the measure says so."""
    case = {"procedure": {}, "checkins": [{"day": 20, "answers": {"swelling": "severe"}, "otherwise": "no"}]}
    ends = Counter(one.end for one in loss.lose(PROTOCOL, case, Random(1), 10) if one.path[-1] == "swelling")
    assert ends == {"silent": 1, "refused": 2}


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_it_draws_only_valid_cases(seed: int) -> None:
    """The benchmark's wild cases are wild but valid; otherwise it would measure refusals."""
    try:
        read_case(PROTOCOL, wild(seed))
    except CaseError as error:
        pytest.fail(str(error))
