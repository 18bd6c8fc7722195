"""Before the procedure: consultation, screening and preparation."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic.flow.record.consultation import close_consultation, open_consultation
from afterthread.clinic.flow.record.screening import answer_screening, override_finding
from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row


def _make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    told: dict[str, Any] = {
        "viewer": doctor,
        "patient": procedure.patient,
        "at": MONDAY,
        "expectation": words,
        "promised": words,
    }
    closed = open_consultation(**told)
    close_consultation(viewer=doctor, consultation=closed, revision=closed.revision, reason=words, at=MONDAY)
    held = open_consultation(
        **told, zones=["cheek"], materials=["pdo"], indications=["cheek_sag", "pigmentation"], promises=["lift_fades"],
        planned_on=(MONDAY + timedelta(days=10)).date(),
    )  # fmt: skip
    said = {"answers": {"smoker": "yes"}, "events": {"filler": "2026-03-01"}, "otherwise": "no"}
    answer_screening(viewer=doctor, consultation=held, key=uuid4(), said={"otherwise": "no"}, note=words, at=MONDAY)
    later = MONDAY + timedelta(minutes=1)
    row = answer_screening(viewer=doctor, consultation=held, key=uuid4(), said=said, note=words, at=later)
    override_finding(viewer=doctor, screening=row, entry="condition.smoker", reason=words, at=MONDAY)
    return {"consultation": held.pk, "consultation_closed": closed.pk}


PART = Part(
    desk={
        "consultations": Row(get="PNC"),
        "consultation_new": Row(get="PN", post="PN", about="patient"),
        "consultation": Row(get="PNC", post="PN", about="consultation"),
        "consultation_close": Row(post="PN", about="consultation"),
        "consultation_paper": Row(get="PNC", about="consultation"),
        "screening": Row(get="PNC", post="PN", about="consultation"),
        "screening_override": Row(post="P", about="consultation"),
        "screening_move": Row(post="PN", about="consultation"),
    },
    diary={"screening": Row(get="own", post="own"), "preparation": Row(get="own")},
    make=_make,
)
