"""Consent: a clinic's texts from draft to publication, and what a patient signs and takes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4, uuid5

from afterthread.clinic.consent.starting import starting_texts
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.models import Clinic, ConsentText, Consultation, Patient, Signature, Withdrawal
from afterthread.clinic.queries.consent.consent import PROCEDURE, digest_in, is_in_force
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer

Words = Mapping[str, Mapping[str, str]]
"""Language -> `title` and `body`."""
BLANK = re.compile(r"\[[^\[\]\n]*\]")
"""A place in a text that somebody still has to fill in or take out."""


class Unfinished(Conflict):
    """A text that cannot be published yet: English is missing, or places in square brackets are not filled in."""

    def __init__(self, blanks: list[str]) -> None:
        super().__init__("unfinished")
        self.blanks = blanks


class Superseded(Conflict):
    """The words that somebody read and signed are not those in force any more."""


def blanks_of(words: Words) -> list[str]:
    """The places in square brackets, in every language."""
    return [found for said in words.values() for part in ("title", "body") for found in BLANK.findall(said[part])]


# -- The clinic's texts ------------------------------------------------------------------------------------------------


def begin_texts(clinic: Clinic, at: datetime) -> list[ConsentText]:
    """The drafts with which a clinic starts, inside the transaction of the verb that opens it; none is in force."""
    return ConsentText.objects.bulk_create(
        ConsentText(clinic=clinic, purpose=purpose, number=1, words=words, drafted_at=at)
        for purpose, words in starting_texts().items()
    )


@verb("consent_text.drafted")
def draft_text(
    *, viewer: Viewer, purpose: str, words: Words, at: datetime, region: str = "", key: UUID | None = None
) -> ConsentText:
    """The next version of a text; with `key`, its id from now on, asking twice raises `Conflict`."""
    clinic = viewer.own_clinic
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    last = ConsentText.objects.filter(clinic=clinic, purpose=purpose, region=region).last()
    return ConsentText.objects.create(
        pk=key or uuid4(), clinic=clinic, purpose=purpose, region=region, number=last.number + 1 if last else 1,
        words=_spoken(words), drafted_at=at, drafted_by=viewer.staff,
    )  # fmt: skip


@verb("consent_text.changed")
def change_text(*, viewer: Viewer, text: ConsentText, revision: int, words: Words, at: datetime) -> ConsentText:
    """Other words for a draft; raises `Conflict` once it is published, or when somebody else changed it."""
    held = _draft(text, revision)
    held.words, held.drafted_by, held.drafted_at = _spoken(words), viewer.staff, at
    return _revised(held)


@verb("consent_text.published")
def publish_text(*, viewer: Viewer, text: ConsentText, revision: int, at: datetime) -> ConsentText:
    """Put a draft in force and retire the version before it; its words never change again.

    Raises `Unfinished` for a draft that does not speak English, or in which something is still to be filled in.
    """
    held = _draft(text, revision)
    blanks = blanks_of(held.words)
    if "en" not in held.words or blanks:
        raise Unfinished(blanks)
    alike = ConsentText.objects.filter(clinic=held.clinic_id, purpose=held.purpose, region=held.region)
    for before in alike.select_for_update().filter(published_at__isnull=False, retired_at=None):
        before.retired_at = at
        _revised(before)
    held.published_at, held.published_by = at, viewer.staff
    return _revised(held)


@verb("consent_text.retired")
def retire_text(*, viewer: Viewer, text: ConsentText, revision: int, at: datetime) -> ConsentText:
    """Take a text out of force without another in its place, or set a draft aside; what was signed stays signed."""
    held: ConsentText = lock(text, revision)
    if held.retired_at is not None:
        raise Conflict("retired")
    held.retired_at = at
    return _revised(held)


def _spoken(words: Words) -> dict[str, dict[str, str]]:
    """Only the languages in which there is a title and a body."""
    said = {code: {part: one.get(part, "").strip() for part in ("title", "body")} for code, one in words.items()}
    return {code: one for code, one in said.items() if one["title"] and one["body"]}


def _draft(text: ConsentText, revision: int) -> ConsentText:
    held: ConsentText = lock(text, revision)
    if held.published_at is not None:
        raise Conflict("published")
    if held.retired_at is not None:
        raise Conflict("retired")
    return held


def _revised(text: ConsentText) -> ConsentText:
    text.revision += 1
    text.save()
    return text


# -- What a patient signs ----------------------------------------------------------------------------------------------


def sign_consent(*, viewer: Viewer, patient: Patient, key: UUID, at: datetime, **signed: Any) -> Signature:
    """Agree to the words that were shown; sent again with the same key, the first signature is the answer.

    Takes `text`, its `language` and the `digest` of what was shown, the `name` as it was typed, and if there is one the
    `drawing`; the `consultation` it is for, or none for a purpose that is not about one session; `on_paper` the date on
    a paper. Raises `Superseded` when these words are not in force any more, `Conflict` when they are signed already.
    """
    known = Signature.objects.filter(patient=patient, clinic=viewer.clinic, key=key)
    return once(known, _sign, viewer=viewer, patient=patient, key=key, at=at, **signed)


@verb("consent.signed")
def _sign(
    *,
    viewer: Viewer,
    patient: Patient,
    text: ConsentText,
    key: UUID,
    language: str,
    digest: str,
    name: str,
    at: datetime,
    consultation: Consultation | None = None,
    drawing: str = "",
    on_paper: date | None = None,
) -> Signature:
    herself = viewer.role is Role.PATIENT
    if herself and on_paper is not None:
        raise Refused("on paper")
    lock(patient)  # one signature at a time: whoever comes second is told that it is signed
    held: ConsentText = lock(text)
    _require_place(held, patient, consultation)
    signed_at = at if on_paper is None else _moment_on(on_paper, held, at)
    if not is_in_force(held, signed_at) or digest != digest_in(held, language):
        raise Superseded("text")
    if Signature.objects.filter(patient=patient, text=held, consultation=consultation, withdrawal=None).exists():
        raise Conflict("signed")
    return Signature.objects.create(
        clinic=held.clinic, patient=patient, text=held, consultation=consultation, key=key, language=language,
        digest=digest, name=name, drawing=drawing, on_paper=on_paper is not None, signed_at=signed_at,
        device=viewer.device, witness=None if herself else viewer.staff,
    )  # fmt: skip


def _require_place(text: ConsentText, patient: Patient, consultation: Consultation | None) -> None:
    """A procedure's text belongs to one session of this patient, every other text to none."""
    if (text.purpose == PROCEDURE) != (consultation is not None):
        raise Missing
    if consultation is not None and consultation.patient_id != patient.pk:
        raise Missing


def _moment_on(day: date, text: ConsentText, at: datetime) -> datetime:
    """The moment of a paper that has only a date: as early on that day, at the clinic, as the text was in force."""
    zone = text.clinic.zone
    midnight = datetime.combine(day, time(), zone)
    if midnight > at:
        raise Conflict("future")
    published = text.published_at
    return published if published and published.astimezone(zone).date() == day else midnight


def withdraw_consent(
    *, viewer: Viewer, signature: Signature, at: datetime, reason: str = "", tell: str = ""
) -> Withdrawal:
    """Take a signature back; done twice, the first time counts. `tell` reaches the clinic as a message of hers."""
    known = Withdrawal.objects.filter(signature=signature, clinic=viewer.clinic)
    return once(known, _withdraw, viewer=viewer, signature=signature, reason=reason, tell=tell, at=at)


@verb("consent.withdrawn")
def _withdraw(*, viewer: Viewer, signature: Signature, reason: str, tell: str, at: datetime) -> Withdrawal:
    made = Withdrawal.objects.create(
        clinic=signature.clinic, patient=signature.patient, signature=signature, at=at, by=viewer.staff, reason=reason
    )
    if tell:
        write_message(viewer=viewer, patient=signature.patient, key=uuid5(signature.pk, "withdrawn"), text=tell, at=at)
    return made
