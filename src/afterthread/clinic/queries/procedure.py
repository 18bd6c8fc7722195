"""The versions of a record: how they follow each other, what differs, and what is worth a look before signing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.models import Lot, Patient, Procedure, ProcedureVersion, Thread
from afterthread.clinic.queries.scope import get, scope
from afterthread.clinic.roles import Viewer
from afterthread.engine import facts
from afterthread.engine.explain import Words
from afterthread.engine.history import traits
from afterthread.engine.technique import LEVELS, Remark, advise
from afterthread.protocol.entry import Modifier
from afterthread.protocol.model import UNKNOWN

FIELDS = ("placed_at", "age", "zones", "note")
RECORDED = ("zone", "side", "kind", "material", "layer", "lot", "expires")
"""What a thread cannot be found or explained by later, if nobody wrote it down."""

Line = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a version says differently; of modifiers the name stands in `about`."""

    field: str
    before: Any
    after: Any
    about: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """One remark in sentences, with the numbers of all rows of threads that it concerns, from 1."""

    level: str
    title: str
    says: str
    why: str
    rows: tuple[int, ...]
    sources: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody should have seen before signing."""

    remarks: tuple[Advice, ...]
    unknown: tuple[str, ...]
    """Modifiers about which neither the answers nor the record say anything."""
    blanks: tuple[tuple[str, int], ...]
    """What was not written down of how many rows of threads."""


def version_of(viewer: Viewer, id: UUID) -> ProcedureVersion:
    """One version with all that stands around it; raises `Missing`."""
    return get(
        viewer, ProcedureVersion, id, "patient__clinic", "procedure__clinic", "procedure__patient", "drafted_by__user",
        "signed_by__user",
    )  # fmt: skip


def versions_of(viewer: Viewer, procedure: Procedure) -> list[ProcedureVersion]:
    """All versions of one procedure, the newest first."""
    rows = scope(viewer, ProcedureVersion).filter(procedure=procedure).prefetch_related("threads")
    return list(rows.select_related("signed_by__user", "drafted_by__user").order_by("-number"))


def usual_age(patient: Patient, on: date) -> int | None:
    """The age from the year of birth: the one reached in that year, so that risk is not set too low."""
    return None if patient.born is None else on.year - patient.born


def is_read(modifier: Modifier) -> bool:
    """Whether it follows from age, zones or threads, so that nobody has to be asked."""
    read = (modifier.age_from, modifier.zones, modifier.kinds, modifier.materials, modifier.threads_from)
    return any(read)


def review(version: ProcedureVersion, words: Words, today: date) -> Review:
    """The engine's remarks on the record as it stands, the gravest first, and what nobody said."""
    procedure = case.procedure_of(version)
    unknown = tuple(id for id, value in traits(words.protocol, procedure).items() if value == UNKNOWN)
    rows = list(version.threads.all())
    blank = [(name, sum(not getattr(row, name) for row in rows)) for name in RECORDED]
    return Review(
        remarks_on(procedure, words, today),
        unknown,
        tuple((name, count) for name, count in blank if count),
    )


def remarks_on(procedure: facts.Procedure, words: Words, today: date) -> tuple[Advice, ...]:
    """The engine's remarks on threads as placed, each once for all of its rows, the gravest first."""
    grouped: dict[str, list[Remark]] = {}
    for remark in advise(words.protocol, procedure, today):
        grouped.setdefault(remark.entry, []).append(remark)
    return tuple(_advice(words, said) for said in grouped.values())


def gravest(remarks: Iterable[Advice]) -> dict[int, str]:
    """The level of the gravest remark on each row, by its number from 1."""
    found: dict[int, str] = {}
    for remark in remarks:
        for row in remark.rows:
            found[row] = min(found.get(row, remark.level), remark.level, key=LEVELS.index)
    return found


def lots_of(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Lot]:
    """Lots of the viewer's clinic by their id; one of another clinic is not there."""
    return {lot.pk: lot for lot in scope(viewer, Lot).filter(pk__in=ids).select_related("product")}


def _advice(words: Words, said: list[Remark]) -> Advice:
    """The same remark on several rows, said once."""
    one = said[0]
    says, why = ("name", "risk") if one.entry.startswith("danger.") else ("says", "why")
    return Advice(
        level=one.level,
        title=words.say(one.level),
        says=words.of(one.entry, says),
        why=words.of(one.entry, why),
        rows=tuple(sorted(remark.thread + 1 for remark in said)),
        sources=titles_of(words, one.sources),
    )


def changes(before: ProcedureVersion, after: ProcedureVersion) -> tuple[Change, ...]:
    """What the later version says differently; threads are compared as lines, whatever their order.

    A thread that kept its key and says something else is one change; others are gone, or new.
    """
    found = [
        Change(name, getattr(before, name), getattr(after, name))
        for name in FIELDS
        if getattr(before, name) != getattr(after, name)
    ]
    was, now = _read(before), _read(after)
    found += [Change("modifier", was[id], now[id], id) for id in now if was[id] != now[id]]
    return (*found, *_moved(list(before.threads.all()), list(after.threads.all())))


def _moved(before: list[Thread], after: list[Thread]) -> list[Change]:
    """The threads that differ: the same one then and now, then those that are gone, then those that are new."""
    was, now = {row.key: line_of(row) for row in before}, {row.key: line_of(row) for row in after}
    found = [Change("thread", was[key], now[key]) for key in was if key in now and was[key] != now[key]]
    gone = Counter(line for key, line in was.items() if key not in now)
    come = Counter(line for key, line in now.items() if key not in was)
    found += [Change("thread", line, None) for line in (gone - come).elements()]
    found += [Change("thread", None, line) for line in (come - gone).elements()]
    return found


def says(version: ProcedureVersion, record: Mapping[str, Any], threads: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a version, signed or not, says exactly this."""
    stored = [line_of(row) for row in version.threads.all()]
    told = [line_of(Thread(**row)) for row in threads]
    return stored == told and all(getattr(version, name) == value for name, value in record.items())


def _read(version: ProcedureVersion) -> dict[str, str]:
    """Person and procedure as the engine reads them: what was said, and what follows from the record."""
    return traits(case.protocol_of(version.procedure), case.procedure_of(version))


def line_of(row: Thread) -> Line:
    """A row of threads as one value: all that `case.THREAD` names."""
    return tuple(getattr(row, name) for name in case.THREAD)


def titles_of(words: Words, ids: Iterable[str]) -> list[tuple[str, str]]:
    """What stands behind a sentence, each with its title: a source, a choice between sources, or a claim."""
    return [(id, _title(words, id)) for id in ids]


def _title(words: Words, id: str) -> str:
    known = words.protocol
    if id in known["source"]:
        return str(known["source"][id].title)
    if id in known["choice"]:
        return words.of(f"choice.{id}", "title")
    return str(known["claim"][id].says) if id in known["claim"] else ""
