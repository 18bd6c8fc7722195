"""Draws valid cases with Hypothesis: procedures, threads, check-ins, with every attribute and every omission."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from afterthread.engine.case import TRENDS, thread_words
from afterthread.protocol.model import SIDES, UNKNOWN, Protocol

Raw = dict[str, Any]
"""A case, or a part of one, as JSON holds it."""
PLACES = ("Europe/Berlin", "America/Santiago", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia", "UTC")
YES_NO = ("no", "yes", UNKNOWN)


def cases(protocol: Protocol, *, most: int = 4, closed: bool | None = None) -> st.SearchStrategy[Raw]:
    """Cases in day numbers, dates or clock times, with up to `most` check-ins, the earliest first.

    `closed` True answers every other question with "none of these", False leaves every other question open.
    """
    return st.one_of(
        _case(protocol, most, closed, _numbered),
        _case(protocol, most, closed, _dated),
        _case(protocol, most, closed, _clocked),
    )


@cache
def threads(protocol: Protocol) -> st.SearchStrategy[Raw]:
    """One thread as it may be recorded: everything about it, or hardly anything."""
    said = {key: st.sampled_from([*values, UNKNOWN]) for key, values in thread_words(protocol).items()}
    numbers: dict[str, st.SearchStrategy[Any]] = {
        "vector": st.integers(-180, 360),
        "count": st.integers(1, 40),
        "lot": st.sampled_from(["", "PD-2291"]),
        "expires": st.dates(datetime(2020, 1, 1).date(), datetime(2040, 1, 1).date()).map(str),  # noqa: DTZ001 - days
    }
    return st.fixed_dictionaries({}, optional=said | numbers)


@cache
def procedures(protocol: Protocol) -> st.SearchStrategy[Raw]:
    """What was done, without saying when."""
    modifiers = st.dictionaries(st.sampled_from(sorted(protocol["modifier"])), st.sampled_from(YES_NO), max_size=5)
    closing = st.sampled_from([{}, {"otherwise": "no"}, {"otherwise": "no"}, {"otherwise": UNKNOWN}])
    return st.fixed_dictionaries(
        {},
        optional={
            "age": st.integers(18, 90),
            "zones": st.lists(st.sampled_from([*sorted(protocol["zone"]), UNKNOWN]), max_size=3),
            "threads": st.lists(threads(protocol), max_size=3),
            "modifiers": st.builds(lambda told, rest: told | rest, modifiers, closing),
        },
    )


@cache
def answer(protocol: Protocol, question: str) -> st.SearchStrategy[Any]:
    """One answer: a plain value of the scale, or one with side, trend, time and place."""
    entry = protocol["question"][question]
    level = st.sampled_from([*protocol.variables[question], UNKNOWN])
    more: dict[str, st.SearchStrategy[Any]] = {
        "level": level,
        "since": st.integers(0, 30),
        "zone": st.sampled_from([*sorted(protocol["zone"]), UNKNOWN]),
    }
    if entry.side:
        more["side"] = st.sampled_from([*SIDES, UNKNOWN])
    if entry.trend:
        more["trend"] = st.sampled_from([*TRENDS, UNKNOWN])
    return level | st.fixed_dictionaries({}, optional=more)


@cache
def sayings(protocol: Protocol, *, closed: bool | None = None) -> st.SearchStrategy[Raw]:
    """What is said at one check-in, without saying when: few answers or all, closed or left open."""
    chosen = st.lists(st.sampled_from(sorted(protocol["question"])), max_size=5, unique=True)
    few = chosen.flatmap(lambda ids: st.fixed_dictionaries({id: answer(protocol, id) for id in ids}))
    rest = st.sampled_from([None, "no", UNKNOWN]).map(lambda word: dict.fromkeys(protocol["question"], word))
    answers = few if closed is not None else st.builds(_filled, rest, few)
    closing = {True: st.just("no"), False: st.just(UNKNOWN), None: st.sampled_from(["no", UNKNOWN, None])}[closed]
    words = st.none() if closed else st.sampled_from([None, None, "", "It hurts at night."])
    parts = st.fixed_dictionaries({"answers": answers, "otherwise": closing, "words": words})
    return parts.map(lambda said: {key: value for key, value in said.items() if value is not None})


@cache
def signs(protocol: Protocol) -> st.SearchStrategy[Raw]:
    """A case of one check-in at which some signs are there, all about them is said, and nothing else is there."""

    def present(question: str) -> st.SearchStrategy[Raw]:
        entry = protocol["question"][question]
        known = {"level": st.sampled_from(protocol.variables[question][1:])}
        known |= {"side": st.sampled_from(SIDES)} if entry.side else {}
        return st.fixed_dictionaries(known | ({"trend": st.sampled_from(TRENDS)} if entry.trend else {}))

    chosen = st.lists(st.sampled_from(sorted(protocol["question"])), min_size=1, max_size=4, unique=True)
    said = chosen.flatmap(lambda ids: st.fixed_dictionaries({id: present(id) for id in ids}))
    persons = procedures(protocol).map(lambda person: person | {"modifiers": {"otherwise": "no"}})
    return st.builds(
        lambda person, day, answers: {
            "procedure": person,
            "checkins": [{"day": day, "answers": answers, "otherwise": "no"}],
        },
        persons, st.integers(0, 60), said,
    )  # fmt: skip


def _filled(rest: dict[str, str | None], few: Raw) -> Raw:
    return {id: word for id, word in rest.items() if word is not None} | few


Timing = Callable[[Protocol, st.DrawFn, Raw, list[Raw]], Raw]
"""Adds times to a procedure and its check-ins, and says when the case is judged."""


@st.composite
def _case(draw: st.DrawFn, protocol: Protocol, most: int, closed: bool | None, timing: Timing) -> Raw:
    procedure = draw(procedures(protocol))
    checkins = draw(st.lists(sayings(protocol, closed=closed), max_size=most))
    judged = timing(protocol, draw, procedure, checkins)
    case: Raw = {"procedure": procedure, "checkins": checkins}
    return case | judged if draw(st.booleans()) else case


def _days(protocol: Protocol, draw: st.DrawFn, count: int) -> list[int]:
    """As many days as there are check-ins, and one more; mostly soon after the procedure."""
    near, far = st.integers(0, 35), st.integers(0, protocol.horizon_days)
    return sorted(draw(st.lists(near | near | far, min_size=count + 1, max_size=count + 1)))


def _numbered(protocol: Protocol, draw: st.DrawFn, procedure: Raw, checkins: list[Raw]) -> Raw:
    *days, last = _days(protocol, draw, len(checkins))
    for checkin, day in zip(checkins, days, strict=True):
        checkin["day"] = day
    return {"as_of": last}


def _dated(protocol: Protocol, draw: st.DrawFn, procedure: Raw, checkins: list[Raw]) -> Raw:
    start = draw(st.dates(datetime(2020, 1, 1).date(), datetime(2032, 1, 1).date()))  # noqa: DTZ001 - days
    procedure["date"] = str(start)
    *days, last = _days(protocol, draw, len(checkins))
    for checkin, day in zip(checkins, days, strict=True):
        checkin["date"] = str(start + timedelta(days=day))
    return {"as_of": str(start + timedelta(days=last))}


def _clocked(protocol: Protocol, draw: st.DrawFn, procedure: Raw, checkins: list[Raw]) -> Raw:
    """The patient may have travelled, so a check-in may lie in another zone; a day is left for that."""
    zone = ZoneInfo(draw(st.sampled_from(PLACES)))
    wall = draw(st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)))  # noqa: DTZ001 - the zone comes next
    start = wall.replace(microsecond=0, tzinfo=zone)
    procedure |= {"at": start.isoformat(), "timezone": zone.key}
    *days, _ = _days(protocol, draw, len(checkins))
    for checkin, day in zip(checkins, days, strict=True):
        away = draw(st.sampled_from([zone.key, zone.key, *PLACES]))
        later = start.astimezone(ZoneInfo("UTC")) + timedelta(days=min(day, protocol.horizon_days - 2), hours=26)
        checkin |= {"at": later.isoformat(), "timezone": away}
    return {"as_of": protocol.horizon_days}
