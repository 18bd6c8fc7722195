"""What the protocol remarks on threads while they are typed and drawn; nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from afterthread.clinic import case
from afterthread.clinic.models import ProcedureVersion, Thread
from afterthread.clinic.queries.procedure import Advice, gravest, remarks_on
from afterthread.desk.practice.scan import refused
from afterthread.desk.procedure.record import Typed


@dataclass(frozen=True, slots=True)
class Remarked:
    """One row of the page with the remarks on it; `index` counts from 0 as the names of its fields do."""

    index: int
    level: str
    grave: tuple[Advice, ...]
    """What says stop or warns."""
    notes: tuple[Advice, ...]
    called_back: str = ""
    """That its lot was recalled, in words."""


@dataclass(frozen=True, slots=True)
class Said:
    """All that is remarked on a page."""

    rows: tuple[Remarked, ...] = ()
    notes: tuple[Advice, ...] = ()
    """The notes, each once, in full."""


def advise(typed: Typed, at: datetime) -> Said:
    """The remarks on what stands on a page, as far as it can be read, judged on the day of the session."""
    typed.is_valid  # noqa: B018 - reads the page; what is wrong in it is said when it is saved
    told = [(n, row) for n, form in enumerate(typed.rows.forms) if (row := form.row)]
    known = typed.record.known
    placed = typed.record.placed or at
    version = ProcedureVersion(placed_at=placed, time_zone=typed.zone.key, **known)
    threads = [Thread(**row) for _, row in told]
    remarks = remarks_on(case.procedure_of(version, threads), typed.words, version.day_zero)
    called_back = refused(typed.viewer.own_clinic, [row for _, row in told], on=None)  # of an expiry the engine speaks
    said = _by_row([n for n, _ in told], remarks, called_back)
    for one in said:
        typed.rows.forms[one.index].remarked = one
    return Said(said, tuple(one for one in remarks if one.level == "note"))


def _by_row(indices: Sequence[int], remarks: Sequence[Advice], called_back: Sequence[str]) -> tuple[Remarked, ...]:
    levels = gravest(remarks)
    found = []
    for number, index in enumerate(indices, 1):
        here = [one for one in remarks if number in one.rows]
        grave = tuple(one for one in here if one.level != "note")
        notes = tuple(one for one in here if one.level == "note")
        back = called_back[number - 1]
        found.append(Remarked(index, "stop" if back else levels.get(number, ""), grave, notes, back))
    return tuple(found)
