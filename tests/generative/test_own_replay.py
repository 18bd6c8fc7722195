"""What two versions say differently: whatever is passed over is decided alike by both, and has the same days."""

import random
from dataclasses import replace
from typing import Any

import pytest

from afterthread.clinic.knowledge import build
from afterthread.clinic.queries.protocol.differ import Difference
from afterthread.clinic.queries.protocol.shift import dates, decisions
from afterthread.engine.case import read_case
from afterthread.engine.history import observe
from afterthread.engine.plan import Plan, plan
from afterthread.engine.triage import weigh
from afterthread.protocol.load import ProtocolError, shipped
from afterthread.protocol.model import Protocol

OLD = shipped()
URGENCIES = ("routine", "same_day", "emergency")


def overlay(dice: random.Random) -> dict[str, Any]:
    """A few changes of any kind that a clinic may try."""
    courses, rules = dice.sample(sorted(OLD["course"]), 3), dice.sample(sorted(OLD["rule"]), 3)
    course = {
        id: {"until": {one: dice.randrange(40) for one in OLD["course"][id].until}, "past": dice.choice(URGENCIES)}
        for id in courses
    }
    days = sorted(dice.sample(range(40), 8))
    step = {"step": {"checkin": {"days": days}}} if dice.random() < 0.3 else {}
    return {"course": course, "rule": {id: {"urgency": dice.choice(URGENCIES[:2])} for id in rules}, **step}


def diary(dice: random.Random) -> list[dict[str, Any]]:
    """Check-ins with a few answers, often about what changes, most with the rest closed."""
    days = sorted(dice.choices(range(dice.choice((8, 45))), k=dice.randrange(1, 8)))
    said = []
    for day in days:
        asked = dice.sample(sorted(OLD["question"]), dice.randrange(0, 5))
        answers = {id: {"level": dice.choice(OLD.variables[id])} for id in asked}
        said.append({"answers": answers, **({"otherwise": "no"} if dice.random() < 0.8 else {}), "day": day})
    return said


def built(dice: random.Random) -> Protocol:
    """A protocol with a random overlay; one that cannot be built is thrown away."""
    while True:
        try:
            return build({**overlay(dice), "id": "mine", "author": "Somebody"})
        except ProtocolError:
            continue


@pytest.mark.parametrize("seed", range(12))
def test_it_passes_over_nothing_that_differs(seed: int) -> None:
    """Of every check-in that is not touched, both versions find the same, with the same urgency."""
    dice, untouched, differing = random.Random(seed), 0, 0
    new = built(dice)
    difference = Difference(OLD, new)
    for _ in range(150):
        said = diary(dice)
        told = [{key: one[key] for key in one} for one in said]
        modifiers = {id: dice.choice(("yes", "no", "unknown")) for id in OLD["modifier"]}
        case = read_case(OLD, {"procedure": {"modifiers": modifiers}, "checkins": told})
        shifts = list(decisions(OLD, new, case))
        touched = difference.touched([(one["day"], one) for one in said])
        for shift in shifts:
            assert shift.at in touched, f"{shift} in {said[shift.at]}"
        assert list(decisions(OLD, new, case, among=touched)) == shifts
        untouched += len(said) - len(touched)
        differing += bool(shifts)
    assert untouched
    assert differing


@pytest.mark.parametrize("seed", range(6))
def test_it_decides_each_as_its_own_protocol_does(seed: int) -> None:
    """What is said of a check-in before and after is what the engine says under each of the two, asked by itself."""
    dice = random.Random(seed)
    new = changed_modifier(OLD) if seed == 0 else built(dice)
    differing = 0
    for _ in range(60):
        modifiers = {id: dice.choices(("yes", "no", "unknown"), (1, 30, 1))[0] for id in OLD["modifier"]}
        told: dict[str, Any] = {"procedure": {"modifiers": modifiers, "age": 44}, "checkins": diary(dice)}
        case = read_case(OLD, told)
        both = zip(observe(OLD, case), observe(new, case), strict=True)
        expected = [(weigh(OLD, one), weigh(new, other)) for one, other in both]
        found = {shift.at: (shift.before, shift.after) for shift in decisions(OLD, new, case)}
        for at, (was, now) in enumerate(expected):
            assert found.get(at, (was.urgency, was.urgency)) == (was.urgency, now.urgency)
            assert at in found or was.findings.keys() == now.findings.keys()
        said = [(one["day"], one) for one in told["checkins"]]
        assert found.keys() <= {*Difference(OLD, new).touched(said)}
        differing += bool(found)
    assert differing


def changed_modifier(protocol: Protocol) -> Protocol:
    """The same, but in which everybody is old; no clinic can change that, but another shipped version can."""
    entries = {id: replace(one, age_from=1 if one.age_from else 0) for id, one in protocol["modifier"].items()}
    return replace(protocol, entries={**protocol.entries, "modifier": entries})


@pytest.mark.parametrize("seed", range(12))
def test_it_dates_what_differs_as_whole_plans_do(seed: int) -> None:
    """The changed days of a plan are those by which the two whole plans differ, in the same order."""
    dice, differing = random.Random(seed), 0
    new = changed_modifier(OLD) if seed == 0 else built(dice)
    for _ in range(10):
        modifiers = {id: dice.choice(("yes", "no", "unknown")) for id in OLD["modifier"]}
        placed = {"at": f"2026-03-{dice.randrange(10, 31)}T{dice.randrange(10, 24)}:30:00+01:00", "age": 44}
        procedure = read_case(OLD, {"procedure": {**placed, "modifiers": modifiers}}).procedure
        was, now = spans(plan(OLD, procedure)), spans(plan(new, procedure))
        different = [key for key in dict.fromkeys([*was, *now]) if was.get(key) != now.get(key)]
        found = dates(OLD, new, procedure)
        assert [(one.entry, one.answer) for one in found] == different
        assert [(one.was, one.now) for one in found] == [(was.get(key, ()), now.get(key, ())) for key in different]
        differing += bool(found)
    assert differing


def spans(made: Plan) -> dict[tuple[str, str], tuple[tuple[int, int | None], ...]]:
    """The days of everything in a plan."""
    found: dict[tuple[str, str], tuple[tuple[int, int | None], ...]] = {}
    for item in made.items:
        found[item.step, ""] = (*found.get((item.step, ""), ()), (item.first_day, item.end_day))
    return found | {
        (f"course.{one.question}", answer): ((0, until),)
        for one in made.expected
        for answer, until in one.until.items()
    }  # fmt: skip
