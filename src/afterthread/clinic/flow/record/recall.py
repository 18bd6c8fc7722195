"""Calling a lot back: everybody who carries it is told, and what each of them answers is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from afterthread.clinic.flow.message import announce
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import Message, Notice, Patient, Product, Recall
from afterthread.clinic.queries.stock.recall import carries, same_call, untold
from afterthread.clinic.roles import Conflict, Missing, Viewer


@verb("recall.opened")
def open_recall(
    *, viewer: Viewer, code: str, reason: str, at: datetime, product: Product | None = None, key: UUID | None = None
) -> Recall:
    """From now on the lot is refused; without a product, whoever made it.

    Raises `Conflict` when it is called back already. With `key`, its id from now on, opening it twice does so, too.
    """
    lock(viewer.own_clinic)  # two people who open it at once are one after the other
    if same_call(viewer, code, product) is not None:
        raise Conflict("open")
    return Recall.objects.create(
        pk=key or uuid4(), clinic=viewer.own_clinic, code=code.strip(), product=product, reason=reason, opened_at=at,
        opened_by=viewer.own_staff,
    )  # fmt: skip


def tell_patients(*, viewer: Viewer, recall: Recall, texts: Mapping[str, str], at: datetime) -> list[Notice]:
    """Write to everybody who carries the lot and was not told yet, each in her language; returns whom.

    `texts` has a text for each language; whoever reads another one gets the English one, or the first. Started again
    after it was stopped, it goes on with those who are left.
    """
    told = []
    for patient in untold(viewer, recall):
        text = texts.get(patient.language) or texts.get("en") or next(iter(texts.values()))
        told.append(_tell(viewer=viewer, recall=recall, patient=patient, text=text, at=at))
    return told


@verb("recall.told")
def _tell(*, viewer: Viewer, recall: Recall, patient: Patient, text: str, at: datetime) -> Notice:
    """A message is no answer to what the patient asked herself: what waits for one goes on waiting."""
    held = _open(recall)
    known = Notice.objects.filter(recall=held, patient=patient).first()
    if known is not None:  # somebody else pressed the same button
        return known
    message = Message.objects.create(
        clinic=held.clinic, patient=patient, author=viewer.staff, key=uuid5(held.pk, str(patient.pk)), text=text, at=at
    )
    announce(message, at)
    return Notice.objects.create(
        clinic=held.clinic, recall=held, patient=patient, message=message, told_at=at, told_by=viewer.staff
    )


@verb("recall.answered")
def record_answer(*, viewer: Viewer, recall: Recall, patient: Patient, answer: str, at: datetime) -> Notice:
    """What somebody said on the phone or at the desk; whoever was not written to is told by that.

    A further answer is added to the first one; the same one once more changes nothing.
    """
    if not carries(viewer, recall, patient):
        raise Missing
    lock(recall)
    notice, _ = Notice.objects.get_or_create(
        recall=recall, patient=patient,
        defaults={"clinic": recall.clinic, "told_at": at, "told_by": viewer.staff},
    )  # fmt: skip
    said = notice.answer.split("\n\n") if notice.answer else []
    if answer not in said:
        notice.answer = "\n\n".join([*said, answer])
        notice.answered_at, notice.answered_by = at, viewer.staff
        notice.save()
    return notice


@verb("recall.closed")
def close_recall(
    *, viewer: Viewer, recall: Recall, revision: int, conclusion: str, at: datetime, lifted: bool = False
) -> Recall:
    """Nobody is to be reached any more; the lot stays out of use, unless it was `lifted` because it was a mistake."""
    held: Recall = lock(recall, revision)
    if held.closed_at is not None:
        raise Conflict("closed")
    held.closed_at, held.conclusion, held.lifted = at, conclusion, lifted
    held.revision += 1
    held.save()
    return held


@verb("recall.exported")
def export_recall(*, viewer: Viewer, recall: Recall, at: datetime) -> Recall:
    """Leave a trace that somebody took the names along."""
    return recall


def _open(recall: Recall) -> Recall:
    held: Recall = lock(recall)
    if held.closed_at is not None:
        raise Conflict("closed")
    return held
