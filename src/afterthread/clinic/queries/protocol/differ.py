"""Where two versions of a protocol can decide differently, as boxes cut to the days on which they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from afterthread.protocol.model import UNKNOWN, Days, Protocol
from afterthread.verify.artefact import Artefact, Cell, compile_protocol, sorted_where

CONTACTS = "contacts"
"""The one fact of a check-in that depends on when check-ins are due."""


class Difference:
    """The boxes in which `old` and `new` differ; a check-in outside of them is decided by both alike."""

    def __init__(self, old: Protocol, new: Protocol) -> None:
        questions = old["question"]
        cells = _differing(compile_protocol(old), compile_protocol(new))
        self.boxes = [
            (cell.days, {name: values for name, values in cell.where.items() if name in questions}) for cell in cells
        ]

    def touches(self, day: int, said: Mapping[str, Any]) -> bool:
        """Whether a stored check-in could lie in one of the boxes; what only its history knows is taken for granted."""
        given, silent = said["answers"], "no" if said.get("otherwise") == "no" else UNKNOWN
        return any(
            day in days and all((given[n]["level"] if n in given else silent) in values for n, values in where.items())
            for days, where in self.boxes
        )


def _differing(old: Artefact, new: Artefact) -> list[Cell]:
    first, second = _by_condition(old.boxes), _by_condition(new.boxes)
    found = []
    for key in {**first, **second}:
        was, now = first.get(key, []), second.get(key, [])
        one = (was or now)[0]
        found += [replace(one, days=days) for days in _apart([b.days for b in was], [b.days for b in now])]
        if old.due != new.due and CONTACTS in one.where:
            found.append(replace(one, days=Days()))
    return found


def _by_condition(boxes: Iterable[Cell]) -> dict[Any, list[Cell]]:
    groups: dict[Any, list[Cell]] = {}
    for box in boxes:
        groups.setdefault((box.rule, box.urgency, repr(sorted_where(box))), []).append(box)
    return groups


def _apart(was: list[Days], now: list[Days]) -> list[Days]:
    """The days that lie in one of two sets of ranges and not in the other."""
    edges = {0, *(d.first for d in (*was, *now)), *(d.last + 1 for d in (*was, *now) if d.last is not None)}
    spans = [Days(a, b - 1) for a, b in pairwise(sorted(edges))] + [Days(max(edges))]
    return [span for span in spans if any(span.first in d for d in was) != any(span.first in d for d in now)]
