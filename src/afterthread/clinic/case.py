"""Rows as the engine knows them, and what a patient sends as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from afterthread.clinic import models
from afterthread.clinic.knowledge import protocol
from afterthread.engine.case import read_case
from afterthread.engine.day import day_number
from afterthread.engine.facts import Answer, Case, CheckIn, Procedure, Thread
from afterthread.protocol.model import UNKNOWN, Protocol

THREAD_WORDS = (
    "zone", "side", "kind", "material", "layer", "fixation", "path", "purpose", "overcorrection", "barb_near_exit",
    "paired_needles",
)  # fmt: skip
DRAWN = ("view", "entry_x", "entry_y", "exit_x", "exit_y", "vector")
THREAD = ("count", *THREAD_WORDS, *DRAWN, "gauge", "length_mm", "product", "udi", "lot", "expires")
"""All that is recorded of a thread, beside its own key and the lot in stock from which it came."""


def procedure_of(version: models.ProcedureVersion, threads: Iterable[models.Thread] | None = None) -> Procedure:
    """What was done, as far as the engine is concerned; with `threads` in place of those that are stored."""
    return Procedure(
        at=version.placed,
        day=version.day_zero,
        zone=version.zone,
        age=version.age,
        zones=tuple(version.zones),
        threads=tuple(_thread(thread) for thread in (version.threads.all() if threads is None else threads)),
        modifiers=version.modifiers,
    )


def _thread(row: models.Thread) -> Thread:
    said: dict[str, Any] = {word: getattr(row, word) or UNKNOWN for word in THREAD_WORDS}
    return Thread(**said, vector=row.vector, count=row.count, lot=row.lot, expires=row.expires)


def checkin_of(row: models.CheckIn) -> CheckIn:
    """One stored check-in."""
    return CheckIn(
        day=row.day,
        at=row.said_at,
        answers={id: Answer(**said) for id, said in row.answers["answers"].items()},
        otherwise_no=row.answers.get("otherwise") == "no",
        words=row.words,
    )


def level_of(row: models.CheckIn, question: str) -> str:
    """What a stored check-in says of a question; one closed with the others is a no, one left open is unknown."""
    answer = row.answers["answers"].get(question)
    if answer is not None:
        return str(answer["level"])
    return "no" if row.answers.get("otherwise") == "no" else UNKNOWN


def case_of(version: models.ProcedureVersion, checkins: Iterable[models.CheckIn], *, as_of: int | None = None) -> Case:
    """A procedure with its check-ins, the oldest first."""
    return Case(procedure=procedure_of(version), checkins=tuple(checkin_of(row) for row in checkins), as_of=as_of)


def protocol_of(procedure: models.Procedure) -> Protocol:
    """The protocol that the plan is pinned to."""
    return protocol(procedure.protocol_id)


def day_of(version: models.ProcedureVersion, at: datetime, zone: ZoneInfo) -> int:
    """The day after the procedure, on the calendar of `zone`, where the patient is."""
    return day_number(version.day_zero, at, zone)


def read_answers(known: Protocol, day: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a patient sent, checked; raises `CaseError` with every problem and its path."""
    told = {key: said[key] for key in ("answers", "otherwise", "words") if key in said}
    checkin = read_case(known, {"procedure": {}, "checkins": [{"day": day, **told}]}).checkins[0]
    answers = {id: _told(answer) for id, answer in checkin.answers.items()}
    return {"answers": answers, **({"otherwise": "no"} if checkin.otherwise_no else {})}


def _told(answer: Answer) -> dict[str, Any]:
    """What was said of one question, without what was not."""
    more = {key: getattr(answer, key) for key in ("side", "trend", "zone") if getattr(answer, key) != UNKNOWN}
    return {"level": answer.level, **more, **({} if answer.since is None else {"since": answer.since})}
