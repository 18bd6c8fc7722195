"""Tells a recovery in a few words: what was said on which day, and what is decided on it."""

from typing import Any

from afterthread.engine.case import read_candidate, read_case
from afterthread.engine.facts import Facts
from afterthread.engine.history import observe
from afterthread.engine.plan import plan, today
from afterthread.engine.screen import Screening, screen
from afterthread.engine.triage import Decision, triage
from afterthread.protocol import shipped

Raw = dict[str, Any]
HEALTHY: Raw = {"modifiers": {"otherwise": "no"}}
"""A person with no risk that is asked about."""


def said(day: int | str, *, otherwise: Any = "no", words: Any = "", **answers: Any) -> Raw:
    """A check-in: ``said(5, pain="mild")``; a day with a T in it is a clock time; the rest is "none of these"."""
    when = {"at" if isinstance(day, str) else "day": day}
    return {**when, "answers": answers, "otherwise": otherwise, "words": words}


def told(*checkins: Raw, as_of: Any = None, **procedure: Any) -> Raw:
    """A case; what is not said of the procedure leaves a healthy person."""
    judged = {} if as_of is None else {"as_of": as_of}
    return {"procedure": HEALTHY | procedure, "checkins": [*checkins], **judged}


def decided(*checkins: Raw, as_of: Any = None, protocol: Any = None, **procedure: Any) -> Decision:
    """The decision on a case."""
    protocol = protocol or shipped()
    return triage(protocol, read_case(protocol, told(*checkins, as_of=as_of, **procedure)))


def observed(*checkins: Raw, protocol: Any = None, **procedure: Any) -> list[Facts]:
    """What a rule can see at every check-in of a case."""
    protocol = protocol or shipped()
    return [*observe(protocol, read_case(protocol, told(*checkins, **procedure)))]


def easing(level: str, side: str = "") -> Raw:
    """An answer that gives no reason to look again: it gets better, and where a side is asked for, it is on both."""
    return {"level": level, "trend": "better"} | ({"side": side} if side else {})


def holding(day: int, **procedure: Any) -> dict[str, set[str]]:
    """What a plan forbids, allows, asks for and awaits on one day, as topics."""
    read = read_case(shipped(), told(**procedure))
    return {kind: {item.topic for item in items} for kind, items in today(plan(shipped(), read.procedure), day).items()}


def screened(**candidate: Any) -> Screening:
    """The screening of a person of 30 with nothing to say but for what is given; None leaves something out."""
    given = {"age": 30, "otherwise": "no"} | candidate
    known = {key: value for key, value in given.items() if value is not None}
    return screen(shipped(), read_candidate(shipped(), known))


def fired(decision: Decision) -> set[str]:
    """The rules and windows behind a decision."""
    return {finding.entry for finding in decision.findings}
