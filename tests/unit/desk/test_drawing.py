"""The drawings: what they show stands in the protocol, lies where it should, and has its other side."""

import re

import pytest
from django.template.loader import render_to_string

from afterthread.clinic.queries.record.drawn import LARGEST
from afterthread.desk.procedure.drawing import BOTH, VIEWS, other_side, vector_of
from afterthread.protocol import shipped
from tests.lib.drawing import Shape, drawing, file_of, shapes, zones_at

LAYERS = ("figure", "zones", "muscles", "dangers")
HEAVIEST = 30_000
GRID = range(10, LARGEST, 20)
LINES = [((300, 700), (220, 500)), ((450, 610), (452, 300)), ((520, 200), (560, 210)), ((10, 10), (990, 980))]
PROTOCOL = shipped()
OTHER = {"left": "right", "right": "left", "middle": "middle"}
each_view = pytest.mark.parametrize("view", VIEWS)


def test_it_draws_every_zone_of_the_protocol() -> None:
    """A thread can be drawn wherever one can be recorded."""
    assert {zone for view in VIEWS.values() for zone in view.zones} == set(PROTOCOL["zone"])


@pytest.mark.parametrize("kind", ["muscle", "danger"])
def test_it_draws_every_structure_of_the_protocol(kind: str) -> None:
    """No muscle and no structure in danger is forgotten."""
    assert {one.id for view in VIEWS for one in shapes(view, f"{kind}s")} == set(PROTOCOL[kind])


@each_view
def test_it_draws_the_zones_and_sides_that_it_names(view: str) -> None:
    """The list of a view and its picture say the same."""
    drawn = sorted((one.id, one.side) for one in shapes(view, "zones"))
    assert drawn == sorted((zone, side) for zone, sides in VIEWS[view].zones.items() for side in sides)


@each_view
@pytest.mark.parametrize("kind", ["muscle", "danger"])
def test_it_shows_what_belongs_to_the_zones_of_the_view(view: str, kind: str) -> None:
    """What is drawn in a view is listed by the protocol for a zone of it."""
    listed = {id for zone in VIEWS[view].zones for id in getattr(PROTOCOL["zone"][zone], f"{kind}s")}
    assert {one.id for one in shapes(view, f"{kind}s")} <= listed


@pytest.mark.parametrize("view", ["front", "left", "right", "body_front"])
def test_it_leaves_nothing_out_of_a_whole_view(view: str) -> None:
    """Everything that the protocol lists for a zone stands in the views that show the whole of it."""
    for kind in ("muscle", "danger"):
        listed = {id for zone in VIEWS[view].zones for id in getattr(PROTOCOL["zone"][zone], f"{kind}s")}
        assert {one.id for one in shapes(view, f"{kind}s")} == listed


@each_view
def test_it_stays_inside_the_picture(view: str) -> None:
    """Nothing is cut off at the edge."""
    points = [point for layer in LAYERS for one in shapes(view, layer) for line in one.lines for point in line]
    assert all(0 <= round(part, 3) <= LARGEST for point in points for part in point)


@each_view
def test_it_tiles_the_region_with_zones(view: str) -> None:
    """A point lies in one zone at most, and no crack opens between neighbours."""
    for x in GRID:
        for y in GRID:
            found = zones_at(view, x, y)
            assert len(found) <= 1, (view, x, y, found)
            around = [zones_at(view, x + dx, y + dy) for dx in (-10, 0, 10) for dy in (-10, 0, 10) if dx or dy]
            assert found or not all(around), (view, x, y)


@each_view
def test_it_draws_the_sides_of_the_patient_where_they_are(view: str) -> None:
    """From the front the patient's right is on the picture's left, from behind on its right."""
    for one in shapes(view, "zones"):
        middle = sum(x for x, _ in one.lines[0]) / len(one.lines[0])
        if one.side in BOTH and not VIEWS[view].profile:
            assert (middle < LARGEST / 2) == (one.side == VIEWS[view].picture_left), one


@each_view
def test_it_pulls_each_muscle_along_its_line_of_the_protocol(view: str) -> None:
    """The arrow lies along the direction by which remarks are made, and its mirror image on the right."""
    pulls = [one for one in shapes(view, "muscles") if one.kind == "map-pull"]
    for one in pulls:
        (ax, ay), (bx, by) = (tuple(round(10 * part) for part in point) for point in one.lines[0])
        drawn = vector_of(view, one.side, (ax, ay), (bx, by))
        assert drawn is not None
        turn = abs(drawn - PROTOCOL["muscle"][one.id].direction) % 180
        assert min(turn, 180 - turn) <= 1, (one.id, one.side, drawn)
    assert {one.id for one in pulls} == {one.id for one in shapes(view, "muscles")}


@each_view
def test_it_draws_both_sides_alike(view: str) -> None:
    """Whatever stands on one side stands on the other, mirrored."""
    here, there = _told(view), _told(VIEWS[view].mirrored)
    for (layer, id, side, kind), lines in here.items():
        twin = there[layer, id, OTHER[side], kind]
        assert side == "middle" or [_turned(line) for line in lines] == twin, (layer, id, side)


def _told(view: str) -> dict[tuple[str, str, str, str], list[list[tuple[float, float]]]]:
    told: dict[tuple[str, str, str, str], list[list[tuple[float, float]]]] = {}
    for layer in LAYERS[1:]:
        for one in shapes(view, layer):
            told.setdefault((layer, one.id, one.side, one.kind), []).extend(_sorted(one))
    return told


def _sorted(shape: Shape) -> list[list[tuple[float, float]]]:
    return [sorted((round(x), round(y)) for x, y in line) for line in shape.lines]


def _turned(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return sorted((LARGEST - x, y) for x, y in line)


@each_view
def test_it_keeps_the_drawing_plain(view: str) -> None:
    """Light, silent, and without anything that could collide with the page around it."""
    text = file_of(view).read_text("utf-8")
    assert len(text.encode()) <= HEAVIEST
    assert not re.search(r"<(text|style|script|use|image|svg)\b|\s(id|style|on\w+|fill|stroke)=", text)
    assert {element.tag for element in drawing(view).iter()} == {"svg", "g", "path"}


@pytest.mark.parametrize(
    ("zone", "side", "views"),
    [
        ("cheek", "left", ("front", "left", "neck", "nose")),
        ("cheek", "right", ("front", "right", "neck", "nose")),
        ("nose", "middle", ("front", "nose")),
        ("chin", "middle", ("front", "neck")),
        ("buttock", "", ("body_back",)),
        ("cheek", "", ("front", "left", "right", "neck", "nose")),
        ("elbow", "left", ()),
        ("elbow", "middle", ()),
        ("elbow", "", ()),
    ],
)
def test_it_finds_the_views_of_a_place(zone: str, side: str, views: tuple[str, ...]) -> None:
    """The usual view comes first; what is not drawn has none."""
    assert tuple(view.name for view in VIEWS.values() if view.shows(zone, side)) == views


@each_view
def test_it_shows_the_body_alone_where_nobody_draws(view: str) -> None:
    """Zones, muscles and dangers are for whoever draws; they are no part of a page to look at."""
    looked_at = render_to_string(f"parts/map/{view}.html", {"bare": True})
    assert 'class="map-figure"' in looked_at
    assert "data-layer" not in looked_at


@each_view
@pytest.mark.parametrize("point", [(0, 0), (310, 620), (500, 500), (1000, 7)])
def test_it_comes_back_from_the_other_side(view: str, point: tuple[int, int]) -> None:
    """Mirrored twice, a point is where it was, and it never leaves the picture."""
    there = other_side(view, *point)
    assert other_side(*there) == (view, *point)
    assert 0 <= there[1] <= LARGEST


def test_it_mirrors_a_profile_into_the_other_profile() -> None:
    """What was drawn on her left side stands on her right side."""
    assert other_side("left", 130, 580) == ("right", 870, 580)
    assert other_side("body_back", 400, 580) == ("body_back", 600, 580)


@each_view
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("side", ["left", "right", "middle", ""])
def test_it_keeps_the_direction_of_a_mirrored_line(
    view: str, line: tuple[tuple[int, int], tuple[int, int]], side: str
) -> None:
    """A thread and its mirror image have the same vector."""
    entry, end = (other_side(view, *point)[1:] for point in line)
    there = VIEWS[view].mirrored
    assert vector_of(there, OTHER.get(side, side), entry, end) == vector_of(view, side, *line)


@pytest.mark.parametrize(
    ("view", "side", "end", "vector"),
    [
        ("front", "left", (600, 500), 0),
        ("front", "right", (400, 500), 0),
        ("front", "left", (400, 500), 180),
        ("front", "left", (500, 400), 90),
        ("front", "right", (400, 400), 45),
        ("front", "middle", (510, 500), 0),
        ("front", "middle", (490, 500), 0),
        ("front", "", (500, 600), 270),
        ("body_back", "left", (400, 500), 0),
        ("body_back", "right", (600, 400), 45),
        ("left", "left", (600, 500), 0),
        ("right", "right", (400, 400), 45),
        ("left", "", (400, 400), 135),
        ("left", "left", (500, 500), None),
    ],
)
def test_it_tells_which_way_a_line_runs(view: str, side: str, end: tuple[int, int], vector: int | None) -> None:
    """0 away from the midline, 90 up; from the side 0 is to the back of the head; a point runs nowhere."""
    assert vector_of(view, side, (500, 500), end) == vector


def test_it_tells_a_whole_circle() -> None:
    """Around 0 a direction is told as 359, 0 and 1, never as 360 or less than nothing."""
    told = [vector_of("front", "left", (0, 0), (1000, down)) for down in (17, 4, 0, -4, -17)]
    assert told == [359, 0, 0, 0, 1]
