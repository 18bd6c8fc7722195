"""Enumeration and z3 give the same verdict on the same property, of the shipped protocol and of broken ones."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import z3
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from afterthread.protocol import Protocol, Urgency, shipped
from afterthread.protocol.model import Box, Days
from afterthread.verify.artefact import compile_protocol
from afterthread.verify.properties import PROPERTIES, Subject
from bench.mutation import Mutant, mutants
from tests.lib.edit import changed, without
from tests.lib.judge import Judge, rulings

PROTOCOL = shipped()
HOLDS = {sentence.__name__: sentence for sentence in PROPERTIES}


def proved(protocol: Protocol, name: str) -> bool:
    """The verdict by enumeration."""
    return not any(HOLDS[name](Subject(protocol)))


def box(days: Days | None = None, **where: str) -> tuple[Box, ...]:
    """One alternative."""
    return (Box({name.replace("__", "."): frozenset({value}) for name, value in where.items()}, days or Days()),)


def rule(key: str, **fields: Any) -> Protocol:
    """The shipped protocol with one rule changed."""
    return changed(PROTOCOL, f"rule.{key}", **fields)


NEVER = "every_red_flag_alone_is_an_emergency"
BROKEN: dict[str, tuple[str, Protocol]] = {
    "red flag without a rule": (NEVER, without(PROTOCOL, "rule.vision")),
    "red flag only for two weeks": (NEVER, rule("bleeding", when=box(Days(0, 14), bleeding="yes"))),
    "red flag of lower urgency": (NEVER, rule("throat", urgency=Urgency.SAME_DAY)),
    "severe pain calmer than moderate": (
        "worse_never_lowers_urgency",
        rule("pain_severe", when=box(pain="moderate")),
    ),
    "a risk that calms": (
        "worse_never_lowers_urgency",
        rule("cold_sore", when=box(cold_sore="yes", diabetes="no")),
    ),
    "no worth more than unknown": (
        "unknown_never_ranks_below_no",
        rule("fever_alone", when=box(fever="no", pain="mild")),
    ),
    "a sign nobody speaks of": ("every_finding_is_explained", without(PROTOCOL, "rule.hair_loss")),
    "a gap on day 0": ("every_finding_is_explained", rule("dark_marks", when=box(Days(1), dark_marks="yes"))),
    "a rule always swallowed": ("every_rule_can_fire", rule("cold_sore", when=box(cold_sore="yes", throat="yes"))),
    "a rule beyond the horizon": ("every_rule_can_fire", rule("cold_sore", when=box(Days(9_000), cold_sore="yes"))),
    "a window with nothing after it": (
        "nothing_is_expected_past_its_window",
        changed(PROTOCOL, "course.bruise", past=Urgency.SELF_CARE),
    ),
    "silences worth nothing": ("silence_never_reassures", replace(PROTOCOL, unanswered=Urgency.SELF_CARE)),
}


@cache
def every_mutant() -> tuple[Mutant, ...]:
    """Every small way of breaking the shipped protocol."""
    return tuple(mutants(PROTOCOL))


@pytest.mark.parametrize("name", rulings(PROTOCOL))
def test_it_agrees_that_the_shipped_protocol_holds(name: str) -> None:
    """What enumeration proves, z3 does not refute."""
    assert proved(PROTOCOL, name)
    assert rulings(PROTOCOL)[name]()


@pytest.mark.parametrize("how", BROKEN)
def test_it_agrees_that_a_broken_protocol_fails(how: str) -> None:
    """What enumeration refutes, z3 refutes too."""
    name, broken = BROKEN[how]
    assert not proved(broken, name)
    assert not rulings(broken)[name]()


@settings(max_examples=max(settings().max_examples // 5, 10), phases=[Phase.generate])
@given(data=st.data(), name=st.sampled_from(sorted(rulings(PROTOCOL))))
def test_it_agrees_on_random_mutants(data: st.DataObject, name: str) -> None:
    """Whatever is broken in a small way, both find it broken or both do not."""
    mutant = data.draw(st.sampled_from(every_mutant()))
    broken = mutant.of(PROTOCOL)
    assert rulings(broken)[name]() == proved(broken, name), str(mutant)


def test_it_shows_a_counterexample_that_the_engine_confirms() -> None:
    """The day and answers z3 names lead the boxes to what it says."""
    broken = rule("bleeding", when=box(Days(0, 14), bleeding="yes"))
    artefact = compile_protocol(broken)
    found = Judge(artefact).red_flag_without_emergency("bleeding")
    assert found is not None
    day = found.pop("day")
    assert isinstance(day, int)
    assert day > 14
    assert artefact.decide(day, {name: str(value) for name, value in found.items()})[0] < Urgency.EMERGENCY


class Undecided:
    """A solver that gives up."""

    def push(self) -> None:
        pass

    def pop(self) -> None:
        pass

    def add(self, *conditions: object) -> None:
        pass

    def check(self) -> object:
        return z3.unknown

    def reason_unknown(self) -> str:
        return "out of time"


def test_it_refuses_to_guess() -> None:
    """A question z3 cannot answer is an error, never a verdict."""
    judge = Judge(compile_protocol(PROTOCOL))
    judge.solver = Undecided()
    with pytest.raises(RuntimeError, match="cannot tell: out of time"):
        judge.finding_without_word("fever")
