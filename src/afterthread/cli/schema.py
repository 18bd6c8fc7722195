"""The JSON Schema of every input and answer, read off the dataclasses themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from afterthread.engine.case import TRENDS, thread_words
from afterthread.engine.explain import Explanation
from afterthread.engine.pathway import Course
from afterthread.engine.plan import Plan, PlanItem
from afterthread.engine.screen import VERDICTS, Screening
from afterthread.engine.technique import Remark
from afterthread.engine.triage import Decision
from afterthread.protocol.model import SIDES, UNKNOWN, Protocol, Stamp, Urgency


@dataclass(frozen=True, slots=True)
class PlanDay:
    """What holds on one day of a plan, by kind of step."""

    day: int
    holds: Mapping[str, list[PlanItem]]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is said of the threads of a case."""

    remarks: tuple[Remark, ...]
    stamp: Stamp


_DATE = {"type": "string", "format": "date"}
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ANSWERS: Mapping[str, Any] = {
    "triage": Decision, "plan": Plan, "plan-day": PlanDay, "screen": Screening,
    "technique": Remarks, "pathway": Course,
}  # fmt: skip


def schemas(protocol: Protocol) -> dict[str, Any]:
    """Every schema by name: the inputs `case` and `candidate`, and the answer of each command."""
    inputs = {"case": _case(protocol), "candidate": _candidate(protocol)}
    answers = {name: _shape(kind) for name, kind in ANSWERS.items()}
    answers["triage"]["properties"]["explanation"] = _shape(Explanation)
    return {name: {"$schema": DRAFT, "title": name, **schema} for name, schema in {**inputs, **answers}.items()}


def _shape(hint: Any) -> dict[str, Any]:
    """The schema of a type."""
    simple = {str: "string", int: "integer", bool: "boolean", float: "number"}
    if hint in simple:
        return {"type": simple[hint]}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [{"type": "null"} if one is type(None) else _shape(one) for one in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return _list(_shape(arguments[0]))
    if origin is not None:
        return {"type": "object", "additionalProperties": _shape(arguments[1])}
    if hint is Urgency:
        return {"enum": [urgency.word for urgency in Urgency]}
    if hint in (date, datetime):
        return {"type": "string", "format": "date" if hint is date else "date-time"}
    return _object({name: _shape(one) for name, one in typing.get_type_hints(hint).items()}, closed=False)


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any], *, required: tuple[str, ...] = (), closed: bool = True) -> dict[str, Any]:
    table: dict[str, Any] = {"type": "object", "properties": properties}
    if closed:
        return table | {"additionalProperties": False, "required": list(required)}
    return table | {"required": list(properties)}


def _one_of(values: Any) -> dict[str, Any]:
    return {"enum": [*values, UNKNOWN]}


def _case(protocol: Protocol) -> dict[str, Any]:
    yes_no = _one_of(("no", "yes"))
    modifiers = dict.fromkeys(protocol["modifier"], yes_no) | {"otherwise": _one_of(("no",))}
    procedure = _object(
        {
            "date": _DATE,
            "at": {"type": "string", "description": "local date and time, or one with an offset"},
            "timezone": {"type": "string", "description": "an IANA zone"},
            "age": {"type": "integer", "minimum": 1, "maximum": 120},
            "zones": _list(_one_of(protocol["zone"])),
            "threads": _list(_thread(protocol)),
            "modifiers": _object(modifiers),
        }
    )
    day = {"type": "integer", "minimum": 0, "maximum": protocol.horizon_days}
    when = {"day": day, "date": _DATE, "at": {"type": "string"}}
    answers = _object({id: _answer(protocol, id) for id in protocol["question"]})
    checkin = _object(
        {
            **when,
            "timezone": {"type": "string"},
            "answers": answers,
            "otherwise": _one_of(("no",)),
            "words": {"type": "string", "maxLength": 20_000},
        }
    ) | {"oneOf": [{"required": [key]} for key in when], "dependentRequired": {"otherwise": ["answers"]}}
    as_of = {"anyOf": [day, _DATE]}
    return _object({"procedure": procedure, "checkins": _list(checkin), "as_of": as_of})


def _thread(protocol: Protocol) -> dict[str, Any]:
    numbers = {
        "vector": {"type": "integer", "minimum": -180, "maximum": 360, "description": "degrees: 0 outwards, 90 up"},
        "count": {"type": "integer", "minimum": 1, "maximum": 500},
        "lot": {"type": "string"},
        "expires": _DATE,
    }
    return _object({key: _one_of(values) for key, values in thread_words(protocol).items()} | numbers)


def _answer(protocol: Protocol, id: str) -> dict[str, Any]:
    question, level = protocol["question"][id], _one_of(protocol.variables[id])
    more: dict[str, Any] = {
        "level": level,
        "since": {"type": "integer", "minimum": 0},
        "zone": _one_of(protocol["zone"]),
    }
    if question.side:
        more["side"] = _one_of(SIDES)
    if question.trend:
        more["trend"] = _one_of(TRENDS)
    return {"anyOf": [level, _object(more)], "description": protocol.words["en"][question.key]["ask"]}


def _candidate(protocol: Protocol) -> dict[str, Any]:
    yes_no = _one_of(("no", "yes"))
    return _object(
        {
            "answers": _object(dict.fromkeys(protocol["condition"], yes_no)),
            "otherwise": _one_of(("no",)),
            "age": {"type": "integer", "minimum": 1, "maximum": 120},
            "zones": _list(_one_of(protocol["zone"])),
            "planned": _DATE,
            "events": _object({**dict.fromkeys(protocol["timing"], _DATE)}),
        }
    ) | {"description": f"verdicts, from best to worst: {', '.join(VERDICTS)}"}
