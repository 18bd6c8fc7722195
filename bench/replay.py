"""Times replay against Polars, DuckDB, `np.select` and a fused loop over the same boxes, and further versions."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import groupby
from operator import and_, itemgetter, or_
from pathlib import Path
from statistics import median
from typing import Any, cast

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when Polars is first imported

import duckdb
import numba
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from afterthread.protocol.load import shipped
from afterthread.protocol.model import Days, Protocol
from afterthread.verify.artefact import Artefact, compile_protocol, rank
from afterthread.verify.replay import Kept, compare
from afterthread.verify.replay_file import read_history
from afterthread.verify.replay_history import History
from afterthread.verify.replay_table import Coded, cells_of, decide, encode, lay_out, outcomes_of, stored
from bench import SEED, Row
from bench.diary import write_diary

Array = npt.NDArray[Any]
Columns = Mapping[str, Any]
"""By variable, its codes or an expression that stands for them; "day" holds plain days."""
CHECK_INS, RUNS, PROVED = 1_000_000, 5, 2_000
"""How many check-ins are decided, how often, and how many of them the boxes themselves prove."""
GROWTH = (100_000, 1_000_000, 4_000_000)
FURTHER_SECONDS = 0.005
EVERYTHING = "all windows at once"
DRAFTS: Mapping[str, tuple[str, ...]] = {
    "the window of swelling": ("swelling",),
    "the windows of swelling and redness": ("swelling", "redness"),
    EVERYTHING: (),
}


def figures(check_ins: int = CHECK_INS, growth: tuple[int, ...] = GROWTH) -> list[Row]:
    """P2 and P3."""
    protocol = shipped()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.parquet"
        write_diary(path, check_ins, protocol, SEED)
        rows = _look_up_figures(protocol, path)
        further = {}
        for size in growth:
            write_diary(path, size, protocol, SEED)
            further[size] = _further(protocol, path)
    return [*rows, *_further_figures(further)]


# -- P2: the same boxes, decided by everybody --------------------------------------------------------------------------


def _look_up_figures(protocol: Protocol, path: Path) -> list[Row]:
    artefact = compile_protocol(protocol)
    history, costs = _prepare(path, artefact)
    start = time.perf_counter()
    coded = encode(history, lay_out(artefact))
    costs["numbering the cells, once"] = time.perf_counter() - start
    columns = {name: history[name] for name in sorted({name for box in stored(artefact) for name in box.where})}
    columns["day"] = history.day.astype(np.int16)
    tables = coded.layout.fill(stored(artefact), outcomes_of(artefact))
    runs: dict[str, Callable[[], Array]] = {
        "kept": lambda: coded.look_up(tables),
        "not kept": lambda: decide(history, artefact).places,
        "Polars, when/then": polars_decides(artefact, columns),
        "DuckDB, CASE": duckdb_decides(artefact, columns),
        "np.select": partial(select_decides, artefact, columns),
        "a numba loop over the cells": numba_decides(history, artefact, coded),
        "a numba loop over the kept numbers": numba_kept_decides(coded, tables),
    }
    expected = _proved(artefact, history, coded)
    for name, run in runs.items():
        if not np.array_equal(run(), expected):
            raise RuntimeError(f"{name} decides otherwise; the times cannot be compared")
    times = timed(runs)
    costs["one decision without kept cells"] = times["not kept"]
    costs["one decision with kept cells"] = times["kept"]
    size = f"{len(history):,} check-ins of {coded.met:,} kinds, {len([*stored(artefact)])} boxes, one core"
    targets = {"Polars, when/then": 10, "DuckDB, CASE": 8, "np.select": 50} | dict.fromkeys(list(runs)[-2:], 1 / 3)
    return [
        *(_ratio_row(name, target, times, size, len(history)) for name, target in targets.items()),
        _cost_row(costs, size, len(history)),
    ]


def _ratio_row(peer: str, target: float, times: Mapping[str, float], size: str, rows: int) -> Row:
    ratio, anew = times[peer] / times["kept"], times[peer] / times["not kept"]
    return Row(
        figure=f"P2 replay against {peer}",
        target=f">= {target}x" if target >= 1 else ">= 1/3 of its speed",
        measured=f"{ratio:.3g}x ({rows / times['kept'] / 1e6:.0f} M/s)",
        peer=f"{rows / times[peer] / 1e6:.3g} M/s",
        met=ratio >= target,
        note=f"{size}; the peers read coded columns, replay the numbers of its kept cells; without them {anew:.2g}x",
    )


def _cost_row(costs: Mapping[str, float], size: str, rows: int) -> Row:
    return Row(
        figure="P2 what replay costs from the file on, ns for each check-in",
        target="told",
        measured="; ".join(f"{step} {seconds / rows * 1e9:.0f}" for step, seconds in costs.items()),
        peer="-",
        met=True,
        note=size,
    )


def _prepare(path: Path, artefact: Artefact) -> tuple[History, dict[str, float]]:
    """A history with all its facts, and the seconds that each step took."""
    start = time.perf_counter()
    pq.read_table(path, use_threads=False)
    plain = time.perf_counter()
    history = read_history(path, artefact)
    read = time.perf_counter()
    for variable in {name for box in stored(artefact) for name in box.where}:
        history[variable]
    facts = time.perf_counter()
    return history, {
        "Parquet to checked columns": read - plain,
        "pyarrow alone, unchecked": plain - start,
        "columns to facts": facts - read,
    }


def timed(runs: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Median seconds of each; they take turns, so that all see the same noise."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(RUNS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: median(found) for name, found in times.items()}


def _proved(artefact: Artefact, history: History, coded: Coded) -> Array:
    """The decisions, of which a sample is held against the boxes looked at one by one."""
    decisions = coded.decide(artefact)
    for index in np.random.default_rng(SEED).integers(0, len(history), PROVED):
        values = {name: domain[history[name][index]] for name, domain in artefact.domains.items()}
        if artefact.decide(int(history.day[index]), values) != decisions.outcomes[decisions.places[index]]:
            raise RuntimeError(f"replay and the boxes disagree on row {history.row[index]}")
    return decisions.places


Condition = list[tuple[str, list[tuple[int, int | None]]]]
"""Variables, and the ranges of codes of which one must hold each; None for no upper end."""


def conditions(artefact: Artefact) -> Iterator[tuple[Condition, int]]:
    """Every box in the order in which it wins, so that the first that holds decides; and the place of its outcome."""
    place = {outcome: code for code, outcome in enumerate(outcomes_of(artefact))}
    layout = lay_out(artefact)
    for box in sorted(stored(artefact), key=rank):
        condition: Condition = [("day", [(box.days.first, box.days.last)])] if box.days != Days() else []
        for name in sorted(box.where):
            top = len(artefact.domains[name])
            runs = layout.runs(box, name)
            condition.append((name, [(run.start, None if run.stop == top else run.stop - 1) for run in runs]))
        yield condition, place[box.urgency, box.rule]


def holds(condition: Condition, columns: Columns) -> Any:
    """A condition over arrays or over the expressions of Polars, with as few comparisons as will do."""
    return reduce(and_, (reduce(or_, (_between(columns[name], *run) for run in runs)) for name, runs in condition))


def _between(column: Any, first: int, last: int | None) -> Any:
    if last is None:
        return column >= first
    if first == last:
        return column == first
    return (column >= first) & (column <= last) if first else column <= last


def _sql(condition: Condition) -> str:
    def between(name: str, first: int, last: int | None) -> str:
        if last is None:
            return f'"{name}" >= {first}'
        return f'"{name}" = {first}' if first == last else f'"{name}" BETWEEN {first} AND {last}'

    return " AND ".join(f"({' OR '.join(between(name, *run) for run in runs)})" for name, runs in condition)


def polars_decides(artefact: Artefact, columns: Columns) -> Callable[[], Array]:
    """One when/then to a box and the highest of them; a single chain of them all took ten times as long."""
    frame, names = pl.DataFrame(dict(columns)), {name: pl.col(name) for name in columns}
    nothing = pl.lit(0, pl.UInt8)
    found = [
        pl.when(holds(condition, names)).then(pl.lit(place, pl.UInt8)).otherwise(nothing)
        for condition, place in conditions(artefact)
    ]
    highest = pl.max_horizontal(found).alias("place")
    return lambda: np.asarray(frame.select(highest)["place"])


def duckdb_decides(artefact: Artefact, columns: Columns) -> Callable[[], Array]:
    """One CASE over a table of its own."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET enable_progress_bar = false")
    connection.register("given", pa.table(dict(columns)))
    connection.execute("CREATE TABLE history AS SELECT * FROM given")
    cases = " ".join(f"WHEN {_sql(condition)} THEN {place}" for condition, place in conditions(artefact))
    query = f"SELECT (CASE {cases} ELSE 0 END)::UTINYINT AS place FROM history"  # noqa: S608 - our own rules
    return lambda: np.asarray(connection.execute(query).fetchnumpy()["place"])


def select_decides(artefact: Artefact, columns: Columns) -> Array:
    """The way of OpenFisca: every outcome's condition over all rows, then `np.select`."""
    found = [
        (reduce(or_, [holds(condition, columns) for condition, _ in boxes]), np.uint8(place))
        for place, boxes in groupby(conditions(artefact), itemgetter(1))
    ]
    return np.select([condition for condition, _ in found], [place for _, place in found], np.uint8(0))


def compiled(loop: Callable[..., Array]) -> Callable[..., Array]:
    """Compile a loop when it is first run."""
    return cast("Callable[..., Array]", numba.njit(loop))


def numba_decides(history: History, artefact: Artefact, coded: Coded) -> Callable[[], Array]:
    """The look-ups of every table in one compiled loop over rows of cells: a scan at its best."""
    tables = coded.layout.fill(stored(artefact), outcomes_of(artefact))
    begin = np.cumsum([0, *(len(table) for table in tables[:-1])])
    cells = np.stack([cells_of(history, coded.layout, table) for table in coded.layout.tables], axis=1)
    return partial(_loop, np.concatenate(tables), begin, cells)


@compiled
def _loop(tables: Array, begin: Array, cells: Array) -> Array:
    places = np.zeros(cells.shape[0], tables.dtype)
    for row in range(cells.shape[0]):
        highest = tables.dtype.type(0)
        for table in range(cells.shape[1]):
            highest = max(highest, tables[begin[table] + cells[row, table]])
        places[row] = highest
    return places


def numba_kept_decides(coded: Coded, tables: Sequence[Array]) -> Callable[[], Array]:
    """What replay does with the kept numbers, with each step in one compiled loop: its own ceiling."""

    def run() -> Array:
        found = [_pick(table, cells) for table, cells in zip(tables, coded.cells, strict=True)]
        for pairs in coded.pairs:
            found.append(_higher(found[pairs.left], pairs.left_numbers, found[pairs.right], pairs.right_numbers))
        return _pick(found[-1], coded.rows)

    return run


@compiled
def _pick(places: Array, numbers: Array) -> Array:
    picked = np.empty(len(numbers), places.dtype)
    for i in range(len(numbers)):
        picked[i] = places[numbers[i]]
    return picked


@compiled
def _higher(left: Array, left_numbers: Array, right: Array, right_numbers: Array) -> Array:
    highest = np.empty(len(left_numbers), left.dtype)
    for i in range(len(left_numbers)):
        highest[i] = max(left[left_numbers[i]], right[right_numbers[i]])
    return highest


# -- P3: further versions over a kept history --------------------------------------------------------------------------


def _further(protocol: Protocol, path: Path) -> dict[str, tuple[float, float]]:
    """For some drafts, the seconds that the first one takes and then each further one."""
    artefact = compile_protocol(protocol)
    kept = Kept(read_history(path, artefact), artefact)
    before = decide(kept.history, artefact)
    found = {"(the first draft of all, with the cells)": (_seconds(lambda: kept.coded), 0.0)}
    for name, courses in DRAFTS.items():
        drafts = [compile_protocol(moved(protocol, by, courses or (*protocol["course"],))) for by in range(-3, 4) if by]
        first = _seconds(partial(kept.compare, drafts[0]))
        found[name] = first, median(_seconds(partial(kept.compare, draft)) for draft in drafts[1:])
        for draft in drafts[:2]:
            answer, expected = kept.compare(draft), compare(before, decide(kept.history, draft))
            if answer.urgencies != expected.urgencies or answer.other_rule != expected.other_rule:
                raise RuntimeError(f"the tally and the rows disagree on {name}")
    return found


def moved(protocol: Protocol, by: int, courses: tuple[str, ...]) -> Protocol:
    """A draft in which some windows end earlier or later."""
    group = dict(protocol["course"])
    for id in courses:
        group[id] = replace(group[id], until={answer: max(day + by, 0) for answer, day in group[id].until.items()})
    return replace(protocol, entries={**protocol.entries, "course": group})


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _further_figures(found: Mapping[int, Mapping[str, tuple[float, float]]]) -> list[Row]:
    rows = []
    for name in DRAFTS:
        times = {size: drafts[name] for size, drafts in found.items()}
        each = ", ".join(f"{further * 1e3:.1f} ms at {size:,}" for size, (_, further) in times.items())
        once = ", ".join(f"{first * 1e3:.0f} ms" for first, _ in times.values())
        row = Row(
            figure=f"P3 one further version that moves {name}",
            target="<= 5 ms, whatever the number of check-ins",
            measured=each,
            peer=f"the first such version: {once}",
            met=max(further for _, further in times.values()) <= FURTHER_SECONDS,
            note="from a tally of the variables it touches"
            if name != EVERYTHING
            else "too wide for a tally: all kinds of check-ins are decided again",
        )
        rows.append(row)
    return rows


if __name__ == "__main__":
    for figure in figures():
        print(figure)
