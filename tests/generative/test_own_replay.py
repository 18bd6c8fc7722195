"""Which check-ins two versions could decide differently: whatever is passed over is decided alike by both."""

import random
from typing import Any

import pytest

from afterthread.clinic.knowledge import build
from afterthread.clinic.queries.protocol.differ import Difference
from afterthread.clinic.queries.protocol.shift import decisions
from afterthread.engine.case import read_case
from afterthread.engine.history import due_days
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
    days = sorted(dice.sample(range(45), dice.randrange(1, 8)))
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
    """In every recovery without a touched check-in, both versions find the same, with the same urgency."""
    dice, untouched, differing = random.Random(seed), 0, 0
    new = built(dice)
    difference = Difference(OLD, new)
    for _ in range(150):
        said = diary(dice)
        told = [{key: one[key] for key in one} for one in said]
        modifiers = {id: dice.choice(("yes", "no", "unknown")) for id in OLD["modifier"]}
        case = read_case(OLD, {"procedure": {"modifiers": modifiers}, "checkins": told})
        shifts = list(decisions(OLD, new, case))
        touched = [difference.touches(one["day"], one) for one in said]
        for shift in shifts:
            if due_days(OLD) == due_days(new):
                assert touched[shift.at], f"{shift} in {said[shift.at]}"
        assert any(touched) or not shifts
        untouched += not any(touched)
        differing += bool(shifts)
    assert untouched or due_days(OLD) != due_days(new)
    assert differing
