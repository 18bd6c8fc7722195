"""Every check-in of a stored history as coded facts, in columns: what `afterthread.engine.history` says, all at once.

Both must always agree; the generative tests say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from afterthread.engine.history import CONTACT_DAYS, RECENT_DAYS, REPEATED_CONTACTS
from afterthread.protocol.model import CONTEXT
from afterthread.verify.artefact import RISK, Artefact

Codes = npt.NDArray[np.uint8]
"""Positions in a domain, one per row; 0 is "unknown"."""
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Report = Callable[[float], None]
"""Is told which part of the work is done."""
ABSENT = -1
"""Stands for a number that was not given."""


@dataclass(eq=False)
class History:
    """All check-ins by patient and day; ``history["swelling.course"]`` is a fact of every row, coded by its domain."""

    artefact: Artefact
    said: Mapping[str, Codes]
    """Columns of words as they were said: the place in the domain plus 1."""
    numbers: Mapping[str, Numbers]
    labels: Mapping[str, tuple[Any, ...]]
    """The names of patients and procedures, by the number that stands for each."""
    row: Numbers
    """Where each check-in stands in the file, from 1."""
    recovery: Numbers
    """Ascending, one number for each patient and procedure; within it the days ascend."""
    facts: dict[str, Codes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, variable: str) -> Codes:
        if variable not in self.facts:
            self.facts[variable] = self._derive(variable)
        return self.facts[variable]

    @property
    def day(self) -> Numbers:
        """The day of every row."""
        return self.numbers["day"]

    def label(self, name: str, index: int) -> Any:
        """The patient or the procedure of one row."""
        return self.labels[name][self.numbers[name][index]]

    def _derive(self, variable: str) -> Codes:
        question, _, about = variable.partition(".")
        match about or variable:
            case "side":
                return self._given(variable) * (self[question] > 1)
            case "course":
                return self._course(question)
            case "first_24h":
                said, yes_or_no = self._given(variable), self._flag(variable, self.day == 0)
                return np.where(said > 0, said, yes_or_no).astype(np.uint8)
            case "own_words":
                return self._flag(variable, self._said("words") > 0)
            case "contacts":
                return self._flag(variable, self._repeated())
            case "silence":
                return self._flag(variable, np.zeros(len(self), np.bool_))
            case "risk":
                return self._risk()
        return self._level(variable) if f"{variable}.course" in self.artefact.domains else self._given(variable)

    def _flag(self, variable: str, flags: Flags) -> Codes:
        """Something that the history or the clock says, out of the two values it has there."""
        quiet, loud = ("no", "yes") if "yes" in CONTEXT[variable] else CONTEXT[variable][:2]
        domain = self.artefact.domains[variable]
        return np.where(flags, domain.index(loud), domain.index(quiet)).astype(np.uint8)

    def _said(self, column: str) -> Codes:
        return self.said.get(column, np.zeros(len(self), np.uint8))

    def _given(self, column: str) -> Codes:
        """What was said, and unknown where nothing was."""
        said = self._said(column)
        return np.where(said > 0, said - 1, 0).astype(np.uint8)

    def _level(self, question: str) -> Codes:
        """The answer; "none of these" closes a question of which nothing at all was said."""
        said = self._said(question)
        silent = (said == 0) & (self._said(f"{question}.side") == 0) & (self._said(f"{question}.trend") == 0)
        if f"{question}.since" in self.numbers:
            silent &= self.numbers[f"{question}.since"] == ABSENT
        closed = silent & (self._given("otherwise") > 0)
        return np.where(closed, self.artefact.domains[question].index("no"), self._given(question)).astype(np.uint8)

    def _course(self, question: str) -> Codes:
        """How a present sign stands against the last answer, over the rows that answer."""
        place = {word: code for code, word in enumerate(self.artefact.domains[f"{question}.course"])}
        course = np.zeros(len(self), np.uint8)
        rows = np.flatnonzero(self[question])
        level = self[question][rows].astype(np.int8) - 1
        if not level.any():
            return course
        first = _starts(self.recovery[rows])
        last = np.concatenate([level[:1], level[:-1]])
        trend = self._given(f"{question}.trend")[rows]
        since = self.numbers[f"{question}.since"][rows] if f"{question}.since" in self.numbers else np.full(1, ABSENT)
        recent = (since > 0) & (since >= self.day[rows] - RECENT_DAYS) & (trend != place["worse"])
        opening = np.where(recent, place["new"], trend)
        rising = (level > last) | (trend == place["worse"])
        falling = ~rising & ((level < last) | (trend == place["better"]))
        better = np.where(first, opening == place["better"], falling & (last > 0)) & (level > 0)
        improved = _before(better | (~first & (level < last)), first)
        present_before = _before(level > 0, first)
        course[rows] = np.select(
            [level == 0, first, last == 0, rising, falling],
            [
                np.uint8(0),
                opening,
                np.where(present_before, place["back"], place["new"]),
                np.where(improved, place["relapse"], place["worse"]),
                place["better"],
            ],
            place["same"],
        )
        return course

    def _repeated(self) -> Flags:
        """Contact beyond what was due, again within few days."""
        moment = self.recovery * (2 * (self.artefact.horizon_days + CONTACT_DAYS)) + self.day
        again = np.concatenate([[False], moment[1:] == moment[:-1]])
        extra = again | ~np.isin(self.day, self.artefact.due)
        count = np.cumsum(extra)
        since = np.searchsorted(moment, moment - (CONTACT_DAYS - 1))
        return extra & (count - count[since] + extra[since] >= REPEATED_CONTACTS)

    def _risk(self) -> Codes:
        no, yes = (self.artefact.domains[RISK].index(word) for word in ("no", "yes"))
        risk = np.full(len(self), no, np.uint8)
        for modifier in self.artefact.raising:
            risk[(self[modifier] == 0) & (risk == no)] = 0
            risk[self[modifier] == self.artefact.domains[modifier].index("yes")] = yes
        return risk


def _starts(groups: Numbers) -> Flags:
    return np.concatenate([[True], groups[1:] != groups[:-1]])


def _before(flags: Flags, first: Flags) -> Flags:
    """Whether a flag was up on an earlier row of the same group; `first` marks where groups begin."""
    count = np.cumsum(flags, dtype=np.int32) - flags
    begin = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    return count > count[begin]
