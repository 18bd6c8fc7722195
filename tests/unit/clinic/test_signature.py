"""The strokes of a drawn signature."""

import json

import pytest

from afterthread.clinic.consent.signature import LONGEST_DRAWING, MOST_POINTS, lines_of, read_strokes


def test_it_keeps_strokes() -> None:
    """As they were sent, without blanks; nothing drawn is nothing kept."""
    assert read_strokes(" [[[1, 2], [1000, 0]], [[5, 5]]] ") == "[[[1,2],[1000,0]],[[5,5]]]"
    assert read_strokes("") == read_strokes("  ") == read_strokes("[]") == ""


@pytest.mark.parametrize(
    "sent",
    ["x", "{}", "1", "null", "[1]", "[[]]", "[[1, 2]]", "[[[1]]]", "[[[1, 2, 3]]]", "[[[1, 1001]]]", "[[[-1, 2]]]",
     "[[[1.5, 2]]]", "[[[true, 2]]]", '[[["1", 2]]]', "[[[NaN, 2]]]", "[" * 50_000, "[[[0,0]]]" + " " * LONGEST_DRAWING,
     json.dumps([[[0, 0]] * (MOST_POINTS + 1)])],
)  # fmt: skip
def test_it_refuses_what_is_no_drawing(sent: str) -> None:
    """Nothing but lists of points within the field, and not endlessly many."""
    with pytest.raises(ValueError):  # noqa: PT011 - every problem is one
        read_strokes(sent)


def test_it_draws_them_again() -> None:
    """A line for each stroke; a dot is a line that ends where it begins."""
    assert lines_of("[[[1,2],[3,4]],[[5,6]]]") == ["1,2 3,4", "5,6 5,6"]
    assert lines_of("") == []
