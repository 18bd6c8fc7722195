"""Clinics for tests, made with the same verbs as real ones: every step takes the time at which it happens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.clinic import appoint_first, open_clinic
from afterthread.clinic.flow.link import exchange_link, issue_link, new_code, viewer_of
from afterthread.clinic.flow.patient import enrol_patient
from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.flow.record.consent import draft_text, publish_text, sign_consent
from afterthread.clinic.models import (
    CheckIn,
    Clinic,
    ConsentText,
    Patient,
    Procedure,
    ProcedureVersion,
    Signature,
    Staff,
)
from afterthread.clinic.queries.consent.consent import PROCEDURE, digest_in, in_force
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.protocol.load import shipped

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When stories begin: a Monday morning, ten o'clock in Berlin."""
SIGNING = {"confirm": "1", "despite": "not screened: a test"}
"""What a page says to sign a draft for which nobody was screened."""
EARLY = datetime(2000, 1, 1, tzinfo=UTC)
PASSWORD = "a-long-enough-secret"  # noqa: S105 - of people who do not exist


def a_clinic(slug: str = "linden", at: datetime = MONDAY, **settings: Any) -> Clinic:
    """A clinic in Berlin, open on weekdays from nine to six."""
    told = {"name": slug.title(), "country": "DE", "time_zone": "Europe/Berlin", "phone": "+49 30 5550100"}
    return open_clinic(viewer=system(), slug=slug, at=at, **told | settings)


def a_staff(
    clinic: Clinic, role: Role = Role.PRACTITIONER, *, email: str = "", called: int | None = None, at: datetime = MONDAY
) -> Viewer:
    """Somebody who works there, as a viewer."""
    staff = appoint_first(
        viewer=system(clinic), clinic=clinic, email=email or f"{role}@{clinic.slug}.example",
        name=f"{role} {clinic.slug}", role=role, password=PASSWORD, called=called, at=at,
    )  # fmt: skip
    assert isinstance(staff, Staff)
    return Viewer(role=role, clinic=clinic, staff=staff)


def a_patient(viewer: Viewer, at: datetime = MONDAY, **details: Any) -> Patient:
    """Somebody of 44 who lives in Berlin."""
    told: dict[str, Any] = {
        "name": "Anna Beispiel",
        "email": "anna@patient.example",
        "born": 1981,
        "time_zone": "Europe/Berlin",
    }
    return enrol_patient(viewer=viewer, at=at, **told | details)


def a_procedure(viewer: Viewer, patient: Patient, at: datetime = MONDAY, **record: Any) -> Procedure:
    """Eight barbed PDO threads in both cheeks, recorded and signed an hour later; no risk modifier."""
    threads = [
        {
            "zone": "cheek",
            "side": side,
            "kind": "cog",
            "material": "pdo",
            "layer": "subcutaneous",
            "count": 4,
            "lot": "L-1",
        }
        for side in ("left", "right")
    ]
    told: dict[str, Any] = {
        "placed_at": at, "time_zone": "Europe/Berlin", "age": 44, "zones": ["cheek"], "threads": threads,
        "modifiers": dict.fromkeys(shipped()["modifier"], "no"),
    }  # fmt: skip
    version = draft_procedure(viewer=viewer, patient=patient, at=at, **told | record)
    return signed(viewer, version, at + timedelta(hours=1))


def signed(viewer: Viewer, version: Any, at: datetime) -> Procedure:
    """The procedure of a draft, agreed to on paper and signed."""
    agreed(version)
    procedure: Procedure = sign(viewer, version, at).procedure
    return procedure


def sign(viewer: Viewer, version: ProcedureVersion, at: datetime) -> ProcedureVersion:
    """Sign a draft for which nobody was screened."""
    return sign_procedure(
        viewer=viewer, version=version, revision=version.revision, at=at, despite="not screened: a test"
    )


def agreed(version: ProcedureVersion) -> Signature:
    """The patient's consent to a session, on paper, a day before it."""
    clinic, before = version.clinic, version.procedure.consultation
    assert before is not None
    witness = Viewer(role=Role.PRACTITIONER, clinic=clinic, staff=version.drafted_by)
    text = in_force(clinic, version.placed_at).filter(purpose=PROCEDURE, region="").first() or published(witness)
    return sign_consent(
        viewer=witness, patient=version.patient, text=text, consultation=before, key=before.pk, language="en",
        digest=digest_in(text, "en"), name=version.patient.name, at=version.placed_at,
        on_paper=(version.placed_at - timedelta(days=1)).astimezone(clinic.zone).date(),
    )  # fmt: skip


def published(viewer: Viewer, at: datetime = EARLY, **told: Any) -> ConsentText:
    """A text in force: of the procedure and in English, if nothing else is told."""
    words = told.pop("words", {"en": {"title": "Threads", "body": "I agree."}})
    draft = draft_text(viewer=viewer, words=words, at=at, **{"purpose": PROCEDURE, **told})
    return publish_text(viewer=viewer, text=draft, revision=draft.revision, at=at)


def on_phone(viewer: Viewer, patient: Patient, at: datetime = MONDAY) -> tuple[Viewer, str]:
    """The patient on her phone, and the secret that her phone shows from now on."""
    code, secret = new_code(), uuid4().hex
    issue_link(viewer=viewer, patient=patient, code=code, at=at)
    exchange_link(viewer=system(), code=code, secret=secret, label="Phone", at=at)
    return viewer_of(secret, at), secret


def says(viewer: Viewer, procedure: Procedure, at: datetime, *, words: str = "", **answers: Any) -> CheckIn:
    """A check-in with every other question closed."""
    said = {"answers": answers, "otherwise": "no", "words": words}
    return submit_checkin(viewer=viewer, procedure=procedure, key=uuid4(), said=said, at=at)
