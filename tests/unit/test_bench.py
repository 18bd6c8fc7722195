"""The benchmark compares like with like and prints what it found, met or missed."""

import json
import subprocess
import sys
from datetime import date
from functools import partial
from itertools import repeat

import pytest

from afterthread.engine.facts import Facts
from afterthread.engine.history import observe
from afterthread.engine.triage import weigh
from afterthread.protocol import Urgency, shipped
from afterthread.verify.artefact import compile_protocol
from bench import Row, run, start
from bench.decision import BLOCK, cases, disagreements, timed
from bench.worse import STEPS
from bench.zen_table import ZenTable
from tests.lib.edit import changed
from tests.lib.source import ROOT

PROTOCOL = shipped()
ROW = Row(figure="P0 speed", target="<= 2", measured="3 | 4", peer="z3 1 ms", met=False, note="a note")


@pytest.fixture(scope="module")
def facts() -> list[Facts]:
    """Facts of a few recoveries."""
    return [facts for case in cases(PROTOCOL, 2)[-3:] for facts in observe(PROTOCOL, case)]


@pytest.mark.parametrize("policy", ["first", "collect"])
def test_it_gives_zen_the_same_rules(facts: list[Facts], policy: str) -> None:
    """ZEN finds the engine's urgency on every input before anything is timed."""
    table = ZenTable(compile_protocol(PROTOCOL), policy)
    assert disagreements(PROTOCOL, table, facts) == 0
    assert {table.urgency(table.values(one)) for one in facts} == {int(weigh(PROTOCOL, one).urgency) for one in facts}


def test_it_notices_other_rules(facts: list[Facts]) -> None:
    """A table of another protocol disagrees."""
    other = changed(PROTOCOL, "rule.own_words", urgency=Urgency.EMERGENCY)
    spoken = [one.but("own_words", "yes") for one in facts]
    assert disagreements(PROTOCOL, ZenTable(compile_protocol(other), "first"), spoken) == len(spoken)


def test_it_lets_the_runs_take_turns() -> None:
    """Both sides are called alternately, block by block, once per input."""
    calls: list[str] = []
    timed({name: repeat(partial(calls.append, name), 2 * BLOCK) for name in "ab"})
    assert calls == [*["a"] * BLOCK, *["b"] * BLOCK] * 2


def test_it_starts_light() -> None:
    """The command line imports neither Django nor numpy to answer."""
    assert start.heavy_imports() == []


def test_it_names_every_step_to_the_worse() -> None:
    """Each says what it does."""
    assert all(step.__doc__ for step in STEPS)


def test_it_prints_a_row_with_its_target_and_peer() -> None:
    """A miss is called a miss, beside what it was measured against."""
    assert run.line(ROW) == "MISSED P0 speed: 3 | 4 (target <= 2; z3 1 ms)"


def test_it_writes_the_page() -> None:
    """The page says on what, when and how, and a bar inside a cell does not break the table."""
    page = run.page([ROW], date(2026, 3, 2))
    assert "measured on 2026-03-02" in page
    assert "| P0 speed | <= 2 | 3 \\| 4 | z3 1 ms | **no** |" in page
    assert "**P0 speed**: a note" in page
    assert "zhou2025" in page
    assert f"protocol: {PROTOCOL.id} {PROTOCOL.version}" in page


def test_it_names_no_machine() -> None:
    """The page describes the processor, never the host."""
    host = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.node())"], capture_output=True, text=True, check=True
    )
    assert host.stdout.strip() not in "\n".join(run.machine())


def test_it_shows_a_figure_that_could_not_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that breaks is a row that is not met; the others are still measured."""

    def broken() -> list[Row]:
        raise RuntimeError("no peer")

    monkeypatch.setattr(start, "figures", broken)
    (row,) = run.measure(["start"])
    assert (row["measured"], row["met"]) == ("NOT MEASURED", False)
    assert "no peer" in row["note"]


def test_it_decides_from_lines_in_a_process_of_its_own() -> None:
    """The other Pythons run the same module: cases in, one hash a line out."""
    lines = "\n".join(json.dumps({"checkins": [{"day": day}]}) for day in range(3))
    done = subprocess.run(
        [sys.executable, "-m", "bench.identity", "0"], input=lines, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert len(done.stdout.split()) == 3
