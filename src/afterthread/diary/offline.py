"""Everything a phone needs to ask and answer a check-in while the server cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from afterthread.engine.case import TRENDS
from afterthread.engine.explain import SIDE_WORDS, Words
from afterthread.engine.facts import CheckIn, Facts, Procedure
from afterthread.engine.history import (
    ANAESTHETIC_HOURS,
    CONTACT_DAYS,
    RECENT_DAYS,
    REPEATED_CONTACTS,
    History,
)
from afterthread.engine.triage import window
from afterthread.protocol.entry import Course, Question
from afterthread.protocol.model import Protocol, Urgency
from afterthread.verify.artefact import RISK, compile_protocol

FORMAT = 1
SENTENCES = ("day", "expected", "past", "raised", "unanswered", "also_open", "nothing", "too_little")
"""The engine's own sentences that a decision is told in."""


def pack(
    protocol: Protocol,
    procedure: Procedure,
    checkins: Iterable[CheckIn],
    language: str,
    phones: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Plain data for ``static/diary/engine.js``: the compiled rules, this person, and the words of one language.

    `checkins` stand in the order in which they were lived; `phones` go before the numbers of the protocol. Raises
    KeyError for a language that the protocol does not speak.
    """
    words = Words(replace(protocol, phones={**protocol.phones, **(phones or {})}), language)
    document = compile_protocol(protocol).document()
    return {
        "format": FORMAT,
        "language": language,
        "artefact": document,
        "until": [_until(protocol, document["domains"], box) for box in document["boxes"]],
        "limits": {
            "recent_days": RECENT_DAYS,
            "contact_days": CONTACT_DAYS,
            "repeated_contacts": REPEATED_CONTACTS,
            "anaesthetic_hours": ANAESTHETIC_HOURS,
        },
        "procedure": _procedure(procedure),
        **_so_far(protocol, procedure, checkins),
        **_asked(protocol, words),
        **_told(protocol, words),
    }


def _until(protocol: Protocol, domains: Mapping[str, list[str]], box: Mapping[str, Any]) -> int | None:
    """The last expected day that a box of a window speaks of; every person inside the box has the same one."""
    section, _, id = box["rule"].partition(".")
    if section != Course.section or not all(box["where"].values()):
        return None
    values = {name: domains[name][codes[0]] for name, codes in box["where"].items() if name != RISK}
    return window(protocol["course"][id], values[id], Facts(0, values))


def _procedure(procedure: Procedure) -> dict[str, str | None]:
    """When and where day 0 was; the moment in UTC and whole milliseconds, which every browser can read."""
    at, day = procedure.at, procedure.day
    if day is None and at is not None:
        day = (at.astimezone(procedure.zone) if procedure.zone else at).date()
    return {
        "date": day.isoformat() if day else None,
        "at": at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None,
        "zone": procedure.zone.key if procedure.zone else None,
    }


def _so_far(protocol: Protocol, procedure: Procedure, checkins: Iterable[CheckIn]) -> dict[str, Any]:
    """What is known about the person, and what the check-ins up to now leave behind."""
    history = History(protocol, procedure)
    for checkin in checkins:
        history.observe(checkin)
    return {
        "traits": dict(history.traits),
        "history": {
            "tracks": {id: [track.last, track.present_before, track.improved] for id, track in history.tracks.items()},
            "heard": sorted(set(history.heard)),
            "extra": history.extra,
        },
    }


def _asked(protocol: Protocol, words: Words) -> dict[str, Any]:
    """The questions in the order of the page, with all that is needed to ask them."""
    groups = sorted(protocol["group"].values(), key=lambda group: group.order)
    place = {group.id: number for number, group in enumerate(groups)}
    questions = sorted(protocol["question"].values(), key=lambda question: place[question.group])
    return {
        "groups": [
            {"id": group.id, "title": words.of(group.key, "title"), "none": words.of(group.key, "none")}
            for group in groups
        ],
        "questions": [_question(protocol, words, question) for question in questions],
        "scales": {id: {value: words.of(f"scale.{id}", value) for value in s.values} for id, s in _scales(protocol)},
        "sides": {side: words.say(sentence) for side, sentence in SIDE_WORDS.items()},
        "trends": {trend: words.say(trend) for trend in TRENDS},
        "parts": {part: words.say(f"ask_{part}") for part in ("side", "course")},
        "zones": {zone: words.of(f"zone.{zone}", "name") for zone in protocol["zone"]},
    }


def _scales(protocol: Protocol) -> list[tuple[str, Any]]:
    used = {question.scale for question in protocol["question"].values()}
    return [(id, scale) for id, scale in protocol["scale"].items() if id in used]


def _question(protocol: Protocol, words: Words, question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "group": question.group,
        "scale": question.scale,
        "values": list(protocol.variables[question.id]),
        "asked": [[days.first, days.last] for days in question.asked],
        **{flag: getattr(question, flag) for flag in ("side", "trend", "zone", "red_flag")},
        "name": words.question(question.id),
        "ask": words.of(question.key, "ask"),
        "help": str(words.table[question.key].get("help", "")),
    }


def _told(protocol: Protocol, words: Words) -> dict[str, Any]:
    """The words of a decision; actions are whole sentences already, those of the clinic stay with the clinic."""
    patient = [action for action in protocol["action"].values() if action.by == "patient"]
    entries = [*protocol["rule"].values(), *protocol["course"].values()]
    mine = {action.id for action in patient}
    return {
        "urgencies": [
            {"word": urgency.word, **{key: words.of(f"urgency.{urgency.word}", key) for key in _OF_URGENCY}}
            for urgency in Urgency
        ],
        "entries": {entry.key: _entry(words, entry, mine) for entry in entries},
        "actions": {
            action.id: {"up_to": int(action.up_to), "do": words.actions((action.id,), by="patient")[0]}
            for action in patient
        },
        "modifiers": {id: words.question(id) for id in protocol["modifier"]},
        "sentences": {sentence: words.of(f"sentence.{sentence}", "says") for sentence in SENTENCES},
        "notice": words.notice(protocol.stamp),
        "phones": words.phones,
    }


_OF_URGENCY = ("name", "meaning", "do")


def _entry(words: Words, entry: Any, mine: set[str]) -> dict[str, Any]:
    """What a rule or a window says, and which of the patient's actions follow from it."""
    lists = {name: getattr(entry, name) for name in ("do", "past_do") if hasattr(entry, name)}
    return {
        **{name: words.of(entry.key, name) for name in entry.words},
        **{name: [id for id in ids if id in mine] for name, ids in lists.items()},
    }
