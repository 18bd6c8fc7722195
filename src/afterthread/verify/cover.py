"""Boxes against boxes: whether a union covers a region, and if not, one part that it misses.

What the region does not mention is asked of a person who reports nothing else. A box about anything else cannot hold
there, so it is left out; what is found covered is covered, whatever else may be said, because rules only add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from afterthread.protocol.model import Days
from afterthread.verify.artefact import RISK, Artefact, Cell

Where = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Region:
    """Days and sets of values; a variable that is not named may have any value of its domain."""

    first: int
    last: int
    where: Where

    def but(self, name: str, values: frozenset[str]) -> Region:
        """The same region with one variable restricted."""
        return Region(self.first, self.last, {**self.where, name: values})


class Cover:
    """A union of boxes that can be asked what it does not cover; splits a region until each part is decided."""

    def __init__(self, artefact: Artefact, boxes: Iterable[Cell]) -> None:
        self.domains = {name: frozenset(values) for name, values in artefact.domains.items()}
        self.horizon = artefact.horizon_days
        self.person = {"first_24h", RISK, *artefact.modifiers}
        self.by_variable: dict[str, list[Cell]] = {}
        for box in boxes:
            for name in box.where:
                self.by_variable.setdefault(name, []).append(box)

    def region(self, days: Days, where: Where) -> Region:
        """A region within the horizon."""
        return Region(days.first, self.horizon if days.last is None else min(days.last, self.horizon), where)

    def misses(self, region: Region) -> Region | None:
        """A part of `region` that no box covers, or None."""
        if region.first > region.last or not all(region.where.values()):
            return None
        near = {id(box): box for name in region.where for box in self.by_variable.get(name, ())}
        known = region.where.keys() | self.person
        return self._missed(region, [box for box in near.values() if box.where.keys() <= known])

    def _missed(self, region: Region, boxes: list[Cell]) -> Region | None:
        touching = [box for box in boxes if self._touches(box, region)]
        if not touching:
            return region
        box = min(touching, key=lambda one: len(one.where))
        for part in self._outside(region, box):
            missed = self._missed(part, touching)
            if missed is not None:
                return missed
        return None

    def _touches(self, box: Cell, region: Region) -> bool:
        last = self.horizon if box.days.last is None else box.days.last
        return (
            box.days.first <= region.last
            and region.first <= last
            and all(values & region.where.get(name, self.domains[name]) for name, values in box.where.items())
        )

    def _outside(self, region: Region, box: Cell) -> Iterable[Region]:
        """What is left of `region` without `box`, as disjoint parts."""
        last = self.horizon if box.days.last is None else box.days.last
        if region.first < box.days.first:
            yield Region(region.first, box.days.first - 1, region.where)
        if region.last > last:
            yield Region(last + 1, region.last, region.where)
        inner = Region(max(region.first, box.days.first), min(region.last, last), region.where)
        for name, values in box.where.items():
            known = inner.where.get(name, self.domains[name])
            if known - values:
                yield inner.but(name, known - values)
                inner = inner.but(name, known & values)
