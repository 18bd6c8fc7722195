"""A person's rights over her data."""

from __future__ import annotations

from uuid import UUID

from afterthread.clinic.flow.record.right import ask_erasure
from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row


def make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    """A wish to be forgotten."""
    return {"erasure": ask_erasure(viewer=doctor, patient=procedure.patient, wish=words, at=MONDAY).pk}


PART = Part(
    desk={
        "patient_export": Row(get="P", about="patient"),
        "patient_export_data": Row(get="P", about="patient"),
        "erasure_ask": Row(post="PNC", about="patient"),
        "erasures": Row(get="A"),
        "erasure_answer": Row(post="A", about="erasure"),
    },
    diary={
        "rights": Row(get="own", post="own"),
        "access": Row(get="own"),
        "export": Row(get="own"),
        "export_data": Row(get="own"),
    },
    make=make,
)
