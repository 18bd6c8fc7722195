"""Times a map of a hundred threads against the same page with none: asked for, opened and drawn on (M1)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from bench import Row
from bench.practice import Child, answer, environment, scratch, served
from bench.weight import chromium

THREADS, RUNS, STROKES = 100, 5, 5
ASKED, OPENED, DRAWN = 10.0, 5.0, 3.0
"""How many times as long it may take to be sent, to be ready in the browser, and to take one more line."""
READY = "[data-map][data-live]"


@dataclass(slots=True)
class Timed:
    """One thing done to both pages."""

    none: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times as long the full one takes."""
        return median(self.full) / median(self.none)


# -- The practice ------------------------------------------------------------------------------------------------------


def prepare() -> dict[str, str]:
    """Two drafts, one with all the threads, and the session of somebody who may open them."""
    from django.test import Client
    from django.urls import reverse

    from afterthread.clinic import clock
    from afterthread.clinic.flow.procedure import draft_procedure
    from afterthread.server.upkeep.run import migrate
    from tests.lib.clinic import a_clinic, a_patient, a_staff

    migrate()
    now = clock.now()
    doctor = a_staff(a_clinic(at=now), at=now)
    if doctor.staff is None:
        raise RuntimeError("nobody works there")
    client = Client()
    client.force_login(doctor.staff.user)
    told = {"session": client.cookies["sessionid"].value}
    for name, count in (("none", 0), ("full", THREADS)):
        version = draft_procedure(
            viewer=doctor, patient=a_patient(doctor, now), at=now, placed_at=now, time_zone="Europe/Berlin",
            threads=[_thread(number) for number in range(count)],
        )  # fmt: skip
        told[name] = reverse("desk:procedure", args=["linden", version.pk])
    return told


def _thread(number: int) -> dict[str, Any]:
    x, y = 230 + number % 10 * 50, 250 + number // 10 * 50
    place = {"view": "front", "entry_x": x, "entry_y": y, "exit_x": x + 60, "exit_y": y + 70, "vector": 200}
    kind = {"kind": "cog", "material": "pdo", "layer": "subcutaneous", "lot": "L-1"}
    return {"zone": "cheek", "side": "left", "count": 1, **kind, **place}


# -- What is timed -----------------------------------------------------------------------------------------------------


def _took(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _ask(page: Page, address: str) -> None:
    if page.request.get(address).status != 200:
        raise RuntimeError(f"{address} does not answer")


def _open(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    page.wait_for_selector(READY)


def _draw(page: Page) -> None:
    """One line by mouse, until it stands on the map."""
    before = page.locator(".map-canvas .map-thread").count()
    box = page.locator("[data-canvas]").bounding_box()
    if box is None:
        raise RuntimeError("there is no canvas")
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.15)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.2, steps=4)
    page.mouse.up()
    page.wait_for_function("count => document.querySelectorAll('.map-canvas .map-thread').length > count", arg=before)


def measure(folder: Path) -> dict[str, Timed]:
    """Both pages in turn, as they are served."""
    with Child("bench.map", "prepare", env=environment(folder, AFTERTHREAD_DEMO="1")) as child:
        told: dict[str, str] = child.ask("go")
    found = {name: Timed() for name in ("asked", "opened", "drawn")}
    with _desk(folder, told["session"]) as page:
        for turn in range(RUNS + 1):
            for which in ("none", "full"):
                for name, seconds in _times(page, told[which]).items():
                    if turn:
                        getattr(found[name], which).append(seconds)
    return found


def _times(page: Page, address: str) -> dict[str, float]:
    """Seconds of each thing done to one page."""
    asked, opened = _took(lambda: _ask(page, address)), _took(lambda: _open(page, address))
    page.locator("[data-canvas]").scroll_into_view_if_needed()
    return {"asked": asked, "opened": opened, "drawn": median(_took(lambda: _draw(page)) for _ in range(STROKES))}


@contextmanager
def _desk(folder: Path, session: str) -> Iterator[Page]:
    with served(folder, AFTERTHREAD_DEMO="1") as port, chromium() as browser:
        home = f"http://localhost:{port}"
        context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=home)
        context.add_cookies([{"name": "sessionid", "value": session, "url": home}])
        yield context.new_page()


def rows(found: dict[str, Timed]) -> list[Row]:
    """A row for each thing done."""
    told: Sequence[tuple[str, str, float]] = (
        ("asked", "the server's answer", ASKED),
        ("opened", "opened until it can be drawn on", OPENED),
        ("drawn", "one more line by mouse", DRAWN),
    )
    return [
        Row(
            figure=f"M1 a map of {THREADS} threads: {what}",
            target=f"<= {most:g}x the page with none",
            measured=f"{found[name].ratio:.2f}x ({median(found[name].full) * 1e3:.0f} ms)",
            peer=f"no thread {median(found[name].none) * 1e3:.0f} ms",
            met=found[name].ratio <= most,
            note=f"median of {len(found[name].full)} in turn, in Chromium at 1280 by 900, as it is served",
        )
        for name, what, most in told
    ]


def figures() -> list[Row]:
    """M1."""
    with scratch() as folder:
        return rows(measure(folder))


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        answer(lambda _: prepare())
    else:
        print(*figures(), sep="\n")
