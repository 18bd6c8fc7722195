"""What became of each thread: in, partly in or out, and until when taking it out is how easy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from afterthread.clinic import case
from afterthread.clinic.models import Procedure, ProcedureVersion, Removal, Thread
from afterthread.clinic.queries.record.drawn import IN, OUT, PART
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.protocol.model import Protocol

Extent = Removal.Extent
UNKNOWN_MATERIAL = "unknown_material"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days after a procedure, as dates, and the entries of the protocol that say so."""

    first: date | None
    last: date | None
    """None: it has no end."""
    entry: str
    sources: tuple[str, ...]

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first is not None and self.first <= day and (self.last is None or day <= self.last)

    def over(self, day: date) -> bool:
        """Whether it ended before a day."""
        return self.last is not None and self.last < day


@dataclass(frozen=True, slots=True)
class Placed:
    """One row of threads of a procedure, with everything that was taken out of it."""

    number: int
    """Of the row in the record, from 1."""
    thread: Thread
    removals: tuple[Removal, ...]
    """Those that count, the oldest first."""
    absorbed: Window | None
    """When the material should go; none where nobody wrote down what it is, without a first day where it stays."""

    @property
    def left(self) -> int:
        """How many are still in, wholly or in part."""
        return max(self.thread.count - gone(self.removals), 0)

    @property
    def pieces(self) -> int:
        """Of how many only a part is in, at most."""
        return min(sum(one.count for one in self.removals if one.extent == Extent.PART), self.left)

    @property
    def state(self) -> str:
        """Whether the row is in, partly in, or out."""
        if not self.left:
            return OUT
        return PART if self.pieces or self.left < self.thread.count else IN

    @property
    def last(self) -> Removal | None:
        """What was done last."""
        return self.removals[-1] if self.removals else None


@dataclass(frozen=True)
class Threads:
    """All threads of one procedure as they stand now."""

    version: ProcedureVersion
    rows: tuple[Placed, ...]
    reversal: Window | None
    """Until when they come out with good prospects."""
    capsule: Window | None
    """From when a capsule holds them."""
    corrected: tuple[Removal, ...]
    """What was written first and corrected later."""
    astray: tuple[Removal, ...]
    """Removals of threads that a correction of the record took out of it."""

    @property
    def placed(self) -> int:
        """How many were placed."""
        return sum(row.thread.count for row in self.rows)

    @property
    def left(self) -> int:
        """How many are still in, wholly or in part."""
        return sum(row.left for row in self.rows)


def gone(removals: Iterable[Removal]) -> int:
    """How many threads came out whole."""
    return sum(one.count for one in removals if one.extent == Extent.WHOLE)


def counting(removals: Iterable[Removal]) -> list[Removal]:
    """The removals that no later one corrects, the oldest first."""
    rows = list(removals)
    superseded = {row.supersedes_id for row in rows}
    return [row for row in rows if row.pk not in superseded]


def threads_of(viewer: Viewer, procedure: Procedure) -> Threads:
    """Every thread of a signed procedure, what was taken out, and its windows; raises `Missing` before a signature."""
    version, known = procedure.signed_version(), case.protocol_of(procedure)
    removals = list(scope(viewer, Removal).filter(procedure=procedure).select_related("by__user", "complication"))
    now = counting(removals)
    rows = tuple(
        Placed(
            number, thread, tuple(one for one in now if one.thread == thread.key), absorption(known, version, thread)
        )
        for number, thread in enumerate(version.threads.all(), 1)
    )
    keys = {row.thread.key for row in rows}
    return Threads(
        version=version,
        rows=rows,
        reversal=_until(known, version, "reversal_window"),
        capsule=_from(known, version, "encapsulated"),
        corrected=tuple(one for one in removals if one not in now),
        astray=tuple(one for one in now if one.thread not in keys),
    )


def removals_of(viewer: Viewer, procedure: Procedure) -> list[Removal]:
    """The removals that count on one procedure, the oldest first."""
    return counting(scope(viewer, Removal).filter(procedure=procedure).select_related("by__user"))


def absorption(known: Protocol, version: ProcedureVersion, thread: Thread) -> Window | None:
    """When the material of a thread should go."""
    material = known["material"].get(thread.material)
    if material is None or material.id == UNKNOWN_MATERIAL:
        return None
    if material.absorbed is None:
        return Window(None, None, material.key, material.sources)
    last = material.absorbed.last
    return Window(
        _day(version, material.absorbed.first),
        None if last is None else _day(version, last),
        material.key,
        material.sources,
    )


def _until(known: Protocol, version: ProcedureVersion, id: str) -> Window | None:
    fact = known["removal"].get(id)
    if fact is None or fact.after_days is None:
        return None
    return Window(version.day_zero, _day(version, fact.after_days), fact.key, fact.sources)


def _from(known: Protocol, version: ProcedureVersion, id: str) -> Window | None:
    fact = known["removal"].get(id)
    if fact is None or fact.after_days is None:
        return None
    return Window(_day(version, fact.after_days), None, fact.key, fact.sources)


def _day(version: ProcedureVersion, number: int) -> date:
    return version.day_zero + timedelta(days=number)


def today_of(version: ProcedureVersion, at: datetime) -> date:
    """Today where the patient is."""
    return at.astimezone(version.patient.zone).date()
