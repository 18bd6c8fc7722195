"""Threads for the drawing of the body: as lines where they were drawn, as zones where they were only named."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from afterthread.clinic.models import Thread
from afterthread.clinic.queries.record.drawn import IN, OUT, Line, is_drawn, lines_of
from afterthread.engine.explain import Words

BOTH = ("left", "right")


@dataclass(frozen=True, slots=True)
class Picture:
    """What the drawing shows."""

    lines: list[Line]
    zones: str
    """Of the threads that were not drawn, as the drawing of the face names them."""

    def __bool__(self) -> bool:
        return bool(self.lines or self.zones)


def picture_of(
    rows: Iterable[Thread], words: Words, *, near: Container[str] = (), states: Mapping[UUID, str] | None = None
) -> Picture:
    """Threads with what is still in of them; those whose keys are `near` stand out, and alone are named as zones."""
    threads, told = list(rows), states or {}
    known = words.protocol["zone"]
    labels = {n: words.of(f"zone.{row.zone}", "name") for n, row in enumerate(threads, 1) if row.zone in known}
    levels = {n: "warn" for n, row in enumerate(threads, 1) if str(row.key) in near}
    named = [row for row in threads if not is_drawn(row) and told.get(row.key, IN) != OUT]
    named = [row for row in named if states is not None or str(row.key) in near]
    return Picture(lines_of(threads, states=told, levels=levels, labels=labels), _zones(named))


def _zones(rows: Iterable[Thread]) -> str:
    sides = {(row.zone, side) for row in rows for side in ((row.side,) if row.side in BOTH else BOTH) if row.zone}
    return " ".join(f"{zone}-{side}" for zone, side in sorted(sides))
