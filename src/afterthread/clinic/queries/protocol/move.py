"""What would become of one running plan if it were moved to the clinic's protocol of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterthread.clinic import case
from afterthread.clinic.knowledge import current, protocol
from afterthread.clinic.models import CheckIn, Move, Procedure, ProcedureVersion
from afterthread.clinic.queries.protocol.shift import Redated, Shift, dates, decisions
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.protocol.model import Protocol


@dataclass(frozen=True)
class Preview:
    """Both versions, and all that differs between them for this one person."""

    version: ProcedureVersion
    to: str
    """The digest of the version to move to."""
    before: Protocol
    after: Protocol
    dates: list[Redated]
    shifts: list[tuple[CheckIn, Shift]]
    checkins: int

    @property
    def here(self) -> bool:
        """Whether it runs on that version already."""
        return self.before.digest == self.to


def preview(viewer: Viewer, procedure: Procedure, at: datetime) -> Preview:
    """What moving would change; raises `Missing` for a procedure that nobody signed."""
    version, to = procedure.signed_version(), current(viewer.own_clinic, at).pk
    before, after = protocol(procedure.protocol_id), protocol(to)
    rows = list(procedure.checkins.all())
    shifts = [(rows[one.at], one) for one in decisions(before, after, case.case_of(version, rows))]
    return Preview(
        version=version,
        to=to,
        before=before,
        after=after,
        dates=dates(before, after, case.procedure_of(version)),
        shifts=shifts,
        checkins=len(rows),
    )


def moves_of(viewer: Viewer, procedure: Procedure) -> list[Move]:
    """When the plan was moved, by whom and why, the oldest first."""
    return list(scope(viewer, Move).filter(procedure=procedure).select_related("before", "after", "by__user"))
