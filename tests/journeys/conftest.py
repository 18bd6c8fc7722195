"""A browser, a server and a clock for every story."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from afterthread.clinic import clock
from tests.lib.clinic import MONDAY

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver runs a loop beside the tables
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Clock:
    """The time of a story, which moves only when it is told to."""

    def __init__(self) -> None:
        self.at = MONDAY + timedelta(hours=2)

    def now(self) -> datetime:
        """What every page reads."""
        return self.at

    def forward(self, **later: float) -> datetime:
        """So much later."""
        self.at += timedelta(**later)
        return self.at


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this story, for every page and every thread."""
    told = Clock()
    monkeypatch.setattr(clock, "now", told.now)
    return told


Open = Callable[..., Page]


@pytest.fixture
def window(browser: Browser, live_server: object) -> Iterator[Open]:
    """Opens a window of its own, with its own cookies: `window(PHONE)`, `window(DESK, locale="ru")`."""
    contexts: list[BrowserContext] = []

    def open_window(size: dict[str, int], **how: object) -> Page:
        context = browser.new_context(viewport=size, base_url=str(live_server), **how)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if _is_wrong(said.text) else None)
        return page

    errors: list[str] = []
    yield open_window
    for context in contexts:
        context.close()
    let_it_finish(str(live_server))
    assert errors == [], "the browser complained"


def let_it_finish(address: str) -> None:
    """Wait until the server is done with what the windows asked for before they closed.

    Phones ask for pages by themselves. One that is still being made when the story's tables are emptied waits for them
    and they for it, and a page that outlives its story can hold up the next one.
    """
    urlopen(f"{address}/static/afterthread/app.css").close()  # noqa: S310 - whoever knocked before is let in by now
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)
            assert not thread.is_alive(), "a page is still being made although nobody waits for it"


def _is_wrong(said: str) -> bool:
    """What a page must never cause; a refused or unreachable address is part of some stories."""
    return "Content Security Policy" in said or "Uncaught" in said
