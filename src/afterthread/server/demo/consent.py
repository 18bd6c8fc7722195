"""Consent in the demonstration: published texts, one newer version, and who signed which of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from afterthread.clinic.flow.record.consent import BLANK, change_text, draft_text, publish_text, sign_consent
from afterthread.clinic.models import ConsentText, ProcedureVersion
from afterthread.clinic.queries.consent.consent import PROCEDURE, digest_in, in_force

if TYPE_CHECKING:  # the practice calls this module
    from afterthread.server.demo.practice import Practice

RENEWED = 2
"""So many days ago, before the first session, the text about the procedure was published anew."""
TOO_EARLY, FORGOTTEN = "Katarina Holm", "Leila Amrani"
"""Whose record cannot be signed: one signed an older text, nobody asked the other."""
SIGNED = (PROCEDURE, ConsentText.Purpose.PHOTO_RECORD)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FILLED = {
    "en": {
        "procedure": ("{clinic}", "filler, radiofrequency, a face lift", "{phone}", "ten years"),
        "photo_record": ("ten years",),
        "photo_shown": ("on its own website and in teaching", "ten years"),
        "registry": ("the registry of this demonstration", "ten years"),
    },
    "ru": {
        "procedure": ("{clinic}", "филлер, радиоволновой лифтинг, подтяжка лица", "{phone}", "десять лет"),
        "photo_record": ("десять лет",),
        "photo_shown": ("на своём сайте и в обучении", "десять лет"),
        "registry": ("регистр этой демонстрации", "десять лет"),
    },
}
"""What these clinics wrote into the places that a starting text leaves open, in their order."""
ADDED = {
    "en": "I was given a leaflet with the plan of the first month, and had a night to think it over.",
    "ru": "Мне дали памятку с планом первого месяца, и у меня была ночь, чтобы всё обдумать.",
}


def publish_texts(practice: Practice, at: datetime) -> None:
    """The clinic reads its drafts, fills them in and publishes them; later the one about the procedure again."""
    viewer = practice.doctor
    for text in ConsentText.objects.filter(clinic=practice.clinic):
        words = {code: _filled(text, code) for code in text.words}
        held = change_text(viewer=viewer, text=text, revision=text.revision, words=words, at=at)
        publish_text(viewer=viewer, text=held, revision=held.revision, at=at)
        if text.purpose == PROCEDURE:
            later = (practice.now.astimezone(practice.clinic.zone) - RENEWED * DAY).replace(hour=7, minute=0)
            more = {code: {**said, "body": f"{said['body']}\n\n{ADDED[code]}"} for code, said in words.items()}
            draft = draft_text(viewer=viewer, purpose=PROCEDURE, words=more, at=later - HOUR)
            publish_text(viewer=viewer, text=draft, revision=draft.revision, at=later)


def _filled(text: ConsentText, language: str) -> dict[str, str]:
    """A starting text without its first paragraph, and with every open place filled."""
    said = text.words[language]
    filling = iter(FILLED[language][text.purpose])
    told = {"clinic": text.clinic.name, "phone": text.clinic.phone}
    body = BLANK.sub(lambda _: next(filling).format(**told), said["body"].partition("\n\n")[2])
    return {"title": said["title"], "body": body}


def agree(practice: Practice, version: ProcedureVersion) -> None:
    """She signs at the clinic, an hour before her session; one did so a week before, one was forgotten."""
    patient = version.patient
    at = version.placed_at - (7 * DAY if patient.name == TOO_EARLY else HOUR)
    if patient.name == FORGOTTEN:
        return
    for text in in_force(practice.clinic, at).filter(purpose__in=SIGNED):
        language = patient.language if patient.language in text.words else "en"
        sign_consent(
            viewer=practice.nurse, patient=patient, text=text, key=practice.uuid(), language=language,
            digest=digest_in(text, language), name=patient.name, drawing=_scribble(practice), at=at,
            consultation=version.procedure.consultation if text.purpose == PROCEDURE else None,
        )  # fmt: skip


def _scribble(practice: Practice) -> str:
    """A stroke or two, as of somebody who signs in a hurry."""
    draw = practice.random.randrange
    wave = [[60 + 44 * step, 500 + (-1) ** step * draw(60, 320) * (18 - step) // 18] for step in range(18)]
    return json.dumps([wave, [[120, 860], [880, 780 + draw(60)]]])
