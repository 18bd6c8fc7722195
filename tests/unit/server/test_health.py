"""Health says what is not well, to everybody, and nothing else."""

import json
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.outbox import beat, queue
from afterthread.clinic.models import Delivery, Heartbeat
from afterthread.protocol.model import Urgency
from afterthread.server.upkeep import health as upkeep
from afterthread.server.upkeep.health import BACKUP, health

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _well(settings: Any) -> None:
    settings.AFTERTHREAD_DEMO = False
    beat("worker", clock.now())
    beat(BACKUP, clock.now() - HOUR)


def test_it_is_well(client: Client) -> None:
    """Nothing to say is said with 200."""
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["problems"]) == (200, [])


@pytest.mark.parametrize(
    ("name", "age", "problem"),
    [
        ("worker", 31 * SECOND, "the worker does not run"),
        ("worker", -60 * SECOND, "the clock jumps"),
        (BACKUP, 27 * HOUR, "there is no backup"),
    ],
)
def test_it_notices_what_is_late(client: Client, name: str, age: timedelta, problem: str) -> None:
    """A dead worker, a clock that was set back and an old copy are each said with 503."""
    beat(name, clock.now() - age)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert [problem in said for said in answer.json()["problems"]] == [True]


def test_it_misses_what_never_was() -> None:
    """An installation without a worker or a copy is not well."""
    Heartbeat.objects.all().delete()
    assert len(health(clock.now())["problems"]) == 2


def test_it_notices_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little room is said before there is none."""
    usage = namedtuple("usage", "free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(free=1000))
    assert health(clock.now())["problems"] == ["the disk is nearly full"]


def test_it_looks_at_the_disk_of_the_tables(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Tables that lie on a disk of their own fill that one."""
    if connection.vendor != "sqlite":
        pytest.skip("the tables of a server are on its own machine")
    settings.AFTERTHREAD_DATA = tmp_path
    usage = namedtuple("usage", "free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(free=10**12 if folder == tmp_path else 1000))
    assert health(clock.now())["problems"] == ["the disk is nearly full"]


def test_it_notices_another_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that differs from the database's makes every deadline wrong."""
    monkeypatch.setattr(upkeep, "_database_time", lambda: clock.now() + HOUR)
    assert "clock" in health(clock.now())["problems"][0]


def test_it_counts_urgent_letters_that_wait() -> None:
    """A letter that should have left two minutes ago is said, one that was given up or is not urgent is not."""
    at = clock.now()
    for cause, urgency in (("a", Urgency.EMERGENCY), ("b", Urgency.SELF_CARE), ("c", Urgency.SAME_DAY)):
        queue("call", cause, at - 121 * SECOND, urgency=urgency)
    Delivery.objects.filter(cause="c").update(gave_up_at=at)
    told = health(at)
    assert (told["unsent_urgent"], told["problems"]) == (1, ["urgent letters are not sent"])


def test_it_answers_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is gone is said, not suffered."""

    def gone(*_: Any) -> None:
        raise DatabaseError("password=secret host=10.0.0.5")

    monkeypatch.setattr(upkeep, "_of_database", gone)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "does not answer")
    assert "secret" not in answer.content.decode()


def test_it_tells_numbers_only(client: Client) -> None:
    """The page is open to everybody, so it holds no name."""
    told = json.loads(client.get("/health").content)
    assert set(told) == {
        "ok", "problems", "database", "disk_free_mb", "worker_age_s", "backup_age_s", "clock_skew_s", "unsent_urgent",
    }  # fmt: skip
