"""Where two versions of a protocol can decide differently, as boxes cut to the days on which they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from afterthread.engine.history import contact, due_days
from afterthread.protocol.model import UNKNOWN, Days, Protocol, Urgency
from afterthread.verify.artefact import Artefact, Cell, compile_protocol, sorted_where

CONTACTS = "contacts"
"""The one fact of a check-in that depends on when check-ins are due; see `contact`."""
HEARD = {"silence": "no"}
"""What holds of every check-in."""


class Difference:
    """The boxes in which `old` and `new` differ; a check-in outside of them is decided by both alike."""

    def __init__(self, old: Protocol, new: Protocol) -> None:
        self.old, self.new, known = old, new, {*old["question"], CONTACTS, *HEARD}
        everything = [Cell("", Urgency.SELF_CARE, Days(), {})]
        cells = _differing(compile_protocol(old), compile_protocol(new)) if hears_alike(old, new) else everything
        self.boxes = [
            (cell.days, {name: values for name, values in cell.where.items() if name in known}) for cell in cells
        ]

    def touched(self, said: Sequence[tuple[int, Mapping[str, Any]]]) -> list[int]:
        """The places of the stored check-ins of one person, each with its day, that the two may decide differently.

        Those could lie in one of the boxes, whatever else only their history knows, or are repeated contact in one
        version only.
        """
        days = [day for day, _ in said]
        both = zip(contacts(self.old, days), contacts(self.new, days), strict=True)
        return [
            at for at, ((day, told), (was, now)) in enumerate(zip(said, both, strict=True))
            if was != now or self._touches(day, told, now)
        ]  # fmt: skip

    def _touches(self, day: int, told: Mapping[str, Any], contacts: str) -> bool:
        levels = {name: answer["level"] for name, answer in told["answers"].items()} | {CONTACTS: contacts, **HEARD}
        silent = "no" if told.get("otherwise") == "no" else UNKNOWN
        return any(
            day in days and all(levels.get(name, silent) in values for name, values in where.items())
            for days, where in self.boxes
        )


@lru_cache(maxsize=16)
def hears_alike(old: Protocol, new: Protocol) -> bool:
    """Whether both make the same facts of what is said and of who says it, but for when check-ins are due."""
    return old.variables == new.variables and old["modifier"] == new["modifier"]


def contacts(protocol: Protocol, days: Iterable[int]) -> list[str]:
    """What the days of a person's check-ins, in turn, say of how often she comes of her own accord."""
    due, heard, extra = due_days(protocol), list[int](), list[int]()
    return [contact(day, due, heard, extra) for day in days]


def _differing(old: Artefact, new: Artefact) -> list[Cell]:
    first, second = _by_condition(old.boxes), _by_condition(new.boxes)
    found = []
    for key in {**first, **second}:
        was, now = first.get(key, []), second.get(key, [])
        one = (was or now)[0]
        found += [replace(one, days=days) for days in _apart([b.days for b in was], [b.days for b in now])]
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
