"""Takes the pictures of the README anew, from the made-up practice as it is served: `make pictures`."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from afterthread.server.demo.story import PASSWORD

IMAGES = Path(__file__).parent.parent / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def practice() -> Iterator[tuple[str, str]]:
    """The demonstration on a free port, with the address of the desk and a link for a patient."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        serve = [sys.executable, "-m", "afterthread.cli", "serve", "--demo", "--port", str(port)]
        server = subprocess.Popen(
            serve, env=os.environ | {"AFTERTHREAD_DATA": folder}, stdout=subprocess.PIPE, text=True
        )
        output = server.stdout or iter(())
        link = next(found.group() for line in output if (found := re.search(r"http\S+/p/enter#\S+", line)))
        base = link.partition("/p/")[0]
        while not is_up(base):
            time.sleep(0.2)
        yield base, link
        server.terminate()
        server.wait(30)


def is_up(base: str) -> bool:
    """Whether pages are served already."""
    with contextlib.suppress(OSError), urlopen(f"{base}/p/emergency") as page:  # noqa: S310 - our own
        return bool(page.status == 200)
    return False


def desk(page: Page, base: str) -> None:
    """The worklist of a nurse, and a record with its map."""
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", "nurse@linden.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("form.form button[type=submit]")
    page.wait_for_url("**/desk/linden/")
    page.screenshot(path=IMAGES / "worklist.png")
    page.goto(f"{base}/desk/linden/consultations/")  # a coming session whose record is drafted already
    page.get_by_role("link", name="Katarina Holm").first.click()
    page.get_by_role("link", name="Procedure").last.click()
    page.get_by_role("button", name="Muscles").click()
    page.get_by_role("heading", name="Map").scroll_into_view_if_needed()
    page.mouse.wheel(0, 420)
    page.wait_for_timeout(300)  # the wheel has no end that a page could tell
    page.screenshot(path=IMAGES / "map.png")


def phone(page: Page, link: str) -> None:
    """A patient's day, her check-in and the answer to it."""
    page.goto(link)
    page.wait_for_url("**/p/")
    page.screenshot(path=IMAGES / "today.png")
    page.goto(link.partition("/p/")[0] + "/p/checkin")
    page.locator('[data-ask="vision"] summary').first.click()
    page.screenshot(path=IMAGES / "checkin.png")
    page.locator('input[name="q-vision"][value="yes"]').check()
    page.locator("[data-alarm] .call").wait_for()
    page.screenshot(path=IMAGES / "alarm.png")


def main() -> None:
    """All pictures."""
    with practice() as (base, link), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        desk(browser.new_page(viewport={"width": 1280, "height": 820}), base)
        phone(browser.new_page(viewport={"width": 390, "height": 780}), link)
        browser.close()


if __name__ == "__main__":
    main()
