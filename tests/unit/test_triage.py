"""How urgent, and because of what: the maximum wins, every reason is given, and the nearest change is true."""

import random
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.facts import Facts
from afterthread.engine.history import due_days, observe
from afterthread.engine.triage import Decision, Finding, decide, triage, weigh, window
from afterthread.protocol import UNKNOWN, Urgency, shipped
from afterthread.protocol.entry import Course, Rule, Shift
from afterthread.protocol.model import Box, Days
from tests.lib.diary import Raw, cases, signs
from tests.lib.edit import changed, having
from tests.lib.story import decided, fired, observed, said

PROTOCOL = shipped()
DECIDED = cases(PROTOCOL, most=3).map(lambda case: (case, triage(PROTOCOL, read_case(PROTOCOL, case))))
SEEN = cases(PROTOCOL, most=3).filter(lambda case: case["checkins"])
LAST_FACTS = SEEN.map(lambda case: [*observe(PROTOCOL, read_case(PROTOCOL, case))][-1])
"""What a rule sees at the last check-in of a case."""
PLAIN_FACTS = signs(PROTOCOL).map(lambda case: [*observe(PROTOCOL, read_case(PROTOCOL, case))][-1])
"""The same, where nothing was left open."""


# -- For any diary ----------------------------------------------------------------------------------------------------


@given(DECIDED)
def test_it_takes_the_highest_of_its_reasons(sample: tuple[Raw, Decision]) -> None:
    """The urgency is that of the gravest finding, or of a silence that leaves something graver open."""
    _, decision = sample
    worst = max((finding.urgency for finding in decision.findings), default=Urgency.SELF_CARE)
    assert decision.urgency == worst or (decision.urgency == PROTOCOL.unanswered > worst and decision.unanswered)
    assert list(decision.findings) == sorted(decision.findings, key=lambda f: (-f.urgency, f.entry))


@given(DECIDED)
def test_it_never_reassures_by_silence(sample: tuple[Raw, Decision]) -> None:
    """Care at home is said only when no unanswered question leaves anything else possible."""
    _, decision = sample
    assert not (decision.unanswered and decision.urgency == Urgency.SELF_CARE)
    assert all(change.urgency > Urgency.SELF_CARE for change in decision.unanswered)


@given(LAST_FACTS, st.integers())
def test_it_announces_what_an_answer_could_still_bring(facts: Facts, seed: int) -> None:
    """However the open questions are answered, nothing graver comes out than announced, risks aside."""
    announced = decide(PROTOCOL, facts).could_be
    for finding in weigh(PROTOCOL, completed(facts, random.Random(seed))).findings.values():
        assert (Urgency.ROUTINE if finding.raised_by else finding.urgency) <= announced, finding


def completed(facts: Facts, chance: random.Random) -> Facts:
    """The same facts with everything unknown answered by chance."""
    values = dict(facts.values)
    for name, answers in PROTOCOL.variables.items():
        question = name.partition(".")[0]
        absent = question != name and values[question] == "no"
        if values.get(name, UNKNOWN) == UNKNOWN and not absent:
            values[name] = chance.choice(answers)
    return Facts(facts.day, values, facts.answers)


@given(PLAIN_FACTS)
def test_it_is_right_about_what_would_raise_it(facts: Facts) -> None:
    """The answer that is said to raise the urgency, once given, raises it to what was said."""
    decision = decide(PROTOCOL, facts)
    change = decision.would_raise
    assume(change is not None)
    assert change is not None
    raised = decide(PROTOCOL, facts.but(change.variable, change.value))
    assert raised.urgency == change.urgency > decision.urgency


@given(PLAIN_FACTS)
def test_it_is_right_about_what_would_lower_it(facts: Facts) -> None:
    """The answer that is said to lower the urgency, once given, lowers it so far; never out of an emergency."""
    decision = decide(PROTOCOL, facts)
    change = decision.would_lower
    assume(change is not None)
    assert change is not None
    lowered = decide(PROTOCOL, facts.but(change.variable, change.value))
    assert lowered.urgency == change.urgency < decision.urgency < Urgency.EMERGENCY


@given(DECIDED)
def test_it_gives_its_reasons_by_construction(sample: tuple[Raw, Decision]) -> None:
    """Sources, complications and actions come from the findings, and from nowhere else."""
    _, decision = sample
    entries = [PROTOCOL[section][id] for section, _, id in (f.entry.partition(".") for f in decision.findings)]
    assert set(decision.sources) == {source for entry in entries for source in entry.sources}
    signs = [entry for f, entry in zip(decision.findings, entries, strict=True) if f.status != "expected"]
    assert set(decision.suspects) == {pathway for entry in signs for pathway in entry.suspects}
    offered = {action for entry in entries for action in (*entry.do, *getattr(entry, "past_do", ()))}
    assert set(decision.do) <= offered | {"answer_missing"}
    assert decision.stamp == PROTOCOL.stamp


@given(DECIDED)
def test_it_places_every_window_on_the_right_side_of_its_edge(sample: tuple[Raw, Decision]) -> None:
    """What is called expected lies within its window and needs nobody; what is past lies after it."""
    _, decision = sample
    for finding in decision.findings:
        if finding.until is None:
            assert finding.status == "sign"
        else:
            assert (finding.status == "expected") == (decision.day <= finding.until)
            assert finding.status == "past" or finding.urgency == Urgency.SELF_CARE


@given(SEEN, st.randoms(use_true_random=False))
def test_it_does_not_mind_the_order_of_answers(case: Raw, chance: random.Random) -> None:
    """In whatever order the answers of a check-in stand, the decision is the same to the letter."""
    turned = [one | {"answers": dict(chance.sample([*one["answers"].items()], len(one["answers"])))}
              for one in case["checkins"]]  # fmt: skip
    first, second = (triage(PROTOCOL, read_case(PROTOCOL, one)) for one in (case, case | {"checkins": turned}))
    assert (first.urgency, first.findings, first.do) == (second.urgency, second.findings, second.do)
    assert (first.unanswered, first.would_raise, first.would_lower) == (
        second.unanswered, second.would_raise, second.would_lower,
    )  # fmt: skip


# -- The edge of every window -----------------------------------------------------------------------------------------

EDGES = [(course.id, answer, last) for course in PROTOCOL["course"].values() for answer, last in course.until.items()]


@pytest.mark.parametrize(("question", "answer", "last"), EDGES)
def test_it_ends_a_window_after_its_last_day(question: str, answer: str, last: int) -> None:
    """The day before and on the last day a sign is expected; the day after, it is past its window."""
    for day, status in ((max(last - 1, 0), "expected"), (last, "expected"), (last + 1, "past")):
        findings = {f.entry: f for f in decided(said(day, **{question: answer})).findings}
        assert findings[f"course.{question}"].status == status
        assert findings[f"course.{question}"].until == last


def course(**fields: object) -> Course:
    """A window of ours."""
    made = Course(id="pain", peak=Days(), until={"mild": 10, "severe": 5}, hazard="lasting_harm", sources=("S001",))
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shift", "known", "days"),
    [
        (Shift(modifier="diabetes", days=4), "yes", 14),
        (Shift(modifier="diabetes", days=4), "no", 10),
        (Shift(modifier="diabetes", days=4), UNKNOWN, 10),
        (Shift(modifier="diabetes", days=-4), "yes", 6),
        (Shift(modifier="diabetes", days=-4), "no", 10),
        (Shift(modifier="diabetes", days=-4), UNKNOWN, 6),
        (Shift(modifier="diabetes", days=4, answers=("severe",)), "yes", 10),
        (Shift(modifier="diabetes", days=4, answers=("mild",)), "yes", 14),
    ],
)
def test_it_shifts_a_window(shift: Shift, known: str, days: int) -> None:
    """A risk moves the last expected day; what is not known about it never lengthens the window, and may shorten it."""
    assert window(course(shift=(shift,)), "mild", Facts(0, {"diabetes": known})) == days


def test_it_adds_shifts_up() -> None:
    """Two shifts are both taken."""
    both = course(shift=(Shift(modifier="a", days=3), Shift(modifier="b", days=-1)))
    assert window(both, "mild", Facts(0, {"a": "yes", "b": "yes"})) == 12


# -- Raised by the person's risks -------------------------------------------------------------------------------------

LOOSE = having(
    PROTOCOL,
    Rule(
        id="odd", when=(Box({"cold_sore": frozenset({"yes"})}),), urgency=Urgency.ROUTINE, do=(), hazard="unheard",
        sources=("S001",),
    ),
)  # fmt: skip
FIRM = changed(LOOSE, "rule.odd", raised=False)


def odd_of(decision: Decision) -> Finding:
    """What became of our own rule."""
    return next(finding for finding in decision.findings if finding.entry == "rule.odd")


def test_it_raises_a_routine_finding_for_a_person_at_risk() -> None:
    """A routine finding is seen the same day in a person at risk, and says because of what."""
    at_risk = {"diabetes": "yes", "otherwise": "no"}
    found = odd_of(decided(said(3, cold_sore="yes"), protocol=LOOSE, modifiers=at_risk))
    assert (found.urgency, found.raised_by) == (Urgency.SAME_DAY, ("diabetes",))
    assert odd_of(decided(said(3, cold_sore="yes"), protocol=LOOSE)).urgency == Urgency.ROUTINE


def test_it_raises_nothing_that_says_so() -> None:
    """A rule that is not raised stays routine whoever the person is."""
    found = odd_of(decided(said(3, cold_sore="yes"), protocol=FIRM, modifiers={"diabetes": "yes", "otherwise": "no"}))
    assert (found.urgency, found.raised_by) == (Urgency.ROUTINE, ())


def test_it_names_a_risk_that_nobody_asked_about() -> None:
    """Where a risk is not known, a routine finding stays routine, and the risk stands among what was not answered."""
    decision = decided(said(3, hair_loss="no", thread_visible="yes"), modifiers={})
    assert decision.urgency == Urgency.ROUTINE
    assert ("diabetes", Urgency.SAME_DAY) in {(change.variable, change.urgency) for change in decision.unanswered}


# -- Silence ----------------------------------------------------------------------------------------------------------

DUE = sorted(due_days(PROTOCOL))


def test_it_waits_until_a_check_in_is_missed() -> None:
    """On the day on which an answer is due there is no silence yet; on the day after it there is."""
    due = next(day for day in DUE if day > 5)
    last = DUE[DUE.index(due) - 1]
    assert decided(said(last), as_of=due).silence == "no"
    assert decided(said(last), as_of=due).day == last
    assert decided(said(last), as_of=due + 1).silence == "missed"
    assert decided(said(last), as_of=due + 1).day == due + 1


def test_it_weighs_silence_by_what_was_said_last() -> None:
    """Silence after a calm day is a call, after a bad day a call today, after an emergency an emergency still."""
    calm, bad, worst = said(2), said(2, discharge="pus"), said(2, breathing="yes")
    assert [decided(one, as_of=9).urgency for one in (calm, bad, worst)] == [
        Urgency.ROUTINE,
        Urgency.SAME_DAY,
        Urgency.EMERGENCY,
    ]
    assert fired(decided(bad, as_of=9)) >= {"rule.silence_after_bad_day"}


def test_it_takes_up_a_case_from_which_nothing_was_heard() -> None:
    """Somebody who never answered is not well: not on the day itself, and not later."""
    assert decided().urgency == Urgency.ROUTINE
    assert decided().could_be == Urgency.EMERGENCY
    assert decided(as_of=30).silence == "missed"
    assert decided(as_of=30).urgency == Urgency.ROUTINE


def test_it_forgets_the_silence_once_an_answer_comes() -> None:
    """A late answer counts like any other, whatever was missed before."""
    late = decided(said(1, discharge="pus"), said(40), as_of=41)
    assert (late.silence, late.urgency) == ("no", Urgency.SELF_CARE)


# -- What was not answered --------------------------------------------------------------------------------------------


def test_it_names_what_was_not_answered_worst_first() -> None:
    """Of open questions those that could be an emergency stand first."""
    decision = decided(said(3, otherwise=UNKNOWN, swelling="mild"))
    named = [change.variable for change in decision.unanswered]
    assert {"breathing", "vision", "fever", "swelling.side"} <= set(named)
    assert [change.urgency for change in decision.unanswered] == sorted(
        (change.urgency for change in decision.unanswered), reverse=True
    )
    assert decision.urgency == Urgency.ROUTINE
    assert decision.do[0] == "answer_missing"


def test_it_does_not_ask_on_once_it_is_an_emergency() -> None:
    """Nothing that is open could make an emergency graver, so nothing keeps anybody from calling."""
    decision = decided(said(3, otherwise=UNKNOWN, breathing="yes"))
    assert (decision.urgency, decision.unanswered) == (Urgency.EMERGENCY, ())
    assert decision.do[0] == "call_ambulance"
    assert decision.would_lower is None


def test_it_offers_the_nearest_answer_that_would_change_it() -> None:
    """With fever, mild redness on day 2 would be seen the same day; without a strong pain, that one would not."""
    raised = decided(said(2, redness="mild", pain="mild")).would_raise
    assert raised is not None
    assert raised.urgency >= Urgency.SAME_DAY
    lowered = decided(said(2, pain="severe")).would_lower
    assert lowered is not None
    assert (lowered.variable, lowered.value) == ("pain", "moderate")


@pytest.mark.parametrize("sign", ["swelling", "redness", "pain", "lump"])
def test_it_prefers_an_answer_that_is_asked_for_today(sign: str) -> None:
    """Of what would raise the urgency it names something that stands on today's page, where there is such a thing."""
    change = decided(said(2, **{sign: {"level": "mild", "trend": "better"}})).would_raise
    assert change is not None
    question = PROTOCOL["question"][change.variable.partition(".")[0]]
    assert any(2 in days for days in question.asked)


def test_it_says_the_same_twice() -> None:
    """A decision depends on nothing but protocol and case."""
    (facts,) = observed(said(4, swelling={"level": "moderate", "side": "one"}, pain="mild"))
    assert decide(PROTOCOL, facts) == decide(PROTOCOL, facts)


def test_it_announces_the_raise_of_a_known_risk() -> None:
    """What an unanswered sign could come to counts the risks that are known."""
    person = {"modifiers": {"diabetes": "yes", "otherwise": "no"}}
    checkin = {"day": 30, "answers": {"bruise": "unknown"}, "otherwise": "no"}
    open_ = triage(PROTOCOL, read_case(PROTOCOL, {"procedure": person, "checkins": [checkin]}))
    told = {**checkin, "answers": {"bruise": "mild"}}
    answered = triage(PROTOCOL, read_case(PROTOCOL, {"procedure": person, "checkins": [told]}))
    assert {change.variable: change.urgency for change in open_.unanswered}["bruise"] == answered.urgency
    assert answered.urgency == Urgency.SAME_DAY
