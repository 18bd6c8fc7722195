"""A drawn signature: its strokes as a page sends them, and as lines to draw again."""

from __future__ import annotations

import json

MOST_POINTS = 4_000
LONGEST_DRAWING = 60_000
"""Of the JSON in which the strokes are sent."""
FULL = 1_000
"""Points are told in per mille of the width and of the height of the field."""
Stroke = list[list[int]]


def read_strokes(sent: str) -> str:
    """The strokes as they are kept, nothing for none; raises `ValueError` for anything that is no drawing."""
    if not sent.strip():
        return ""
    if len(sent) > LONGEST_DRAWING:
        raise ValueError("it is too long")
    try:
        strokes = json.loads(sent)
    except RecursionError:
        raise ValueError("it is no drawing") from None
    if not isinstance(strokes, list) or not all(_is_stroke(one) for one in strokes):
        raise ValueError("it is no list of strokes")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise ValueError("it has too many points")
    return json.dumps(strokes, separators=(",", ":")) if strokes else ""


def _is_stroke(one: object) -> bool:
    return isinstance(one, list) and bool(one) and all(_is_point(point) for point in one)


def _is_point(one: object) -> bool:
    inside = isinstance(one, list) and all(type(part) is int and 0 <= part <= FULL for part in one)
    return isinstance(one, list) and inside and len(one) == 2  # noqa: PLR2004 - across and down


def lines_of(drawing: str) -> list[str]:
    """Each stroke as the points of a line in a picture; a dot is a line that ends where it begins."""
    strokes: list[Stroke] = json.loads(drawing) if drawing else []
    return [" ".join(f"{x},{y}" for x, y in (stroke * 2 if len(stroke) == 1 else stroke)) for stroke in strokes]
