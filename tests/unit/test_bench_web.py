"""The figures of the web floors would notice what they are there to notice: slow, heavy, growing, lost."""

import http.server
import os
import shutil
import sqlite3
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection

from afterthread.clinic.models import AuditRow, CheckIn, Decision, Patient, Procedure, Thread, WorkItem
from afterthread.server.upkeep import run
from bench import crowd, power, scratch, submit, weight, worklist

# -- A practice to write to


@pytest.mark.django_db
def test_it_opens_a_practice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds a signature in a clinic does not keep the benchmark from beginning."""
    monkeypatch.setattr(run, "migrate", lambda: None)
    made = scratch.practice(datetime(2026, 3, 3, tzinfo=UTC), 2)
    assert Procedure.objects.filter(signed_at__isnull=False).count() == len(made) == 2


# -- P6: check-ins over HTTP


class Wall:
    """A clock that moves only when somebody waits or works."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_counts_what_queues_as_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three arrive at once at a desk that takes a second for each: the last has waited three."""
    wall = Wall()
    monkeypatch.setattr(submit, "time", wall)

    def serve(_: int) -> int:
        wall.sleep(1)
        return 201

    assert submit.delays(serve, [0, 0, 0], at_once=1).seconds == pytest.approx([1, 2, 3])


def test_it_lets_phones_arrive_at_random_and_always_alike() -> None:
    """About sixty a second, not evenly, and the same in every run."""
    moments = submit.arrivals(60, 100)
    assert 5_500 < len(moments) < 6_500
    assert moments == sorted(moments) == submit.arrivals(60, 100)
    assert max(later - earlier for earlier, later in pairwise(moments)) > 3 / 60


def test_it_times_only_what_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses fast is not fast."""
    phone = submit.Phone(1)
    monkeypatch.setattr(submit.Phone, "check_in", lambda *_: 503)
    with pytest.raises(RuntimeError, match="503"):
        submit.rate([phone], iter("ab"), 2)


def found(ours: float = 60, slowest: float = 0.1, status: int = 201) -> submit.Found:
    """What P6 would have measured."""
    delays = submit.Delays([0.01] * 90 + [slowest] * 10, [201] * 99 + [status])
    return submit.Found(http=[ours], alone=ours, form=ours, bare=[100.0], delays=delays)


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        (found(), [True, True]),
        (found(ours=40), [False, True]),
        (found(slowest=0.6), [True, False]),
        (found(status=500), [True, False]),
        (found(status=0), [True, False]),
        (found(status=409), [True, False]),
    ],
)
def test_it_misses_slow_and_refused_check_ins(measured: submit.Found, met: list[bool]) -> None:
    """Half the bare rate, half a second, and every check-in kept."""
    assert [row["met"] for row in submit.rows(measured, 60)] == met


@pytest.mark.django_db
def test_it_commits_the_same_four_rows_bare() -> None:
    """A check-in, its decision, its item and its row of the log; nothing else is written."""
    submit.prepare(1)
    bare = submit.Bare()
    tables = (CheckIn, Decision, WorkItem, AuditRow)
    before = [table.objects.count() for table in tables]
    bare.rate(2)
    assert [table.objects.count() for table in tables] == [count + 2 for count in before]


# -- P7: a large practice


@pytest.mark.django_db
def test_it_copies_a_patient_with_all_that_hangs_on_her() -> None:
    """Each copy has check-ins, decisions, threads and items of her own, and the pages ask nothing more for them."""
    nurse, template = crowd._tell(10)
    uuid = (crowd.SQLITE if connection.vendor == "sqlite" else crowd.POSTGRESQL).uuid
    counts = crowd.Copier(template, uuid).copy(2)
    assert (counts["check-ins"], counts["decisions"], counts["rows of the log"]) == (20, 20, 20)
    assert Patient.objects.count() == 3
    for procedure in Procedure.objects.all():
        assert procedure.checkins.count() == 10
        assert procedure.versions.get().patient_id == procedure.patient_id
        assert Thread.objects.filter(version__procedure=procedure).count() == 2
        assert {one.decisions.get().version.procedure_id for one in procedure.checkins.all()} == {procedure.pk}
        assert procedure.items.get().actions.exists()
    crowd._open(nurse, template, 2)
    assert WorkItem.objects.filter(closed_at=None).count() == 2


def timed(large: float, questions: tuple[int, int] = (9, 9)) -> worklist.Found:
    """What P7 would have measured."""
    pages = {"worklist": worklist.Timed([0.1], [large], questions)}
    return worklist.Found("SQLite", worklist.Size(), {}, 1.0, pages)


@pytest.mark.parametrize(("measured", "met"), [(timed(0.19), True), (timed(0.21), False), (timed(0.1, (9, 10)), False)])
def test_it_misses_a_page_that_grows(measured: worklist.Found, met: bool) -> None:
    """Twice the time is the most, and no further question to the database."""
    (row,) = worklist.rows(measured)
    assert row["met"] is met


# -- P8: the weight of a first visit


class Page(http.server.BaseHTTPRequestHandler):
    """A server of pages that weigh what their address says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"x" * int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where pages of any weight are served."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_it_counts_every_byte_on_the_wire(port: int) -> None:
    """By address, headers included."""
    with weight.Tap(port) as tap:
        for size in (1_000, 70_000):
            with urllib.request.urlopen(f"http://127.0.0.1:{tap.port}/{size}") as page:
                assert len(page.read()) == size
        assert tap.requests == ["/1000", "/70000"]
        assert 1_000 < tap.down["/1000"] < 1_300
        assert 70_000 < tap.down["/70000"] < 70_300


def visit(down: int = 60_000, later: int = 0, blocking: str = "", led_to: str = "/p/checkin/1/") -> weight.Visit:
    """What P8 would have measured."""
    return weight.Visit(Counter({"/p/": down, "/p/plan": later}), 2, {"/p/": down}, [blocking] * bool(blocking), led_to)


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        (visit(), True),
        (visit(down=60_001), False),
        (visit(blocking="inline"), False),
        (visit(led_to="/p/checkin"), False),
    ],
)
def test_it_misses_a_page_that_is_heavy_or_needs_scripts(measured: weight.Visit, met: bool) -> None:
    """60 kB, nothing that blocks, and a form that can be sent without a script."""
    assert weight.rows(measured)[0]["met"] is met


def test_it_sees_scripts_that_block() -> None:
    """A plain script and an inline one block; modules and deferred ones do not."""
    with weight.chromium() as browser:
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.set_content(
            "<script src='http://localhost/a.js'></script><script>1</script>"
            "<script type='module' src='http://localhost/b.js'></script><script defer src='http://localhost/c.js'></script>"
            "<script type='application/json'>{}</script>"
        )
        assert page.evaluate(weight.BLOCKING) == ["http://localhost/a.js", "inline"]


# -- R3: a power cut

SCHEMA = """
CREATE TABLE clinic_checkin (id TEXT, key TEXT);
CREATE TABLE clinic_decision (checkin_id TEXT);
CREATE TABLE clinic_auditrow (subject TEXT);
"""


def kept(database: Path, *, decided: int = 1, logged: int = 1) -> UUID:
    """The key of a check-in that is in a database with so many decisions and rows of the log."""
    id, key = uuid4(), uuid4()
    with closing(sqlite3.connect(database)) as tables, tables:
        tables.execute("INSERT INTO clinic_checkin VALUES (?, ?)", [id.hex, key.hex])
        tables.executemany("INSERT INTO clinic_decision VALUES (?)", [[id.hex]] * decided)
        tables.executemany("INSERT INTO clinic_auditrow VALUES (?)", [[f"checkin:{id}"]] * logged)
    return key


def test_it_finds_what_was_lost_and_what_is_partial(tmp_path: Path) -> None:
    """A check-in that is gone, one without its decision, and one without its row of the log."""
    database = tmp_path / "tables"
    with closing(sqlite3.connect(database)) as tables:
        tables.executescript(SCHEMA)
    whole, gone = kept(database), uuid4()
    halves = [kept(database, decided=0), kept(database, logged=0), kept(database, decided=2)]
    cut = power.examined(database, [whole, gone, *halves])
    assert (cut.lost, cut.partial, cut.corrupt) == ([gone], halves, "")


def test_it_calls_a_damaged_database_lost(tmp_path: Path) -> None:
    """What cannot be read is not kept."""
    (tmp_path / "tables").write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    cut = power.examined(tmp_path / "tables", [uuid4()])
    assert cut.corrupt
    assert len(cut.lost) == 1


def cuts(lost: int = 0, told: int = 5, controls: int = 1, corrupt: str = "") -> dict[str, list[power.Cut]]:
    """What R3 would have measured."""
    keys = [uuid4() for _ in range(told)]
    control = power.Cut(keys, lost=keys[:controls])
    return {"FULL": [power.Cut(keys, lost=keys[:lost], corrupt=corrupt)], "NORMAL": [control], "OFF": [control]}


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        (cuts(), True),
        (cuts(lost=1), False),
        (cuts(told=0), False),
        (cuts(controls=0), False),
        (cuts(corrupt="malformed"), False),
    ],
)
def test_it_misses_a_loss_and_a_cut_that_cuts_nothing(measured: dict[str, list[power.Cut]], met: bool) -> None:
    """Nothing lost counts only where something was said, and where the controls lost some."""
    assert power.row(measured)["met"] is met


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_it_cuts_a_disk_that_forgets_what_was_not_flushed(tmp_path: Path) -> None:
    """What was flushed is on the copy; what was only written is not."""
    outer = power.new_image(tmp_path / "outer", 24)
    with power.mounted(outer, tmp_path / "around") as around:
        disk = power.new_image(around / "disk", 8)
        with power.mounted(disk, tmp_path / "disk") as inside:
            (inside / "flushed").write_text("said")
            power.settle(inside / "flushed")
            (inside / "written").write_text("said")
            with power.frozen(around):
                shutil.copy(disk, tmp_path / "after")
    with power.mounted(tmp_path / "after", tmp_path / "again") as again:
        assert (again / "flushed").read_text() == "said"
        assert not (again / "written").exists()
