"""Answers as plain data, and a decision read back from it, so that what was decided can be kept and told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from afterthread.engine.facts import Answer
from afterthread.engine.triage import Change, Decision, Finding
from afterthread.protocol.model import Stamp, Urgency


def plain(value: Any) -> Any:
    """Dataclasses, enums and dates as JSON knows them; an urgency is its word."""
    if isinstance(value, Urgency):
        return value.word
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return {name: plain(one) for name, one in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def read_urgency(word: str) -> Urgency:
    """The urgency of a word; raises ValueError for any other."""
    for urgency in Urgency:
        if urgency.word == word:
            return urgency
    raise ValueError(f"`{word}` is no urgency")


def read_decision(data: Mapping[str, Any]) -> Decision:
    """The decision that `plain` made `data` from."""
    return Decision(
        **{
            **data,
            "urgency": read_urgency(data["urgency"]),
            "findings": tuple(_finding(one) for one in data["findings"]),
            "unanswered": tuple(_change(one) for one in data["unanswered"]),
            "would_raise": data["would_raise"] and _change(data["would_raise"]),
            "would_lower": data["would_lower"] and _change(data["would_lower"]),
            "stamp": Stamp(**data["stamp"]),
            "answers": {id: Answer(**one) for id, one in data["answers"].items()},
            **{name: tuple(data[name]) for name in ("suspects", "do", "sources", "open")},
        }
    )


def _finding(data: Mapping[str, Any]) -> Finding:
    names = {name: tuple(data[name]) for name in ("about", "raised_by")}
    return Finding(**{**data, **names, "urgency": read_urgency(data["urgency"])})


def _change(data: Mapping[str, Any]) -> Change:
    return Change(data["variable"], data["value"], read_urgency(data["urgency"]))
