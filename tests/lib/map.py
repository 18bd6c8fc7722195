"""The map of threads in a browser: what a hand does on it, counted."""

from __future__ import annotations

from playwright.sync_api import CDPSession, Locator, Page, expect

Point = tuple[int, int]
ACTS = {"mirror": "Mirror", "repeat": "Repeat", "remove": "Delete", "undo": "Undo", "redo": "Redo"}


class Map:
    """One open page with a map; every drag, tap, key and choice counts as one action."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0
        self.canvas = page.locator("[data-canvas]")
        expect(page.locator("[data-map][data-live]")).to_be_visible()
        self.finger: CDPSession | None = None

    def spot(self, point: Point) -> tuple[float, float]:
        """Where a point of the drawing is in the window."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        assert box is not None
        edge = 1.5  # the border of the canvas
        return (
            box["x"] + edge + point[0] / 1000 * (box["width"] - 2 * edge),
            box["y"] + edge + point[1] / 1000 * (box["height"] - 2 * edge),
        )

    def view(self, name: str) -> None:
        """Choose a view."""
        self.page.locator(f"[data-view={name}]").click()
        self.actions += 1

    def hold(self, **fields: str) -> None:
        """Choose the thread in hand."""
        for name, value in fields.items():
            field = self.page.locator(f"[name=s-{name}]")
            tag = field.evaluate("one => one.tagName")
            field.select_option(value) if tag == "SELECT" else field.fill(value)
            self.actions += 1

    def drag(self, entry: Point, end: Point) -> None:
        """Draw with the mouse."""
        mouse = self.page.mouse
        mouse.move(*self.spot(entry))
        mouse.down()
        mouse.move(*self.spot(((entry[0] + end[0]) // 2, (entry[1] + end[1]) // 2)))
        mouse.move(*self.spot(end))
        mouse.up()
        self.actions += 1

    def swipe(self, entry: Point, end: Point) -> None:
        """Draw with a finger."""
        self.finger = self.finger or self.page.context.new_cdp_session(self.page)
        (x, y), (u, v) = self.spot(entry), self.spot(end)
        for kind, points in (
            ("touchStart", [{"x": x, "y": y}]),
            ("touchMove", [{"x": (x + u) / 2, "y": (y + v) / 2}]),
            ("touchMove", [{"x": u, "y": v}]),
            ("touchEnd", []),
        ):
            self.finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        self.actions += 1

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        self.actions += len(keys)

    def walk(self, here: Point, there: Point) -> None:
        """Move the cross with the arrows, in leaps first."""
        for axis, (back, forth) in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
            way = there[axis] - here[axis]
            key = forth if way > 0 else back
            self.press(*[f"Shift+{key}"] * (abs(way) // 50), *[key] * (abs(way) % 50 // 10))

    def act(self, name: str) -> None:
        """One of the buttons."""
        button = self.page.get_by_role("button", name=ACTS[name], exact=True)
        button.tap() if self.finger else button.click()
        self.actions += 1

    def row(self, number: int) -> Locator:
        """A row of the table, from 1."""
        return self.page.locator(f"#t-{number - 1}")

    def value(self, number: int, name: str) -> str:
        """What stands in a field of a row."""
        return self.page.locator(f"[name=t-{number - 1}-{name}]").input_value()

    @property
    def lines(self) -> int:
        """How many threads are drawn on the view."""
        return self.canvas.locator(".map-thread").count()

    def shows(self, count: int) -> None:
        """Wait until so many threads are drawn on the view."""
        expect(self.canvas.locator(".map-thread")).to_have_count(count)

    def save(self) -> None:
        """Save the draft."""
        self.page.get_by_role("button", name="Save the draft").last.click()
        expect(self.page.get_by_text("The draft is saved.")).to_be_visible()
        self.actions += 1
