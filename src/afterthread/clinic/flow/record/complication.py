"""A complication as a case: opened, judged, worked through step by step, closed; nothing said is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.flow.worklist import end_steps, promise_step
from afterthread.clinic.hour import due
from afterthread.clinic.models import Complication, Decision, Judgement, Procedure, ProcedureVersion, Remark, StepDone
from afterthread.clinic.queries.complication.judgement import (
    JUDGED,
    OUTCOMES,
    About,
    Unfit,
    allowed,
    counting,
    pathway_since,
    same,
)
from afterthread.clinic.queries.complication.step import coming, steps_of
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.clinic.schedule import schedule_of
from afterthread.engine.technique import advise
from afterthread.protocol.model import Protocol, Urgency

SIDES = ("", "left", "right", "middle")


def open_complication(
    *,
    viewer: Viewer,
    procedure: Procedure,
    key: UUID,
    began_day: int,
    at: datetime,
    decision: Decision | None = None,
    zone: str = "",
    side: str = "",
    threads: Iterable[UUID] = (),
    signs: str = "",
) -> Complication:
    """Open a case on a signed procedure; sent again with the same key, the first one is the answer.

    Raises `Unfit` for a day that has not come, a zone the protocol does not know, or a thread that was not placed.
    """
    return once(
        Complication.objects.filter(procedure=procedure, key=key, clinic=viewer.clinic), _open, viewer=viewer,
        procedure=procedure, key=key, began_day=began_day, at=at, decision=decision, zone=zone, side=side,
        threads=[str(one) for one in threads], signs=signs,
    )  # fmt: skip


@verb("complication.opened")
def _open(
    *, viewer: Viewer, procedure: Procedure, decision: Decision | None, at: datetime, **said: Any
) -> Complication:
    version = procedure.signed_version()
    if decision is not None and decision.checkin.procedure_id != procedure.pk:
        raise Missing
    if not 0 <= said["began_day"] <= max(case.day_of(version, at, procedure.patient.zone), 0):
        raise Unfit("began_day")
    if said["zone"] and said["zone"] not in case.protocol_of(procedure)["zone"]:
        raise Unfit("zone")
    if said["side"] not in SIDES:
        raise Unfit("side")
    _require_placed(version, said["threads"])
    opened = Complication.objects.create(
        clinic=procedure.clinic, patient=procedure.patient, procedure=procedure, decision=decision, opened_at=at,
        opened_by=viewer.own_staff, **said,
    )  # fmt: skip
    _plan(opened, viewer, at)
    return opened


@verb("complication.judged")
def judge(
    *,
    viewer: Viewer,
    complication: Complication,
    revision: int,
    about: str,
    value: str,
    at: datetime,
    more: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Complication:
    """Say what it is held to be; the judgement before stays as it was, and changing it needs a reason.

    Another pathway has its own steps, and their clock starts now. Raises `Unfit` for a value outside the vocabulary.
    """
    held, more = _lock(complication), dict(more or {})
    if about not in JUDGED:
        raise Unfit("about")
    before = counting(held.judgements.all()).get(about)
    if same(before, value, more) and before is not None and before.reason == reason:  # the same page came twice
        return held
    _require_open(held, revision)
    _require_fit(held, about, value, more)
    if before is not None and not same(before, value, more) and not reason.strip():
        raise Unfit("reason")
    _say(held, viewer, at, about=about, value=value, more=more, reason=reason)
    other = before is None or before.value != value
    return _saved(held, viewer, at, anew=about == About.PATHWAY and other)


@verb("complication.stepped")
def do_step(
    *,
    viewer: Viewer,
    complication: Complication,
    pathway: str,
    step: str,
    done_at: datetime,
    at: datetime,
    needed: bool = True,
    note: str = "",
) -> Complication:
    """Keep that a step was done, or why it is not needed; the next one then becomes the item in the worklist.

    Raises `Conflict` when the case is no longer on this pathway, or a colleague kept this step already.
    """
    held = _lock(complication)
    _require_open(held)
    steps = {one.id: one for one in steps_of(_protocol(held), held.clinic, held.judgements.all(), held.steps.all())}
    wanted = steps.get(step)
    if wanted is None or wanted.pathway != pathway:
        raise Conflict("pathway")
    if wanted.done is not None:
        if (wanted.done.needed, wanted.done.note) == (needed, note):  # the same page came twice
            return held
        raise Conflict("step")
    if not needed and not note.strip():
        raise Unfit("step_note")
    if not held.procedure.signed_version().placed_at <= done_at <= at:
        raise Unfit("when")
    StepDone.objects.create(
        clinic=held.clinic, patient=held.patient, complication=held, pathway=pathway, step=step, needed=needed,
        note=note, at=done_at, recorded_at=at, by=viewer.own_staff,
    )  # fmt: skip
    _plan(held, viewer, at)
    return held


@verb("complication.noted")
def note_complication(
    *, viewer: Viewer, complication: Complication, key: UUID, text: str, at: datetime
) -> Complication:
    """Add a note, to a closed case as well; sent again with the same key, it is there once."""
    held = _lock(complication)
    if not text.strip():
        raise Unfit("note")
    if not held.remarks.filter(key=key).exists():
        Remark.objects.create(
            clinic=held.clinic, patient=held.patient, complication=held, key=key, text=text, at=at, by=viewer.own_staff
        )
    return held


@verb("complication.closed")
def close_complication(
    *, viewer: Viewer, complication: Complication, revision: int, outcome: str, reason: str, at: datetime
) -> Complication:
    """End the case, with how it ended and why now; steps not done are left as they are, and their item ends."""
    held = _lock(complication)
    judged = counting(held.judgements.all())
    if held.closed_at is not None and judged[About.CLOSING].reason == reason:  # the same page came twice
        return held
    _require_open(held, revision)
    if outcome not in OUTCOMES:
        raise Unfit("outcome")
    if not reason.strip():
        raise Unfit("closing")
    if not same(judged.get(About.OUTCOME), outcome, {}):
        _say(held, viewer, at, about=About.OUTCOME, value=outcome, reason=reason)
    _say(held, viewer, at, about=About.CLOSING, value=outcome, reason=reason)
    held.closed_at, held.closed_by = at, viewer.own_staff
    return _saved(held, viewer, at)


@verb("complication.reopened")
def reopen_complication(
    *, viewer: Viewer, complication: Complication, revision: int, reason: str, at: datetime
) -> Complication:
    """Go on with a closed case; the deadlines of its steps count from now."""
    held = _lock(complication)
    judged = counting(held.judgements.all())
    if held.closed_at is None and About.REOPENING in judged and judged[About.REOPENING].reason == reason:
        return held  # the same page came twice
    if held.closed_at is None or held.revision != revision:
        raise Conflict("revision")
    if not reason.strip():
        raise Unfit("reopening")
    _say(held, viewer, at, about=About.REOPENING, reason=reason)
    held.closed_at = held.closed_by = None
    return _saved(held, viewer, at, anew=True)


def _lock(complication: Complication) -> Complication:
    held: Complication = lock(complication, None, "procedure__patient", "patient", "clinic")
    return held


def _require_open(held: Complication, revision: int | None = None) -> None:
    if held.closed_at is not None:
        raise Conflict("closed")
    if revision is not None and held.revision != revision:
        raise Conflict("revision")


def _require_fit(held: Complication, about: str, value: str, more: Mapping[str, Any]) -> None:
    """Raises `Unfit` unless the question allows this answer."""
    if value not in allowed(_protocol(held), about):
        raise Unfit(about)
    version = held.procedure.signed_version()
    if about == About.THREADS:
        _require_placed(version, more.get("threads", []))
    elif about == About.TECHNIQUE:
        said = {one.entry for one in advise(_protocol(held), case.procedure_of(version), version.day_zero)}
        if not set(more.get("remarks", [])) <= said:
            raise Unfit("remarks")
    elif about == About.GRADE and not is_managed(held):
        raise Unfit("managed")


def is_managed(complication: Complication) -> bool:
    """Whether it is judged a complication and something was done about it: only then it has a grade."""
    nature = counting(complication.judgements.filter(about=About.NATURE)).get(About.NATURE)
    acted = complication.steps.filter(needed=True).exists() or complication.removals.exists()
    return nature is not None and nature.value == "complication" and acted


def _require_placed(version: ProcedureVersion, threads: Iterable[str]) -> None:
    if not set(threads) <= {str(row.key) for row in version.threads.all()}:
        raise Unfit("threads")


def _say(held: Complication, viewer: Viewer, at: datetime, **said: Any) -> None:
    Judgement.objects.create(
        clinic=held.clinic, patient=held.patient, complication=held, at=at, by=viewer.own_staff, **said
    )


def _saved(held: Complication, viewer: Viewer, at: datetime, *, anew: bool = False) -> Complication:
    held.revision += 1
    held.save(update_fields=["revision", "closed_at", "closed_by"])
    _plan(held, viewer, at, anew=anew)
    return held


def _plan(held: Complication, viewer: Viewer, at: datetime, *, anew: bool = False) -> None:
    """Let the worklist show what comes next: to say what it is, then step by step, then nothing more."""
    known, judgements = _protocol(held), list(held.judgements.all())
    step = coming(steps_of(known, held.clinic, judgements, held.steps.all()))
    if held.closed_at is None and pathway_since(judgements)[0] not in known["pathway"]:
        if not held.items.filter(closed_at=None).exists():  # its clock began when it was opened
            due_at = due(*schedule_of(held.clinic), Urgency.SAME_DAY, at)
            promise_step(held, viewer, urgency=Urgency.SAME_DAY, due_at=due_at, anew=True, at=at)
    elif step is None or held.closed_at is not None:
        end_steps(held, viewer, at)
    else:
        urgency = Urgency(known["pathway"][step.pathway].urgency)
        promise_step(held, viewer, urgency=urgency, due_at=step.due, anew=anew, at=at)


def _protocol(held: Complication) -> Protocol:
    return case.protocol_of(held.procedure)
