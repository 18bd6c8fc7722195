"""Where the threads of the made-up practice lie on the map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from afterthread.desk.procedure.drawing import other_side, vector_of

Points = tuple[int, int, int, int]
RIGHT: Mapping[str, tuple[str, Points]] = {
    "brow": ("front", (370, 218, 350, 366)),
    "cheek": ("front", (288, 480, 396, 590)),
    "jawline": ("front", (290, 620, 368, 742)),
    "forehead": ("front", (400, 180, 380, 300)),
    "nasolabial": ("front", (330, 500, 400, 600)),
    "neck": ("neck", (300, 540, 430, 552)),
}
"""By zone, on the right side of the patient; the left one mirrors it."""


def drawn(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of threads with their lines; a zone without one stays a row."""
    for row in rows:
        if row["zone"] in RIGHT and row["side"] in ("left", "right"):
            yield {**row, **_place(*RIGHT[row["zone"]], row["side"])}
        else:
            yield row


def _place(view: str, points: Points, side: str) -> dict[str, Any]:
    x, y, u, v = points
    if side == "left":
        (_, x, y), (view, u, v) = other_side(view, x, y), other_side(view, u, v)
    return {
        "view": view, "entry_x": x, "entry_y": y, "exit_x": u, "exit_y": v,
        "vector": vector_of(view, side, (x, y), (u, v)),
    }  # fmt: skip
