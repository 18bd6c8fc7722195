"""Threads as lines on the map: where each runs, and the strokes with which it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Thread

LARGEST = 1000
"""The width and the height of every drawing."""
BUNDLE, BULGE, HEAD, BEYOND = 9, 26, 20, 36
"""How far the threads of a bundle lie apart, a loop opens, an arrow is long, and its number stands off."""
BADGES = {
    "stop": "m-12-28h24l16 16v24l-16 16h-24l-16-16v-24z",
    "warn": "m0-38l34 60h-68z",
    "": "m-26 0a26 26 0 1 0 52 0a26 26 0 1 0-52 0z",
}
"""The shapes of the levels, drawn from where the number stands; map/geometry.js draws the same."""
TITLES: Mapping[str, str | Promise] = {
    "front": _("Face from the front"), "left": _("Face, left side"), "right": _("Face, right side"), "neck": _("Neck"),
    "nose": _("Nose"), "body_front": _("Body from the front"), "body_back": _("Body from the back"),
}  # fmt: skip
"""What the drawings are called."""
IN, PART, OUT = "in", "part", "out"
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of threads as drawn; `state` says what is still in, `level` how grave a remark on it is."""

    number: int
    view: str
    x1: int
    y1: int
    x2: int
    y2: int
    path: str = ""
    count: int = 1
    state: str = IN
    level: str = ""
    label: str = ""

    @property
    def title(self) -> str | Promise:
        """What its drawing is called."""
        return TITLES[self.view]

    def _along(self, far: float, aside: float) -> Point:
        """The point so far from the entry along the line, and so far beside it."""
        dx, dy = self.x2 - self.x1, self.y2 - self.y1
        length = hypot(dx, dy) or 1.0
        return self.x1 + (dx * far - dy * aside) / length, self.y1 + (dy * far + dx * aside) / length

    @property
    def length(self) -> float:
        """From entry to exit, in units of the drawing."""
        return hypot(self.x2 - self.x1, self.y2 - self.y1)

    @property
    def strokes(self) -> str:
        """The line as a path: straight, out and back for a loop, side by side for several alike."""
        asides = {1: (0,), 2: (-BUNDLE / 2, BUNDLE / 2)}.get(self.count, (-BUNDLE, 0, BUNDLE))
        return " ".join(self._loop(aside) if self.path == "loop" else self._straight(aside) for aside in asides)

    def _straight(self, aside: float) -> str:
        return f"M{_at(self._along(0, aside))}L{_at(self._along(self.length, aside))}"

    def _loop(self, aside: float) -> str:
        entry, turn, half = self._along(0, aside), self._along(self.length, aside), self.length / 2
        out, back = (self._along(half, aside + side) for side in (-BULGE, BULGE))
        return f"M{_at(entry)}Q{_at(out)} {_at(turn)}Q{_at(back)} {_at(entry)}"

    @property
    def head(self) -> str:
        """The arrow at the exit."""
        sides = (self._along(self.length - HEAD, side) for side in (-HEAD * 0.6, HEAD * 0.6))
        first, second = map(_at, sides)
        return f"M{first}L{_at((self.x2, self.y2))}L{second}"

    @property
    def mark(self) -> tuple[int, int]:
        """Where its number stands: beyond the exit, inside of the drawing."""
        x, y = self._along(self.length + BEYOND, 0)
        return _inside(x), _inside(y)

    @property
    def badge(self) -> str:
        """The shape around its number: an octagon for what says stop, a triangle for a warning, else a circle."""
        x, y = self.mark
        return f"M{x} {y}" + BADGES.get(self.level, BADGES[""])


def _inside(value: float) -> int:
    return max(BEYOND // 2, min(LARGEST - BEYOND // 2, nearest(value)))


def nearest(value: float) -> int:
    """A whole unit, halves away from nothing, so that the page and its script draw the same."""
    return int(value + 0.5) if value >= 0 else -int(-value + 0.5)


def _at(point: Point) -> str:
    return f"{nearest(point[0])} {nearest(point[1])}"


def is_drawn(thread: Thread) -> bool:
    """Whether it stands on the map."""
    points = (thread.entry_x, thread.entry_y, thread.exit_x, thread.exit_y)
    return bool(thread.view) and None not in points


def lines_of(
    threads: Iterable[Thread],
    *,
    states: Mapping[UUID, str] | None = None,
    levels: Mapping[int, str] | None = None,
    labels: Mapping[int, str] | None = None,
) -> list[Line]:
    """The threads that were drawn, numbered like the rows of their record.

    `states` is by a thread's key, `levels` and `labels` are by its number.
    """
    return [
        Line(
            number, thread.view, thread.entry_x or 0, thread.entry_y or 0, thread.exit_x or 0, thread.exit_y or 0,
            thread.path, thread.count, (states or {}).get(thread.key, IN), (levels or {}).get(number, ""),
            (labels or {}).get(number, ""),
        )
        for number, thread in enumerate(threads, 1)
        if is_drawn(thread)
    ]  # fmt: skip
