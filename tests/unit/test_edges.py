"""The cases at the edge of every window are those that the windows have today."""

import tomllib
from typing import Any

from afterthread.protocol import shipped
from scripts.edges import TARGET, edges, render
from tests.lib.edit import changed

PROTOCOL = shipped()
KEPT: dict[str, Any] = tomllib.loads(TARGET.read_text(encoding="utf-8"))["case"]


def test_it_keeps_a_case_at_every_edge_and_no_other() -> None:
    """The file holds exactly the cases that are generated today; `make edges` writes it anew."""
    produced = [id for id, _, _ in edges(PROTOCOL)]
    assert len({*produced}) == len(produced)
    assert {*produced} - KEPT.keys() == set(), "run `make edges` and read its diff"
    assert KEPT.keys() - {*produced} == set(), "run `make edges` and read its diff"


def test_it_keeps_what_is_decided_today() -> None:
    """The file is, to the letter, what `make edges` would write."""
    assert TARGET.read_text(encoding="utf-8") == render(PROTOCOL)


def test_it_stands_on_both_sides_of_every_window() -> None:
    """Every window has a case on its last day, which speaks of it, and one on the next day that somebody looks at."""
    for course in PROTOCOL["course"].values():
        for answer, until in course.until.items():
            assert course.key in KEPT[f"edge_{course.id}_{answer}_day_{until}"]["rules"]
            assert KEPT[f"edge_{course.id}_{answer}_day_{until + 1}"]["expect"] != "self_care"


def test_it_moves_with_a_window() -> None:
    """When a window is moved by a day, its cases move along, so the diff shows it."""
    until = PROTOCOL["course"]["bruise"].until
    moved = changed(PROTOCOL, "course.bruise", until=until | {"mild": until["mild"] + 1})
    produced = {id for id, _, _ in edges(moved)}
    assert produced ^ {id for id, _, _ in edges(PROTOCOL)} == {
        "edge_bruise_mild_day_13", "edge_bruise_mild_day_16",
        "edge_bruise_mild_bruise_prone_day_20", "edge_bruise_mild_bruise_prone_day_23",
    }  # fmt: skip
