"""A clinic may lay its own windows, wording and phone numbers over a protocol, and weaken nothing that is urgent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from afterthread.engine.case import read_case
from afterthread.engine.explain import explain
from afterthread.engine.triage import triage
from afterthread.protocol import Protocol, ProtocolError, Urgency, load, shipped
from afterthread.protocol.load import LIBRARY, SHIPPED
from afterthread.verify.compare import an_overlay_never_weakens_a_red_flag
from afterthread.verify.properties import verify

HEAD = 'id = "harbour"\nauthor = "Harbour clinic"\n'
Lay = Callable[..., Protocol]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lays a text over the shipped protocol."""

    def lay(text: str, speak: str = "") -> Protocol:
        path = tmp_path / "harbour.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return load(LIBRARY / SHIPPED, path, speak)

    return lay


def test_it_is_told_apart_from_what_it_lies_over(lay: Lay) -> None:
    """A protocol with something laid over it has a version and a digest of its own, and is not yet signed."""
    laid = lay("")
    assert laid.version == f"{shipped().version}+harbour"
    assert laid.digest != shipped().digest
    assert laid.digest != lay("# a remark\n").digest
    assert laid.approval == "none"
    assert lay('approval = "Dr Strand, 2026"\n').approval == "Dr Strand, 2026"


def test_it_sets_a_window_and_is_cited_for_it(lay: Lay) -> None:
    """A clinic's own last day takes the place of the shipped one, with the clinic as a source; the rest stays."""
    laid = lay("[course.bruise.until]\nmild = 10\n")["course"]["bruise"]
    before = shipped()["course"]["bruise"]
    assert laid.until == {**before.until, "mild": 10}
    assert laid.sources == (*before.sources, "harbour")
    assert laid.shift == before.shift


def test_it_sets_a_step(lay: Lay) -> None:
    """A clinic's own end of a restriction takes the place of the shipped one."""
    assert str(lay('[step.sauna]\nend = "42d"\n')["step"]["sauna"].end) == "42d"


def test_it_rewords_and_gives_numbers(lay: Lay) -> None:
    """Own words and own phone numbers reach the patient."""
    laid = lay('[phones]\nclinic = "+49 30 1234"\n[words.en.rule.pus]\nbecause = "Pus, we say."\n')
    pus = {"procedure": {}, "checkins": [{"day": 3, "answers": {"discharge": "pus"}, "otherwise": "no"}]}
    told = explain(laid, triage(laid, read_case(laid, pus)))
    assert "Pus, we say." in told.reasons[0].says
    assert any("+49 30 1234" in line for line in told.do)


def test_it_rewords_one_language_while_another_is_read(lay: Lay) -> None:
    """Words in English do no harm to somebody who reads Russian, and the other way round."""
    text = '[words.en.rule.pus]\nbecause = "Pus."\n[words.ru.rule.pus]\nbecause = "Гной."\n'
    assert lay(text, "ru").words["ru"]["rule.pus"]["because"] == "Гной."
    assert lay(text, "en").words["en"]["rule.pus"]["because"] == "Pus."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[course.swellin]\npast = "routine"', "course.swellin: it can only change what exists. Use one of: swelling"),
        ("[course.bruise]\nonset = 3", "course.bruise: onset: an overlay cannot change this. Use one of: past, until"),
        ("[rule.breathing]\ndo = []", "rule.breathing: do: an overlay cannot change this. Use one of: urgency"),
        ('[zone.chin]\nregion = "neck"', "zone: an overlay cannot change this. Use one of: "),
        ("[course.bruise.until]\nhuge = 3", "course.bruise: until.huge: no such answer. Use one of: mild, moderate"),
        ("[course.bruise.until]\nmild = true", "course.bruise: until.mild: True is not a whole number"),
        ("[course]\nbruise = 4", "course.bruise: 4 is not a table. Write [course.bruise]"),
        ("phones = 112", "phones: 112 is not a table. Write [phones]"),
        ("[phones]\nclinic = 1", "phones.clinic: 1 is not a number to call. Put it in quotes"),
        ('[phones]\nemergency = ""', "phones.emergency: '' is not a number to call"),
        ("[words.en.rule.pus]\nbecause = 4", "rule.pus: because: 4 is not what is said here"),
        ('[words.en.rule.pus]\nsays = "x"', "rule.pus: says: unknown key. Use one of: because"),
        ('[words.en.rule.hope]\nbecause = "x"', "words.en.rule.hope: no such sentence. It can only reword"),
        ('[words.de.rule.pus]\nbecause = "x"', "words.de.rule.pus: no such sentence. It can only reword"),
        ("words = 1", "words: 1 is not a table"),
        ("approval = 3", "approval: 3 is not what belongs here"),
    ],
)
def test_it_refuses_what_a_clinic_may_not_set(lay: Lay, text: str, message: str) -> None:
    """Whatever is unknown, of the wrong kind or not a clinic's to change is named, and nothing is laid."""
    with pytest.raises(ProtocolError) as caught:
        lay(text)
    assert message in str(caught.value)


def test_it_refuses_all_of_it_at_once(lay: Lay) -> None:
    """Every mistake in an overlay is named together."""
    with pytest.raises(ProtocolError) as caught:
        lay('colour = "blue"\n[course.nothing]\npast = "routine"\n[rule.pus]\nwhen = {}\n[step.sauna]\ntopic = "x"')
    assert [problem.key or problem.id for problem in caught.value.problems] == [
        "colour", "course.nothing", "when", "topic",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", 'id = "my clinic"\nauthor = "x"', 'id = "x"', "id = 3\nauthor = 4"])
def test_it_must_say_whose_it_is(tmp_path: Path, text: str) -> None:
    """An overlay without an id or an author is refused."""
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"own\.toml: id: an overlay needs an id and an author"):
        load(LIBRARY / SHIPPED, path)


def test_it_must_be_there(tmp_path: Path) -> None:
    """A missing overlay is named; the protocol is not used without it."""
    with pytest.raises(ProtocolError, match=r"none\.toml: the file is missing"):
        load(LIBRARY / SHIPPED, tmp_path / "none.toml")


def test_it_is_proved_like_the_rest(lay: Lay) -> None:
    """A shorter window and stricter rule hold every property, and weaken nothing."""
    laid = lay('[course.discharge.until]\nclear = 1\n[rule.thread_out]\nurgency = "same_day"\n')
    assert [result.name for result in verify(laid) if not result.holds] == []
    assert list(an_overlay_never_weakens_a_red_flag(shipped(), laid)) == []


def test_it_is_refuted_when_a_worse_answer_may_last_longer(lay: Lay) -> None:
    """A clinic that shortens the window of a mild sign must shorten that of a stronger one too."""
    laid = lay("[course.bruise.until]\nmild = 10\n")
    assert "worse_never_lowers_urgency" in {result.name for result in verify(laid) if not result.holds}


def test_it_is_refuted_when_a_window_has_no_end(lay: Lay) -> None:
    """A clinic cannot declare a sign harmless for ever: past its window somebody looks."""
    laid = lay('[course.bruise]\npast = "self_care"\n')
    assert "nothing_is_expected_past_its_window" in {result.name for result in verify(laid) if not result.holds}


@pytest.mark.parametrize("rule", ["stroke_signs", "breathing", "pus", "lump_pulsating"])
def test_it_is_refuted_when_it_weakens_what_is_urgent(lay: Lay, rule: str) -> None:
    """Whoever calls an emergency or a same-day sign routine is shown the check-in that would be answered too low."""
    laid = lay(f'[rule.{rule}]\nurgency = "routine"\n')
    refuted = [one for one in an_overlay_never_weakens_a_red_flag(shipped(), laid) if f"rule.{rule} " in one.says]
    assert refuted
    case = refuted[0].case
    assert case is not None
    before, after = (triage(p, read_case(p, case)).urgency for p in (shipped(), laid))
    assert after < before
    assert before >= Urgency.SAME_DAY
