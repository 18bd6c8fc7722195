"""Recording what was done: drafted, signed, and from then on only corrected by a further version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic import case
from afterthread.clinic.flow.checkin import decide_again
from afterthread.clinic.flow.record.consultation import begin_consultation
from afterthread.clinic.flow.record.stock import take_from_stock
from afterthread.clinic.flow.silence import expect_next
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.knowledge import current
from afterthread.clinic.models import Consultation, Patient, Procedure, ProcedureVersion, Thread
from afterthread.clinic.queries.record.gate import Blocked, gate_of
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.engine.plain import plain
from afterthread.engine.plan import plan

THREAD = ("key", "stock", *case.THREAD)
RECORD = ("placed_at", "time_zone", "age", "zones", "modifiers", "note")
Threads = Iterable[Mapping[str, Any]]


@verb("procedure.drafted")
def draft_procedure(
    *,
    viewer: Viewer,
    patient: Patient,
    threads: Threads,
    at: datetime,
    key: UUID | None = None,
    consultation: Consultation | None = None,
    **record: Any,
) -> ProcedureVersion:
    """Begin to record a session; it is pinned to the protocol that is current in its clinic now.

    With `key`, the id of the procedure from now on, asking twice raises `Conflict`. Without a consultation an empty one
    is opened with it, so that screening and consent have their place.
    """
    before = consultation or begin_consultation(viewer, patient, at)
    if before.patient_id != patient.pk:
        raise Missing
    procedure = Procedure.objects.create(
        pk=key or uuid4(), clinic=patient.clinic, patient=patient, protocol=current(patient.clinic, at),
        consultation=before, opened_at=at,
    )  # fmt: skip
    return _draft(_new(procedure, viewer, 1, at), threads, record)


@verb("procedure.changed")
def change_draft(
    *, viewer: Viewer, version: ProcedureVersion, revision: int, threads: Threads, at: datetime, **record: Any
) -> ProcedureVersion:  # fmt: skip
    """Change what is not signed yet; raises `Conflict` when it is, or when somebody else changed it."""
    held = _open_draft(version, revision)
    return _draft(held, threads, record)


@verb("procedure.discarded")
def discard_draft(*, viewer: Viewer, version: ProcedureVersion, revision: int, at: datetime) -> Procedure:
    """Throw away what was never signed."""
    held = _open_draft(version, revision)
    procedure = held.procedure
    held.delete()
    if procedure.signed_at is None:
        kept = Procedure(pk=procedure.pk, clinic=procedure.clinic, patient=procedure.patient)
        procedure.delete()
        return kept
    return procedure


@verb("procedure.corrected")
def correct_procedure(*, viewer: Viewer, procedure: Procedure, reason: str, at: datetime) -> ProcedureVersion:
    """A further version to change and sign, which starts as the last one; that one stays as it was."""
    held: Procedure = lock(procedure)
    last = held.signed_version()
    threads = [{name: getattr(thread, name) for name in THREAD} for thread in last.threads.all()]
    record = {name: getattr(last, name) for name in RECORD}
    version = _new(held, viewer, last.number + 1, at)
    version.reason = reason
    return _draft(version, threads, record)


@verb("procedure.signed")
def sign_procedure(
    *, viewer: Viewer, version: ProcedureVersion, revision: int, at: datetime, despite: str = ""
) -> ProcedureVersion:
    """Vouch for it: it becomes unchangeable, the plan is made from it, and its threads leave the stock.

    Raises `Blocked` while something speaks against it; `despite` is the signer's written answer where that is enough.
    """
    held = _open_draft(version, revision)
    procedure: Procedure = lock(held.procedure)
    if held.placed_at > at:
        raise Conflict("future")
    gate = gate_of(held)
    if gate.shut or (gate.held and not despite.strip()):
        raise Blocked(gate)
    held.despite = "" if gate.open else despite
    held.signed_at, held.signed_by = at, viewer.staff
    held.plan = plain(plan(case.protocol_of(procedure), case.procedure_of(held)))
    held.revision += 1
    held.save()
    procedure.signed_at = procedure.signed_at or at
    procedure.save(update_fields=["signed_at"])
    take_from_stock(held, at)
    decide_again(procedure, held, at)
    expect_next(procedure, held, at)
    return held


@verb("procedure.closed")
def close_procedure(*, viewer: Viewer, procedure: Procedure, at: datetime) -> Procedure:
    """End the follow-up: nothing is due any more, a check-in is still always taken."""
    held: Procedure = lock(procedure)
    held.closed_at, held.silence_from = held.closed_at or at, None
    held.save(update_fields=["closed_at", "silence_from"])
    return held


def _open_draft(version: ProcedureVersion, revision: int) -> ProcedureVersion:
    held: ProcedureVersion = lock(version, revision)
    if held.signed_at is not None:
        raise Conflict("signed")
    return held


def _new(procedure: Procedure, viewer: Viewer, number: int, at: datetime) -> ProcedureVersion:
    return ProcedureVersion(
        clinic=procedure.clinic,
        patient=procedure.patient,
        procedure=procedure,
        number=number,
        drafted_at=at,
        drafted_by=viewer.own_staff,
    )


def _draft(version: ProcedureVersion, threads: Threads, record: Mapping[str, Any]) -> ProcedureVersion:
    for name in RECORD:
        if name in record:
            setattr(version, name, record[name])
    version.revision += 1
    version.save()
    version.threads.all().delete()
    told = [_from_stock(one, version) for one in threads]
    Thread.objects.bulk_create(
        Thread(
            clinic=version.clinic,
            version=version,
            position=position,
            **{name: value for name, value in one.items() if name in THREAD},
        )
        for position, one in enumerate(told)
    )
    return version


def _from_stock(row: Mapping[str, Any], version: ProcedureVersion) -> Mapping[str, Any]:
    """A row of threads that says its lot, because a recall goes by what is written; none is of another clinic's."""
    lot = row.get("stock")
    if lot is None:
        return row
    if lot.clinic_id != version.clinic_id:
        raise Missing
    return {**row, "lot": row.get("lot") or lot.code}
