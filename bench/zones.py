"""Counts wrong day numbers in every time zone and on every day, against the C library's own clock (R14)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo, available_timezones

from afterthread.engine.day import day_number
from bench import Row

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
SKIPPED = {  # zones that crossed the date line and left a date out; none does so from 2024 on
    "Pacific/Apia": date(2011, 12, 30),
    "Pacific/Fakaofo": date(2011, 12, 30),
    "Pacific/Kwajalein": date(1993, 8, 21),
}
ASIDE = {"localtime", "Factory"}
"""Not places: what this machine is set to, and a zone that says that none was set."""
EPOCH, DAY = date(1970, 1, 1), 86_400
CLOCKS = (0, 150 * 60, DAY // 2, DAY - 60)
"""Seconds on the wall at which people check in on every day: 00:00, 02:30, 12:00, 23:59."""
NIGHT = tuple(range(0, DAY, 15 * 60))
"""On the days around a change of the clocks: every quarter of an hour, repeated ones twice."""
BACK = (0, 1, 2, 3, 5, 7, 14, 30, 90, 183, 365)
"""How many dates before a check-in the procedure was; every day takes its turn with two of them."""


@dataclass(slots=True)
class Count:
    """How many pairs of procedure and check-in were tried, and how many of them got a wrong day number."""

    pairs: int = 0
    wrong: int = 0
    by_hours: int = 0
    """Wrong if elapsed hours were divided by 24: shows that the pairs are hard enough to find a mistake."""
    skipped: int = 0
    """Clock times that nobody lived, because the clocks jumped over them."""

    def add(self, other: Count) -> None:
        """Take in the count of another zone."""
        self.pairs += other.pairs
        self.wrong += other.wrong
        self.by_hours += other.by_hours
        self.skipped += other.skipped


@contextmanager
def c_library(name: str) -> Iterator[None]:
    """`time.localtime` in a zone: the C library reads the zone's file with code of its own."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def lived(first: int, last: int, count: Count) -> dict[int, list[int]]:
    """Per local date (days since 1970) the moments to try, each proved by the C library to lie on that date."""
    offset = {day: time.localtime(day * DAY).tm_gmtoff for day in range(first - 1, last + 3)}
    found: dict[int, list[int]] = {}
    for day in range(first, last + 1):
        offsets = {offset[day + n] for n in (-1, 0, 1, 2)}
        wall = time.gmtime(day * DAY)[:3]
        for clock in CLOCKS if len(offsets) == 1 else sorted({*CLOCKS, *NIGHT}):
            moments = [day * DAY + clock - off for off in offsets]
            shown = [at for at in moments if _shows(time.localtime(at), wall, clock)]
            found.setdefault(day, []).extend(shown)
            count.skipped += not shown
    return found


def _shows(local: time.struct_time, wall: tuple[int, ...], clock: int) -> bool:
    return local[:3] == wall and (local.tm_hour * 60 + local.tm_min) * 60 == clock


def tried(name: str, first: date, last: date) -> Count:
    """All pairs of one zone: each check-in after a procedure early and one late on two earlier dates."""
    count, zone = Count(), ZoneInfo(name)
    with c_library(name):
        moments = lived((first - EPOCH).days, (last - EPOCH).days, count)
    for day, checkins in moments.items():
        for turn in (day, day + 1):
            before = day - BACK[turn % len(BACK)]
            if not (ends := moments.get(before)):
                continue
            for procedure, at in product({min(ends), max(ends)}, checkins):
                _compare(count, zone, procedure, at, day - before)
    return count


def _compare(count: Count, zone: ZoneInfo, procedure: int, at: int, expected: int) -> None:
    """One pair, from moments as a server stores them."""
    on = datetime.fromtimestamp(procedure, UTC).astimezone(zone).date()
    count.pairs += 1
    count.wrong += day_number(on, datetime.fromtimestamp(at, UTC), zone) != expected
    count.by_hours += (at - procedure) // DAY != expected


def counted(names: list[str]) -> tuple[Count, list[str]]:
    """Everything over these zones, and those in which something was wrong."""
    total, bad = Count(), []
    for name in names:
        spans = [(FIRST, LAST)]
        if name in SKIPPED:
            spans.append((SKIPPED[name] - timedelta(days=20), SKIPPED[name] + timedelta(days=20)))
        for first, last in spans:
            count = tried(name, first, last)
            total.add(count)
            bad += [name] if count.wrong else []
    return total, bad


def figures() -> list[Row]:
    """R14."""
    names = sorted(available_timezones() - ASIDE)
    count, bad = counted(names)
    return [
        Row(
            figure=f"R14 wrong day numbers, {len(names)} IANA zones, every day {FIRST.year}-{LAST.year}",
            target="0",
            measured=f"{count.wrong:,} of {count.pairs:,}",
            peer=f"elapsed hours / 24: {count.by_hours:,} wrong",
            met=count.wrong == 0 and count.pairs > 0,
            note="check-ins at several clock times, each quarter of an hour around a change of the clocks; "
            f"the right number is that of the C library's own reading of the same zone files; {count.skipped:,} clock "
            f"times that were jumped over left out; dates that {', '.join(SKIPPED)} once skipped are tried too"
            + (f"; wrong in {', '.join(bad)}" if bad else ""),
        )
    ]


if __name__ == "__main__":
    print(figures())
