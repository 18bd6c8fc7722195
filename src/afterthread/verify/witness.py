"""A cell of the finite domain -> a case file that leads the engine exactly there, so that every claim can be run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterthread.engine.case import read_case
from afterthread.engine.history import observe
from afterthread.engine.triage import Decision, triage
from afterthread.protocol.model import SIDES, UNKNOWN, Protocol
from afterthread.verify.artefact import RISK, risk_of
from afterthread.verify.cover import Region

Case = dict[str, Any]
EARLIER = (0, 1)
"""The days of the two earlier check-ins; both are due, so they are no contact of the patient's own accord."""


def choose(protocol: Protocol, region: Region) -> tuple[int, dict[str, str]]:
    """One cell of a region: its first day, and the calmest of its values for each variable."""
    values = {}
    for name, allowed in region.where.items():
        order = [*protocol.variables.get(name, ("no", "yes")), UNKNOWN]
        values[name] = next(value for value in order if value in allowed)
    day = region.first
    if values.get("first_24h") == "no" and day == 0 and region.last > 0:
        day = 1
    return day, values


def case_of(protocol: Protocol, region: Region) -> Case | None:
    """A case whose last decision stands in the region, or None where no patient can get there."""
    day, values = choose(protocol, region)
    case = _write(protocol, day, values)
    if case is None:
        return None
    *_, facts = observe(protocol, read_case(protocol, case))
    raising = tuple(m.id for m in protocol["modifier"].values() if m.raises)
    reached = {**facts.values, RISK: risk_of(raising, facts.values)}
    return case if all(reached.get(name, UNKNOWN) == value for name, value in values.items()) else None


def decide(protocol: Protocol, case: Case) -> Decision:
    """The engine's decision on a written case."""
    return triage(protocol, read_case(protocol, case))


def _write(protocol: Protocol, day: int, values: Mapping[str, str]) -> Case | None:
    modifiers = {name: value for name, value in values.items() if name in protocol["modifier"]}
    _take_risk(protocol, values.get(RISK), modifiers)
    today: dict[str, Any] = {}
    past: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name in (n for n in values if n in protocol["question"]):
        told = _tell(protocol, name, values)
        if told is None:
            return None
        today[name] = told[-1]
        for before, answer in zip(reversed(past), reversed(told[:-1]), strict=False):
            before[name] = answer
    checkins = [{"day": min(e, day), "answers": p, "otherwise": "no"} for e, p in zip(EARLIER, past, strict=True) if p]
    checkins.append({"day": day, "answers": today, "otherwise": "no"})
    if values.get("own_words") == "yes":
        checkins[-1]["words"] = "I would like somebody to read this."
    case: Case = {"procedure": {"modifiers": {"otherwise": "no"} | modifiers}, "checkins": checkins}
    if values.get("contacts") == "repeated":
        checkins[-1:] = [dict(checkins[-1]) for _ in range(4)]
    if values.get("first_24h") == "yes" and day:
        _set_clocks(case)
    return None if values.get("silence", "no") != "no" else case


def _take_risk(protocol: Protocol, risk: str | None, modifiers: dict[str, str]) -> None:
    """Answer one raising modifier so that `risk` comes out as wanted."""
    if risk in ("yes", UNKNOWN):
        raising = [m.id for m in protocol["modifier"].values() if m.raises and m.id not in modifiers]
        if raising and risk not in [v for m, v in modifiers.items() if protocol["modifier"][m].raises]:
            modifiers[raising[0]] = risk


def _tell(protocol: Protocol, name: str, values: Mapping[str, str]) -> list[Any] | None:
    """What was answered before, and today, so that the course comes out as wanted; None where nothing leads there."""
    question, scale = protocol["question"][name], protocol.variables[name]
    level, course, side = values[name], values.get(f"{name}.course"), values.get(f"{name}.side")
    if level == UNKNOWN or level == scale[0]:
        return [level]
    low, high = scale[scale.index(level) - 1], scale[min(scale.index(level) + 1, len(scale) - 1)]
    falls = low if low != scale[0] else level
    paths: dict[str | None, tuple[list[str], str]] = {
        None: ([], "better" if question.trend else ""),
        UNKNOWN: ([], ""),
        "better": ([high] if high != level else [level], "" if high != level else "better"),
        "same": ([level], ""),
        "worse": ([falls], "" if falls != level else "worse"),
        "relapse": ([high if falls == level else level, falls], "" if falls != level else "worse"),
        "back": ([level, scale[0]], ""),
        "new": ([scale[0]], ""),
    }
    before, word = paths[course]
    if (word and not question.trend) or (course == "relapse" and high == level == falls):
        return None
    today = {"level": level}
    if word:
        today["trend"] = word
    if question.side and side != UNKNOWN:
        today["side"] = side or SIDES[0]
    return [*before, today if len(today) > 1 else level]


def _set_clocks(case: Case) -> None:
    """Procedure in the evening, check-in the next morning: day 1 and still within 24 hours."""
    case["procedure"] |= {"at": "2026-03-02T20:00", "timezone": "UTC"}
    for checkin in case["checkins"]:
        day = checkin.pop("day")
        checkin["at"] = f"2026-03-{2 + day:02d}T{'08:00' if day else '21:00'}"
