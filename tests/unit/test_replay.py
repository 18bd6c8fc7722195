"""What replay accepts, what it refuses by row and column, and what it tells of two versions."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afterthread.engine.case import CaseError
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Days, Urgency
from afterthread.verify.artefact import Artefact, Cell, compile_protocol
from afterthread.verify.replay import Kept, Replay, replay
from afterthread.verify.replay_file import read_history
from afterthread.verify.replay_history import History
from afterthread.verify.replay_table import decide, encode, lay_out

PROTOCOL = shipped()
ARTEFACT = compile_protocol(PROTOCOL)
WORST = ("rule.breathing", Urgency.EMERGENCY)
Row = dict[str, Any]


def ndjson(folder: Path, *lines: Row | str | bytes) -> Path:
    path = folder / "history.ndjson"
    text = (
        line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else json.dumps(line).encode()
        for line in lines
    )
    path.write_bytes(b"\n".join(text))
    return path


def parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "history.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def read(path: Path) -> History:
    return read_history(path, ARTEFACT)


def refused(path: Path) -> str:
    with pytest.raises(CaseError) as caught:
        read(path)
    return str(caught.value)


def answers(history: History, variable: str) -> list[str]:
    return [ARTEFACT.domains[variable][code] for code in history[variable]]


ANN = {"patient": "ann", "day": 1}


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({**ANN, "fever": "maybe"}, "row 2: fever: 'maybe' is no answer here. Use one of: "),
        ({**ANN, "fever": True}, "row 2: fever: True is not text"),
        ({**ANN, "fever": ["yes"]}, "row 2: fever: ['yes'] is not text"),
        ({**ANN, "fever": {"level": "yes"}}, "row 2: fever: {'level': 'yes'} is not text"),
        ({**ANN, "fever": 1}, "row 2: fever: 1 is not text"),
        ({**ANN, "fevr": "yes"}, "row 2: 'fevr': no such column. Use one of: fever"),
        ({**ANN, "fever.side": "one"}, "row 2: 'fever.side': no such column"),
        ({**ANN, "swelling.side": "left"}, "row 2: swelling.side: 'left' is no answer here. Use one of: "),
        ({**ANN, "swelling.trend": "relapse"}, "row 2: swelling.trend: 'relapse' is no answer here"),
        ({**ANN, "swelling.since": -1}, "row 2: swelling.since: -1 is not a whole number from 0 to"),
        ({**ANN, "diabetes": "y"}, "row 2: diabetes: 'y' is no answer here"),
        ({**ANN, "first_24h": "unknown"}, "row 2: first_24h: 'unknown' is no answer here"),
        ({**ANN, "otherwise": "yes"}, "row 2: otherwise: 'yes' is no answer here"),
        ({**ANN, "words": 5}, "row 2: words: 5 is not text"),
        ({**ANN, "words": "x" * 20_001}, "row 2: words: "),
        ({**ANN, "words": "\ud800"}, "row 2: words: "),
        ({**ANN, "patient": "\udfff"}, "row 2: patient: "),
        ({**ANN, "patient": None}, "row 2: patient: None says nothing"),
        ({**ANN, "patient": True}, "row 2: patient: True is not text"),
        ({"day": 1}, "row 2: patient: None says nothing"),
        ({"patient": "ann"}, "row 2: day: None says nothing"),
        ({**ANN, "day": "1"}, "row 2: day: '1' is not a whole number"),
        ({**ANN, "day": 1.0}, "row 2: day: 1.0 is not a whole number"),
        ({**ANN, "day": True}, "row 2: day: True is not a whole number"),
        ({**ANN, "day": -1}, "row 2: day: -1 is not a whole number from 0 to 3650"),
        ({**ANN, "day": 3651}, "row 2: day: 3651 is not a whole number from 0 to 3650"),
        ({**ANN, "day": 1 << 70}, "row 2: day: "),
        ('{"patient": "ann", "day": NaN}', "row 2: NaN is not a number"),
        ('{"patient": "ann", "day": 1, "fever": "yes", "fever": "no"}', "row 2: the key 'fever' stands twice"),
        ('{"patient": "ann", "day": 1} {}', "row 2: line 1, column"),
        ("null", "row 2: None is not a check-in"),
        ("[]", "row 2: [] is not a check-in"),
        ("{}", "row 2: {} is not a check-in"),
        ('{"patient": "ann", "day": 1', "row 2: line 1, column"),
        ("[" * 100_000, "row 2: the brackets are nested too deeply"),
        (b'{"patient": "\xff", "day": 1}', "row 2: byte"),
        ('"' + "x" * 5_000_001 + '"', "row 2: the input has more than 5 MB"),
    ],
)
def test_it_refuses_a_bad_line_by_row_and_column(second: Row | str | bytes, says: str, tmp_path: Path) -> None:
    assert says in refused(ndjson(tmp_path, {"patient": "bea", "day": 0, "fever": "no"}, second))


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("fever", ["no", "maybe"], "row 2: fever: 'maybe' is no answer here. Use one of: "),
        ("fever", [None, True], "row 2: fever: True is bool, not text"),
        ("fever", [None, 0], "row 2: fever: 0 is int64, not text"),
        ("fever", [None, b"yes"], "row 2: fever: b'yes' is binary, not text"),
        ("fever", [None, ["yes"]], "row 2: fever: ['yes'] is list"),
        ("fevr", ["yes", "no"], "the header: 'fevr': no such column. Use one of: fever"),
        ("words", [None, 1], "row 2: words: 1 is int64, not text"),
        ("patient", ["ann", None], "row 2: patient: None says nothing"),
        ("patient", [1.5, 2.5], "row 1: patient: 1.5 is double, not text"),
        ("patient", [None, None], "row 1: patient: None says nothing"),
        ("day", [0, None], "row 2: day: None says nothing"),
        ("day", [0, -1], "row 2: day: -1 is not a whole number from 0 to 3650"),
        ("day", [0.0, 1.0], "row 1: day: 0.0 is not a whole number"),
        ("day", pa.array([0, 2**64 - 1], pa.uint64()), "row 2: day: 18446744073709551615 is not a whole number"),
        ("day", ["0", "1"], "row 1: day: '0' is not a whole number"),
        ("swelling.since", [None, 100_001], "row 2: swelling.since: 100001 is not a whole number from 0 to 100000"),
    ],
)
def test_it_refuses_a_bad_column_by_row(column: str, values: Any, says: str, tmp_path: Path) -> None:
    columns = {"patient": ["ann", "bea"], "day": [0, 1], column: values}
    assert says in refused(parquet(tmp_path, **columns))


def test_it_tells_the_first_bad_row_of_every_column(tmp_path: Path) -> None:
    text = refused(parquet(tmp_path, patient=["ann"] * 3, day=[0, 1, -2], fever=["no", "x", "y"]))
    assert [line.partition(": ")[0] for line in text.splitlines()] == ["row 3", "row 2"]


@pytest.mark.parametrize("missing", ["patient", "day"])
def test_it_refuses_parquet_without_a_needed_column(missing: str, tmp_path: Path) -> None:
    columns = {name: values for name, values in {"patient": ["ann"], "day": [0]}.items() if name != missing}
    assert f"row 1: {missing}: it is missing" in refused(parquet(tmp_path, **columns))


def test_it_refuses_what_is_no_history(tmp_path: Path) -> None:
    assert "history.ndjson: it holds no check-ins" in refused(ndjson(tmp_path, "", ""))
    assert "history.parquet: it holds no check-ins" in refused(
        parquet(tmp_path, patient=pa.array([], pa.string()), day=pa.array([], pa.int8()))
    )
    whole = parquet(tmp_path, patient=["ann"], day=[0])
    whole.write_bytes(whole.read_bytes()[:-30])
    assert "history.parquet: it cannot be read" in refused(whole)
    assert "nowhere: it cannot be read" in refused(tmp_path / "nowhere")
    table = pa.table([["ann"], [0], ["yes"], ["no"]], names=["patient", "day", "fever", "fever"])
    pq.write_table(table, whole)
    assert "the header: a column stands twice" in refused(whole)
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")]
    )
    assert "it cannot be read" in refused(parquet(tmp_path, patient=["ann"], day=[0], fever=text))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_it_reads_every_kind_of_text(kind: pa.DataType, tmp_path: Path) -> None:
    fever = pa.array(["yes", None, "unknown", "no"], pa.string()).cast(kind)
    history = read(parquet(tmp_path, patient=[7, 7, 7, 7], day=[0, 1, 2, 3], fever=fever, pain=pa.nulls(4)))
    assert answers(history, "fever") == ["yes", "unknown", "unknown", "no"]
    assert answers(history, "pain") == ["unknown"] * 4
    assert history.label("patient", 0) == 7


def test_it_closes_only_what_was_not_mentioned(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"otherwise": "no"},
        {"otherwise": "no", "pain": "unknown"},
        {"otherwise": "no", "pain": None, "pain.side": "one"},
        {"otherwise": "no", "pain": None, "pain.since": 0},
        {"otherwise": "unknown"},
    ]
    history = read(ndjson(tmp_path, *({**ANN, **row} for row in rows)))
    assert answers(history, "pain") == ["no", "unknown", "unknown", "unknown", "unknown"]
    assert set(answers(history, "diabetes")) == {"unknown"}


def test_it_takes_spaces_for_no_words_as_the_engine_does(tmp_path: Path) -> None:
    letters = [*map(chr, range(0x3100)), "\U0001f600", ""]
    history = read(parquet(tmp_path, patient=["ann"] * len(letters), day=[0] * len(letters), words=letters))
    assert answers(history, "own_words") == ["yes" if letter.strip() else "no" for letter in letters]


def test_it_keeps_patients_and_procedures_apart(tmp_path: Path) -> None:
    bad = {"day": 1, "swelling": "severe"}
    better = {"day": 3, "swelling": "mild"}
    rows: list[Row] = [
        {"patient": "ann", **better},
        {"patient": "bea", "procedure": "first", **bad},
        {"patient": "ann", **bad},
        {"patient": "bea", "procedure": "second", **better},
    ]
    history = read(ndjson(tmp_path, *rows))
    told = dict(zip(map(int, history.row), answers(history, "swelling.course"), strict=True))
    assert told == {1: "better", 2: "unknown", 3: "unknown", 4: "unknown"}
    found = replay(ndjson(tmp_path, *rows), ARTEFACT, progress=False)
    assert (found.check_ins, found.patients) == (4, 2)


# -- Two versions ------------------------------------------------------------------------------------------------------


def without_hair_loss() -> Artefact:
    """A version that neither asks for hair loss nor speaks of it."""
    entries = {section: dict(group) for section, group in PROTOCOL.entries.items()}
    del entries["question"]["hair_loss"]
    for id, rule in PROTOCOL["rule"].items():
        if "hair_loss" in repr(rule.when):
            del entries["rule"][id]
    return compile_protocol(replace(PROTOCOL, entries=entries))


def test_it_compares_versions_that_ask_different_things(tmp_path: Path) -> None:
    path = ndjson(tmp_path, {**ANN, "otherwise": "no", **dict.fromkeys(PROTOCOL["modifier"], "no"), "hair_loss": "yes"})
    assert lost(replay(path, ARTEFACT, without_hair_loss(), progress=False)) == ("routine", "self_care")
    assert lost(replay(path, without_hair_loss(), ARTEFACT, progress=False)) == ("self_care", "routine")
    with pytest.raises(CaseError, match="no such column"):
        replay(path, without_hair_loss(), progress=False)


def test_it_compares_versions_with_other_due_days(tmp_path: Path) -> None:
    rows: list[Row] = [
        {**ANN, "day": day, "otherwise": "no", **dict.fromkeys(PROTOCOL["modifier"], "no")} for day in (1, 2, 3)
    ]
    found = replay(ndjson(tmp_path, *rows), ARTEFACT, replace(ARTEFACT, due=()), progress=False)
    assert [(one.day, one.rule_after, one.is_downgrade) for one in found.changed] == [
        (3, "rule.repeated_contact", False)
    ]
    assert found.transition is not None
    assert (found.transition.upgrades, found.transition.downgrades, found.transition.other_rule) == (1, 0, 0)


def lost(found: Replay) -> tuple[str, str]:
    (change,) = found.changed
    assert found.transition is not None
    assert found.transition.downgrades == change.is_downgrade
    return change.before.word, change.after.word


def test_it_keeps_no_history_for_a_version_of_other_facts(tmp_path: Path) -> None:
    kept = Kept(read(ndjson(tmp_path, ANN)), ARTEFACT)
    with pytest.raises(ValueError, match="read again"):
        kept.compare(without_hair_loss())


def test_it_answers_for_a_version_too_wide_for_a_tally(tmp_path: Path) -> None:
    quiet = dict.fromkeys(PROTOCOL["modifier"], "no")
    same = {"swelling": "mild", "swelling.side": "both", "swelling.trend": "same", "otherwise": "no"}
    history = read(ndjson(tmp_path, *({**ANN, **quiet, **same, "day": day} for day in range(20))))
    kept = Kept(history, ARTEFACT)
    moved = {id: replace(course, until=dict.fromkeys(course.until, 3)) for id, course in PROTOCOL["course"].items()}
    far = {id: replace(course, until=dict.fromkeys(course.until, 300)) for id, course in PROTOCOL["course"].items()}
    for courses, changes in (moved, (0, 11)), (far, (5, 0)):
        other = compile_protocol(replace(PROTOCOL, entries={**PROTOCOL.entries, "course": courses}))
        answer = kept.compare(other)
        assert not kept.tallies
        assert (answer.downgrades, answer.upgrades) == changes


# -- Tables ------------------------------------------------------------------------------------------------------------


def test_it_holds_boxes_wider_than_a_table_and_more_outcomes_than_a_byte(tmp_path: Path) -> None:
    wide = dict.fromkeys(["swelling", "pain", "redness", "warmth", "lump", "bruise", "itching"], frozenset({"mild"}))
    boxes = [
        Cell(f"rule.r{number:03}", Urgency.ROUTINE, Days(number, number), {"fever": frozenset({"yes"})})
        for number in range(300)
    ]
    artefact = replace(ARTEFACT, boxes=(*boxes, Cell(*WORST, Days(), wide)))
    rows = [
        {"patient": day, "day": day, "fever": "yes", **dict.fromkeys(wide, "mild" if day == 7 else "no")}
        for day in range(302)
    ]
    history = read_history(ndjson(tmp_path, *rows), artefact)
    decisions = decide(history, artefact)
    expected = [(Urgency.ROUTINE, f"rule.r{day:03}") if day < 300 else (Urgency.SELF_CARE, "") for day in range(302)]
    expected[7] = (WORST[1], WORST[0])
    assert [*zip(map(Urgency, decisions.urgency), decisions.rule, strict=True)] == expected
    assert np.array_equal(encode(history, lay_out(artefact)).decide(artefact).places, decisions.places)


def test_it_decides_by_no_rule_at_all(tmp_path: Path) -> None:
    bare = replace(ARTEFACT, boxes=())
    assert replay(ndjson(tmp_path, ANN), bare, progress=False).rules == {"": 1}


def test_it_shows_a_bar_to_people_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for screen, shown in (Terminal(), True), (io.StringIO(), False):
        monkeypatch.setattr(sys, "stderr", screen)
        replay(ndjson(tmp_path, ANN), ARTEFACT)
        assert ("reading" in screen.getvalue() and "100%" in screen.getvalue()) is shown
