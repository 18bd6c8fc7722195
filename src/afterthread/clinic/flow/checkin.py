"""Taking a check-in: keep what the patient says, decide, and promise a look if one is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.cipher import fingerprint
from afterthread.clinic.flow import worklist
from afterthread.clinic.flow.silence import expect_next
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import CheckIn, Decision, Procedure, ProcedureVersion, WorkItem
from afterthread.clinic.roles import Conflict, Role, Viewer
from afterthread.engine import triage
from afterthread.engine.history import observe
from afterthread.engine.plain import plain
from afterthread.protocol.model import Urgency

CLOCK_SLACK = timedelta(minutes=5)
"""A phone's clock may be so far ahead of ours before we believe ours."""


class Mismatch(Exception):
    """The key of an earlier check-in came with other answers: somebody mixed them up."""


def submit_checkin(
    *,
    viewer: Viewer,
    procedure: Procedure,
    key: UUID,
    said: Mapping[str, Any],
    at: datetime,
    said_at: datetime | None = None,
    shown: str = "",
) -> CheckIn:
    """Keep one check-in and decide on it; sent again with the same key, the first one is the answer.

    `said` is `answers`, `otherwise` and `words` of the case format; `said_at` when the patient said it, if that was
    earlier than `at`; `shown` the urgency that her phone showed her meanwhile. Raises `CaseError` for answers that the
    protocol does not know, `Mismatch` for a key that was used for something else.
    """
    content = fingerprint(json.dumps(said, sort_keys=True))  # not when: a form and a phone's queue may both bring it
    known = _sent_before(viewer, procedure, key, content)
    if known is not None:
        return known
    try:
        return _submit(
            viewer=viewer, procedure=procedure, key=key, content=content, said=said, at=at,
            said_at=said_at or at, shown=shown,
        )  # fmt: skip
    except Conflict:  # the same check-in arrived twice at once
        known = _sent_before(viewer, procedure, key, content)
        if known is None:
            raise
        return known


def _sent_before(viewer: Viewer, procedure: Procedure, key: UUID, content: str) -> CheckIn | None:
    known = CheckIn.objects.filter(procedure=procedure, key=key, clinic=viewer.clinic).first()
    if known is not None and known.content != content:
        raise Mismatch
    if known is not None:
        known.repeated = True
    return known


@verb("checkin.submitted")
def _submit(
    *,
    viewer: Viewer,
    procedure: Procedure,
    key: UUID,
    content: str,
    said: Mapping[str, Any],
    said_at: datetime,
    shown: str,
    at: datetime,
) -> CheckIn:
    held: Procedure = lock(procedure, None, "patient__clinic")
    held.clinic = held.patient.clinic
    version = held.signed_version()
    known = case.protocol_of(held)
    patient = held.patient
    said_at = _believed(said_at, version.placed_at, at)
    day = min(max(case.day_of(version, said_at, patient.zone), 0), known.horizon_days)
    checkin = CheckIn.objects.create(
        clinic=held.clinic,
        patient=patient,
        procedure=held,
        key=key,
        content=content,
        day=day,
        said_at=said_at,
        received_at=at,
        answers=case.read_answers(known, day, said),
        words=str(said.get("words", "")),
        language=patient.language,
        shown=shown if shown in {urgency.word for urgency in Urgency} else "",
        device=viewer.device,
        taken_by=viewer.staff if viewer.role is not Role.PATIENT else None,
    )
    rows = [checkin if row.pk == checkin.pk else row for row in held.checkins.all()]
    urgent = _decide_from(rows.index(checkin), rows, version, at, fresh=checkin)
    silences = WorkItem.objects.select_for_update().filter(
        procedure=held, kind=WorkItem.Kind.SILENCE, closed_at=None, owner=None
    )
    worklist.settle(list(silences), at)
    if urgent.urgency > Urgency.SELF_CARE:
        _promise(urgent, at)
    expect_next(held, version, at, heard=rows[-1].day)
    return checkin


def _believed(said_at: datetime, procedure_at: datetime, at: datetime) -> datetime:
    """The phone's time where it can be true, otherwise ours."""
    return said_at if procedure_at <= said_at <= at + CLOCK_SLACK else max(at, procedure_at)


def _decide_from(
    first: int, rows: list[CheckIn], version: ProcedureVersion, at: datetime, *, fresh: CheckIn | None = None
) -> Decision:
    """Decide on a check-in, and anew on those said after it, whose history it changes; returns the most urgent.

    The fresh one has no earlier decision to supersede. The course is told once, for all of them.
    """
    known, made = case.protocol_of(version.procedure), []
    for row, seen in islice(zip(rows, observe(known, case.case_of(version, rows)), strict=True), first, None):
        before = None if row is fresh else row.decisions.last()
        made.append(_keep(triage.decide(known, seen), row, version, at, before))
    return max(made, key=lambda decision: decision.urgency)


def _keep(
    decided: triage.Decision, checkin: CheckIn, version: ProcedureVersion, at: datetime, before: Decision | None
) -> Decision:
    made = Decision.objects.create(
        clinic=version.procedure.clinic, checkin=checkin, version=version, urgency=int(decided.urgency),
        document=plain(decided), made_at=at, supersedes=before,
    )  # fmt: skip
    if before is not None:
        WorkItem.objects.filter(decision=before, closed_at=None).update(decision=made)
    return made


def decide_again(procedure: Procedure, version: ProcedureVersion, at: datetime) -> None:
    """After a correction or a move: decide anew on every check-in, and promise a look at what is more urgent now."""
    rows = list(procedure.checkins.select_related("patient__clinic"))
    if not rows:
        return
    _decide_from(0, rows, version, at)
    made = Decision.objects.filter(checkin__procedure=procedure, successor=None)
    risen = [
        one for one in made.select_related("supersedes", "checkin__patient__clinic", "checkin__procedure")
        if one.supersedes and one.urgency > one.supersedes.urgency
    ]  # fmt: skip
    if risen:
        _promise(max(risen, key=lambda one: one.urgency), at)


def _promise(urgent: Decision, at: datetime) -> None:
    checkin = urgent.checkin
    worklist.promise_look(
        patient=checkin.patient, procedure=checkin.procedure, kind=WorkItem.Kind.DECISION,
        urgency=Urgency(urgent.urgency), at=at, decision=urgent,
    )  # fmt: skip
