"""Clinics for tests, made with the same verbs as real ones: every step takes the time at which it happens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.clinic import appoint_first, open_clinic
from afterthread.clinic.flow.link import exchange_link, issue_link, new_code, viewer_of
from afterthread.clinic.flow.patient import enrol_patient
from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.models import CheckIn, Clinic, Patient, Procedure, Staff
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.protocol.load import shipped

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When stories begin: a Monday morning, ten o'clock in Berlin."""
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
    """The procedure of a draft, signed."""
    done = sign_procedure(viewer=viewer, version=version, revision=version.revision, at=at)
    procedure: Procedure = done.procedure
    return procedure


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
