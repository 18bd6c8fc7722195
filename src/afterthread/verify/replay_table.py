"""The boxes of a protocol laid out in a few tables, so that a stored check-in is decided by one look-up in each.

A table covers the variables and days that its boxes speak of, and a cell holds the highest outcome among them; the
decision of a row is the maximum over the tables.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from afterthread.protocol.model import CONTEXT, Urgency
from afterthread.verify.artefact import RISK, Artefact, Cell, rank
from afterthread.verify.replay_history import History, Report

Array = npt.NDArray[Any]
Outcome = tuple[Urgency, str]
"""An urgency, and the rule that decides it; "" where nothing fires."""
DAY = "day"
SILENCE = "silence"
HEARD = CONTEXT[SILENCE][0]
"""The value of `silence` in every check-in that is stored."""
LARGEST_TABLE = 1 << 16
"""So that the number of a cell fits two bytes."""
WHOLE_DAYS = 61
"""Up to here every day has a code of its own, so that another version may move its windows over the same cells."""
LARGEST_TALLY = 1 << 20
"""So that a further version is answered in milliseconds."""
CACHED = 1 << 16


@dataclass(frozen=True)
class Table:
    """The variables of one table, and how many codes each has; the last varies fastest."""

    variables: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of cells."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Layout:
    """Which tables there are; `days` holds the first day of every day code."""

    domains: Mapping[str, tuple[str, ...]]
    days: tuple[int, ...]
    tables: tuple[Table, ...]

    @cached_property
    def _begins(self) -> frozenset[int]:
        return frozenset(self.days)

    def home(self, box: Cell) -> int | None:
        """The first table that can hold a box: it has the variables, and the days begin and end where codes do."""
        if not self._begins.issuperset(_edges(box)):
            return None
        wanted = _variables(box)
        return next((i for i, table in enumerate(self.tables) if wanted.issubset(table.variables)), None)

    def fill(self, boxes: Iterable[Cell], outcomes: Sequence[Outcome]) -> list[Array]:
        """Every table: for each cell the place among `outcomes` of the highest box that it lies in."""
        place = {outcome: code for code, outcome in enumerate(outcomes)}
        filled = [np.zeros(table.shape, np.min_scalar_type(len(outcomes))) for table in self.tables]
        for box in sorted(boxes, key=rank, reverse=True):
            home = self.home(box)
            if home is None:
                raise ValueError(f"no table holds a box of {box.rule}")
            for part in product(*(self.runs(box, variable) for variable in self.tables[home].variables)):
                filled[home][part] = place[box.urgency, box.rule]
        return [table.reshape(-1) for table in filled]

    def day_codes(self, days: Array) -> Array:
        """The codes of days."""
        codes = np.searchsorted(self.days, np.arange(days.max() + 1), side="right") - 1
        return codes.astype(np.min_scalar_type(len(self.days)))[days]

    def runs(self, box: Cell, variable: str) -> list[slice]:
        """The codes of a variable that a box takes, as runs without a gap."""
        if variable == DAY:
            begin, *after = (bisect_left(self.days, edge) for edge in _edges(box))
            return [slice(begin, after[0] if after else None)]
        if variable not in box.where:
            return [slice(None)]
        codes = sorted(self.domains[variable].index(value) for value in box.where[variable])
        gaps = [i for i, (code, following) in enumerate(pairwise(codes), 1) if following != code + 1]
        return [slice(codes[i], codes[j - 1] + 1) for i, j in pairwise([0, *gaps, len(codes)])]


def stored(artefact: Artefact) -> Iterator[Cell]:
    """The boxes that a stored check-in can meet; none of them is a silence."""
    for box in artefact.boxes:
        if SILENCE not in box.where:
            yield box
        elif HEARD in box.where[SILENCE]:
            yield replace(box, where={name: values for name, values in box.where.items() if name != SILENCE})


def _edges(box: Cell) -> Iterator[int]:
    yield box.days.first
    if box.days.last is not None:
        yield box.days.last + 1


def _variables(box: Cell) -> frozenset[str]:
    return frozenset(box.where) | ({DAY} if [*_edges(box)] != [0] else set())


def lay_out(artefact: Artefact) -> Layout:
    """Few tables that hold every box: the widest first, each where it multiplies the cells least."""
    boxes = [*stored(artefact)]
    edges = {*range(WHOLE_DAYS), *(edge for box in boxes for edge in _edges(box))}
    codes = {name: len(domain) for name, domain in artefact.domains.items()} | {DAY: len(edges)}

    def size(variables: frozenset[str]) -> int:
        return math.prod(codes[name] for name in variables)

    wholes: list[frozenset[str]] = []
    for wanted in sorted({_variables(box) for box in boxes}, key=lambda one: (-size(one), sorted(one))):
        roomy = [i for i, whole in enumerate(wholes) if wanted <= whole or size(whole | wanted) <= LARGEST_TABLE]
        if roomy:
            best = min(roomy, key=lambda i: size(wholes[i] | wanted) / size(wholes[i]))
            wholes[best] |= wanted
        else:
            wholes.append(wanted)
    return _layout(artefact, edges, wholes or [frozenset()])


def _layout(artefact: Artefact, days: Iterable[int], wholes: Iterable[frozenset[str]]) -> Layout:
    days = tuple(sorted(days))
    codes = {name: len(domain) for name, domain in artefact.domains.items()} | {DAY: len(days)}
    tables = [Table(names, tuple(codes[name] for name in names)) for names in map(tuple, map(sorted, wholes))]
    return Layout(artefact.domains, days, tuple(tables))


def outcomes_of(*artefacts: Artefact) -> tuple[Outcome, ...]:
    """Everything that can be decided, in the order in which it wins; first that nothing fires."""
    boxes = {(box.urgency, box.rule): box for artefact in artefacts for box in artefact.boxes}
    return ((Urgency.SELF_CARE, ""), *sorted(boxes, key=lambda outcome: rank(boxes[outcome]), reverse=True))


@dataclass(frozen=True, eq=False)
class Decisions:
    """One decision to a row: its place among `outcomes`."""

    outcomes: tuple[Outcome, ...]
    places: Array

    @property
    def urgency(self) -> Array:
        """The urgency of every row."""
        return np.array([urgency for urgency, _ in self.outcomes], np.uint8)[self.places]

    @property
    def rule(self) -> Array:
        """The deciding rule of every row."""
        return np.array([rule for _, rule in self.outcomes], object)[self.places]


def decide(history: History, artefact: Artefact, report: Report | None = None) -> Decisions:
    """The decision of every row."""
    layout, outcomes = lay_out(artefact), outcomes_of(artefact)
    places = np.zeros(len(history), np.min_scalar_type(len(outcomes)))
    tables = layout.fill(stored(artefact), outcomes)
    for done, (table, filled) in enumerate(zip(layout.tables, tables, strict=True), 1):
        np.maximum(places, filled.take(cells_of(history, layout, table)), out=places)
        if report is not None:
            report(done / len(tables))
    return Decisions(outcomes, places)


def cells_of(history: History, layout: Layout, table: Table) -> Array:
    """Which cell of a table each row lies in."""
    cells = np.zeros(len(history), np.min_scalar_type(table.size))
    for variable, size in zip(table.variables, table.shape, strict=True):
        cells *= cells.dtype.type(size)
        cells += layout.day_codes(history.day) if variable == DAY else history[variable]
    return cells


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which pairs of numbers were met, of two columns of numbers that stand before it."""

    left: int
    right: int
    left_numbers: Array
    right_numbers: Array


@dataclass(frozen=True, eq=False)
class Coded:
    """A history as the numbers of its cells: all that is needed to decide it again.

    Few of all cells are ever met, and few of all pairs of them. So the cells that were met are numbered table by table,
    then pairs of these numbers, then pairs of pairs, until one number says which cells a row lies in; a decision that
    is made once for a number holds for all its rows.
    """

    layout: Layout
    cells: tuple[Array, ...]
    """The cells of each table that were met."""
    pairs: tuple[Pairs, ...]
    rows: Array
    """The last number of each row."""

    @property
    def met(self) -> int:
        """How many kinds of check-ins there are that any version of this layout can tell apart."""
        return len(self.pairs[-1].left_numbers if self.pairs else self.cells[0])

    def decide(self, artefact: Artefact) -> Decisions:
        """The decision of every row."""
        outcomes = outcomes_of(artefact)
        return Decisions(outcomes, self.look_up(self.layout.fill(stored(artefact), outcomes)))

    def look_up(self, tables: Sequence[Array]) -> Array:
        """The highest place in all tables, row by row."""
        found = [table.take(cells) for table, cells in zip(tables, self.cells, strict=True)]
        for pairs in self.pairs:
            left, right = found[pairs.left], found[pairs.right]
            highest = np.empty(len(pairs.left_numbers), left.dtype)
            for part in _parts(highest):
                pick = left.take(pairs.left_numbers[part])
                np.maximum(pick, right.take(pairs.right_numbers[part]), out=highest[part])
            found.append(highest)
        places = np.empty(len(self.rows), found[-1].dtype)
        for part in _parts(places):
            places[part] = found[-1].take(self.rows[part])
        return places


def _parts(array: Array) -> Iterator[slice]:
    """An array in parts that stay in the cache together with the copies that numpy makes of them."""
    return (slice(first, first + CACHED) for first in range(0, len(array), CACHED))


def encode(history: History, layout: Layout) -> Coded:
    """The cells of a history; the pairs with the fewest numbers first, which keeps them few for long."""
    numbered = [number(cells_of(history, layout, table)) for table in layout.tables]
    cells = tuple(met for _, met in numbered)
    waiting = [(len(met), i, rows) for i, (rows, met) in enumerate(numbered)]
    pairs: list[Pairs] = []
    while len(waiting) > 1:
        (_, left, left_rows), (size, right, right_rows), *waiting = sorted(waiting, key=itemgetter(0, 1))
        rows, met = number(left_rows.astype(np.int64) * size + right_rows)
        waiting.append((len(met), len(cells) + len(pairs), rows))
        pairs.append(Pairs(left, right, *(numbers.astype(np.int32) for numbers in np.divmod(met, size))))
    return Coded(layout, cells, tuple(pairs), waiting[0][2])


def number(values: Array) -> tuple[Array, Array]:
    """Each value as a number from 0 in the order of appearance, and the values by number."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_numpy()


@dataclass(frozen=True, eq=False)
class Tally:
    """How often each cell of one table met each highest outcome of the boxes that the table cannot hold."""

    layout: Layout
    outcomes: tuple[Outcome, ...]
    boxes: tuple[Cell, ...]
    """The boxes that the table holds, of the version it was made from."""
    cells: Array
    rest: Array
    """The place of the outcome of all other boxes."""
    count: Array

    @cached_property
    def places(self) -> Array:
        """What the version it was made from decides, cell by cell."""
        return np.maximum(self.weigh(self.boxes, self.outcomes), self.rest)

    def fits(self, box: Cell) -> bool:
        """Whether the cells tell where a box holds."""
        return self.layout.home(box) is not None

    def weigh(self, boxes: Iterable[Cell], outcomes: Sequence[Outcome]) -> Array:
        """The place of the highest outcome among some boxes, cell by cell."""
        return self.layout.fill(boxes, outcomes)[0].take(self.cells)


def count(history: History, coded: Coded, artefact: Artefact, changed: Sequence[Cell]) -> Tally | None:
    """Count the variables and days of `changed` in a history; None when the table would be too large."""
    edges = {edge for box in changed for edge in _edges(box)}
    layout = _layout(artefact, {*coded.layout.days, *edges}, [frozenset({DAY, RISK}.union(*map(_variables, changed)))])
    if layout.tables[0].size > LARGEST_TALLY:
        return None
    outcomes, boxes = outcomes_of(artefact), [*stored(artefact)]
    inside = tuple(box for box in boxes if layout.home(box) is not None)
    rest = coded.look_up(coded.layout.fill((box for box in boxes if layout.home(box) is None), outcomes))
    rows, met = number(cells_of(history, layout, layout.tables[0]).astype(np.int64) * len(outcomes) + rest)
    return Tally(layout, outcomes, inside, *np.divmod(met, len(outcomes)), np.bincount(rows))
