"""Every property can fail: for each, a broken protocol that it refutes, with a check-in that shows the fault."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from afterthread.engine.case import read_case
from afterthread.engine.triage import Decision, triage
from afterthread.protocol import UNKNOWN, Protocol, Urgency, shipped
from afterthread.protocol.entry import Claim, Modifier, Rule, Step
from afterthread.protocol.model import Box, Days, Offset
from afterthread.verify import properties
from afterthread.verify.cases import load_cases
from afterthread.verify.compare import an_overlay_never_weakens_a_red_flag, compare
from afterthread.verify.properties import PROPERTIES, Property, Refutation, Subject, verify
from tests.lib.edit import changed, having, without

SOUND = shipped()


class Broken(NamedTuple):
    """A property, a protocol on which it fails, what is said of it, and what its check-in shows in the engine."""

    property: Property
    protocol: Protocol
    says: str
    shows: Callable[[Decision], bool] | None = None


def rule(id: str, urgency: Urgency, *boxes: Box, do: tuple[str, ...] = ("call_ambulance",)) -> Rule:
    """A rule of ours, never raised."""
    return Rule(id=id, when=boxes, urgency=urgency, raised=False, do=do, hazard="airway_lost", sources=("S001",))


def box(days: Days = Days(), **where: str) -> Box:  # noqa: B008 - a frozen value
    """A condition: ``pain="mild|severe"``; a double underscore stands for the dot."""
    return Box({name.replace("__", "."): frozenset(words.split("|")) for name, words in where.items()}, days)


def step(id: str, kind: str, topic: str, start: str, end: str, **more: tuple[str, ...]) -> Step:
    """A step of ours, in days or hours."""
    first, last = (Offset(int(text[:-1]), "h" if text.endswith("h") else "d") for text in (start, end))
    return Step(id=id, kind=kind, topic=topic, start=first, end=last, sources=("S001",), **more)  # type: ignore[arg-type]


def calm(decision: Decision) -> bool:
    """Whether nobody would look."""
    return decision.urgency == Urgency.SELF_CARE


def no_emergency(decision: Decision) -> bool:
    """Whether nobody would come at once."""
    return decision.urgency < Urgency.EMERGENCY


def twin_of(key: str, **fields: object) -> Protocol:
    """Another entry under the same id, which no folder can hold, so that it matters which of the two is met first."""
    section, _, id = key.partition(".")
    twin = replace(SOUND[section][id], **fields)
    return replace(SOUND, entries={**SOUND.entries, section: {**SOUND[section], "twin": twin}})


EMERGENCY, SAME_DAY, ROUTINE, SELF_CARE = Urgency.EMERGENCY, Urgency.SAME_DAY, Urgency.ROUTINE, Urgency.SELF_CARE

BROKEN: list[Broken] = [
    Broken(
        properties.every_finding_is_explained,
        without(SOUND, "rule.hair_loss"),
        "nothing speaks of hair_loss = yes",
        lambda decision: not decision.findings,
    ),
    Broken(
        properties.worse_never_lowers_urgency,
        having(SOUND, rule("odd", EMERGENCY, box(pain="mild"))),
        "pain: mild -> moderate lowers emergency of rule.odd",
        no_emergency,
    ),
    Broken(
        properties.worse_never_lowers_urgency,
        having(SOUND, rule("odd", EMERGENCY, box(swelling="severe", swelling__course="same"))),
        "swelling.course: same -> worse lowers emergency of rule.odd",
        no_emergency,
    ),
    Broken(
        properties.worse_never_lowers_urgency,
        having(SOUND, rule("odd", EMERGENCY, box(pain="severe", diabetes="no"))),
        "diabetes: no -> yes lowers emergency of rule.odd",
        no_emergency,
    ),
    Broken(
        properties.unknown_never_ranks_below_no,
        having(SOUND, rule("odd", EMERGENCY, box(pain="severe", fever="no"))),
        "fever: no -> unknown lowers emergency of rule.odd",
        no_emergency,
    ),
    Broken(
        properties.silence_never_reassures,
        replace(SOUND, unanswered=SELF_CARE),
        "a check-in on day 0 without any answer is self-care",
        calm,
    ),
    Broken(
        properties.silence_never_reassures,
        without(SOUND, "rule.silence_after_emergency"),
        "silence (after_emergency) on day 1 is less than emergency",
    ),
    Broken(
        properties.every_red_flag_alone_is_an_emergency,
        changed(SOUND, "rule.vision", urgency=SAME_DAY),
        "vision alone is no emergency",
        no_emergency,
    ),
    Broken(
        properties.every_red_flag_alone_is_an_emergency,
        changed(SOUND, "rule.vision", when=(box(Days(0, 3649), vision="yes"),)),
        "vision alone is no emergency (day 3650",
        no_emergency,
    ),
    Broken(
        properties.every_red_flag_alone_is_an_emergency,
        having(SOUND, *(replace(one, red_flag=False) for one in SOUND["question"].values())),
        "no question is a red flag",
    ),
    Broken(
        properties.nothing_is_expected_past_its_window,
        changed(SOUND, "course.discharge", past=SELF_CARE),
        "discharge = clear is past its window and still self-care",
        calm,
    ),
    Broken(
        properties.nothing_is_expected_past_its_window,
        changed(SOUND, "course.bruise", until={"mild": 3, "severe": 9}),
        "course.bruise: a worse answer is expected for longer than a milder one",
    ),
    Broken(
        properties.order_of_rules_means_nothing,
        twin_of("rule.breathing", urgency=ROUTINE),
        "routine becomes emergency when the rules are turned round",
        lambda decision: decision.urgency == ROUTINE,
    ),
    Broken(
        properties.every_rule_can_fire,
        having(SOUND, rule("odd", SAME_DAY, box(breathing="yes"))),
        "rule.odd: breathing = yes is always swallowed by a higher rule",
    ),
    Broken(
        properties.every_rule_can_fire,
        having(SOUND, rule("odd", EMERGENCY, box(Days(5), hives="local", first_24h="yes"))),
        "rule.odd: no patient can reach first_24h = yes",
    ),
    Broken(
        properties.every_claim_is_accounted_for,
        having(SOUND, Claim(id="X1", document="d", lines="1", category="course", says="A claim.")),
        "X1 is neither used nor set aside",
    ),
    Broken(
        properties.every_claim_is_accounted_for,
        changed(SOUND, "claim.S121", set_aside="vague", why="On purpose."),
        "S121 is set aside as vague, yet used by",
    ),
    Broken(
        properties.no_day_both_forbids_and_allows,
        having(SOUND, step("odd", "allowed", "sauna", "2d", "3d")),
        "step.sauna forbids what step.odd allows",
    ),
    Broken(
        properties.no_day_both_forbids_and_allows,
        having(SOUND, step("shut", "forbidden", "x", "0h", "48h"), step("open", "care", "x", "47h", "5d")),
        "step.shut forbids what step.open allows",
    ),
    Broken(
        properties.every_complication_can_be_suspected,
        having(SOUND, replace(SOUND["pathway"]["infection"], id="odd")),
        "pathway.odd is suspected by nothing",
    ),
    Broken(
        properties.every_modifier_matters,
        having(SOUND, Modifier(id="left_handed", sources=("S001",))),
        "modifier.left_handed is asked for nothing",
    ),
]


def refutations(broken: Broken) -> list[Refutation]:
    """What the property says of the broken protocol, and only what begins as expected."""
    return [one for one in broken.property(Subject(broken.protocol)) if broken.says in one.says]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.says[:40])
def test_it_refutes_a_broken_protocol(broken: Broken) -> None:
    """A protocol that breaks the property is caught, and told by name what is wrong."""
    assert refutations(broken)


@pytest.mark.parametrize("broken", [one for one in BROKEN if one.shows], ids=lambda broken: broken.says[:40])
def test_it_gives_a_check_in_that_shows_the_fault(broken: Broken) -> None:
    """The check-in beside the refutation can be run, and the engine then does what should never be done."""
    cases = [one.case for one in refutations(broken) if one.case is not None]
    assert cases
    assert broken.shows is not None
    assert all(broken.shows(triage(broken.protocol, read_case(broken.protocol, case))) for case in cases)


def test_it_knows_a_broken_protocol_for_every_property() -> None:
    """Nobody adds a property that has not been seen to fail."""
    seen = {one.property for one in BROKEN} | {properties.every_rule_has_a_case}
    assert seen == set(PROPERTIES)


def test_it_misses_cases() -> None:
    """Without worked cases, every rule and every window is named; with all but one, that one."""
    count = len(SOUND["rule"]) + len(SOUND["course"])
    assert len([*properties.every_rule_has_a_case(Subject(SOUND))]) == count
    cases = [one for one in load_cases(SOUND) if "rule.pus" not in one.rules]
    named = [one.says for one in properties.every_rule_has_a_case(Subject(SOUND, tuple(cases)))]
    assert "rule.pus has no case" in named
    inside = [one for one in load_cases(SOUND) if one.expect > SELF_CARE or "course.pain" not in one.rules]
    named = [one.says for one in properties.every_rule_has_a_case(Subject(SOUND, tuple(inside)))]
    assert "course.pain lacks a case inside or past its window" in named


def test_it_holds_for_the_shipped_protocol() -> None:
    """The protocol that comes with the package is refuted by nothing."""
    results = verify(SOUND, load_cases(SOUND))
    assert [one.says for result in results for one in result.refutations] == []
    assert [result.name for result in results] == [one.__name__ for one in PROPERTIES]
    assert all(result.sentence.endswith(".") for result in results)


def test_it_leaves_out_only_the_cases() -> None:
    """Where no cases are at hand, every other property is still examined."""
    assert len(verify(SOUND)) == len(PROPERTIES) - 1


def test_it_calls_a_protocol_equivalent_to_itself() -> None:
    """Nothing differs from itself, in whatever order its entries stand."""
    turned = {section: dict(reversed([*entries.items()])) for section, entries in SOUND.entries.items()}
    found = compare(SOUND, replace(SOUND, entries=turned))
    assert (found.relation, found.looser, found.stricter) == ("equivalent", (), ())


COMPARED = {
    "looser": changed(SOUND, "rule.pus", urgency=ROUTINE),
    "stricter": changed(SOUND, "course.discharge", until={"clear": 1}),
    "different": changed(changed(SOUND, "rule.pus", urgency=ROUTINE), "rule.wound", urgency=EMERGENCY),
}


@pytest.mark.parametrize("relation", COMPARED)
def test_it_tells_how_another_protocol_stands_to_ours(relation: str) -> None:
    """Lower somewhere is looser, higher somewhere is stricter, both is different; each with a check-in that differs."""
    other = COMPARED[relation]
    found = compare(SOUND, other)
    assert found.relation == relation
    for refuted, sign in [*((one, -1) for one in found.looser), *((one, 1) for one in found.stricter)]:
        assert refuted.case is not None
        ours, theirs = (triage(p, read_case(p, refuted.case)).urgency for p in (SOUND, other))
        assert (theirs - ours) * sign > 0


def test_it_refutes_an_overlay_that_weakens_a_same_day_sign() -> None:
    """A sign of the same day that somebody calls routine is named, with a check-in that would be answered too low."""
    weak = changed(SOUND, "rule.pus", urgency=ROUTINE)
    (refuted, *_) = an_overlay_never_weakens_a_red_flag(SOUND, weak)
    assert refuted.says.startswith("rule.pus is same_day in one and lower")
    assert refuted.case is not None
    assert triage(weak, read_case(weak, refuted.case)).urgency == ROUTINE


def test_it_lets_an_overlay_shift_windows() -> None:
    """Windows are a clinic's own to set, within what rules demand."""
    shifted = changed(SOUND, "course.bruise", until={"mild": 21, "moderate": 21, "severe": 21})
    assert list(an_overlay_never_weakens_a_red_flag(SOUND, shifted)) == []


def test_it_never_takes_unknown_for_a_value_of_a_question() -> None:
    """No shipped rule can ask for "unknown": a rule that fires on silence would punish it, one that needs it is mad."""
    named = [words for one in SOUND["rule"].values() for each in one.when for words in each.where.values()]
    assert named
    assert all(UNKNOWN not in words for words in named)
