"""The decisions of the engine over a whole stored history at once, and what another version of a protocol changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from afterthread.protocol.model import Days, Urgency
from afterthread.verify.artefact import Artefact, Cell
from afterthread.verify.replay_file import Vocabulary, read_history
from afterthread.verify.replay_history import History
from afterthread.verify.replay_table import (
    Array,
    Coded,
    Decisions,
    Outcome,
    Tally,
    count,
    decide,
    encode,
    lay_out,
    outcomes_of,
    stored,
)

BAR = 40


@dataclass(frozen=True, eq=False)
class Transition:
    """How many check-ins go from one outcome to another: ``counts[before, after]``, by their place in `outcomes`."""

    outcomes: tuple[Outcome, ...]
    counts: Array

    @cached_property
    def urgencies(self) -> tuple[tuple[int, ...], ...]:
        """The same by urgency: ``urgencies[before][after]``."""
        levels = np.array([urgency for urgency, _ in self.outcomes])
        table = np.zeros((len(Urgency), len(Urgency)), np.int64)
        np.add.at(table, (levels[:, None], levels[None, :]), self.counts)
        return tuple(tuple(map(int, row)) for row in table)

    @property
    def downgrades(self) -> int:
        """Check-ins that the other version takes for less urgent."""
        return int(np.tril(self.urgencies, -1).sum())

    @property
    def upgrades(self) -> int:
        """Check-ins that the other version takes for more urgent."""
        return int(np.triu(self.urgencies, 1).sum())

    @property
    def other_rule(self) -> int:
        """Check-ins that stay as urgent, but by another rule."""
        return int(self.counts.sum() - self.counts.trace()) - self.downgrades - self.upgrades


@dataclass(frozen=True, slots=True)
class Change:
    """One check-in that two versions rank differently; `row` is where it stands in the file, from 1."""

    row: int
    patient: str | int
    procedure: str | int | None
    day: int
    before: Urgency
    after: Urgency
    rule_before: str
    rule_after: str

    @property
    def is_downgrade(self) -> bool:
        """Whether the other version takes it for less urgent."""
        return self.after < self.before


@dataclass(frozen=True, slots=True)
class Replay:
    """What a protocol decides over a history, and what another version would have decided."""

    check_ins: int
    patients: int
    urgencies: dict[str, int]
    """Check-ins by urgency."""
    rules: dict[str, int]
    """Check-ins by the rule that decides, the most frequent first; "" where nothing fires."""
    transition: Transition | None = None
    changed: tuple[Change, ...] = ()


def replay(path: Path, artefact: Artefact, against: Artefact | None = None, *, progress: bool = True) -> Replay:
    """Decide every check-in of a file, and with `against` again by another version."""
    known, others = Vocabulary(artefact).columns, Vocabulary(against).columns if against else ()
    draw = _draw_bar if progress and sys.stderr.isatty() else _draw_nothing
    history = read_history(path, artefact, pass_over=others, report=partial(draw, "reading"))
    decisions = decide(history, artefact, partial(draw, "deciding"))
    transition: Transition | None = None
    changed: tuple[Change, ...] = ()
    if against is not None:
        if not _same_facts(artefact, against):
            history = read_history(path, against, pass_over=known, report=partial(draw, "reading"))
        other = decide(history, against, partial(draw, "deciding"))
        transition, changed = compare(decisions, other), (*changes(history, decisions, other),)
    levels = np.bincount(decisions.urgency, minlength=len(Urgency))
    return Replay(
        check_ins=len(history),
        patients=len(history.labels["patient"]),
        urgencies={urgency.word: int(levels[urgency]) for urgency in Urgency},
        rules=_by_rule(decisions),
        transition=transition,
        changed=changed,
    )


def _draw_bar(what: str, done: float) -> None:
    end = "\n" if done >= 1 else ""
    sys.stderr.write(f"\r{what:<8} [{'#' * round(done * BAR):<{BAR}}] {done:4.0%}{end}")


def _draw_nothing(what: str, done: float) -> None:
    """Where nobody looks."""


def _same_facts(one: Artefact, other: Artefact) -> bool:
    """Whether both versions read the same facts out of a row."""
    return all(getattr(one, name) == getattr(other, name) for name in ("domains", "raising", "due", "horizon_days"))


def _by_rule(decisions: Decisions) -> dict[str, int]:
    counts = np.bincount(decisions.places, minlength=len(decisions.outcomes))
    rules: dict[str, int] = {}
    for (_, rule), met in zip(decisions.outcomes, counts, strict=True):
        if met:
            rules[rule] = rules.get(rule, 0) + int(met)
    return dict(sorted(rules.items(), key=lambda item: (-item[1], item[0])))


def compare(before: Decisions, after: Decisions) -> Transition:
    """From each outcome to each, over the same rows."""
    outcomes = (*dict.fromkeys((*before.outcomes, *after.outcomes)),)
    place = {outcome: code for code, outcome in enumerate(outcomes)}
    first, second = (np.array([place[outcome] for outcome in one.outcomes])[one.places] for one in (before, after))
    return _transition(outcomes, first, second)


def _transition(outcomes: tuple[Outcome, ...], before: Array, after: Array, weights: Array | None = None) -> Transition:
    size = len(outcomes)
    counts = np.bincount(before.astype(np.int64) * size + after, weights, size * size)
    return Transition(outcomes, counts.reshape(size, size).astype(np.int64))


def changes(history: History, before: Decisions, after: Decisions) -> Iterator[Change]:
    """Every check-in whose urgency differs, by patient and day."""
    for index in map(int, np.flatnonzero(before.urgency != after.urgency)):
        first, second = before.outcomes[before.places[index]], after.outcomes[after.places[index]]
        yield Change(
            row=int(history.row[index]),
            patient=history.label("patient", index),
            procedure=history.label("procedure", index),
            day=int(history.day[index]),
            before=first[0],
            after=second[0],
            rule_before=first[1],
            rule_after=second[1],
        )


@dataclass(eq=False)
class Kept:
    """A history kept to ask what further versions would change in it.

    A version whose changed boxes speak of few variables is answered from a tally of these variables. To make a tally
    takes a pass over the rows, once; from then on every version that moves within the same variables costs what the
    tally has cells, however many check-ins were counted into them. Any other version decides all rows again.
    """

    history: History
    artefact: Artefact
    tallies: list[Tally] = field(default_factory=list)

    @cached_property
    def coded(self) -> Coded:
        """The cells of the history."""
        return encode(self.history, lay_out(self.artefact))

    @cached_property
    def decisions(self) -> Decisions:
        """What the first version decides."""
        return self.coded.decide(self.artefact)

    @cached_property
    def _boxes(self) -> dict[Identity, Cell]:
        return {_identity(box): box for box in stored(self.artefact)}

    def compare(self, other: Artefact) -> Transition:
        """What another version changes; raises ValueError when it reads other facts out of a row."""
        if not _same_facts(self.artefact, other):
            raise ValueError("the other version asks or knows something else, so the history must be read again")
        old, new = self._boxes, {_identity(box): box for box in stored(other)}
        come = [new[id] for id in new.keys() - old.keys()]
        tally = self._tally([*come, *(old[id] for id in old.keys() - new.keys())])
        if tally is None:
            fits = all(self.coded.layout.home(box) is not None for box in come)
            return compare(self.decisions, self.coded.decide(other) if fits else decide(self.history, other))
        outcomes = outcomes_of(self.artefact, other)
        place = {outcome: code for code, outcome in enumerate(outcomes)}
        moved = np.array([place[outcome] for outcome in tally.outcomes])
        after = tally.weigh([*(box for box in tally.boxes if _identity(box) in new), *come], outcomes)
        return _transition(outcomes, moved[tally.places], np.maximum(after, moved[tally.rest]), tally.count)

    def _tally(self, changed: list[Cell]) -> Tally | None:
        """The smallest tally that tells these boxes apart, made when there is none; None when it would be too large."""
        known = [tally for tally in self.tallies if all(map(tally.fits, changed))]
        if not known and (made := count(self.history, self.coded, self.artefact, changed)) is not None:
            self.tallies.append(made)
            known = [made]
        return min(known, key=lambda tally: len(tally.count), default=None)


Identity = tuple[str, Urgency, Days, frozenset[tuple[str, frozenset[str]]]]


def _identity(box: Cell) -> Identity:
    """What makes two boxes the same."""
    return box.rule, box.urgency, box.days, frozenset(box.where.items())
