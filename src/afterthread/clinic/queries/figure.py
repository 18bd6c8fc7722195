"""The clinic's own silence in figures: how long patients waited for a first answer, and how many in time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from afterthread.clinic.models import Action, WorkItem
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.protocol.model import Urgency

WEEKS = 12
Z95 = 1.959964
"""Of the normal distribution, for an interval of 95 %."""
TENTHS = 10


@dataclass(frozen=True)
class Answered:
    """One first answer: when, how urgent it was, how many seconds she had waited, and whether it was in time."""

    at: datetime
    urgency: Urgency
    waited: int
    in_time: bool


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """None when there is nothing to count."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of 95 %."""
        return wilson(self.hits, self.n) if self.n else None


@dataclass(frozen=True)
class Line:
    """The figures of one group; who still waits past the time counts as not in time, not as absent."""

    answers: int
    in_time: int
    late_open: int
    """Unanswered now and past due."""
    median: float | None
    ninetieth: float | None

    @property
    def asked(self) -> int:
        """The denominator: what was answered, and what should have been."""
        return self.answers + self.late_open

    @property
    def share(self) -> float | None:
        """The share in time; none when there is nothing to count."""
        return Share(self.in_time, self.asked).share

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the share, 95 %."""
        return Share(self.in_time, self.asked).interval


@dataclass(frozen=True)
class Week:
    """One calendar week of the clinic, from its Monday."""

    monday: date
    line: Line


@dataclass(frozen=True)
class Figures:
    """One period of one clinic."""

    total: Line
    by_urgency: tuple[tuple[Urgency, Line], ...]
    """The most urgent first."""
    weeks: tuple[Week, ...]
    """The last twelve, the oldest first; the running one ends now."""
    waiting: int
    """Unanswered now, in time or not."""
    unanswered: int
    """Closed in the period without an answer."""


def figures(viewer: Viewer, days: int, at: datetime) -> Figures:
    """The figures of the last so many days, and of the last twelve weeks."""
    viewer.require("figures.read")
    zone = viewer.own_clinic.zone
    since, mondays = at - timedelta(days=days), _mondays(at, zone)
    first = datetime.combine(mondays[0], datetime.min.time(), zone)
    found = _answers(viewer, min(since, first), at)
    counted = [one for one in found if one.at >= since]
    waiting = list(_asked(viewer).filter(closed_at=None, waiting_since__isnull=False))
    late = [Urgency(item.urgency) for item in waiting if item.due_at < at]
    return Figures(
        total=_line(counted, len(late)),
        by_urgency=tuple(
            (urgency, _line([one for one in counted if one.urgency == urgency], late.count(urgency)))
            for urgency in sorted({*late, *(one.urgency for one in counted)}, reverse=True)
        ),
        weeks=tuple(_weeks(found, mondays, zone)),
        waiting=len(waiting),
        unanswered=_closed_without(viewer, since, at),
    )


def _asked(viewer: Viewer) -> QuerySet[WorkItem]:
    """What patients wait for; a step of a complication is a deadline of the clinic's own, and no answer to anybody."""
    return scope(viewer, WorkItem).exclude(kind=WorkItem.Kind.STEP)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The score interval of Wilson (1927) for a share, 95 %: honest for few cases and for shares near 0 and 1."""
    share, square = hits / n, Z95 * Z95
    middle = share + square / (2 * n)
    spread = Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = ((middle - spread) / (1 + square / n), (middle + spread) / (1 + square / n))
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def ninetieth(values: Iterable[int]) -> float | None:
    """The smallest value that at least nine tenths do not exceed."""
    ordered = sorted(values)
    return float(ordered[-(-9 * len(ordered) // TENTHS) - 1]) if ordered else None


def _answers(viewer: Viewer, since: datetime, at: datetime) -> list[Answered]:
    rows = scope(viewer, Action).filter(at__gte=since, at__lte=at, waited__isnull=False)
    told = rows.values_list("at", "urgency", "waited", "in_time")
    return [Answered(when, Urgency(urgency), waited or 0, bool(in_time)) for when, urgency, waited, in_time in told]


def _closed_without(viewer: Viewer, since: datetime, at: datetime) -> int:
    """Items that were closed in the period and never had an answer."""
    closed = _asked(viewer).filter(closed_at__gte=since, closed_at__lte=at)
    return closed.exclude(actions__waited__isnull=False).count()


def _line(found: list[Answered], late_open: int) -> Line:
    waits = [one.waited for one in found]
    return Line(
        answers=len(found),
        in_time=sum(one.in_time for one in found),
        late_open=late_open,
        median=median(waits) if waits else None,
        ninetieth=ninetieth(waits),
    )


def _mondays(at: datetime, zone: ZoneInfo) -> list[date]:
    today = at.astimezone(zone).date()
    this = today - timedelta(days=today.weekday())
    return [this - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def _weeks(found: list[Answered], mondays: list[date], zone: ZoneInfo) -> Iterable[Week]:
    """By the clinic's calendar, when the answer was given; a week knows nothing of who waits now."""
    by_week: dict[date, list[Answered]] = {monday: [] for monday in mondays}
    first = datetime.combine(mondays[0], datetime.min.time(), zone)
    for one in found:
        if one.at >= first:
            day = one.at.astimezone(zone).date()
            by_week[day - timedelta(days=day.weekday())].append(one)
    for monday, answers in by_week.items():
        yield Week(monday, _line(answers, 0))
