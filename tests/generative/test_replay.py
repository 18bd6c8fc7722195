"""Replay decides random diaries as the engine does, check-in by check-in, under the shipped and random protocols."""

import json
import random
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.history import due_days, observe
from afterthread.engine.triage import triage
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Box, Days, Protocol, Urgency
from afterthread.verify import replay_file, replay_history, replay_table
from afterthread.verify.artefact import UNANSWERED, compile_protocol, from_document
from afterthread.verify.replay import Kept, Transition, compare, replay
from afterthread.verify.replay_file import read_history
from afterthread.verify.replay_history import History
from afterthread.verify.replay_table import Layout, Outcome, decide, encode, lay_out

PROTOCOL = shipped()
DONE_AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
Row = dict[str, Any]


class Told(NamedTuple):
    """One check-in: the row of a file, and the procedure and the check-in of a case."""

    row: Row
    procedure: Row
    check_in: Row


# -- Diaries: rows of a stored history, and the same as cases for the engine ------------------------------------------


YES_NO_UNKNOWN = st.sampled_from(["yes", "no", "unknown"])


@st.composite
def diaries(draw: st.DrawFn, protocol: Protocol = PROTOCOL) -> list[list[Told]]:
    """A few recoveries that speak of the same few things, so that one answer meets another."""
    ruled = {name for rule in protocol["rule"].values() for box in rule.when for name in box.where}
    spoken = sorted((ruled | {*protocol["course"]}) & {*protocol["question"]})
    names = draw(st.lists(st.sampled_from(spoken or ["swelling"]), min_size=1, max_size=4, unique=True))
    label = st.tuples(st.sampled_from(["ann", "bea", "cy\u0301"]), st.sampled_from([None, "first", "second"]))
    labels = draw(st.lists(label, min_size=1, max_size=4, unique=True))
    return [draw(recoveries(protocol, names, *label)) for label in labels]


@st.composite
def recoveries(
    draw: st.DrawFn, protocol: Protocol, names: list[str], patient: str, procedure: str | None
) -> list[Told]:
    """The check-ins of one recovery in order; all have a clock time, or none."""
    latest = protocol.horizon_days - 1
    day = st.integers(0, 35) | st.sampled_from(sorted(due_days(protocol) - {latest + 1})) | st.integers(0, latest)
    hours = sorted(24 * day + draw(st.integers(0, 23)) for day in draw(st.lists(day, min_size=1, max_size=8)))
    label = {"patient": patient} | ({"procedure": procedure} if procedure else {})
    clocked, told = draw(st.booleans()), []
    for hour in hours:
        modifiers = dict.fromkeys(protocol["modifier"], "no") if draw(st.booleans()) else {}
        modifiers |= draw(st.dictionaries(st.sampled_from(sorted(protocol["modifier"])), YES_NO_UNKNOWN, max_size=4))
        row, said = draw(check_ins(protocol, names))
        when: Row = {"day": hour // 24}
        case_when, done = when, Row()
        if clocked:
            at = DONE_AT + timedelta(hours=hour)
            when = {"day": (at.date() - DONE_AT.date()).days, "first_24h": "yes" if hour < 24 else "no"}
            case_when, done = {"at": at.isoformat()}, {"at": DONE_AT.isoformat()}
        told.append(Told(label | when | modifiers | row, done | {"modifiers": modifiers}, case_when | said))
    return told


@st.composite
def check_ins(draw: st.DrawFn, protocol: Protocol, names: list[str]) -> tuple[Row, Row]:
    """What is said at one time, as columns of a row and as the answers of a case."""
    answers = {name: draw(answers_to(protocol, name)) for name in names if draw(st.integers(0, 3))}
    row = {
        name if key == "level" else f"{name}.{key}": value
        for name, answer in answers.items()
        for key, value in answer.items()
    }
    rest = {"otherwise": draw(st.sampled_from([None, "no", "no", "unknown"]))}
    rest["words"] = draw(st.sampled_from([None, "", " \u2003\n", "it hurts"]))
    rest = {key: value for key, value in rest.items() if value is not None}
    return row | rest, {"answers": answers, **rest}


@st.composite
def answers_to(draw: st.DrawFn, protocol: Protocol, name: str) -> Row:
    """One answer, at times without its level or with more than its level."""
    question = protocol["question"][name]
    told: Row = {}
    if draw(st.integers(0, 9)):
        told["level"] = draw(st.sampled_from(["no", *protocol.variables[name], "unknown"]))
    if question.side and draw(st.booleans()):
        told["side"] = draw(st.sampled_from(["unknown", "one", "both"]))
    if question.trend and draw(st.booleans()):
        told["trend"] = draw(st.sampled_from(["unknown", "better", "same", "worse"]))
    if not told or not draw(st.integers(0, 3)):
        told["since"] = draw(st.integers(0, 40) | st.integers(0, 100_000))
    return told


# -- Protocols: the shipped one, broken in a few places ----------------------------------------------------------------


Recipe = tuple[dict[str, list[str]], list[tuple[str, str, str, Any]]]
"""Which entries a protocol keeps ({} for all), and what is then broken; short to print when a test fails."""
RULES = {"rule": sorted(PROTOCOL["rule"]), "course": sorted(PROTOCOL["course"])}
OF_COURSE = [id for id in RULES["rule"] if ".course" in repr(PROTOCOL["rule"][id].when)]
FINE = OF_COURSE[:4]
"""Rules that a test narrows until they tell a relapse from anything else."""
URGENT = st.sampled_from([Urgency.ROUTINE, Urgency.SAME_DAY, Urgency.EMERGENCY])


def build(recipe: Recipe) -> Protocol:
    """The shipped protocol with only some rules and windows, and those broken."""
    kept, breakages = recipe
    entries = {section: dict(group) for section, group in PROTOCOL.entries.items()}
    for section, ids in kept.items():
        entries[section] = {id: entries[section][id] for id in ids}
    for section, id, how, value in breakages:
        if entry := entries[section].get(id):
            entries[section][id] = change(entry, section, how, value)
        if how == "remove":
            entries[section].pop(id, None)
    return replace(PROTOCOL, entries=entries)


def telling_relapses(protocol: Protocol) -> Protocol:
    """The same protocol, its rules about the course narrowed to a relapse."""
    rules = {
        rule.id: replace(
            rule, when=tuple(Box({n: only(n, v) for n, v in box.where.items()}, box.days) for box in rule.when)
        )
        for rule in protocol["rule"].values()
    }
    return replace(protocol, entries={**protocol.entries, "rule": rules})


def only(name: str, values: frozenset[str]) -> frozenset[str]:
    return frozenset({"relapse"}) if name.endswith(".course") else values


def change(entry: Any, section: str, how: str, value: Any) -> Any:
    match how, section:
        case "raised", _:
            return replace(entry, raised=value > Urgency.ROUTINE)
        case "urgency", "rule":
            return replace(entry, urgency=value)
        case "urgency", _:
            return replace(entry, past=value)
        case "day", "rule":
            return replace(entry, when=tuple(replace(box, days=Days(value)) for box in entry.when))
        case "day", _:
            return replace(entry, until=dict.fromkeys(entry.until, value))
    return entry


@st.composite
def breakages(draw: st.DrawFn, ids: dict[str, list[str]]) -> tuple[str, str, str, Any]:
    """One rule or window removed, moved, or of another urgency."""
    section = draw(st.sampled_from(sorted(ids)))
    how = draw(st.sampled_from(["remove", "urgency", "day", "raised"]))
    return section, draw(st.sampled_from(ids[section])), how, draw(st.integers(0, 90) if how == "day" else URGENT)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Mostly of a few rules: of the whole, hardly one is seen, as something unanswered keeps decisions at routine."""
    kept = {}
    if draw(st.integers(0, 3)):
        rules = st.sampled_from(OF_COURSE) | st.sampled_from(RULES["rule"])
        kept["rule"] = draw(st.lists(rules, min_size=1, max_size=4, unique=True))
        kept["course"] = draw(st.lists(st.sampled_from(RULES["course"]), min_size=1, max_size=4, unique=True))
    return kept, draw(st.lists(breakages(kept or RULES), max_size=3))


# -- What must hold ----------------------------------------------------------------------------------------------------


def engine_decides(protocol: Protocol, diary: list[list[Told]]) -> list[tuple[Urgency, str]]:
    """The urgency and the deciding rule of every check-in, each from the history before it."""
    found = []
    for recovery in diary:
        for number, told in enumerate(recovery, 1):
            case = {"procedure": told.procedure, "checkins": [one.check_in for one in recovery[:number]]}
            decision = triage(protocol, read_case(protocol, case))
            best = decision.findings[0] if decision.findings else None
            proven = best is not None and best.urgency == decision.urgency
            found.append((decision.urgency, best.entry if proven and best else UNANSWERED if decision.urgency else ""))
    return found


def artefact_decides(protocol: Protocol, diary: list[list[Told]]) -> list[tuple[Urgency, str]]:
    """The same from the boxes, through the facts of the engine."""
    artefact, found = compile_protocol(protocol), []
    for recovery in diary:
        for number, told in enumerate(recovery, 1):
            case = {"procedure": told.procedure, "checkins": [one.check_in for one in recovery[:number]]}
            *_, facts = observe(protocol, read_case(protocol, case))
            found.append(artefact.decide(facts.day, facts.values))
    return found


def written(diary: list[list[Told]], kind: str, seed: int, folder: Path) -> tuple[Path, list[int]]:
    """The diary as a file, its recoveries and days shuffled, and which row each check-in became."""
    told = [one for recovery in diary for one in recovery]
    same_day = [(one.row["patient"], one.row.get("procedure"), one.row["day"]) for one in told]
    places = {
        key: place
        for place, key in enumerate(random.Random(seed).sample(sorted(set(same_day), key=repr), len(set(same_day))))
    }
    order = sorted(range(len(told)), key=lambda i: places[same_day[i]])
    rows = [told[i].row for i in order]
    path = folder / f"diary.{kind}"
    if kind == "ndjson":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        names = dict.fromkeys(name for row in rows for name in row)
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path, row_group_size=3)
    return path, [order.index(i) + 1 for i in range(len(told))]


def replay_decides(protocol: Protocol, diary: list[list[Told]], kind: str, seed: int = 0) -> list[tuple[Urgency, str]]:
    """The same from a file, in batches of two or three rows."""
    artefact = from_document(json.loads(json.dumps(compile_protocol(protocol).document())))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay_file, "BATCH_ROWS", 3)
        patch.setattr(replay_file, "BATCH_LINES", 2)
        path, rows = written(diary, kind, seed, Path(folder))
        history = read_history(path, artefact)
    decisions = decide(history, artefact)
    assert np.array_equal(encode(history, lay_out(artefact)).decide(artefact).places, decisions.places)
    found = dict(zip(history.row, zip(map(Urgency, decisions.urgency), decisions.rule, strict=True), strict=True))
    return [found[row] for row in rows]


@given(st.data(), st.integers(0, 9))
def test_it_decides_random_diaries_as_the_engine_does(data: st.DataObject, seed: int) -> None:
    protocol = build(data.draw(recipes()))
    diary = data.draw(diaries(protocol))
    expected = engine_decides(protocol, diary)
    assert artefact_decides(protocol, diary) == expected
    assert replay_decides(protocol, diary, "ndjson", seed) == expected
    assert replay_decides(protocol, diary, "parquet", seed) == expected


@given(st.data())
def test_it_counts_and_lists_what_another_version_changes(data: st.DataObject) -> None:
    old, new = build(data.draw(recipes())), build(data.draw(recipes()))
    diary = data.draw(diaries())
    before, after = engine_decides(old, diary), engine_decides(new, diary)
    versions = compile_protocol(old), compile_protocol(new)
    with tempfile.TemporaryDirectory() as folder:
        path, rows = written(diary, "parquet", 0, Path(folder))
        found = replay(path, *versions, progress=False)
    pairs = Counter((a[0], b[0]) for a, b in zip(before, after, strict=True))
    assert found.transition is not None
    assert found.transition.urgencies == tuple(tuple(pairs[a, b] for b in Urgency) for a in Urgency)
    assert found.urgencies == {urgency.word: sum(one[0] == urgency for one in before) for urgency in Urgency}
    assert found.rules == Counter(rule for _, rule in before)
    expected = {row: (a, b) for row, a, b in zip(rows, before, after, strict=True) if a[0] != b[0]}
    assert {one.row: ((one.before, one.rule_before), (one.after, one.rule_after)) for one in found.changed} == expected
    assert found.transition.downgrades == sum(one.is_downgrade for one in found.changed)


@given(st.data())
def test_it_answers_for_further_versions_as_from_the_rows(data: st.DataObject) -> None:
    kept, broken = data.draw(recipes())
    old = build((kept, broken))
    diary = data.draw(diaries(old))
    with tempfile.TemporaryDirectory() as folder:
        path, _ = written(diary, "parquet", 0, Path(folder))
        history = read_history(path, compile_protocol(old))
    before, keeper = decide(history, compile_protocol(old)), Kept(history, compile_protocol(old))
    for _ in range(3):
        new = compile_protocol(build((kept, [*broken, data.draw(breakages(kept or RULES))])))
        tallies = len(keeper.tallies)
        assert met(keeper.compare(new)) == met(compare(before, decide(history, new)))
        event("a tally was there" if len(keeper.tallies) == tallies else "a tally was made")


def met(transition: Transition) -> dict[tuple[Outcome, Outcome], int]:
    """How often each pair of outcomes was met, in whatever order they are numbered."""
    pairs = zip(*np.nonzero(transition.counts), strict=True)
    return {(transition.outcomes[a], transition.outcomes[b]): int(transition.counts[a, b]) for a, b in pairs}


@pytest.mark.parametrize(
    "breakage", ["a run of answers", "one variable", "the order", "the course", "the day", "the pairs"]
)
def test_it_would_notice_a_broken_table(breakage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Layout.runs
    match breakage:
        case "a run of answers":
            monkeypatch.setattr(Layout, "runs", lambda *about: whole(*about)[:1])
        case "one variable":
            monkeypatch.setattr(
                Layout, "runs", lambda *about: [slice(None)] if ".course" in about[2] else whole(*about)
            )
        case "the order":
            monkeypatch.setattr(replay_table, "rank", lambda box: (int(box.urgency), box.rule))
        case "the course":
            monkeypatch.setattr(replay_history, "_before", lambda flags, first: np.zeros_like(flags))
        case "the day":
            monkeypatch.setattr(History, "day", property(lambda history: history.numbers["day"] + 1))
        case "the pairs":
            monkeypatch.setattr(replay_table, "number", lambda values: (np.zeros(len(values), np.int64), values[:1]))

    protocol = telling_relapses(build(({"rule": FINE, "course": RULES["course"][:5]}, [])))

    @settings(max_examples=200, database=None, phases=[Phase.generate])
    @given(diaries(protocol))
    def agree(diary: list[list[Told]]) -> None:
        assert replay_decides(protocol, diary, "parquet") == engine_decides(protocol, diary)

    with pytest.raises(AssertionError):
        agree()
