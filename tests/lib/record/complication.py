"""Complications and removals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic.flow.record import complication as flow
from afterthread.clinic.flow.record.removal import correct_removal, record_removal
from afterthread.clinic.models import Complication, Procedure, Removal
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row

HOUR = timedelta(hours=1)
SAID = {"extent": Removal.Extent.WHOLE, "why": Removal.Why.COMPLICATION}


def a_case(doctor: Viewer, procedure: Procedure, *, words: str = "A word.", at: Any = MONDAY + HOUR) -> Complication:
    """A case on day 0, not judged."""
    return flow.open_complication(
        viewer=doctor, procedure=procedure, key=uuid4(), began_day=0, at=at, signs=words, zone="cheek", side="left"
    )


def judged(doctor: Viewer, case: Complication, at: Any, reason: str = "", **said: Any) -> Complication:
    """One more thing judged of a case: `judged(doctor, case, at, pathway="infection")`."""
    for about, value in said.items():
        case = flow.judge(
            viewer=doctor, complication=case, revision=case.revision, about=about, value=value, reason=reason, at=at
        )
    return case


def done(
    doctor: Viewer, case: Complication, step: str, at: Any, pathway: str = "infection", **said: Any
) -> Complication:
    """A step kept at once."""
    return flow.do_step(viewer=doctor, complication=case, pathway=pathway, step=step, done_at=at, at=at, **said)


def make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    """A case that was judged twice, closed and opened again, with everything hanging on it."""
    at = MONDAY + 2 * HOUR
    case = judged(doctor, a_case(doctor, procedure, words=words), at, words, pathway="retraction", nature="sequela")
    case = judged(doctor, case, at, words, pathway="infection", nature="complication", technique="possible")
    case = done(doctor, case, "ask_spread", at, note=words)
    case = done(doctor, case, "sample", at, needed=False, note=words)
    case = flow.note_complication(viewer=doctor, complication=case, key=uuid4(), text=words, at=at)
    told: dict[str, Any] = {"viewer": doctor, "complication": case, "at": at, "reason": words}
    case = flow.close_complication(revision=case.revision, outcome="unknown", **told)
    case = flow.reopen_complication(revision=case.revision, **told)
    thread = procedure.signed_version().threads.all()[0].key
    about: dict[str, Any] = {"viewer": doctor, "at": at, "removed_at": at, "note": words, "complication": case, **SAID}
    first = record_removal(procedure=procedure, key=uuid4(), thread=thread, count=1, found="free", **about)
    removal = correct_removal(removal=first, key=uuid4(), thread=thread, count=1, punctures=2, **about)
    return {"complication": case.pk, "removal": removal.pk}


PART = Part(
    desk={
        "complications": Row(get="PNC"),
        "complication_new": Row(get="PN", post="PN", about="version"),
        "complication": Row(get="PNC", about="complication"),
        "complication_judge": Row(post="PN", about="complication"),
        "complication_step": Row(post="PN", about="complication"),
        "complication_note": Row(post="PNC", about="complication"),
        "complication_close": Row(post="P", about="complication"),
        "complication_reopen": Row(post="PN", about="complication"),
        "threads": Row(get="PNC", about="version"),
        "threads_remove": Row(get="P", post="P", about="version"),
        "removal_correct": Row(get="P", post="P", about="removal"),
    },
    make=make,
)
