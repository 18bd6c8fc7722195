"""A protocol as boxes: the same decisions as the engine's, in a document that anybody can read back."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given

from afterthread.engine.case import read_case
from afterthread.engine.facts import Facts
from afterthread.engine.history import observe
from afterthread.engine.triage import decide, triage, window
from afterthread.protocol import UNKNOWN, Urgency, shipped
from afterthread.protocol.entry import Course
from afterthread.verify.artefact import RISK, UNANSWERED, compile_protocol, from_document, risk_of
from afterthread.verify.cover import Cover, Region
from afterthread.verify.witness import case_of
from tests.lib.diary import Raw, cases, signs

PROTOCOL = shipped()
ARTEFACT = compile_protocol(PROTOCOL)
READ_BACK = from_document(json.loads(json.dumps(ARTEFACT.document())))


@given(cases(PROTOCOL, most=3) | signs(PROTOCOL))
def test_it_decides_as_the_engine_does(raw: Raw) -> None:
    """Boxes and engine give the same urgency at every check-in, and the deciding rule is among the findings."""
    for facts in observe(PROTOCOL, read_case(PROTOCOL, raw)):
        decision = decide(PROTOCOL, facts)
        for artefact in (ARTEFACT, READ_BACK):
            urgency, rule = artefact.decide(facts.day, facts.values)
            assert urgency == decision.urgency
            gravest = {finding.entry for finding in decision.findings if finding.urgency == urgency}
            assert rule in gravest if gravest else rule in ("", UNANSWERED)


@pytest.mark.parametrize("course", PROTOCOL["course"].values(), ids=lambda course: course.id)
def test_it_keeps_every_edge_for_every_person(course: Course) -> None:
    """Around every edge of a window, for people with, without and not asked about what shifts it, both agree."""
    quiet = dict.fromkeys([*PROTOCOL["question"], *PROTOCOL["modifier"]], "no") | {"own_words": "no", "contacts": "few"}
    shifting = sorted({shift.modifier for shift in course.shift})
    for answer, words in itertools.product(
        course.until, itertools.product(("yes", "no", UNKNOWN), repeat=len(shifting))
    ):
        values = (
            quiet | {"silence": "no", "first_24h": "no", course.id: answer} | dict(zip(shifting, words, strict=True))
        )
        last = window(course, answer, Facts(0, values))
        for day in (last, last + 1, course.until[answer], course.until[answer] + 1):
            assert ARTEFACT.decide(day, values)[0] == decide(PROTOCOL, Facts(day, values)).urgency, (answer, words, day)


def test_it_reads_back_what_it_wrote() -> None:
    """The document holds every box, every domain and the identity of the protocol."""
    assert READ_BACK.document() == ARTEFACT.document()
    assert READ_BACK.stamp == PROTOCOL.stamp
    assert {box.rule for box in ARTEFACT.boxes} >= {f"rule.{id}" for id in PROTOCOL["rule"]}
    assert all(domain[0] == UNKNOWN for domain in ARTEFACT.domains.values())


def test_it_does_not_depend_on_the_order_of_files() -> None:
    """Entries in any other order compile to the same document, byte for byte."""
    turned = {section: dict(reversed([*entries.items()])) for section, entries in PROTOCOL.entries.items()}
    first, second = (
        json.dumps(compile_protocol(one).document()) for one in (PROTOCOL, replace(PROTOCOL, entries=turned))
    )
    assert first == second


@pytest.mark.parametrize("document", [{}, {"format": 0}, {"format": 99}, [], None, "x"])
def test_it_reads_no_other_format(document: object) -> None:
    """A document of another format is refused, and never half read."""
    with pytest.raises(ValueError, match="compile it again"):
        from_document(document)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answers", "risk"),
    [(("no", "yes"), "yes"), ((UNKNOWN, "yes"), "yes"), (("no", UNKNOWN), UNKNOWN), (("no", "no"), "no")],
)
def test_it_sums_risks_up(answers: tuple[str, str], risk: str) -> None:
    """One risk is a risk; without one, a risk that nobody asked about is not "no"."""
    assert risk_of(("a", "b"), dict(zip("ab", answers, strict=True))) == risk
    assert RISK in ARTEFACT.domains


def test_it_leads_the_engine_into_every_box() -> None:
    """For every box there is a check-in that lies in it, silences and impossible days aside, and the engine agrees."""
    cover, reached = Cover(ARTEFACT, ARTEFACT.boxes), 0
    for box in ARTEFACT.boxes:
        case = case_of(PROTOCOL, cover.region(box.days, box.where))
        if case is not None:
            reached += 1
            assert triage(PROTOCOL, read_case(PROTOCOL, case)).urgency >= box.urgency, box
    assert reached > len(ARTEFACT.boxes) * 9 // 10


def test_it_knows_what_no_patient_can_reach() -> None:
    """Nobody is within the first day on day 5, and no single check-in is a silence."""
    first_day = Region(5, 9, {"hives": frozenset({"local"}), "first_24h": frozenset({"yes"})})
    silence = Region(5, 9, {"silence": frozenset({"missed"})})
    assert case_of(PROTOCOL, first_day) is None
    assert case_of(PROTOCOL, silence) is None


def test_it_finds_what_a_union_does_not_cover() -> None:
    """Without the boxes of an emergency sign, the sign is missed; with them, it is covered on every day."""
    sign = {"vision": frozenset({"yes"})}
    emergency = [box for box in ARTEFACT.boxes if box.urgency == Urgency.EMERGENCY]
    whole, holed = (Cover(ARTEFACT, boxes) for boxes in (emergency, [b for b in emergency if b.rule != "rule.vision"]))
    days = Region(0, PROTOCOL.horizon_days, sign)
    assert whole.misses(days) is None
    assert holed.misses(days) == days
