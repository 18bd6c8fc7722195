"""Draws wild cases: every kind of answer, date and omission that a case may hold, likely or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from afterthread.engine.case import TRENDS
from afterthread.protocol import UNKNOWN, Protocol
from afterthread.protocol.entry import Modifier
from afterthread.protocol.model import SIDES

RawCase = dict[str, Any]
ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo", "Africa/Cairo", "Pacific/Auckland")


def draw_case(protocol: Protocol, random: Random) -> RawCase:
    """One valid case as JSON: day numbers, dates or clock times; few signs or many; closed or left open."""
    clock = random.choice(("day", "day", "date", "at"))
    start = datetime(2026, random.randint(1, 12), random.randint(1, 28), random.randint(7, 20), 30, tzinfo=UTC)
    case: RawCase = {"procedure": _procedure(protocol, random), "checkins": []}
    zone = random.choice(ZONES)
    if clock == "at":
        case["procedure"] |= {"at": start.isoformat(), "timezone": zone}
    elif clock == "date":
        case["procedure"]["date"] = start.date().isoformat()
    top = random.choice((3, 14, 40, 90, 3650))
    days = sorted(random.randint(0, top) for _ in range(random.choice((1, 1, 2, 3, 4))))
    for number, day in enumerate(days):
        checkin = _checkin(protocol, random, day)
        if clock == "day":
            checkin["day"] = day
        else:
            moment = start + timedelta(days=day, hours=number + 1)
            checkin[clock] = moment.isoformat() if clock == "at" else moment.date().isoformat()
        case["checkins"].append(checkin)
    return case


def _procedure(protocol: Protocol, random: Random) -> RawCase:
    made: RawCase = {}
    if random.random() < 0.5:
        made["age"] = random.randint(18, 85)
    if random.random() < 0.4:
        made["zones"] = random.sample(sorted(protocol["zone"]), random.randint(1, 3))
    if random.random() < 0.4:
        zones = made.get("zones", sorted(protocol["zone"]))
        made["threads"] = [_thread(protocol, random, zones) for _ in range(random.randint(1, 3))]
        if "zones" in made:
            made["zones"] = sorted({thread["zone"] for thread in made["threads"]})
    share = random.choice((0.0, 0.1, 0.5))
    asked = [m.id for m in protocol["modifier"].values() if not _recorded(m, made)]
    told = {id: random.choice(("yes", "no", UNKNOWN)) for id in asked if random.random() < share}
    if random.random() < 0.5:
        told["otherwise"] = "no"
    if told:
        made["modifiers"] = told
    return made


def _recorded(modifier: Modifier, made: RawCase) -> bool:
    """Whether the record already speaks of it, so that nobody asks again and nothing contradicts."""
    placed = modifier.zones or modifier.kinds or modifier.materials or modifier.threads_from
    return bool(("age" in made and modifier.age_from) or (placed and ("threads" in made or "zones" in made)))


def _thread(protocol: Protocol, random: Random, zones: list[str]) -> RawCase:
    thread: RawCase = {"zone": random.choice(zones), "side": random.choice(("left", "right"))}
    for key in ("kind", "material", "layer"):
        if random.random() < 0.7:
            thread[key] = random.choice(sorted(protocol[key]))
    if random.random() < 0.5:
        thread["count"] = random.randint(1, 30)
    return thread


def _checkin(protocol: Protocol, random: Random, day: int) -> RawCase:
    density = random.choice((0.02, 0.1, 0.5, 1.0))
    signs = random.choice((0.02, 0.1, 0.5))
    asked = [id for id in protocol["question"] if random.random() < density]
    made: RawCase = {"answers": {id: _answer(protocol, id, random, signs, day) for id in asked}}
    if random.random() < 0.5:
        made["otherwise"] = "no"
    if random.random() < 0.1:
        made["words"] = "A remark."
    return made


def _answer(protocol: Protocol, id: str, random: Random, signs: float, day: int) -> Any:
    question, scale = protocol["question"][id], protocol.variables[id]
    draw = random.random()
    level = random.choice(scale[1:]) if draw < signs else UNKNOWN if draw > 0.97 else scale[0]
    if level in (scale[0], UNKNOWN) or random.random() < 0.3:
        return level
    answer: RawCase = {"level": level}
    if question.side and random.random() < 0.7:
        answer["side"] = random.choice((*SIDES, UNKNOWN))
    if question.trend and random.random() < 0.7:
        answer["trend"] = random.choice((*TRENDS, UNKNOWN))
    if random.random() < 0.2:
        answer["since"] = random.randint(max(day - 3, 0), day)
    return answer
