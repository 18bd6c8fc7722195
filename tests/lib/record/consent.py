"""Consent for tests that walk every part of the record: texts of every kind, signed, withdrawn and waiting."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from afterthread.clinic.flow.record.consent import draft_text, sign_consent, withdraw_consent
from afterthread.clinic.models import ConsentText, Procedure, Signature
from afterthread.clinic.queries.consent.consent import digest_in
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY, published
from tests.lib.matrix import Part, Row

HOUR = timedelta(hours=1)
STROKES = "[[[100,200],[300,400]],[[500,500]]]"
Purpose = ConsentText.Purpose


def make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    """A text that waits and the draft of its next version, one signed, and one taken back."""
    told = {code: {"title": words, "body": f"{words}\n\n{words}"} for code in ("en", "ru")}
    waits, kept, left = (
        published(doctor, MONDAY + HOUR, purpose=purpose, words=told)
        for purpose in (Purpose.PHOTO_SHOWN, Purpose.PHOTO_RECORD, Purpose.REGISTRY)
    )
    draft = draft_text(viewer=doctor, purpose=Purpose.PHOTO_SHOWN, words=told, at=MONDAY + HOUR)
    given, back = (signs(doctor, procedure, text, words) for text in (kept, left))
    withdraw_consent(viewer=doctor, signature=back, reason=words, at=MONDAY + 3 * HOUR)
    assert procedure.consultation is not None
    return {
        "consent_text": waits.pk, "consent_draft": draft.pk, "signature": given.pk,
        "consented": procedure.consultation.pk,
    }  # fmt: skip


def signs(viewer: Viewer, procedure: Procedure, text: ConsentText, name: str) -> Signature:
    """The patient signs at the clinic what is not about one session, with a drawing."""
    return sign_consent(
        viewer=viewer, patient=procedure.patient, text=text, key=uuid4(), language="en", digest=digest_in(text, "en"),
        name=name, drawing=STROKES, at=MONDAY + 2 * HOUR,
    )  # fmt: skip


PART = Part(
    desk={
        "consent_texts": Row(get="PNCA"),
        "consent_text_new": Row(get="PA", post="PA"),
        "consent_text": Row(get="PNCA", post="PA", about="consent_draft"),
        "consent_text_publish": Row(post="PA", about="consent_draft"),
        "consent_text_retire": Row(post="PA", about="consent_text"),
        "consent_text_compare": Row(get="PNCA", about="consent_draft"),
        "consent": Row(get="PNC", about="consented"),
        "consent_sign": Row(get="PN", post="PN", about="consented"),
        "consent_paper": Row(post="PN", about="consented"),
        "consent_withdraw": Row(post="PN", about="consented", also={"signature": "signature"}),
    },
    diary={
        "consents": Row(get="own"),
        "consent": Row(get="own", post="own", about="consent_text", everybodys=True),
        "consent_withdraw": Row(post="own", about="signature"),
    },
    make=make,
)
