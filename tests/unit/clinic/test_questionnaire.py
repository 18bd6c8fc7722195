"""The check-in as a form: nothing is taken for granted, and nothing that was said is lost."""

import pytest

from afterthread.clinic.questionnaire import DANGER, Shown, present_before, questions_for, read_form, still_open
from afterthread.engine.case import read_case
from afterthread.engine.facts import Answer, CheckIn
from afterthread.protocol.load import shipped

PROTOCOL = shipped()


def closed(shown: Shown, **more: str) -> dict[str, str]:
    """Every group closed by its one tap."""
    return {**{f"none-{part.group}": "1" for part in shown.parts}, **more}


def test_it_asks_what_belongs_to_the_day() -> None:
    """Day 5 asks for swelling and not for nodules, which stand behind "anything else?"."""
    shown = questions_for(PROTOCOL, 5, ())
    assert "swelling" in shown.asked
    assert "nodules" in shown.offered


@pytest.mark.parametrize("day", [0, 5, 90, 3000])
def test_it_offers_every_question_once_on_any_day(day: int) -> None:
    """The danger signs stand first, and no question is missing or doubled."""
    shown = questions_for(PROTOCOL, day, ())
    assert shown.parts[0].group == DANGER
    assert sorted(shown.asked + shown.offered) == sorted(PROTOCOL["question"])


def test_it_goes_on_asking_for_what_was_there() -> None:
    """A bruise of day 14 is asked for on day 40, until it was denied."""
    said = [CheckIn(day=14, answers={"bruise": Answer(level="mild")})]
    assert "bruise" in questions_for(PROTOCOL, 40, present_before(PROTOCOL, said)).asked
    said += [CheckIn(day=15, answers={"bruise": Answer(level="unknown")})]
    assert present_before(PROTOCOL, said) == {"bruise"}
    assert not present_before(PROTOCOL, [*said, CheckIn(day=16, otherwise_no=True)])


def test_it_closes_a_group_with_one_tap() -> None:
    """None of these is a no to each question of the group, and to no other."""
    shown = questions_for(PROTOCOL, 5, ())
    answers = read_form(PROTOCOL, shown, {"none-danger": "1"})["answers"]
    assert set(answers) == {question.id for question in shown.parts[0].questions}
    assert {answer["level"] for answer in answers.values()} == {"no"}


def test_it_believes_an_answer_more_than_a_closed_group() -> None:
    """Who says yes and closes the group has said yes."""
    shown = questions_for(PROTOCOL, 5, ())
    said = read_form(PROTOCOL, shown, closed(shown, **{"q-fever": "yes", "q-vision": "unknown"}))
    assert said["answers"]["fever"] == {"level": "yes"}
    assert said["answers"]["vision"] == {"level": "unknown"}


def test_it_takes_nothing_for_granted() -> None:
    """The rest counts as denied only when all that was asked has an answer and the rest was closed as well."""
    shown = questions_for(PROTOCOL, 5, ())
    assert read_form(PROTOCOL, shown, closed(shown, **{"none-rest": "1"}))["otherwise"] == "no"
    assert "otherwise" not in read_form(PROTOCOL, shown, closed(shown))
    assert "otherwise" not in read_form(PROTOCOL, shown, closed(shown, **{"none-rest": "1", "none-danger": ""}))
    assert read_form(PROTOCOL, shown, {"none-rest": "1"})["answers"].keys() == set(shown.offered)
    assert read_form(PROTOCOL, shown, {}) == {"answers": {}, "words": ""}


def test_it_keeps_what_else_was_said_of_a_sign() -> None:
    """Side, trend and zone go with a sign that is there, and not with one that is not."""
    shown = questions_for(PROTOCOL, 5, ())
    more = {"q-swelling-side": "one", "q-swelling-trend": "worse", "q-swelling-zone": "cheek"}
    said = read_form(PROTOCOL, shown, {"q-swelling": "mild", **more, "words": " tight "})
    assert said["answers"]["swelling"] == {"level": "mild", "side": "one", "trend": "worse", "zone": "cheek"}
    assert said["words"] == "tight"
    assert read_form(PROTOCOL, shown, {"q-swelling": "no", **more})["answers"]["swelling"] == {"level": "no"}


def test_it_speaks_the_case_format() -> None:
    """What it reads is a check-in that the engine takes."""
    shown = questions_for(PROTOCOL, 5, ())
    data = closed(shown, **{"q-nodules": "yes", "q-nodules-zone": "cheek", "none-rest": "1", "words": "hello"})
    case = read_case(PROTOCOL, {"procedure": {}, "checkins": [{"day": 5, **read_form(PROTOCOL, shown, data)}]})
    assert case.checkins[0].otherwise_no
    assert case.checkins[0].answers["nodules"].zone == "cheek"


def test_it_finds_what_is_still_open() -> None:
    """What nobody answered and what matters is open; "I don't know" is an answer."""
    shown = questions_for(PROTOCOL, 5, ())
    data = {"none-face": "1", "q-swelling": "mild", "q-fever": "unknown", "q-pain": "mild", "q-pain-side": "one"}
    said = read_form(PROTOCOL, shown, data)
    found = still_open(shown, said, {"vision", "fever", "swelling.side", "pain.side", "bruise", "nodules"})
    assert found.asked == ("vision", "swelling")
    assert "nodules" in found.offered
    said = read_form(PROTOCOL, shown, {**data, "none-rest": "1"})
    assert not still_open(shown, said, {"nodules"}).offered
