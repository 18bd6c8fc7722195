"""Outcomes and hand-offs, for the tests that walk all parts of the record."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from afterthread.clinic.flow.record.handoff import issue_handoff
from afterthread.clinic.models import Outcome, Procedure
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row


def make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    """What she said too early to be asked, which no verb would take, and a card."""
    Outcome.objects.create(
        clinic=procedure.clinic, patient=procedure.patient, procedure=procedure, key=uuid4(), point="2w", day=1,
        at=MONDAY + timedelta(days=1), improvement=1, words=words,
    )  # fmt: skip
    held = issue_handoff(viewer=doctor, procedure=procedure, at=MONDAY + timedelta(hours=2))
    return {"handoff": held.pk}


PART = Part(
    desk={
        "outcomes": Row(get="PNCA"),
        "outcome": Row(get="PNC", post="PN", about="version"),
        "handoff": Row(get="PNC", post="PN", about="version"),
    },
    diary={"outcome": Row(get="own", post="own"), "card": Row(get="own", post="own")},
    make=make,
)
