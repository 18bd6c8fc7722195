"""Reads the drawings of the body: every path as flat lines of points."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from django.template.loader import render_to_string

from afterthread.server import settings

Point = tuple[float, float]
Line = list[Point]
STEPS = 8
"""Straight pieces in place of one curve."""
COMMAND = re.compile(r"([MLlCcz])([^MLlCcz]*)")
NUMBER = re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+)")


@dataclass(frozen=True)
class Shape:
    """One path of a layer: which thing of the protocol, on which side, and its lines."""

    layer: str
    id: str
    side: str
    kind: str
    lines: tuple[tuple[Point, ...], ...]


def file_of(view: str) -> Path:
    """The template of a view."""
    return Path(settings.__file__).parent.joinpath("templates", "parts", "map", f"{view}.html")


@cache
def drawing(view: str) -> ET.Element:
    """The elements of a view, as a page would get them."""
    return ET.fromstring(f"<svg>{render_to_string(f'parts/map/{view}.html')}</svg>")  # noqa: S314 (our own file)


@cache
def shapes(view: str, layer: str) -> tuple[Shape, ...]:
    """Every path of a layer; `figure` is what lies under them all."""
    place = ".//g[@class='map-figure']" if layer == "figure" else f".//g[@data-layer='{layer}']"
    name = {"zones": "data-zone", "muscles": "data-muscle", "dangers": "data-danger"}.get(layer, "")
    found = []
    for group in drawing(view).findall(place):
        for parent in group.iter():
            for path in parent.findall("path"):
                owner = path if path.get(name) else parent
                lines = tuple(tuple(line) for line in flat(path.get("d", "")))
                found.append(
                    Shape(layer, owner.get(name, ""), owner.get("data-side", ""), path.get("class", ""), lines)
                )
    return tuple(found)


def flat(path: str) -> list[Line]:
    """The lines of a path of the commands M, L, C and z, relative or not; curves become short straight pieces."""
    lines: list[Line] = []
    for command, rest in COMMAND.findall(path):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            lines.append([points[0]])
        elif command == "z":
            lines[-1].append(lines[-1][0])
        else:
            _draw(lines[-1], command, points)
    return lines


def _draw(line: Line, command: str, points: Line) -> None:
    step = 3 if command in "cC" else 1
    for at in range(0, len(points), step):
        x, y = line[-1] if command.islower() else (0, 0)
        piece = [(x + dx, y + dy) for dx, dy in points[at : at + step]]
        line.extend(piece if step == 1 else _curve(line[-1], *piece))


def _curve(a: Point, b: Point, c: Point, d: Point) -> Line:
    def mix(t: float, axis: int) -> float:
        s = 1 - t
        return s**3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t**3 * d[axis]

    return [(mix(n / STEPS, 0), mix(n / STEPS, 1)) for n in range(1, STEPS + 1)]


def holds(line: tuple[Point, ...], x: float, y: float) -> bool:
    """Whether a closed line goes around a point."""
    inside = False
    for (ax, ay), (bx, by) in pairwise((*line, line[0])):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


@cache
def zones_at(view: str, x: int, y: int) -> tuple[tuple[str, str], ...]:
    """The zones, with their sides, in which a point lies."""
    return tuple((one.id, one.side) for one in shapes(view, "zones") if _near(one, x, y) and holds(one.lines[0], x, y))


@cache
def _box(shape: Shape) -> tuple[float, float, float, float]:
    xs, ys = zip(*shape.lines[0], strict=True)
    return min(xs), max(xs), min(ys), max(ys)


def _near(shape: Shape, x: int, y: int) -> bool:
    left, right, top, bottom = _box(shape)
    return left <= x <= right and top <= y <= bottom
