"""What the script of the map has to know of each drawing, so that both sides of the wire reckon alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from afterthread.clinic.queries.record.drawn import LARGEST, TITLES
from afterthread.desk.procedure.drawing import VIEWS, vector_of

MIDDLE, ASIDE = LARGEST // 2, 100


@dataclass(frozen=True, slots=True)
class Canvas:
    """One drawing: where the other side of it is, and which way leads away from the midline."""

    id: str
    title: str | Promise
    other: str
    outward: Mapping[str, int]
    """By side, and `any` where there is none: 1 if away from the midline is to the right, -1 to the left, 0 both."""

    @property
    def drawing(self) -> str:
        """Its template."""
        return f"parts/map/{self.id}.html"


def views() -> list[Canvas]:
    """All drawings, in the order of their tabs."""
    return [
        Canvas(id, TITLES[id], view.mirrored, {side or "any": _outward(id, side) for side in ("left", "right", "")})
        for id, view in VIEWS.items()
    ]


def _outward(id: str, side: str) -> int:
    """Asked of a line to the right and of one to the left, so that the rule stands in one place."""
    to_right, to_left = (vector_of(id, side, (MIDDLE, MIDDLE), (MIDDLE + way, MIDDLE)) for way in (ASIDE, -ASIDE))
    return (to_right == 0) - (to_left == 0)
