"""A person's rights over her data: a copy of all of it, and being forgotten as far as the law lets a clinic forget."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from afterthread.clinic.cipher import SealedField
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import (
    Complication,
    Consultation,
    Delivery,
    Device,
    Erasure,
    Handoff,
    Link,
    Patient,
    Procedure,
    Screening,
    WorkItem,
)
from afterthread.clinic.queries.record.right import counts_of, kept_until, name_of, personal, rows_of
from afterthread.clinic.roles import Conflict, Viewer

GONE = "[erased]"
"""What stands in the place of a name."""
KEPT = (Erasure, Link, Device, Delivery)
"""Tables that are dealt with by themselves, not text by text."""


@verb("patient.exported")
def export_record(*, viewer: Viewer, patient: Patient, at: datetime) -> Patient:
    """Leave a trace that a copy of everything was taken."""
    return patient


@verb("erasure.asked")
def ask_erasure(*, viewer: Viewer, patient: Patient, wish: str, at: datetime) -> Erasure:
    """Write down that somebody wants to be forgotten; asked again while it is open, the words are renewed."""
    held: Patient = lock(patient)
    if held.erased_at is not None:
        raise Conflict("erased")
    asked, new = Erasure.objects.get_or_create(
        patient=held, defaults={"clinic": held.clinic, "asked_at": at, "asked_by": viewer.staff, "wish": wish}
    )
    if not new and asked.done_at is None:  # after a refusal, or to add something
        asked.wish, asked.asked_at, asked.asked_by = wish, at, viewer.staff
        asked.answered_at, asked.answered_by, asked.refused, asked.answer = None, None, False, ""
        asked.revision += 1
        asked.save()
    return asked


@verb("erasure.answered")
def refuse_erasure(*, viewer: Viewer, erasure: Erasure, revision: int, answer: str, at: datetime) -> Erasure:
    """Refuse, with the ground on which; nothing is changed."""
    held = _answered(viewer, erasure, revision, answer, at)
    held.refused = True
    held.save()
    return held


@verb("erasure.answered")
def erase_patient(
    *, viewer: Viewer, erasure: Erasure, revision: int, answer: str, at: datetime, everything: bool = False
) -> Erasure:
    """Forget her as far as the law allows, or, with `everything`, take out all that names her or tells her story.

    While the law makes the record stay only what lets her in or reaches her ends. Raises `Conflict`: "open" while she
    waits for an answer or a complication is open, "ground" when `everything` is to go before the term has passed and
    `answer` gives no ground.
    """
    held = _answered(viewer, erasure, revision, answer, at)
    patient: Patient = lock(held.patient, None, "clinic")
    if any(rows.filter(patient=patient, closed_at=None).exists() for rows in (WorkItem.objects, Complication.objects)):
        raise Conflict("open")
    until = kept_until(patient)
    over = at.astimezone(patient.clinic.zone).date() > until
    if everything and not over and not answer.strip():
        raise Conflict("ground")
    went = _end_contact(patient, at)
    if everything:
        went |= _take_out(patient)
        patient.erased_at = at
        patient.name, patient.email, patient.phone, patient.email_index, patient.born = GONE, "", "", "", None
        patient.revision += 1
        patient.save()
    held.refused, held.done_at = False, at
    held.account = {
        "scope": "everything" if everything else "law",
        "went": went,
        "kept": counts_of(patient),
        "until": None if everything else until.isoformat(),
    }
    held.save()
    return held


def _answered(viewer: Viewer, erasure: Erasure, revision: int, answer: str, at: datetime) -> Erasure:
    held: Erasure = lock(erasure, revision)
    if held.patient.erased_at is not None:
        raise Conflict("erased")
    held.answered_at, held.answered_by, held.answer = at, viewer.staff, answer
    held.revision += 1
    return held


def _end_contact(patient: Patient, at: datetime) -> dict[str, int]:
    """End every way in and every letter on its way; nothing is due any more."""
    Handoff.objects.filter(patient=patient, revoked_at=None).update(revoked_at=at)
    Procedure.objects.filter(patient=patient, closed_at=None).update(closed_at=at)
    Procedure.objects.filter(patient=patient).update(silence_from=None)
    Consultation.objects.filter(patient=patient, closed_at=None).update(closed_at=at)
    gone = {}
    for model in (Device, Link, Delivery):
        rows = rows_of(model, patient)
        gone[name_of(model)] = rows.count()
        rows.delete()
    return {name: count for name, count in gone.items() if count}


def _take_out(patient: Patient) -> dict[str, int]:
    """Empty every text that was sealed because it names her or tells her story, and her answers to the screening."""
    gone = {}
    for model in personal():
        columns = _texts(model)
        if columns and model not in (Patient, *KEPT):
            gone[name_of(model)] = rows_of(model, patient).update(**columns)
    Screening.objects.filter(patient=patient).update(answers={}, result={})
    Erasure.objects.filter(patient=patient).update(wish="")
    return {name: count for name, count in gone.items() if count}


def _texts(model: type[Model]) -> dict[str, str]:
    return {field.name: "" for field in model._meta.fields if isinstance(field, SealedField)}  # noqa: SLF001 - its name
