"""The clinic's clock: when it is open, who is on call, by when somebody has to have looked, and how late a look is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from afterthread.protocol.model import Urgency

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LONGEST = timedelta(days=31)
"""No promise reaches further, however long the clinic is closed."""
NEVER_OPEN = {Urgency.SAME_DAY: timedelta(hours=24), Urgency.ROUTINE: timedelta(hours=72)}
"""No promise reaches further than this where no weekday is open (or, for the same day, covered)."""
MOST_MINUTES, MOST_HOURS = 1440, 80
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")

Span = tuple[time, time]
"""From a time up to, and without, another on one local day; an end of 00:00 is the midnight at its end (24:00)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly opening hours on the clinic's wall clock; `extra` dates have their own hours instead of the weekly ones.

    Spans that cross midnight are written as two. A span begins when its time is first shown, or skipped, by the clock.
    """

    zone: ZoneInfo
    weekly: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()
    extra: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Any, zone: ZoneInfo) -> Self:
        """From `{"weekly": {"monday": [["09:00", "18:00"]]}, "closed": ["2026-12-25"], "extra": {"2026-12-27": …}}`.

        Raises ValueError with every problem, one a line.
        """
        problems: list[str] = []
        data = _table(data, ("weekly", "closed", "extra"), "hours", problems)
        weekly = _weekly(data.get("weekly", {}), problems)
        closed = _dates(data.get("closed", []), problems)
        extra = _extra(data.get("extra", {}), problems)
        for day in sorted(closed & extra.keys()):
            problems.append(f"{day}: is both closed and open. Take it out of one of the two lists")
        _refuse(problems)
        return cls(zone=zone, weekly=weekly, closed=closed, extra=extra)

    def plain(self) -> dict[str, Any]:
        """The same as plain JSON, without the zone."""
        return {
            "weekly": {WEEKDAYS[number]: _plain_spans(self.weekly[number]) for number in sorted(self.weekly)},
            "closed": [day.isoformat() for day in sorted(self.closed)],
            "extra": {day.isoformat(): _plain_spans(self.extra[day]) for day in sorted(self.extra)},
        }

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans of one date."""
        return () if day in self.closed else self.extra.get(day, self.weekly.get(day.weekday(), ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who answers while the clinic is closed: nobody, somebody round the clock, or somebody within `hours`.

    On-call hours hold on the clinic's closed dates too; they have closed dates of their own.
    """

    kind: Literal["none", "always", "hours"] = "none"
    hours: Hours | None = None

    @classmethod
    def read(cls, data: Any, zone: ZoneInfo) -> Self:
        """From `{"kind": "none"}`, `{"kind": "always"}` or `{"kind": "hours", "hours": …}`; raises ValueError."""
        problems: list[str] = []
        data = _table(data, ("kind", "hours"), "on call", problems)
        kind = data.get("kind")
        if kind not in ("none", "always", "hours"):
            problems.append(f"on call: `{kind}` is not known. Write none, always or hours")
        if (kind == "hours") != ("hours" in data):
            problems.append("on call: the hours stand there exactly when the kind is hours. Add them or take them out")
        hours = None
        if "hours" in data:
            try:
                hours = Hours.read(data["hours"], zone)
            except ValueError as error:
                problems.extend(f"on call: {problem}" for problem in str(error).splitlines())
        _refuse(problems)
        return cls(kind=kind, hours=hours)

    def plain(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {"kind": self.kind} | ({"hours": self.hours.plain()} if self.hours else {})

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans of one date."""
        if self.kind == "always":
            return ((time(), time()),)
        return self.hours.on(day) if self.hours else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How fast the clinic looks: minutes day and night, covered minutes, and hours of open time.

    15 minutes, 120 minutes and (None) the end of the next working day are a choice of this product and no clinical
    standard; each clinic sets its own.
    """

    emergency_minutes: int = 15
    same_day_minutes: int = 120
    routine_hours: int | None = None

    @classmethod
    def read(cls, data: Any) -> Self:
        """From `{"emergency_minutes": 15, "same_day_minutes": 120, "routine_hours": null}`; raises ValueError."""
        problems: list[str] = []
        most = {"emergency_minutes": MOST_MINUTES, "same_day_minutes": MOST_MINUTES, "routine_hours": MOST_HOURS}
        data = _table(data, tuple(most), "promise", problems)
        for name, value in data.items():
            if value is None and name == "routine_hours":
                continue
            if type(value) is not int or not 1 <= value <= most[name]:
                problems.append(f"promise, {name}: `{value}` does not do. Write a whole number from 1 to {most[name]}")
        _refuse(problems)
        made = cls(**data)
        if made.emergency_minutes > made.same_day_minutes:
            _refuse(["promise: an emergency would wait longer than a same-day item. Give it fewer minutes"])
        return made

    def plain(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "emergency_minutes": self.emergency_minutes,
            "same_day_minutes": self.same_day_minutes,
            "routine_hours": self.routine_hours,
        }


# -- What people ask -------------------------------------------------------------------------------------------------


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the clinic is open."""
    return _within(_moments((hours,), hours.zone, _utc(at)), _utc(at))


def covered(hours: Hours, oncall: OnCall, at: datetime) -> bool:
    """Whether the clinic is open or somebody is on call; if not, the patient is sent elsewhere today."""
    return _within(_moments((hours, oncall), hours.zone, _utc(at)), _utc(at))


def opens_next(hours: Hours, at: datetime) -> datetime | None:
    """When the clinic opens next, in UTC: `at` itself while it is open, None if not within 31 days."""
    at = _utc(at)
    start = next((start for start, _ in _moments((hours,), hours.zone, at)), None)
    return None if start is None or start > at + LONGEST else max(start, at)


def due(promise: Promise, hours: Hours, oncall: OnCall, urgency: Urgency, opened_at: datetime) -> datetime:
    """When somebody has to have looked, in UTC; what is more urgent is never due later than what is less.

    Emergency: minutes as they pass, day and night. Same day: minutes while the clinic is open or somebody
    is on call, so outside of both it starts with the first covered moment. Routine: hours of open time, or the end of
    the opening hours of the next working day, which is the first later date on which the clinic opens.

    No answer is later than 31 days. Where no weekday is open, routine is due within 72 hours; where no weekday is open
    or covered, same-day within 24 hours.
    """
    if urgency == Urgency.SELF_CARE:
        raise ValueError("self-care is not due: nobody has to look")
    opened = _utc(opened_at)
    due_at = _routine(promise, hours, opened)
    if urgency >= Urgency.SAME_DAY:
        due_at = min(due_at, _same_day(promise, hours, oncall, opened))
    if urgency == Urgency.EMERGENCY:
        due_at = min(due_at, opened + timedelta(minutes=promise.emergency_minutes))
    return due_at


def escalation_step(due_at: datetime, at: datetime, minutes_per_step: int) -> int:
    """Whose turn it is on the escalation list: 0 before `due_at`, 1 from then on, one more every so many minutes."""
    if minutes_per_step < 1:
        raise ValueError(f"`{minutes_per_step}` minutes per step do not do. Write a whole number from 1")
    late = _utc(at) - _utc(due_at)
    return 0 if late < timedelta() else 1 + late // timedelta(minutes=minutes_per_step)


# -- How it is computed ----------------------------------------------------------------------------------------------
# Everything below is in UTC: Python compares two times of one zone by their clock faces and forgets repeated hours.


def _same_day(promise: Promise, hours: Hours, oncall: OnCall, opened: datetime) -> datetime:
    never = oncall.kind != "always" and not hours.weekly and not (oncall.hours and oncall.hours.weekly)
    latest = opened + (NEVER_OPEN[Urgency.SAME_DAY] if never else LONGEST)
    moments = _moments((hours, oncall), hours.zone, opened)
    return min(latest, _passed(moments, opened, timedelta(minutes=promise.same_day_minutes)) or latest)


def _routine(promise: Promise, hours: Hours, opened: datetime) -> datetime:
    latest = opened + (LONGEST if hours.weekly else NEVER_OPEN[Urgency.ROUTINE])
    if promise.routine_hours is None:
        found = _next_close(hours, opened)
    else:
        found = _passed(_moments((hours,), hours.zone, opened), opened, timedelta(hours=promise.routine_hours))
    return min(latest, found or latest)


def _next_close(hours: Hours, opened: datetime) -> datetime | None:
    """When the clinic closes on the first later date on which it opens."""
    day = _date(opened, hours.zone)
    for _ in range(LONGEST.days + 1):
        day += DAY
        if moments := [*_moments_on((hours,), hours.zone, day)]:
            return moments[-1][1]
    return None


def _passed(moments: Iterator[tuple[datetime, datetime]], since: datetime, left: timedelta) -> datetime | None:
    """When so much time of these moments has passed."""
    for start, end in moments:
        begin = max(start, since)
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def _within(moments: Iterator[tuple[datetime, datetime]], at: datetime) -> bool:
    """Whether the first of the moments that end after `at` has begun."""
    first = next(moments, None)
    return first is not None and first[0] <= at


def _moments(rules: tuple[Hours | OnCall, ...], zone: ZoneInfo, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What ends after `at`, in order and apart, for as far as a promise reaches."""
    day = _date(at, zone)
    for number in range(LONGEST.days + 2):
        yield from ((start, end) for start, end in _moments_on(rules, zone, day + number * DAY) if end > at)


def _moments_on(rules: tuple[Hours | OnCall, ...], zone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The spans of one date as moments; a span that the clocks skip as a whole is not there."""
    for start, end in _joined([span for rule in rules for span in rule.on(day)]):
        begins = _moment(day, start, zone)
        ends = _moment(day + DAY if end == time() else day, end, zone)
        if begins < ends:
            yield begins, ends


def _joined(spans: list[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap as one."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and start <= _late(made[-1][1]):
            made[-1] = made[-1][0], max(made[-1][1], end, key=_late)
        else:
            made.append((start, end))
    return made


def _late(end: time) -> time:
    """An end as it sorts: the midnight at the end of a day comes last."""
    return time.max if end == time() else end


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock on the wall shows this, or has jumped over it."""
    wall = datetime.combine(day, clock, zone)
    late, early = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if early >= late:
        return late
    while late - early > SECOND:  # the clocks jump somewhere in between
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall.replace(tzinfo=None):
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _date(at: datetime, zone: ZoneInfo) -> date:
    """The local date; once a date has begun it stays, even if the clocks go back over midnight."""
    day = at.astimezone(zone).date()
    return day + DAY if _moment(day + DAY, time(), zone) <= at else day


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC)


# -- Reading ---------------------------------------------------------------------------------------------------------


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("\n".join(problems))


def _table(data: Any, known: tuple[str, ...], name: str, problems: list[str]) -> dict[str, Any]:
    """The entries that are known; a problem for each other one."""
    if not isinstance(data, Mapping):
        problems.append(f"{name}: `{data}` is not a table. Write entries with a name each")
        return {}
    for key in sorted(data.keys() - {*known}, key=str):
        problems.append(f"{name}: `{key}` is not known. Write {', '.join(known)}")
    return {key: data[key] for key in known if key in data}


def _weekly(data: Any, problems: list[str]) -> dict[int, tuple[Span, ...]]:
    table = _table(data, WEEKDAYS, "weekly", problems)
    read = {WEEKDAYS.index(name): _spans(spans, name, problems) for name, spans in table.items()}
    return {number: spans for number, spans in read.items() if spans}


def _dates(data: Any, problems: list[str]) -> frozenset[date]:
    if not isinstance(data, list):
        problems.append(f'closed: `{data}` is not a list. Write dates like ["2026-12-25"]')
        return frozenset()
    return frozenset(day for text in data if (day := _day(text, "closed", problems)))


def _extra(data: Any, problems: list[str]) -> dict[date, tuple[Span, ...]]:
    if not isinstance(data, Mapping):
        problems.append(f"extra: `{data}` is not a table. Write a date with its hours")
        return {}
    found = {}
    for text, spans in data.items():
        day, read = _day(text, "extra", problems), _spans(spans, f"extra, {text}", problems)
        if spans == []:
            problems.append(f"extra, {text}: has no hours. Write them, or list the date under closed")
        if day:
            found[day] = read
    return found


def _day(text: Any, name: str, problems: list[str]) -> date | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        problems.append(f"{name}: `{text}` is not a date. Write it like 2026-12-25")
        return None


def _spans(data: Any, name: str, problems: list[str]) -> tuple[Span, ...]:
    """The spans of one day, in order."""
    if not isinstance(data, list):
        problems.append(f'{name}: `{data}` is not a list of hours. Write them like [["09:00", "18:00"]]')
        return ()
    found = sorted(span for item in data if (span := _span(item, name, problems)))
    for (_, end), (start, _) in pairwise(found):
        if start < _late(end):
            problems.append(f"{name}: the hours from {start:%H:%M} begin before the ones before them end. Join them")
    return tuple(found)


def _span(data: Any, name: str, problems: list[str]) -> Span | None:
    match data:
        case [str(start), str(end)] if CLOCK.fullmatch(start) and CLOCK.fullmatch(end):
            if start < end:
                return time.fromisoformat(start), time() if end == "24:00" else time.fromisoformat(end)
            problems.append(f"{name}: {start} to {end} ends before it begins. Midnight is 24:00; split what crosses it")
        case _:
            problems.append(f'{name}: `{data}` are not hours. Write them like ["09:00", "18:00"]')
    return None


def _plain_spans(spans: tuple[Span, ...]) -> list[list[str]]:
    return [[f"{start:%H:%M}", "24:00" if end == time() else f"{end:%H:%M}"] for start, end in spans]
