"""What only the earlier check-ins can tell: the course of a sign, the person's risks, silence and repeated contact."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.facts import CheckIn, Facts
from afterthread.engine.history import ANAESTHETIC_HOURS, CONTACT_DAYS, REPEATED_CONTACTS, due_days, observe, silent
from afterthread.protocol import UNKNOWN, shipped
from afterthread.protocol.model import CONTEXT, COURSES
from tests.lib.diary import Raw, cases
from tests.lib.story import observed, said

PROTOCOL = shipped()
LEVELS = ("no", "mild", "moderate", "severe")
TRENDED = sorted(id for id, question in PROTOCOL["question"].items() if question.trend)


def facts_of(case: Raw) -> list[Facts]:
    """What a rule can see at every check-in."""
    return [*observe(PROTOCOL, read_case(PROTOCOL, case))]


# -- For any diary ----------------------------------------------------------------------------------------------------


@given(cases(PROTOCOL))
def test_it_gives_every_variable_a_value_of_its_domain(case: Raw) -> None:
    """Whatever is said, a rule sees known values of known variables, and never a context that is unknown."""
    for facts in facts_of(case):
        for name, value in facts.values.items():
            assert value in (*PROTOCOL.variables.get(name, ()), UNKNOWN), name
        assert all(facts[name] in allowed for name, allowed in CONTEXT.items())


@given(cases(PROTOCOL))
def test_it_never_takes_unknown_for_no(case: Raw) -> None:
    """A question is "no" only when somebody said no to it, or closed the page; anything else stays unknown."""
    read = read_case(PROTOCOL, case)
    for facts, checkin in zip(facts_of(case), read.checkins, strict=True):
        for question in PROTOCOL["question"]:
            given = checkin.answers.get(question)
            closed = "no" if checkin.otherwise_no else UNKNOWN
            assert facts[question] == (closed if given is None else given.level), question


@given(cases(PROTOCOL))
def test_it_knows_a_course_only_of_what_is_there(case: Raw) -> None:
    """An absent or unanswered sign has neither course nor side."""
    for facts in facts_of(case):
        for question in PROTOCOL["question"]:
            if facts[question] in ("no", UNKNOWN):
                assert facts[f"{question}.course"] == facts[f"{question}.side"] == UNKNOWN


@given(cases(PROTOCOL))
def test_it_never_looks_ahead(case: Raw) -> None:
    """What is said later does not change what was known before."""
    all_of_them = facts_of(case)
    for count in range(len(all_of_them)):
        assert facts_of({"procedure": case["procedure"], "checkins": case["checkins"][:count]}) == all_of_them[:count]


@given(st.sampled_from(TRENDED), st.lists(st.sampled_from([*LEVELS, UNKNOWN]), min_size=2, max_size=6))
def test_it_reads_the_course_off_the_levels(question: str, levels: list[str]) -> None:
    """Without a word about the trend, the course follows from the answers alone, whatever was not answered between."""
    found = observed(*(said(day, **{question: level}) for day, level in enumerate(levels)))[-1][f"{question}.course"]
    known = [LEVELS.index(level) for level in levels[:-1] if level != UNKNOWN]
    now = LEVELS.index(levels[-1]) if levels[-1] != UNKNOWN else 0
    assert found == (course_of(known, now) if now and known else UNKNOWN)


def course_of(before: list[int], now: int) -> str:
    """The course said the long way round."""
    last, fell = before[-1], any(late < early for early, late in itertools.pairwise(before))
    if last == 0:
        return "back" if any(before) else "new"
    if now > last:
        return "relapse" if fell else "worse"
    return "better" if now < last else "same"


@given(st.sampled_from(TRENDED), st.sampled_from(LEVELS[1:]), st.sampled_from(LEVELS[1:]))
def test_it_always_believes_that_it_gets_worse(question: str, before: str, now: str) -> None:
    """A patient who says "worse" is believed, whatever the levels say; "better" does not hide a rising level."""
    for word, believed in (("worse", {"worse"}), ("better", {"better", "worse"})):
        answers: Raw = {question: {"level": now, "trend": word}}
        facts = observed(said(1, **{question: before}), said(2, **answers))[-1]
        assert facts[f"{question}.course"] in believed
        if LEVELS.index(now) > LEVELS.index(before):
            assert facts[f"{question}.course"] == "worse"


# -- The course, one by one -------------------------------------------------------------------------------------------

MILD_WORSE = {"level": "mild", "trend": "worse"}
MILD_BETTER = {"level": "mild", "trend": "better"}


@pytest.mark.parametrize(
    ("answers", "course"),
    [
        (["mild"], UNKNOWN),
        ([{"level": "mild", "trend": "same"}], "same"),
        ([MILD_WORSE], "worse"),
        ([{"level": "mild", "since": 5}], "new"),
        ([{"level": "mild", "since": 0}], UNKNOWN),
        ([{"level": "mild", "since": 1}], UNKNOWN),
        ([{"level": "mild", "trend": "worse", "since": 5}], "worse"),
        (["severe", "mild"], "better"),
        (["mild", "mild"], "same"),
        (["mild", MILD_BETTER], "better"),
        (["mild", MILD_WORSE], "worse"),
        (["mild", "moderate"], "worse"),
        (["severe", "mild", "moderate"], "relapse"),
        (["severe", "mild", MILD_WORSE], "relapse"),
        ([MILD_BETTER, MILD_WORSE], "relapse"),
        (["severe", "mild", "mild"], "same"),
        (["no", "mild"], "new"),
        (["no", MILD_BETTER], "new"),
        (["mild", "no", "mild"], "back"),
        (["mild", "no", "no", "mild"], "back"),
        (["mild", UNKNOWN, "moderate"], "worse"),
        (["no", UNKNOWN, "mild"], "new"),
    ],
)
def test_it_tells_the_course(answers: list[Any], course: str) -> None:
    """Better, the same, worse, worse after it had improved, back, or new: against the last answer that was given."""
    checkins = [said(day, swelling=answer) for day, answer in enumerate(answers, start=7 - len(answers))]
    assert observed(*checkins)[-1]["swelling.course"] == course
    assert course in (*COURSES, UNKNOWN)


@pytest.mark.parametrize(("since", "course"), [(0, UNKNOWN), (1, "new")])
def test_it_does_not_call_new_what_the_procedure_left(since: int, course: str) -> None:
    """On day 1 a sign that is there since the procedure is not new; one that began on day 1 is."""
    assert observed(said(1, swelling={"level": "mild", "since": since}))[0]["swelling.course"] == course


def test_it_reads_check_ins_in_order_of_time() -> None:
    """Whoever sends an old answer late does not turn the course round."""
    first, second = said(2, swelling="severe"), said(5, swelling="mild")
    assert observed(second, first)[-1]["swelling.course"] == "better"


def test_it_lets_an_answer_say_nothing() -> None:
    """Details about a sign that is not said to be there say nothing about it, even when the page is closed."""
    (facts,) = observed(said(3, pain={"side": "one"}, bruise={"level": UNKNOWN}))
    assert (facts["pain"], facts["bruise"], facts["swelling"]) == (UNKNOWN, UNKNOWN, "no")


# -- The person -------------------------------------------------------------------------------------------------------

COG = {"kind": "cog", "zone": "cheek", "material": "pdo"}


@pytest.mark.parametrize(
    ("procedure", "modifier", "value"),
    [
        ({"modifiers": {"diabetes": "yes"}}, "diabetes", "yes"),
        ({"modifiers": {}}, "diabetes", UNKNOWN),
        ({"modifiers": {"otherwise": "no"}}, "diabetes", "no"),
        ({"modifiers": {"diabetes": UNKNOWN, "otherwise": "no"}}, "diabetes", UNKNOWN),
        ({"age": 51, "modifiers": {}}, "age_over_50", "yes"),
        ({"age": 50, "modifiers": {}}, "age_over_50", "no"),
        ({"age": 30, "modifiers": {"age_over_50": "yes"}}, "age_over_50", "yes"),
        ({"zones": ["nose"], "modifiers": {}}, "nose_threads", "yes"),
        ({"zones": ["cheek"], "modifiers": {}}, "nose_threads", "no"),
        ({"zones": ["cheek", UNKNOWN], "modifiers": {}}, "nose_threads", UNKNOWN),
        ({"threads": [COG, {**COG, "zone": "nose"}]}, "nose_threads", "yes"),
        ({"threads": [{"kind": "cog"}], "modifiers": {}}, "nose_threads", UNKNOWN),
        ({"threads": [{"kind": "cog"}]}, "nose_threads", "no"),
        ({"threads": [COG]}, "barbed", "yes"),
        ({"threads": [{**COG, "kind": "mono"}], "modifiers": {}}, "barbed", "no"),
        ({"threads": [{**COG, "material": "gold"}]}, "non_absorbable", "yes"),
        ({"threads": [COG], "modifiers": {}}, "non_absorbable", "no"),
        ({"threads": [{"zone": "cheek"}]}, "non_absorbable", "yes"),
        ({"threads": [{**COG, "count": 20}]}, "extensive", "yes"),
        ({"threads": [{**COG, "count": 10}, {**COG, "count": 9}], "modifiers": {}}, "extensive", "no"),
        ({"modifiers": {}}, "extensive", UNKNOWN),
    ],
)
def test_it_knows_the_person(procedure: Raw, modifier: str, value: str) -> None:
    """A risk follows from what was asked or recorded: a yes from either stands, a no needs an answer or a record."""
    assert observed(said(1), **procedure)[0][modifier] == value


# -- The first day, silence, contact ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "first"),
    [("2026-03-02T20:05", "yes"), ("2026-03-03T19:59", "yes"), ("2026-03-03T20:00", "no"), ("2026-03-04T08:00", "no")],
)
def test_it_counts_the_first_day_by_the_clock(at: str, first: str) -> None:
    """Where clock times are known, the anaesthetic's day ends after as many hours, not at midnight."""
    (facts,) = observed(said(at), at="2026-03-02T20:00", timezone="Europe/Berlin")
    assert facts["first_24h"] == first
    assert ANAESTHETIC_HOURS == 24


def test_it_counts_the_first_day_in_hours_that_pass() -> None:
    """The night on which the clocks go forward takes an hour off the wall, not off the day."""
    (facts,) = observed(said("2026-03-29T20:30"), at="2026-03-28T20:00", timezone="Europe/Berlin")
    assert facts["first_24h"] == "yes"


def test_it_takes_the_day_of_the_procedure_where_there_is_no_clock() -> None:
    """Without clock times only day 0 is surely within the first 24 hours."""
    assert [facts["first_24h"] for facts in observed(said(0), said(1))] == ["yes", "no"]


def test_it_reads_own_words_only_where_there_are_some() -> None:
    """Blanks are no message."""
    assert [facts["own_words"] for facts in observed(said(1, words=" \n"), said(2, words="It hurts."))] == ["no", "yes"]


def test_it_sees_somebody_who_turns_to_the_clinic_again_and_again() -> None:
    """Contacts beyond those that were due, close together, are repeated contact; spread out they are not."""
    quiet = sorted({*range(40, 60)} - due_days(PROTOCOL))
    close = [said(quiet[0]) for _ in range(REPEATED_CONTACTS)]
    assert [facts["contacts"] for facts in observed(*close)] == ["few", "few", "repeated"]
    far = [said(day) for day in range(200, 260, CONTACT_DAYS) if day not in due_days(PROTOCOL)]
    assert {facts["contacts"] for facts in observed(*far)} == {"few"}


@pytest.mark.parametrize(("days", "contacts"), [((31, 32, 33), "repeated"), ((31, 32, 34), "few"), ((31, 33), "few")])
def test_it_counts_contacts_of_three_days(days: tuple[int, ...], contacts: str) -> None:
    """Three contacts within three days are repeated contact; over four days, or two of them, they are not."""
    assert not {*days} & due_days(PROTOCOL)
    assert observed(*(said(day) for day in days))[-1]["contacts"] == contacts


def test_it_does_not_count_what_was_asked_for() -> None:
    """Answering every check-in that is due is not turning to the clinic of one's own accord."""
    assert {facts["contacts"] for facts in observed(*(said(day) for day in sorted(due_days(PROTOCOL))))} == {"few"}


def test_it_counts_a_second_check_in_on_a_due_day() -> None:
    """The first answer of a due day was asked for, every further one was not."""
    assert [facts["contacts"] for facts in observed(*(said(3) for _ in range(4)))] == ["few", "few", "few", "repeated"]


def test_it_knows_nothing_on_a_silent_day() -> None:
    """Of a day without a check-in only the person and the silence are known."""
    procedure = read_case(PROTOCOL, {"procedure": {"age": 60}}).procedure
    facts = silent(PROTOCOL, procedure, 9, "missed")
    assert facts["silence"] == "missed"
    assert facts["age_over_50"] == "yes"
    assert all(facts[question] == UNKNOWN for question in PROTOCOL["question"])


def test_it_knows_when_answers_are_due() -> None:
    """Check-ins are due as the steps of the plan say, from the day of the procedure on."""
    assert {0, 1} <= due_days(PROTOCOL)
    assert CheckIn(day=1).answers == {}
