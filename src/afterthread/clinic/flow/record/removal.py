"""Threads taken out: which, how much of each, how it was found; a correction is a further row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.models import Complication, Procedure, Removal
from afterthread.clinic.queries.complication.judgement import Unfit
from afterthread.clinic.queries.complication.removal import counting, gone
from afterthread.clinic.roles import Conflict, Missing, Viewer

TAKEN = ("removed_at", "extent", "why", "count", "punctures", "found", "left_mm", "note", "complication")
"""What is kept of a removal beside its thread."""


def record_removal(
    *, viewer: Viewer, procedure: Procedure, key: UUID, thread: UUID, at: datetime, **said: Any
) -> Removal:
    """Keep that a thread was taken out, or some of a row, or a part; sent again with its key, the first is the answer.

    `said` is any of `TAKEN`. Raises `Unfit` for more threads than are in, and for a day
    before the procedure or to come.
    """
    known = Removal.objects.filter(procedure=procedure, key=key, clinic=viewer.clinic)
    return once(known, _record, viewer=viewer, procedure=procedure, key=key, thread=thread, at=at, **said)


def record_removals(
    *, viewer: Viewer, procedure: Procedure, removals: Iterable[Mapping[str, Any]], at: datetime
) -> list[Removal]:
    """Several threads of one sitting: all of them are kept, or none."""
    with transaction.atomic():
        return [record_removal(viewer=viewer, procedure=procedure, at=at, **said) for said in removals]


@verb("removal.recorded")
def _record(*, viewer: Viewer, procedure: Procedure, key: UUID, thread: UUID, at: datetime, **said: Any) -> Removal:
    held: Procedure = lock(procedure)
    return _keep(held, viewer, at, key=key, thread=thread, **said)


@verb("removal.corrected")
def correct_removal(*, viewer: Viewer, removal: Removal, key: UUID, thread: UUID, at: datetime, **said: Any) -> Removal:
    """Say it anew, with the reason in its note; what was written first stays. Sent again, the first is the answer.

    Raises `Conflict` when somebody corrected it meanwhile.
    """
    procedure: Procedure = lock(removal.procedure)
    known = Removal.objects.filter(procedure=procedure, key=key).first()
    if known is not None:
        return known
    if Removal.objects.filter(supersedes=removal).exists():
        raise Conflict("superseded")
    if not said.get("note", "").strip():
        raise Unfit("note")
    return _keep(procedure, viewer, at, key=key, thread=thread, supersedes=removal, **said)


def _keep(
    procedure: Procedure, viewer: Viewer, at: datetime, *, thread: UUID, supersedes: Removal | None = None, **said: Any
) -> Removal:
    version = procedure.signed_version()
    placed = next((row for row in version.threads.all() if row.key == thread), None)
    case: Complication | None = said.get("complication")
    if placed is None:
        raise Unfit("thread")
    if case is not None and case.procedure_id != procedure.pk:
        raise Missing
    if not version.placed_at <= said["removed_at"] <= at:
        raise Unfit("removed_at")
    others = [one for one in counting(procedure.removals.all()) if one != supersedes]
    out = gone(one for one in others if one.thread == thread)
    if not 1 <= said.get("count", 1) <= placed.count - out:
        raise Unfit("count")
    if said["extent"] not in Removal.Extent.values or said["why"] not in Removal.Why.values:
        raise Unfit("extent")
    if said.get("found", "") not in ("", *Removal.Found.values):
        raise Unfit("found")
    if said.get("left_mm") is not None and said["extent"] != Removal.Extent.PART:
        raise Unfit("left_mm")
    return Removal.objects.create(
        clinic=procedure.clinic, patient=procedure.patient, procedure=procedure, thread=thread, recorded_at=at,
        by=viewer.own_staff, supersedes=supersedes, **{name: said[name] for name in ("key", *TAKEN) if name in said},
    )  # fmt: skip
