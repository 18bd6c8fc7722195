"""Threads on the map: twelve of them by mouse, by touch and by keyboard, and what goes wrong on the way."""

from __future__ import annotations

import sys
import time

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.models import ProcedureVersion, Thread
from afterthread.clinic.roles import Viewer
from afterthread.desk.procedure.drawing import vector_of
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import overflow, sign_in
from tests.lib.clinic import a_clinic, a_patient, a_staff
from tests.lib.lots import GTIN, a_lot, a_product
from tests.lib.map import Map, Point

pytestmark = pytest.mark.django_db(transaction=True)
CHEEK: list[tuple[Point, Point]] = [
    ((290, 470), (410, 550)), ((290, 480), (400, 590)), ((290, 490), (370, 620)), ((280, 500), (340, 620)),
]  # fmt: skip
FOREHEAD: tuple[Point, Point] = ((400, 180), (380, 300))
JAW: tuple[Point, Point] = ((290, 650), (380, 780))
HAND = {"kind": "cog", "material": "pdo", "layer": "subcutaneous", "lot": "L-1"}


@pytest.fixture
def doctor() -> Viewer:
    """The practitioner of a clinic."""
    return a_staff(a_clinic())


def opened(page: Page, doctor: Viewer) -> Map:
    """The page on which a new record is drawn."""
    sign_in(page, doctor)
    page.goto(f"/desk/linden/patients/{a_patient(doctor).pk}/procedures/new")
    return Map(page)


def drawn() -> list[Thread]:
    """The threads of the newest version, as kept."""
    return list(ProcedureVersion.objects.latest("drafted_at").threads.all())


def points(thread: Thread) -> tuple[Point, Point]:
    """Entry and exit of a thread that is on the map."""
    assert None not in (thread.entry_x, thread.entry_y, thread.exit_x, thread.exit_y)
    return (thread.entry_x or 0, thread.entry_y or 0), (thread.exit_x or 0, thread.exit_y or 0)


def near(thread: Thread, line: tuple[Point, Point], slack: int) -> bool:
    """Whether a thread lies where it was meant to, as exactly as pixels allow."""
    return all(
        abs(found - meant) <= slack
        for spot, wanted in zip(points(thread), line, strict=True)
        for found, meant in zip(spot, wanted, strict=True)
    )


def turned(line: tuple[Point, Point]) -> tuple[Point, Point]:
    """The same line on the other half of the drawing."""
    (x, y), (u, v) = line
    return (1000 - x, y), (1000 - u, v)


def assert_twelve(slack: int) -> None:
    """Four in each cheek and two in each half of the forehead, mirrored to the unit, with the server's directions."""
    threads = drawn()
    assert len(threads) == 12
    cheek, forehead = threads[:8], threads[8:]
    assert [(one.zone, one.side) for one in cheek] == [("cheek", "right"), ("cheek", "left")] * 4
    assert {(one.zone, one.side) for one in forehead} == {("forehead", "right"), ("forehead", "left")}
    for thread, line in zip(cheek[::2], CHEEK, strict=True):
        assert near(thread, line, slack), (points(thread), line)
    for right, left in zip(cheek[::2], cheek[1::2], strict=True):
        assert points(left) == turned(points(right))
        assert left.vector == right.vector
    for one in threads:
        assert one.vector == vector_of("front", one.side, *points(one))
        assert (one.view, one.kind, one.material, one.layer, one.lot, one.count) == (
            "front", "cog", "pdo", "subcutaneous", "L-1", 1,
        )  # fmt: skip
    assert len({one.key for one in threads}) == 12


def told(how: str, board: Map, start: float, capsys: pytest.CaptureFixture[str]) -> None:
    """Print what it took; a machine's time is a measurement, never an assertion."""
    with capsys.disabled():
        seconds = time.perf_counter() - start
        sys.stdout.write(f"\ntwelve threads by {how}: {board.actions} actions, {seconds:.1f} s by machine\n")


def test_it_draws_twelve_threads_by_mouse(
    doctor: Viewer, window: Open, story: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drag, mirror, repeat; the thread in hand is chosen once."""
    board = opened(window(DESK), doctor)
    start = time.perf_counter()
    board.hold(**HAND)
    for line in CHEEK:
        board.drag(*line)
        board.act("mirror")
    board.drag(*FOREHEAD)
    board.act("mirror")
    board.act("repeat")
    board.act("mirror")
    board.shows(12)
    board.save()
    told("mouse", board, start, capsys)
    assert board.actions <= 20
    assert_twelve(slack=2)


def test_it_draws_twelve_threads_by_touch(
    doctor: Viewer, window: Open, story: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a phone, with one finger, and the page stays where it is while a line is drawn."""
    page = window(PHONE, has_touch=True, is_mobile=True)
    board = opened(page, doctor)
    start = time.perf_counter()
    board.hold(**HAND)
    for count, line in enumerate(CHEEK):
        board.swipe(*line)
        board.shows(2 * count + 1)
        board.act("mirror")
        board.shows(2 * count + 2)
    page.touchscreen.tap(*board.spot(FOREHEAD[0]))
    expect(page.locator("[data-status]")).to_contain_text("Entry set")
    page.touchscreen.tap(*board.spot(FOREHEAD[1]))
    board.actions += 2
    board.shows(9)
    for count, name in enumerate(("mirror", "repeat", "mirror"), 10):
        board.act(name)
        board.shows(count)
    board.save()
    told("touch", board, start, capsys)
    assert board.actions <= 21
    assert_twelve(slack=4)
    assert overflow(page) == 0


def test_it_draws_twelve_threads_by_keyboard(
    doctor: Viewer, window: Open, story: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """No pointer at all: a cross, Enter for entry and exit, letters for the rest."""
    page = window(DESK)
    board = opened(page, doctor)
    start = time.perf_counter()
    page.locator("[name=s-kind]").focus()
    board.press("b")  # barbed
    expect(page.locator("[name=s-kind]")).to_have_value("cog")
    board.press("Tab", "p")
    expect(page.locator("[name=s-material]")).to_have_value("pdo")
    board.press("Tab", *"subc", "Tab", "Tab")
    page.keyboard.type("L-1")
    board.actions += 3
    page.locator("[data-view=body_back]").focus()
    while page.evaluate("document.activeElement.dataset.canvas === undefined"):
        board.press("Tab")
    cross = (500, 500)
    for entry, end in CHEEK:
        board.walk(cross, entry)
        board.press("Enter")
        board.walk(entry, end)
        board.press("Enter", "m")
        cross = end
    board.walk(cross, FOREHEAD[0])
    board.press("Enter")
    board.walk(*FOREHEAD)
    board.press("Enter", "m", "r", "m")
    board.shows(12)
    page.get_by_role("button", name="Save the draft").last.focus()
    board.press("Enter")
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    told("keyboard", board, start, capsys)
    assert board.actions <= 250
    assert_twelve(slack=0)


def test_it_goes_from_thread_to_thread_by_keyboard(doctor: Viewer, window: Open, story: Clock) -> None:
    """Tab chooses, letters move ends, Delete takes out, and after the last thread Tab leaves the map."""
    page = window(DESK)
    board = opened(page, doctor)
    for line in CHEEK[:2]:
        board.drag(*line)
    board.canvas.focus()
    board.press("Tab")
    expect(page.locator("[data-status]")).to_contain_text("Thread 1")
    board.press("Shift+ArrowLeft", "x")
    assert (board.value(1, "exit_x"), board.value(1, "exit_y")) == ("450", "500")
    board.press("Tab", "Delete")
    board.shows(1)
    board.press("Control+z")
    board.shows(2)
    board.press("Control+y", "Escape", "Tab", "Tab")
    assert page.evaluate("document.activeElement.dataset.canvas === undefined")


def test_it_undoes_and_redoes_every_act(doctor: Viewer, window: Open, story: Clock) -> None:
    """Drawn, mirrored, moved, typed in the table, deleted: all of it goes back and forth."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag(*CHEEK[0])
    board.act("mirror")
    page.locator("[name=t-0-count]").fill("3")
    page.locator("[name=t-0-count]").blur()
    board.drag(*JAW)
    board.act("remove")
    for _ in range(5):
        board.act("undo")
    board.shows(0)
    board.act("undo")
    expect(page.locator("[data-status]")).to_contain_text("nothing to undo")
    for _ in range(4):
        board.act("redo")
    assert (board.lines, board.value(1, "count"), board.value(3, "zone")) == (3, "3", "jawline")
    board.save()
    assert [(one.side, one.count) for one in drawn()] == [("right", 3), ("left", 1), ("right", 1)]


def test_it_moves_the_ends_of_a_thread(doctor: Viewer, window: Open, story: Clock) -> None:
    """A tap chooses a thread, and then its ends can be dragged; the zone follows the line."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag((290, 470), (410, 550))
    assert board.value(1, "zone") == "cheek"
    page.mouse.click(*board.spot((350, 510)))
    board.drag((410, 550), (320, 210))
    board.page.keyboard.press("Escape")
    page.mouse.click(*board.spot((305, 340)))
    board.drag((290, 470), (420, 180))
    board.shows(1)
    assert board.value(1, "zone") == "forehead"


def test_it_draws_nothing_outside_of_the_drawing(doctor: Viewer, window: Open, story: Clock) -> None:
    """A line that leaves the map is no thread, and the page says so; at the very edge it is one."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag((500, 500), (1200, 500))
    expect(page.locator("[data-status]")).to_contain_text("left the drawing")
    board.shows(0)
    board.drag((500, 900), (1010, 900))
    assert (board.lines, board.value(1, "exit_x")) == (1, "1000")


def test_it_keeps_the_same_threads_when_saved_twice(doctor: Viewer, window: Open, story: Clock) -> None:
    """Saved, opened and saved again: the same keys, the same lines, nothing doubled."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag(*CHEEK[0])
    board.act("mirror")
    board.save()
    first = [(one.key, points(one)) for one in drawn()]
    board = Map(page)
    board.save()
    assert [(one.key, points(one)) for one in drawn()] == first
    board = Map(page)
    board.act("repeat")
    board.save()
    assert [one.key for one in drawn()][:2] == [key for key, _ in first]
    assert len(drawn()) == 3


def test_it_keeps_what_was_drawn_when_somebody_was_faster(doctor: Viewer, window: Open, story: Clock) -> None:
    """Two tabs on one draft: the second one keeps its lines on the map and in the table, and can save them over."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag(*CHEEK[0])
    board.save()
    other = page.context.new_page()
    other.goto(page.url)
    theirs = Map(other)
    board = Map(page)
    board.drag(*JAW)
    board.save()
    theirs.drag(*CHEEK[1])
    theirs.page.get_by_role("button", name="Save the draft").last.click()
    expect(other.get_by_role("heading", name="What is stored now")).to_be_visible()
    expect(other.get_by_text("Jawline", exact=False).first).to_be_attached()
    theirs = Map(other)
    theirs.shows(2)
    assert theirs.value(2, "zone") == "cheek"
    theirs.save()
    assert [one.zone for one in drawn()] == ["cheek", "cheek"]


def test_it_remarks_on_a_thread_as_it_is_drawn(doctor: Viewer, window: Open, story: Clock) -> None:
    """Before anything is saved: beside the row, in the colour and the shape of the line, and nothing is kept."""
    page = window(DESK)
    board = opened(page, doctor)
    board.hold(kind="cog", layer="epidermis")
    board.drag(*CHEEK[0])
    expect(board.row(1)).to_contain_text("Recorded in the epidermis")
    expect(board.canvas.locator('.map-thread[data-level="stop"]')).to_have_count(1)
    expect(page.locator("[data-status]")).to_contain_text("Stop")
    board.row(1).locator("[name$=layer]").select_option("subcutaneous")
    expect(board.row(1)).not_to_contain_text("Recorded in the epidermis")
    expect(board.canvas.locator('.map-thread[data-level="warn"]')).to_have_count(1)
    assert not ProcedureVersion.objects.exists()


def test_it_draws_the_same_on_the_signed_page(doctor: Viewer, window: Open, story: Clock) -> None:
    """The editor and the server draw one line with the same strokes: straight, as a loop, and several at once."""
    page = window(DESK)
    board = opened(page, doctor)
    board.drag(*CHEEK[0])
    board.hold(path="loop")
    board.drag(*CHEEK[2])
    board.drag(*JAW)
    page.locator("[name=t-2-count]").fill("5")
    page.locator("[name=t-2-count]").blur()
    strokes = "all => all.map((one) => one.getAttribute('d'))"
    expect(board.canvas.locator(".map-thread[data-level=warn]")).to_have_count(3)
    live = board.canvas.locator(".map-thread path").evaluate_all(strokes)
    page.get_by_role("button", name="Save and look it over").click()
    expect(page.locator(".map-shown")).to_have_count(1)
    assert page.locator(".map-shown .map-thread path").evaluate_all(strokes) == live
    expect(page.locator(".map-legend li")).to_have_count(3)


def test_it_adds_a_template_and_shows_its_view(doctor: Viewer, window: Open, story: Clock) -> None:
    """Eight cogs at once, of the lot in hand, and all of it can be undone."""
    page = window(DESK)
    board = opened(page, doctor)
    board.hold(material="pdo", lot="L-9")
    page.get_by_label("Begin with a template").select_option("cheek")
    page.get_by_role("button", name="Add these threads").click()
    expect(board.canvas.locator(".map-thread")).to_have_count(8)
    assert (board.value(8, "side"), board.value(8, "lot")) == ("left", "L-9")
    board.act("undo")
    board.shows(0)


def test_it_takes_a_thread_from_its_box(doctor: Viewer, window: Open, story: Clock) -> None:
    """A scanner types the code and Enter: the next thread drawn is of that lot in stock; nonsense is named."""
    lot = a_lot(doctor, a_product(doctor))
    page = window(DESK)
    board = opened(page, doctor)
    page.locator("#s-code").fill("nonsense!")
    page.locator("#s-code").press("Enter")
    expect(page.locator("[data-scanned]")).to_contain_text("no GS1 code")
    page.locator("#s-code").fill(f"]d201{GTIN}1727033110PD-2291")
    page.locator("#s-code").press("Enter")
    expect(page.locator("[data-scanned]")).to_contain_text("In hand: PDO cog 19G, PD-2291")
    board.drag(*CHEEK[0])
    expect(page.locator("[name=s-stock]")).to_have_value(str(lot.pk))
    board.save()
    (thread,) = drawn()
    assert (thread.stock, thread.lot, thread.kind, thread.gauge) == (lot, "PD-2291", "cog", 19)
    assert thread.udi == f"(01){GTIN}(17)270331(10)PD-2291"
