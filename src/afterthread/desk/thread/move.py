"""A thread of the map, moved: the same beside it, and the same on the other side."""

from __future__ import annotations

from math import hypot

from afterthread.clinic.queries.record.drawn import LARGEST, nearest
from afterthread.desk.procedure.drawing import other_side
from afterthread.desk.thread.row import POINTS

Row = dict[str, str]
"""A row as it is sent."""
OTHER_SIDE = {"left": "right", "right": "left"}
APART = 30
"""How far beside the last one a repeated thread is drawn."""


def beside(row: Row) -> Row:
    """The same again: a thread of its own, parallel to the first if that one is drawn."""
    points = _points(row)
    if points is None:
        return row | {"key": ""}
    x1, y1, x2, y2 = points
    length = hypot(x2 - x1, y2 - y1) or 1.0
    right, down = -(y2 - y1) / length * APART, (x2 - x1) / length * APART
    moved = [_within(x1 + right), _within(y1 + down), _within(x2 + right), _within(y2 + down)]
    return row | dict(zip(POINTS, map(str, moved), strict=True)) | {"key": ""}


def mirrored(row: Row) -> Row:
    """The same on the other side of the body, and of the drawing if it is drawn."""
    turned = row | {"side": OTHER_SIDE.get(row["side"], row["side"]), "key": ""}
    points = _points(row)
    if points is None:
        return turned
    x1, y1, x2, y2 = points
    view, left, top = other_side(row["view"], x1, y1)
    _, right, bottom = other_side(row["view"], x2, y2)
    return turned | dict(zip(POINTS, map(str, (left, top, right, bottom)), strict=True)) | {"view": view}


def _points(row: Row) -> tuple[int, int, int, int] | None:
    told = [row[name] for name in POINTS]
    if not row["view"] or not all(one.isdecimal() and len(one) < len("99999") for one in told):
        return None
    x1, y1, x2, y2 = map(int, told)
    return x1, y1, x2, y2


def _within(value: float) -> int:
    return max(0, min(LARGEST, nearest(value)))
