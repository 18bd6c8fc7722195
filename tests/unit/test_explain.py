"""A decision in sentences: every reason in words, in every language, with nothing left blank and nothing added."""

import re
import typing
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.explain import Explanation, Words, explain
from afterthread.engine.technique import LEVELS
from afterthread.engine.triage import triage
from afterthread.protocol import UNKNOWN, Urgency, shipped
from afterthread.protocol.entry import Step
from afterthread.protocol.model import COURSES
from tests.lib.diary import Raw, cases, signs
from tests.lib.source import SRC
from tests.lib.story import decided, said

PROTOCOL = shipped()
LANGUAGES = st.sampled_from(PROTOCOL.languages)
BLANKS = {
    "action": {"emergency", "clinic"}, "course": {"until"}, "urgency": set[str](), "rule": set[str](),
}  # fmt: skip
"""The blanks that the engine fills, by section; everywhere else there are none."""


def told(raw: Raw, language: str = "en") -> Explanation:
    """The explanation of the decision on a case."""
    return explain(PROTOCOL, triage(PROTOCOL, read_case(PROTOCOL, raw)), language)


def sentences(explanation: Explanation) -> list[str]:
    """Everything in it that somebody reads."""
    found = [reason.says for reason in explanation.reasons]
    for field in fields(explanation):
        value = getattr(explanation, field.name)
        found += [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]
    return found


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), LANGUAGES)
def test_it_leaves_no_blank_unfilled(raw: Raw, language: str) -> None:
    """No sentence keeps a blank, shows an id, or is a stump."""
    for sentence in sentences(told(raw, language)):
        assert not re.search(r"[{}]|\w+_\w+|None|  ", sentence), sentence
        assert sentence == sentence.strip()


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), LANGUAGES)
def test_it_gives_every_reason_once_and_none_of_its_own(raw: Raw, language: str) -> None:
    """One sentence to each finding, in the order of the decision, with its entry, urgency and sources."""
    decision = triage(PROTOCOL, read_case(PROTOCOL, raw))
    reasons = explain(PROTOCOL, decision, language).reasons
    if decision.findings:
        assert [(one.entry, one.urgency) for one in reasons] == [
            (finding.entry, finding.urgency.word) for finding in decision.findings
        ]
        assert all(reason.sources for reason in reasons)
    else:
        assert len(reasons) == 1
    assert all(reason.says for reason in reasons)


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL))
def test_it_says_the_same_in_every_language(raw: Raw) -> None:
    """Every part that is said in one language is said in the other, as often."""
    shapes = []
    for language in PROTOCOL.languages:
        spoken = told(raw, language)
        counts = {field.name: len(getattr(spoken, field.name)) for field in fields(spoken)}
        shapes.append({name: bool(n) if isinstance(getattr(spoken, name), str) else n for name, n in counts.items()})
    assert all(shape == shapes[0] for shape in shapes)


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL))
def test_it_speaks_the_language_that_was_asked_for(raw: Raw) -> None:
    """Russian sentences are Russian, English ones are not."""
    letters = {language: "".join(sentences(told(raw, language))) for language in ("en", "ru")}
    assert not re.search("[а-яё]", letters["en"], flags=re.IGNORECASE)
    assert re.search("[а-яё]{3}", letters["ru"], flags=re.IGNORECASE)


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), LANGUAGES)
def test_it_always_says_whether_a_clinician_has_signed(raw: Raw, language: str) -> None:
    """Until a clinician signs, that is said with every decision; afterwards, who it was."""
    words = Words(PROTOCOL, language)
    assert told(raw, language).notice == words.say("not_validated")
    signed = replace(PROTOCOL, approval="Dr Strand, 2026-10-01")
    spoken = explain(signed, triage(signed, read_case(signed, raw)), language)
    assert "Dr Strand, 2026-10-01" in spoken.notice


def test_it_has_words_for_everything_it_says() -> None:
    """Every sentence that the code names stands in every language."""
    named = {*COURSES, *LEVELS, *typing.get_args(typing.get_type_hints(Step)["kind"]), "due"}
    named |= {f"absorbed_{word}" for word in ("no", "partly", "by_now", "never", "unknown")}
    for path in [*(SRC / "afterthread" / "engine").glob("*.py"), *(SRC / "afterthread" / "cli").glob("*.py")]:
        named |= set(re.findall(r"""\.say\(\s*["'](\w+)["']""", path.read_text(encoding="utf-8")))
    assert {"unanswered", "why", "thread_line"} <= named
    for language in PROTOCOL.languages:
        assert {f"sentence.{one}" for one in named} - PROTOCOL.words[language].keys() == set()


def test_it_fills_every_blank_that_is_written() -> None:
    """A blank stands only where the engine fills it, and the same ones in every language."""
    for key in PROTOCOL.words["en"]:
        section = key.partition(".")[0]
        written = [set(re.findall(r"\{(\w*)\}", str(PROTOCOL.words[one][key]))) for one in PROTOCOL.languages]
        assert section == "sentence" or all(blanks <= BLANKS.get(section, set()) for blanks in written), key
        assert all(blanks == written[0] for blanks in written), key


def test_it_gives_the_numbers_to_call() -> None:
    """The emergency number, and the clinic's, or what to do where the clinic gave none."""
    assert any("112" in line for line in told({"procedure": {}, "checkins": [said(3, breathing="yes")]}).do)
    clinic = replace(PROTOCOL, phones={"emergency": "999", "clinic": "0123 456"})
    pus = decided(said(3, discharge="pus"), protocol=clinic)
    assert any("0123 456" in line for line in explain(clinic, pus).do)
    assert any("number on your papers" in line for line in explain(PROTOCOL, pus).do)


def test_it_says_what_was_answered_and_until_when() -> None:
    """A sign is called by its answer and side, with the last day on which it is expected."""
    both = explain(PROTOCOL, decided(said(3, swelling={"level": "moderate", "side": "both"})))
    until = PROTOCOL["course"]["swelling"].until["moderate"]
    (swelling,) = (one.says for one in both.reasons if one.entry == "course.swelling")
    assert swelling.startswith("Swelling (")
    assert "on both sides" in swelling
    assert f"until day {until}" in swelling


def test_it_says_since_when_a_window_is_over() -> None:
    """Past its window is said with the first day after it."""
    last = PROTOCOL["course"]["bruise"].until["mild"]
    late = explain(PROTOCOL, decided(said(last + 5, bruise="mild")))
    assert f"past its window since day {last + 1}" in late.reasons[0].says


def test_it_says_who_is_at_risk() -> None:
    """A finding that was raised names the risks that raised it."""
    raised = decided(said(3, thread_visible="yes"), modifiers={"diabetes": "yes", "otherwise": "no"})
    says = " ".join(one.says for one in explain(PROTOCOL, raised).reasons)
    assert PROTOCOL.words["en"]["modifier.diabetes"]["name"] in says


def test_it_does_not_call_too_little_nothing() -> None:
    """Nothing out of the ordinary is said of an answered page only; of an empty one, that too little is known."""
    answered, empty = explain(PROTOCOL, decided(said(3))), explain(PROTOCOL, decided(said(3, otherwise=UNKNOWN)))
    assert answered.reasons[0].says != empty.reasons[0].says
    assert answered.unanswered == ""
    assert empty.unanswered != ""


@pytest.mark.parametrize("urgency", Urgency)
def test_it_opens_with_what_to_do_first(urgency: Urgency) -> None:
    """Each urgency has its own name, meaning and first thing to do."""
    answers = {
        Urgency.SELF_CARE: {}, Urgency.ROUTINE: {"thread_felt": "yes"}, Urgency.SAME_DAY: {"discharge": "pus"},
        Urgency.EMERGENCY: {"breathing": "yes"},
    }  # fmt: skip
    spoken = explain(PROTOCOL, decided(said(3, **answers[urgency])))
    words = PROTOCOL.words["en"][f"urgency.{urgency.word}"]
    assert (spoken.urgency, spoken.meaning, spoken.first) == (words["name"], words["meaning"], words["do"])


def test_it_speaks_no_other_language() -> None:
    """A language without words is refused."""
    with pytest.raises(KeyError):
        Words(PROTOCOL, "de")
