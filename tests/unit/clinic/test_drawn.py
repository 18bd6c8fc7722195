"""Threads as lines: which are drawn, how they are numbered, and with which strokes."""

from uuid import uuid4

import pytest

from afterthread.clinic.models import Thread
from afterthread.clinic.queries.record.drawn import Line, lines_of

PLACE = {"view": "front", "entry_x": 100, "entry_y": 100, "exit_x": 200, "exit_y": 100}


def test_it_draws_what_has_a_place_and_keeps_the_numbers_of_the_record() -> None:
    """A row that is not on the map leaves a gap in the numbers, so that map and table agree; 0 is a place."""
    threads = [Thread(zone="cheek"), Thread(**PLACE), Thread(**PLACE | {"entry_x": 0, "entry_y": 0}, path="loop")]
    assert [(one.number, one.x1, one.path) for one in lines_of(threads)] == [(2, 100, ""), (3, 0, "loop")]
    assert lines_of([Thread(**PLACE | {"exit_y": None}), Thread(**PLACE | {"view": ""})]) == []


def test_it_says_what_is_still_in_and_how_grave_a_remark_is() -> None:
    """By the thread's key, and by its number; what nobody named is in, and nothing is remarked on it."""
    key = uuid4()
    threads = [Thread(**PLACE, key=key), Thread(**PLACE)]
    found = lines_of(threads, states={key: "out"}, levels={2: "stop"}, labels={1: "a cog"})
    assert [(one.state, one.level, one.label) for one in found] == [("out", "", "a cog"), ("in", "stop", "")]


@pytest.mark.parametrize(
    ("path", "count", "strokes"),
    [
        ("", 1, "M100 100L200 100"),
        ("linear", 2, "M100 96L200 96 M100 105L200 105"),
        ("", 9, "M100 91L200 91 M100 100L200 100 M100 109L200 109"),
        ("loop", 1, "M100 100Q150 74 200 100Q150 126 100 100"),
    ],
)
def test_it_draws_lines_loops_and_bundles(path: str, count: int, strokes: str) -> None:
    """Straight, out and back, side by side."""
    assert Line(1, "front", 100, 100, 200, 100, path, count).strokes == strokes


def test_it_marks_the_exit_and_keeps_numbers_inside() -> None:
    """An arrow ends at the exit; a number beyond the edge moves in; the gravest have shapes of their own."""
    line = Line(1, "front", 900, 500, 1000, 500)
    assert line.head == "M980 488L1000 500L980 512"
    assert line.mark == (982, 500)
    assert len({Line(1, "front", 0, 0, 9, 9, level=level).badge for level in ("", "note", "warn", "stop")}) == 3
    assert Line(1, "front", 5, 5, 5, 5).strokes == "M5 5L5 5"
