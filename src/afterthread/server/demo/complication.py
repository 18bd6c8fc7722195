"""Complications of the demonstration: an infection under way, a dimple that went, and a result that was not wanted."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from afterthread.clinic.flow.record import complication as flow
from afterthread.clinic.flow.record.removal import record_removal
from afterthread.clinic.models import Complication, Procedure, Removal
from afterthread.clinic.roles import Viewer

if TYPE_CHECKING:  # the practice itself lets this part be told
    from afterthread.server.demo.practice import Practice

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INFECTED, DIMPLED, DISPLEASED = "Grace Adeyemi", "Emma Lindgren", "Helena Costa"


def tell(practice: Practice) -> None:
    """Three cases of the Linden Clinic, each when it happened."""
    placed = {
        one.patient.name: one for one in Procedure.objects.filter(clinic=practice.clinic).select_related("patient")
    }
    for name, act, day in ((INFECTED, _infection, 8), (DIMPLED, _dimple, 12), (DISPLEASED, _regret, 38)):
        if name in placed:
            at = placed[name].versions.get().placed_at + day * DAY
            practice.then(at, partial(act, practice, placed[name]))


def _infection(practice: Practice, procedure: Procedure, at: datetime) -> None:
    """Judged at once; the sample was forgotten, and is overdue."""
    doctor, nurse = practice.doctor, practice.nurse
    case = _open(
        practice, procedure, at, "Red and warm along the thread in the left cheek, a small lump, 38.1 at home."
    )
    case = _judge(doctor, case, at + HOUR / 2, "Red, warm and firm along one thread.", pathway="infection")
    case = _judge(doctor, case, at + HOUR / 2, "", nature="complication")
    _step(nurse, case, "ask_spread", at + HOUR / 2, "No rash elsewhere, swallows well, the eye is calm.")
    _step(doctor, case, "see", at + 2 * HOUR, "Firm strand of 2 cm, no fluctuation.")
    _step(nurse, case, "photograph", at + 2 * HOUR, "")
    _step(doctor, case, "decide", at + 3 * HOUR, "Antibiotic by mouth, the thread stays for now.")
    flow.note_complication(
        viewer=nurse, complication=case, key=practice.uuid(), at=at + 4 * HOUR, text="Calls tomorrow at nine."
    )


def _dimple(practice: Practice, procedure: Procedure, at: datetime) -> None:
    """A sequela: first thought uneven, judged a dimple, and gone three weeks later."""
    doctor = practice.doctor
    case = _open(practice, procedure, at, "A dimple over the entry on the left when she smiles.", side="left")
    case = _judge(doctor, case, at, "", pathway="asymmetry")
    case = _judge(
        doctor, case, at + DAY, "On the photographs both sides are even; the skin is held in.", pathway="retraction"
    )
    case = _judge(doctor, case, at + DAY, "", nature="sequela", technique="possible")
    for step, hours in (("exclude", 30), ("see", 30), ("compare", 31), ("wait", 31)):
        _step(doctor, case, step, at + hours * HOUR, "")
    flow.close_complication(
        viewer=doctor, complication=case, revision=case.revision, outcome="resolved", at=at + 17 * DAY,
        reason="Not to be seen at rest or in movement.",
    )  # fmt: skip


def _regret(practice: Practice, procedure: Procedure, at: datetime) -> None:
    """Not a complication: she finds herself strange, and two threads come out."""
    doctor = practice.doctor
    case = _open(
        practice, procedure, at, "“I do not recognise myself.” Wishes the threads on the right out.", side="right"
    )
    case = _judge(doctor, case, at, "", pathway="dissatisfaction", nature="dissatisfaction")
    for step in ("listen", "compare", "unfinished", "window"):
        _step(doctor, case, step, at, "")
    row = procedure.signed_version().threads.filter(side="right").first()
    if row is None:
        return
    out = at + 4 * DAY
    about: dict[str, Any] = {"procedure": procedure, "thread": row.key, "removed_at": out, "complication": case}
    taken: tuple[dict[str, Any], ...] = (
        {"count": 2, "extent": Removal.Extent.WHOLE, "punctures": 3, "found": Removal.Found.FREE},
        {"count": 1, "extent": Removal.Extent.PART, "left_mm": 15, "found": Removal.Found.FRAGILE},
    )
    for said in taken:
        record_removal(
            viewer=doctor, key=practice.uuid(), at=out, why=Removal.Why.DISSATISFACTION, note="", **about, **said
        )
    _step(doctor, case, "decide", out, "Two threads whole, one in part; she is content with that.")
    flow.close_complication(
        viewer=doctor, complication=case, revision=case.revision, outcome="resolved_with_trace", at=out + 9 * DAY,
        reason="She likes the result as it is now.",
    )  # fmt: skip


def _open(
    practice: Practice, procedure: Procedure, at: datetime, signs: str, side: str = "left"
) -> Complication:  # fmt: skip
    """With the threads on that side, and from the last decision if there was one."""
    threads = list(procedure.signed_version().threads.filter(side=side))
    checkin = procedure.checkins.last()
    day = checkin.day if checkin else (at - procedure.signed_version().placed_at).days
    return flow.open_complication(
        viewer=practice.nurse, procedure=procedure, key=practice.uuid(), began_day=day, at=at, signs=signs, side=side,
        zone=threads[0].zone if threads else "", threads=[row.key for row in threads],
        decision=checkin.decisions.last() if checkin else None,
    )  # fmt: skip


def _judge(viewer: Viewer, case: Complication, at: datetime, reason: str, **said: str) -> Complication:
    for about, value in said.items():
        case = flow.judge(
            viewer=viewer, complication=case, revision=case.revision, about=about, value=value, reason=reason, at=at
        )
    return case


def _step(viewer: Viewer, case: Complication, step: str, at: datetime, note: str) -> None:
    pathway = case.judgements.filter(about="pathway").latest("pk").value
    flow.do_step(viewer=viewer, complication=case, pathway=pathway, step=step, done_at=at, at=at, note=note)
