"""Worked examples are read strictly, and every way in which one comes out otherwise is named."""

from pathlib import Path

import pytest

from afterthread.protocol import ProtocolError, shipped
from afterthread.verify.cases import load_cases, run_cases

PROTOCOL = shipped()
SOUND = """
[case.pus]
title = "Pus is seen the same day"
sources = ["S033"]
expect = "same_day"
rules = ["rule.pus"]
absent = ["rule.fever_alone"]
suspects = ["infection"]
unanswered = []
procedure = { modifiers = { otherwise = "no" } }
checkins = [{ day = 3, answers = { discharge = "pus" }, otherwise = "no" }]
"""


def folder_of(tmp_path: Path, text: str) -> Path:
    """A protocol folder with one file of cases."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "some.toml").write_text(text, encoding="utf-8")
    return tmp_path


def failures(tmp_path: Path, old: str, new: str) -> list[str]:
    """What is said of the sound case with one thing changed."""
    assert old in SOUND
    cases = load_cases(PROTOCOL, folder_of(tmp_path, SOUND.replace(old, new)))
    return [str(failure) for failure in run_cases(PROTOCOL, cases)]


def test_it_passes_a_sound_case(tmp_path: Path) -> None:
    """A case that comes out as written is not mentioned."""
    assert failures(tmp_path, "Pus is", "Pus is") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('expect = "same_day"', 'expect = "routine"', "expected routine, got same_day because of rule.pus"),
        ('rules = ["rule.pus"]', 'rules = ["rule.hives"]', "`rule.hives` did not fire"),
        ('rules = ["rule.pus"]', "rules = []", "nothing should be found, but rule.pus was"),
        ('absent = ["rule.fever_alone"]', 'absent = ["rule.pus"]', "`rule.pus` fired and should not"),
        ('suspects = ["infection"]', 'suspects = ["stroke"]', "`stroke` is not among what to consider"),
        ("unanswered = []", 'unanswered = ["fever"]', "`fever` is not named as unanswered"),
        ("day = 3", "day = -3", "the case cannot be read: $.checkins[0].day: it lies before the procedure"),
        ('discharge = "pus"', 'dischrge = "pus"', "$.checkins[0].answers.dischrge: unknown key"),
    ],
)
def test_it_names_what_came_out_otherwise(tmp_path: Path, old: str, new: str, message: str) -> None:
    """File, case and difference stand in one line."""
    found = failures(tmp_path, old, new)
    assert any(message in one for one in found)
    assert all(one.startswith("cases/some.toml: pus: ") for one in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('expect = "same_day"', 'expect = "soon"', "cases/some.toml: pus: expect: not an urgency. Use one of: "),
        ('expect = "same_day"\n', "", "cases/some.toml: pus: expect: missing. Add `expect = …`"),
        ('title = "Pus', 'tilte = "Pus', "cases/some.toml: pus: tilte: unknown key. Use one of: title"),
        ('"S033"', '"S999"', "cases/some.toml: pus: sources: nothing is called `S999`"),
        ("[case.pus]", "[case.pus", "cases/some.toml: it is not TOML: "),
        ("[case.pus]", "[cases.pus]", "cases/some.toml: cases: unknown section"),
        ("[case.pus]", "case = 5\n[other]", "cases/some.toml: case: 5 is not a table"),
        ("[case.pus]", "[case]\npus = 5\n[other]", "cases/some.toml: pus: 5 is not a table"),
        ('title = "Pus is seen the same day"', "title = 5", "cases/some.toml: pus: title: it is not text"),
        ('sources = ["S033"]', "sources = 5", "cases/some.toml: pus: sources: 5 is not a list of names"),
        ('sources = ["S033"]', "sources = []", "cases/some.toml: pus: sources: no source"),
        ('"rule.fever_alone"', '"rule.fevr"', "cases/some.toml: pus: absent: nothing is called `rule.fevr`"),
    ],
)
def test_it_refuses_a_case_that_is_not_well_formed(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A case that cannot be understood is an error of the protocol, not a case that passes."""
    with pytest.raises(ProtocolError) as caught:
        load_cases(PROTOCOL, folder_of(tmp_path, SOUND.replace(old, new)))
    assert message in str(caught.value)


def test_it_reads_the_cases_of_every_file() -> None:
    """The shipped cases come from every file of their folder."""
    assert len({case.file for case in load_cases(PROTOCOL)}) > 3
