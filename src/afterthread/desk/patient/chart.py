"""Draws one symptom over the days beside its expected course: as a chart with its table, and as a spark for a row."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from afterthread.engine.explain import Words
from afterthread.engine.plan import Expected
from afterthread.protocol.model import UNKNOWN, Protocol

WIDTH, TOP, ROW, FOOT, RIGHT, INSET = 400, 24, 40, 44, 10, 12
"""In units of the drawing, which is scaled to the page: a phone shows about one pixel for each."""
LETTER, MOST_LETTERS = 6.5, 14
"""How wide a letter of the answers is about, and after how many a line is broken."""
LINEAR_DAYS, WEEK = 30, 7
"""Up to this last day all days are equally wide; beyond it, days are drawn closer together after about a week."""
BEYOND = 2
"""So many days after the last expected one are drawn, so that the end of the band is seen."""
LATER_TICKS, TICK_GAP, LABEL_ROOM = (0, 7, 14, 30, 60, 90, 180, 365, 730), 24, 30
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 24, 5

Status = Literal["expected", "past", "unanswered"]
XY = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """What was answered on one day; "unknown" if nothing."""

    day: int
    level: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One point as drawn, and as a row of the table; an unanswered one has no words."""

    x: int
    y: int
    day: int
    answer: str
    status: Status


@dataclass(frozen=True, slots=True)
class Label:
    """The words of an answer beside its height, in one line or more, each with the height of its letters."""

    y: int
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything that the template `desk/chart.svg` needs; lengths in units of the drawing."""

    question: str
    name: str
    width: int
    height: int
    left: int
    right: int
    bottom: int
    band: str
    line: str
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    ticks: tuple[tuple[int, int], ...]
    """Where, and which day."""
    start: int
    today: int
    today_x: int
    today_anchor: Literal["start", "middle", "end"]
    unknown_y: int | None
    """The height of what was not answered, below all answers; None if everything was answered."""
    equal_days: bool

    @property
    def past(self) -> int:
        """How many answers were past what is expected."""
        return sum(mark.status == "past" for mark in self.marks)


def chart(protocol: Protocol, expected: Expected, points: Iterable[Point], *, today: int, words: Words) -> Chart:
    """One question's answers, oldest first, over the band in which each answer is expected.

    The days are equally wide up to a month; beyond, later days are drawn closer together, and the caption says so.
    """
    points, scale = tuple(points), _scale(protocol, expected)
    section = f"scale.{protocol['question'][expected.question].scale}"
    names = [words.of(section, level) for level in scale]
    ends = [until + BEYOND for until in expected.until.values()]
    last = max(WEEK, today, *(point.day for point in points), *ends)
    left, open_lane = _gutter(names), any(point.level == UNKNOWN for point in points)
    bottom = TOP + ROW * (len(scale) + open_lane)
    across = _across(left + INSET, WIDTH - RIGHT - INSET, last)
    heights = {level: TOP + ROW // 2 + ROW * number for number, level in enumerate([*reversed(scale), UNKNOWN])}
    marks = tuple(
        Mark(
            across(point.day),
            heights[point.level],
            point.day,
            "" if point.level == UNKNOWN else words.of(section, point.level),
            status(scale, expected, point),
        )
        for point in points
    )
    today_x = across(today)
    return Chart(
        question=expected.question,
        name=words.question(expected.question),
        width=WIDTH,
        height=bottom + FOOT,
        left=left,
        right=WIDTH - RIGHT,
        bottom=bottom,
        band=_band(scale, expected, heights, left, across),
        line=_line((mark.x, mark.y) if mark.status != "unanswered" else None for mark in marks),
        marks=marks,
        labels=tuple(_label(name, heights[level]) for name, level in zip(names, scale, strict=True)),
        ticks=_ticks(last, across),
        start=across(0),
        today=today,
        today_x=today_x,
        today_anchor=_anchor(today_x, left),
        unknown_y=heights[UNKNOWN] if open_lane else None,
        equal_days=last <= LINEAR_DAYS,
    )


def status(scale: tuple[str, ...], expected: Expected, point: Point) -> Status:
    """Whether an answer is within its window; the best answer always is, and one without a window never."""
    if point.level == UNKNOWN:
        return "unanswered"
    if point.level == scale[0]:
        return "expected"
    until = expected.until.get(point.level)
    return "expected" if until is not None and point.day <= until else "past"


def spark(protocol: Protocol, expected: Expected, points: Iterable[Point]) -> SafeString:
    """The trend as a tiny picture beside words that say the same; hidden from screen readers for that reason.

    The last answer has a dot, one past what is expected a diamond, an unanswered one an open mark below the line.
    """
    points, scale = tuple(points), _scale(protocol, expected)
    days = [point.day for point in points] or [0]
    width = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(1, max(days) - min(days))
    step = (SPARK_HEIGHT - 3 * SPARK_EDGE) / (len(scale) - 1)
    floor = SPARK_HEIGHT - 2 * SPARK_EDGE
    drawn = []
    for number, point in enumerate(points):
        kind = status(scale, expected, point)
        x = round(SPARK_EDGE + (point.day - min(days)) * width)
        y = SPARK_HEIGHT - 4 if kind == "unanswered" else round(floor - scale.index(point.level) * step)
        drawn.append((x, y, kind, number == len(points) - 1))
    line = _line((x, y) if kind != "unanswered" else None for x, y, kind, _ in drawn)
    marks = [(_spark_mark(x, y, kind),) for x, y, kind, last in drawn if last or kind != "expected"]
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<path class="chart-line" d="{}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>'
        "{}</svg>",
        *(SPARK_WIDTH, SPARK_HEIGHT) * 2,
        line,
        format_html_join("", "{}", marks),
    )


def _spark_mark(x: int, y: int, kind: Status) -> SafeString:
    if kind == "past":
        return format_html(
            '<path class="chart-past" d="M{} {}l4 4-4 4-4-4z" fill="currentColor" stroke="none"/>', x, y - 4
        )
    if kind == "unanswered":
        shape = '<circle class="chart-unknown" cx="{}" cy="{}" r="2.5" fill="none" stroke="currentColor"/>'
    else:
        shape = '<circle class="chart-dot" cx="{}" cy="{}" r="2.5" fill="currentColor"/>'
    return format_html(shape, x, y)


def _scale(protocol: Protocol, expected: Expected) -> tuple[str, ...]:
    """The answers from best to worst."""
    return protocol.variables[expected.question]


def _gutter(names: list[str]) -> int:
    """How much room the answers need beside the drawing."""
    longest = max(len(line) for name in names for line in _broken(name))
    return round(16 + LETTER * max(longest, 8))


def _broken(name: str) -> list[str]:
    return textwrap.wrap(name, MOST_LETTERS) or [name]


def _label(name: str, y: int) -> Label:
    lines = _broken(name)
    first = y + 4 - 7 * (len(lines) - 1)
    return Label(y, tuple((first + 14 * number, line) for number, line in enumerate(lines)))


def _across(first: int, end: int, last: int) -> Callable[[float], int]:
    """Where a day is drawn; what lies before the procedure is drawn at it."""

    def bent(day: float) -> float:
        return day if last <= LINEAR_DAYS else math.log1p(day / WEEK)

    return lambda day: round(first + (end - first) * bent(max(day, 0)) / bent(last))


def _band(
    scale: tuple[str, ...], expected: Expected, heights: dict[str, int], left: int, across: Callable[[float], int]
) -> str:
    """A box per answer, through the last day on which it is expected; the best answer always is."""
    boxes = []
    for level in scale:
        until = math.inf if level == scale[0] else expected.until.get(level, -1)
        if until >= 0:
            end = WIDTH - RIGHT if until == math.inf else min(across(until + 0.5), WIDTH - RIGHT)
            boxes.append(f"M{left} {heights[level] - ROW // 2}H{end}v{ROW}H{left}z")
    return "".join(boxes)


def _line(places: Iterable[XY | None]) -> str:
    """One path through the places, broken where there is none; a place alone is a point of the pen."""
    path, pen = [], "M{} {}h0"
    for place in places:
        path.append(pen.format(*place) if place else "")
        pen = "L{} {}" if place else "M{} {}h0"
    return "".join(path)


def _ticks(last: int, across: Callable[[float], int]) -> tuple[tuple[int, int], ...]:
    """The days that are written below the drawing, none too close to the one before."""
    step = next(step for step in (1, 2, WEEK) if last <= 8 * step or step == WEEK)
    days = range(0, last + 1, step) if last <= LINEAR_DAYS else LATER_TICKS
    found: list[tuple[int, int]] = []
    for day in days:
        x = across(day)
        if day <= last and (not found or x - found[-1][0] >= TICK_GAP):
            found.append((x, day))
    return tuple(found)


def _anchor(x: int, left: int) -> Literal["start", "middle", "end"]:
    """So that a label beside the edge stays inside."""
    if x < left + LABEL_ROOM:
        return "start"
    return "end" if x > WIDTH - LABEL_ROOM else "middle"
