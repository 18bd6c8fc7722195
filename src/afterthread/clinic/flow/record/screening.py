"""Answering the screening, as often as needed, and deciding on what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.flow.worklist import promise_look
from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import Consultation, Override, Screening, WorkItem
from afterthread.clinic.queries.record.screening import screened, weigh
from afterthread.clinic.roles import Conflict, Role, Viewer
from afterthread.clinic.sheet.screening import WrongSheet, at_once, problems, whole
from afterthread.engine.plain import plain
from afterthread.protocol.model import Urgency

DECIDABLE = "clinician_decides"
"""The only verdict over which a clinician's reason can go."""


def answer_screening(
    *, viewer: Viewer, consultation: Consultation, key: UUID, said: Mapping[str, Any], at: datetime, note: str = ""
) -> Screening:
    """Keep one questionnaire beside those before it; the same page sent again is kept once.

    A page that was changed and sent again with its key is a further questionnaire: nothing that was changed is lost.
    `said` is what `Screening.answers` keeps, as far as it was said; `otherwise` "no" denies the rest. Raises
    `WrongSheet` for answers that cannot be so, `Conflict` once the consultation is closed.
    """
    key = uuid5(key, json.dumps([said, note], sort_keys=True))
    known = Screening.objects.filter(consultation=consultation, key=key, clinic=viewer.clinic)
    return once(known, _answer, viewer=viewer, consultation=consultation, key=key, said=said, note=note, at=at)


@verb("screening.answered")
def _answer(
    *, viewer: Viewer, consultation: Consultation, key: UUID, said: Mapping[str, Any], note: str, at: datetime
) -> Screening:
    held: Consultation = lock(consultation, None, "patient", "clinic")
    if held.closed_at is not None:
        raise Conflict("closed")
    known = protocol(held.protocol_id)
    told, patient, today = whole(known, said), held.patient, at.astimezone(held.clinic.zone).date()
    wrong = problems(known, told, max(today, at.astimezone(patient.zone).date()), patient.born)
    if wrong:
        raise WrongSheet(wrong)
    found = weigh(known, told, patient, zones=held.zones, planned=held.planned_on, filled=today)
    answered = Screening.objects.create(
        clinic=held.clinic, patient=patient, consultation=held, protocol_id=held.protocol_id, key=key,
        answers=told, planned_on=held.planned_on, result=plain(found), verdict=found.verdict, note=note, filled_at=at,
        device=viewer.device, taken_by=None if viewer.role is Role.PATIENT else viewer.staff,
    )  # fmt: skip
    if viewer.role is Role.PATIENT and (found.verdict != "clear" or note):
        urgency = Urgency.EMERGENCY if at_once(told) else Urgency.ROUTINE
        promise_look(patient=patient, procedure=None, kind=WorkItem.Kind.SCREENING, urgency=urgency, at=at)
    return answered


@verb("screening.overridden")
def override_finding(*, viewer: Viewer, screening: Screening, entry: str, reason: str, at: datetime) -> Override:
    """Go on despite a finding that a clinician may decide on, with a reason and a name.

    Raises `Conflict` when she has answered anew meanwhile, when it is decided already, without a reason, and for a
    finding over which nobody can decide.
    """
    consultation: Consultation = lock(screening.consultation, None, "patient", "clinic")
    now = screened(consultation)
    if now is None or now.screening.pk != screening.pk:
        raise Conflict("answered")
    if not reason.strip():
        raise Conflict("reason")
    if not any(one.entry == entry and one.verdict == DECIDABLE for one in now.found.objections):
        raise Conflict("finding")
    return Override.objects.create(
        clinic=consultation.clinic, patient=consultation.patient, screening=screening, entry=entry, reason=reason,
        at=at, by=viewer.own_staff,
    )  # fmt: skip
