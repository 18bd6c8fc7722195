"""A patient who is asked to sign a consent text, for tests of every floor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.flow.record.consent import sign_consent
from afterthread.clinic.models import ConsentText, Signature
from afterthread.clinic.queries.consent.consent import digest_in
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, published

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAID = {"en": {"title": "Threads", "body": "I agree.\n\nFully."}, "ru": {"title": "Нити", "body": "Согласна."}}
PHOTO: dict[str, Any] = {"purpose": ConsentText.Purpose.PHOTO_SHOWN}


class Case:
    """A patient with a consultation, and a text in force."""

    def __init__(self) -> None:
        self.doctor = a_staff(a_clinic())
        self.patient = a_patient(self.doctor)
        draft = draft_procedure(
            viewer=self.doctor, patient=self.patient, threads=[], at=MONDAY, placed_at=MONDAY + DAY, zones=["cheek"],
            time_zone="Europe/Berlin",
        )  # fmt: skip
        assert draft.procedure.consultation is not None
        self.draft, self.consultation = draft, draft.procedure.consultation
        self.text = published(self.doctor, MONDAY - DAY, words=SAID)

    def sign(self, viewer: Viewer | None = None, text: ConsentText | None = None, **more: Any) -> Signature:
        """She signs it in English, an hour later."""
        text = text or self.text
        told = {
            "key": uuid4(), "language": "en", "digest": digest_in(text, "en"), "name": "Anna Beispiel",
            "at": MONDAY + HOUR, "consultation": self.consultation,
        }  # fmt: skip
        return sign_consent(viewer=viewer or self.doctor, patient=self.patient, text=text, **{**told, **more})
