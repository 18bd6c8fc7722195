"""Guessing is slowed down, for one who knocks and one door at a time, and a broken counter locks nobody out."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from afterthread.clinic.throttle import allow
from tests.lib.clinic import MONDAY


@pytest.fixture(autouse=True)
def _empty() -> None:
    cache.clear()


def knock(who: str = "192.0.2.1", name: str = "exchange", minutes: int = 0) -> bool:
    """One try of three that are allowed in a minute."""
    return allow(name, who, limit=3, seconds=60, at=MONDAY + timedelta(minutes=minutes))


def test_it_stops_the_fourth_try() -> None:
    """Three tries are allowed, then none until the minute is over."""
    assert [knock() for _ in range(5)] == [True, True, True, False, False]
    assert knock(minutes=1)


def test_it_counts_everybody_and_everything_apart() -> None:
    """One who guesses locks nobody else out, and not herself out of anything else."""
    assert [knock() for _ in range(4)][-1] is False
    assert knock(who="192.0.2.2")
    assert knock(name="request")


def test_it_keeps_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knocked is not readable in the cache."""
    seen: list[str] = []
    monkeypatch.setattr(cache, "add", lambda key, *_, **__: seen.append(key))
    knock(who="anna@patient.example")
    assert seen
    assert "anna" not in seen[0]


def test_it_lets_in_when_it_cannot_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter that fails does not stand between a patient and her clinic."""

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "incr", broken)
    assert [knock() for _ in range(9)] == [True] * 9
