"""Weighs the first visit of a patient on a phone: every byte that crosses the wire, seen by a real browser (P8)."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from bench import Row
from bench.practice import Child, answer, environment, scratch, served

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LIMIT = 60_000
PACK = "/p/pack.json"
QUIET, LONGEST = 1.5, 30.0
"""Seconds without a byte after which the visit is over, and how long we wait for that."""
METHODS = (b"GET ", b"POST ", b"HEAD ")
BLOCKING = """[...document.scripts].filter(one => {
  const runs = ["", "text/javascript", "application/javascript"].includes(one.type);
  return one.src ? runs && !one.async && !one.defer : runs || one.type === "module";
}).map(one => one.src || "inline")"""


# -- The wire ----------------------------------------------------------------------------------------------------------


class Tap:
    """A wire to the server that counts what comes down it, by the address that was asked for."""

    def __init__(self, port: int) -> None:
        self.server, self.down, self.up, self.heard = port, Counter[str](), 0, time.monotonic()
        self.requests: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self.listener, *self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                phone, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                self.ends += [phone, server]
                asked = [""]
                for relay in (self._ask, self._tell):
                    threading.Thread(target=relay, args=(phone, server, asked), daemon=True).start()

    def _ask(self, phone: socket.socket, server: socket.socket, asked: list[str]) -> None:
        """What the phone sends; a browser sends the next request on a line only when the last is answered."""
        for piece in _pieces(phone, server):
            if piece.startswith(METHODS):
                asked[0] = piece.split(b" ", 2)[1].decode().partition("?")[0]
                self.requests.append(asked[0])
            self.up += len(piece)
            server.sendall(piece)

    def _tell(self, phone: socket.socket, server: socket.socket, asked: list[str]) -> None:
        for piece in _pieces(server, phone):
            self.down[asked[0]] += len(piece)
            self.heard = time.monotonic()
            phone.sendall(piece)

    def wait(self) -> None:
        """Until nothing comes any more; raises RuntimeError if that never happens."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < self.heard + QUIET:
            if time.monotonic() > end:
                raise RuntimeError("the visit does not come to an end")
            time.sleep(0.1)


def _pieces(source: socket.socket, other: socket.socket) -> Iterator[bytes]:
    """What arrives, until either end is gone; then the other end goes too."""
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            yield piece
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


# -- The visit ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Visit:
    """What a first visit cost."""

    down: Counter[str]
    requests: int
    shown: dict[str, int]
    """The bytes of what the pages themselves asked for, by address, as the browser counts them."""
    blocking: list[str]
    without_scripts: str = ""
    """Where the form led when no script ran."""

    @property
    def total(self) -> int:
        """Every byte that came down."""
        return sum(self.down.values())

    @property
    def page(self) -> int:
        """The bytes of the pages with all they use, and of the pack with which the phone answers by itself."""
        return sum(self.shown.values()) + (0 if PACK in self.shown else self.down[PACK])


def kind_of(address: str) -> str:
    """What an address stands for."""
    name = address.rpartition("/")[2]
    if address == PACK:
        return "pack"
    return {"css": "styles", "js": "scripts", "svg": "pictures", "webmanifest": "manifest"}.get(
        name.rpartition(".")[2] if "." in name else "", "pages"
    )


def first_visit(browser: Browser, tap: Tap, code: str) -> Visit:
    """Follow the clinic's link with an empty cache, and wait until the phone has all it wants."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    counted, blocking = count_bytes(page), list[str]()
    page.goto(f"http://localhost:{tap.port}/p/enter#{code}")
    page.wait_for_url("**/p/")
    page.wait_for_load_state("networkidle")
    blocking += page.evaluate(BLOCKING)
    tap.wait()
    visit = Visit(tap.down.copy(), len(tap.requests), {one: size for one, size in counted.items() if size}, blocking)
    for address in ("enter", "checkin"):
        page.goto(f"http://localhost:{tap.port}/p/{address}")
        visit.blocking += page.evaluate(BLOCKING)
    context.close()
    return visit


def count_bytes(page: Page) -> Counter[str]:
    """What will hold the bytes of every answer by address, headers and redirects included, as the browser counts."""
    counted, asked = Counter[str](), dict[str, str]()

    def begin(said: dict[str, Any]) -> None:
        if "redirectResponse" in said:
            counted[asked[said["requestId"]]] += int(said["redirectResponse"]["encodedDataLength"])
        asked[said["requestId"]] = urlsplit(said["request"]["url"]).path

    def end(said: dict[str, Any]) -> None:
        counted[asked[said["requestId"]]] += int(said["encodedDataLength"])

    session = page.context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", begin)
    session.on("Network.loadingFinished", end)
    session.send("Network.enable")
    return counted


def without_scripts(browser: Browser, port: int, code: str) -> str:
    """Type the code, close every question, send: the path of the page on which one ends."""
    context = browser.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://localhost:{port}/p/enter")
    page.fill("input[name=code]", code)
    page.click("form[data-enter] button")
    page.wait_for_url("**/p/")
    page.goto(f"http://localhost:{port}/p/checkin")
    for box in page.locator("input[type=checkbox][name^=none-]").all():
        box.check()
    page.click("form[data-checkin] [data-send] button")
    page.wait_for_load_state()
    path = page.url.partition(f":{port}")[2]
    context.close()
    return path


# -- The figure --------------------------------------------------------------------------------------------------------


def prepare() -> list[str]:
    """A patient on day 4, and the codes of two links that let her in."""
    from afterthread.clinic import clock
    from afterthread.clinic.flow.link import issue_link, new_code
    from afterthread.clinic.roles import Role
    from afterthread.server.upkeep.run import migrate
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff

    migrate()
    then = clock.now() - timedelta(days=4)
    doctor = a_staff(a_clinic(at=then), Role.PRACTITIONER, at=then)
    patient = a_patient(doctor, then)
    a_procedure(doctor, patient, then)
    codes = [new_code(), new_code()]
    for code in codes:
        issue_link(viewer=doctor, patient=patient, code=code, at=clock.now())
    return codes


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser whose cache is empty."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def measure(folder: Path) -> Visit:
    """One visit to the application as it is served."""
    with Child("bench.weight", "prepare", env=environment(folder)) as child:
        codes: Sequence[str] = child.ask("go")
    with served(folder) as port, Tap(port) as tap, chromium() as browser:
        visit = first_visit(browser, tap, codes[0])
        visit.without_scripts = without_scripts(browser, port, codes[1])
    return visit


def rows(visit: Visit) -> list[Row]:
    """What it weighed, whether it needs scripts, and what the phone fetches for later meanwhile."""
    usable = visit.without_scripts.startswith("/p/checkin/")
    kinds = Counter[str]()
    for address, size in visit.down.items():
        kinds[kind_of(address)] += size
    return [
        Row(
            figure="P8 first visit of a patient on a phone, over the wire",
            target="<= 60 kB, no blocking script, usable without JavaScript",
            measured=f"{visit.page / 1e3:.1f} kB, {len(visit.blocking)} blocking scripts, "
            f"{'usable' if usable else 'not usable'} without",
            peer=f"{len(visit.shown)} addresses",
            met=visit.page <= LIMIT and not visit.blocking and usable,
            note=f"empty cache, headers included, as Chromium counts: from the clinic's link to the first page, with "
            f"the pack; in kB: {_heaviest(visit.shown)}"
            + (f"; blocking: {', '.join(visit.blocking)}" if visit.blocking else ""),
        ),
        Row(
            figure="P8 the same with all that the phone keeps for later",
            target="told",
            measured=f"{visit.total / 1e3:.1f} kB, {visit.requests} requests",
            peer="-",
            met=True,
            note="every byte between the browser and the server, its service worker included, while the page is read "
            f"already; kB by kind: {_heaviest(kinds)}; the heaviest: {_heaviest(visit.down)}",
        ),
    ]


def _heaviest(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {size / 1e3:.1f}" for name, size in Counter(sizes).most_common(8))


def figures() -> list[Row]:
    """P8."""
    with scratch() as folder:
        return rows(measure(folder))


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        answer(lambda _: prepare())
    else:
        print(figures())
