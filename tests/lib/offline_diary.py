"""Draws diaries for the phone, protocols that it has never seen, and answers that cannot be read."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from afterthread.engine.case import TRENDS
from afterthread.engine.history import due_days
from afterthread.protocol import shipped
from afterthread.protocol.entry import Course, Rule
from afterthread.protocol.model import COURSES, Box, Protocol, Urgency
from tests.lib.diary import PLACES, Raw, answer, cases, procedures, signs

PROTOCOL = shipped()
RULED = {name.partition(".")[0] for rule in PROTOCOL["rule"].values() for box in rule.when for name in box.where}
SPOKEN = sorted((RULED | {*PROTOCOL["course"]}) & {*PROTOCOL["question"]})
"""The questions that a rule or a window speaks of."""
OF_SIDE = [id for id in SPOKEN if PROTOCOL["question"][id].side]
OF_TREND = [id for id in SPOKEN if PROTOCOL["question"][id].trend]
DONE = datetime(2026, 3, 27, 20, tzinfo=UTC)
"""Two days before the clocks change in Europe."""


SAID = [{}, {}, {"words": " \u2003\x1f\x85\n"}, {"words": "\ufeff"}, {"words": "it hurts"}]
UNREADABLE = [None, 7, True, "", "Yes", [], ["no"], {}, {"level": ["no"]}, {"level": "no ", "trend": "worse"}]
HALF_READABLE: list[Raw] = [
    {"side": ["one"], "trend": 1, "since": -1, "zone": 9},
    {"since": 1.5},
    {"since": "2", "side": "toString"},
]


@st.composite
def recoveries(draw: st.DrawFn, spoken: list[str] = SPOKEN) -> Raw:
    """Up to eight check-ins about the same few things, so that one answer meets another."""
    names = draw(st.lists(st.sampled_from(spoken), min_size=1, max_size=4, unique=True))
    day = st.integers(0, 3) | st.integers(0, 35) | st.sampled_from(sorted(due_days(PROTOCOL) - {PROTOCOL.horizon_days}))
    hours = sorted(24 * day + draw(st.integers(0, 23)) for day in draw(st.lists(day, min_size=1, max_size=8)))
    place = draw(st.sampled_from([None, *PLACES]))
    procedure: Raw = draw(procedures(PROTOCOL))
    if place:
        procedure = {**procedure, "at": DONE.isoformat(), "timezone": place}
    checkins = []
    for hour in hours:
        answers = {name: draw(answer(PROTOCOL, name)) for name in names if draw(st.integers(0, 3))}
        when = {"at": (DONE + timedelta(hours=hour)).isoformat()} if place else {"day": hour // 24}
        rest = {"otherwise": "no"} if draw(st.integers(0, 2)) else {}
        checkins.append({**when, "answers": answers, **rest, **draw(st.sampled_from(SAID))})
    return {"procedure": procedure, "checkins": checkins}


@st.composite
def broken_recoveries(draw: st.DrawFn) -> tuple[Raw, list[Raw]]:
    """A recovery, and the same check-ins with unreadable answers where it has unknown ones."""
    raw = draw(recoveries())
    sent: list[Raw] = json.loads(json.dumps(raw["checkins"]))
    for checkin, broken in zip(raw["checkins"], sent, strict=True):
        for name in draw(st.lists(st.sampled_from(OF_SIDE) | st.sampled_from(SPOKEN), max_size=3, unique=True)):
            level = draw(st.sampled_from(PROTOCOL.variables[name][1:]))
            half = [({**about, "level": level}, level) for about in HALF_READABLE]
            pair = st.sampled_from([*((junk, "unknown") for junk in UNREADABLE), *half])
            broken["answers"][name], checkin["answers"][name] = draw(pair)
        if draw(st.integers(0, 5)) == 0:
            broken["answers"] = draw(st.sampled_from([None, [], "no"]))
            checkin["answers"] = {}
            checkin.pop("otherwise", None)
    return raw, sent


@dataclass
class Other:
    """Another protocol and a recovery under it, short to print when a test fails."""

    protocol: Protocol
    raw: Raw

    def __repr__(self) -> str:
        kept = {**self.protocol["course"], **self.protocol["rule"]}
        return f"{self.raw} under {[*kept.values()] if len(kept) < 10 else self.protocol.id}"


@st.composite
def others(draw: st.DrawFn) -> Other:
    """A few of the shipped rules and windows with other days and urgencies, and a recovery that speaks of them.

    Of the whole protocol little is seen, because something unanswered keeps most decisions at routine.
    """
    courses = draw(st.lists(st.sampled_from(sorted(PROTOCOL["course"])), min_size=1, max_size=3, unique=True))
    of_course = [id for id, rule in PROTOCOL["rule"].items() if ".course" in repr(rule.when)]
    rules = st.sampled_from(of_course) | st.sampled_from(sorted(PROTOCOL["rule"]))
    kept = draw(st.lists(rules, min_size=1, max_size=4, unique=True))
    course = {id: draw(other_windows(PROTOCOL["course"][id])) for id in courses}
    rule = {id: draw(other_rules(PROTOCOL["rule"][id])) for id in kept}
    names = {name.partition(".")[0] for one in rule.values() for box in one.when for name in box.where}
    spoken = sorted((names & {*PROTOCOL["question"]}) | {*courses})
    protocol = replace(PROTOCOL, entries={**PROTOCOL.entries, "course": course, "rule": rule})
    return Other(protocol, draw(recoveries(spoken)))


@st.composite
def microscopes(draw: st.DrawFn) -> Other:
    """A protocol with one rule for each course of one question, so that no two courses look alike."""
    spoken = draw(st.sampled_from(OF_TREND) | st.sampled_from(SPOKEN))
    there = frozenset(PROTOCOL.variables[spoken][1:])
    rule = {
        id: replace(
            PROTOCOL["rule"][id],
            when=(Box({spoken: there, f"{spoken}.course": frozenset({course})}),),
            urgency=draw(URGENCIES),
        )
        for id, course in zip(sorted(PROTOCOL["rule"]), COURSES, strict=False)
    }
    protocol = replace(PROTOCOL, entries={**PROTOCOL.entries, "course": {}, "rule": rule})
    return Other(protocol, {"checkins": draw(courses(spoken))})


@st.composite
def courses(draw: st.DrawFn, name: str) -> list[Raw]:
    """The course of one sign, told every day or two with all that can be said about it."""
    day, checkins = draw(st.integers(0, 5)), []
    for _ in range(draw(st.integers(1, 8))):
        day += draw(st.integers(0, 2))
        told = {
            "level": draw(st.sampled_from(PROTOCOL.variables[name])),
            "since": max(day - draw(st.integers(0, 4)), 0),
        }
        if name in OF_TREND:
            told["trend"] = draw(st.sampled_from(["unknown", *TRENDS]))
        checkins.append({"day": day, "answers": {name: told}, "otherwise": "no"})
    return checkins


@st.composite
def other_windows(draw: st.DrawFn, course: Course) -> Course:
    """A window of other days, which may close before it opens."""
    until = {answer: draw(st.integers(0, 20)) for answer in course.until}
    shift = tuple(replace(one, days=draw(st.sampled_from([-30, -3, 4]))) for one in course.shift)
    return replace(course, until=until, shift=shift, past=draw(URGENCIES), raised=draw(st.booleans()))


@st.composite
def other_rules(draw: st.DrawFn, rule: Rule) -> Rule:
    """A rule of another urgency, which may tell one course from all others."""
    course = draw(st.sampled_from([None, *COURSES]))
    when = [
        Box({name: frozenset({course}) if course and name.endswith(".course") else v for name, v in box.where.items()},
            box.days)
        for box in rule.when
    ]  # fmt: skip
    return replace(rule, when=tuple(when), urgency=draw(URGENCIES), raised=draw(st.booleans()))


URGENCIES = st.sampled_from([*Urgency])
PROTOCOLS = others() | microscopes()
DIARIES = recoveries() | recoveries() | cases(PROTOCOL) | signs(PROTOCOL)
