"""What came of older procedures, and the pages that patients took along: the newest card is Anna Lindqvist's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from afterthread.clinic.flow.patient import enrol_patient
from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.flow.record.handoff import issue_handoff, open_handoff
from afterthread.clinic.flow.record.outcome import tell_outcome
from afterthread.clinic.models import Handoff, Procedure, ProcedureVersion
from afterthread.clinic.queries.record.outcome import SPANS, due_on
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.protocol.load import shipped
from afterthread.server.demo import consent

if TYPE_CHECKING:  # the practice calls this module
    from afterthread.server.demo.practice import Practice

NAMES = (
    "Adele Kraus", "Berit Lund", "Cosima Vidal", "Dorothea Engel", "Edda Falkner", "Flora Riva", "Gabriela Simon",
    "Hedwig Thal", "Inês Duarte", "Johanna Frey", "Katja Orlova", "Liv Aasen", "Monika Zeman", "Nele Vos",
    "Oriana Bassi", "Petra Kohl",
)  # fmt: skip
"""Patients of long ago, in whose diaries nothing else is told."""
FIRST, STEP = 400, 12
"""The first of them was treated so many days ago, each other so many days before."""
THREADS = (
    ("pdo", "cog", "PDO-2411"),
    ("plla", "cone", "PLA-1033"),
    ("pcl", "cog", "PCL-0311"),
    ("pdo", "mono", "PDO-2398"),
)
LIFT = {
    "pdo": {"2w": 4, "1m": 4, "3m": 4, "6m": 3, "12m": 2, "18m": 2},
    "plla": {"2w": 3, "1m": 4, "3m": 4, "6m": 5, "12m": 4, "18m": 3},
    "pcl": {"2w": 4, "1m": 4, "3m": 4, "6m": 4, "12m": 4, "18m": 3},
}
"""The usual grade by material, as the protocol tells what to expect."""
WORDS = {
    1: "Worse than before, I am disappointed.",
    5: "Exactly what I had hoped for.",
    2: "I can hardly see it any more.",
}
CARDS = ("Anna Lindqvist", "Дарья Ковалёва", "Elif Demir", "Emma Lindgren", "Ingrid Dahl")


def tell(practice: Practice) -> None:
    """Outcomes of everything that is old enough, and some hand-offs."""
    if practice.clinic.slug == "linden":
        for place, name in enumerate(NAMES):
            _long_ago(practice, name, FIRST + place * STEP, THREADS[place % len(THREADS)])
    for version in _signed(practice):
        for point in SPANS:
            _say(practice, version, point)
        if str(version.patient) in CARDS:
            practice.then(practice.now - timedelta(hours=2), partial(_issue, practice, version.procedure))


def _long_ago(practice: Practice, name: str, days: int, thread: tuple[str, str, str]) -> None:
    """One procedure of long ago; its follow-up was ended in time."""
    at = (practice.now.astimezone(practice.clinic.zone) - timedelta(days=days)).replace(hour=11, minute=0)
    patient = enrol_patient(
        viewer=practice.nurse, at=at - timedelta(days=3), name=name, born=1960 + days % 31, language="en",
        time_zone=practice.clinic.time_zone, email="", phone="+49 170 5550123",
    )  # fmt: skip
    material, kind, lot = thread
    threads = [
        {
            "zone": "cheek", "side": side, "kind": kind, "material": material, "layer": "subcutaneous", "count": 4,
            "path": "linear", "purpose": "lift", "product": f"{material.upper()} {kind} 19G", "lot": lot,
        }
        for side in ("left", "right")
    ]  # fmt: skip
    version = draft_procedure(
        viewer=practice.nurse, patient=patient, at=at, placed_at=at, time_zone=practice.clinic.time_zone,
        age=at.year - 1960, zones=["cheek"], threads=threads, modifiers=dict.fromkeys(shipped()["modifier"], "no"),
    )  # fmt: skip
    consent.agree(practice, version)
    sign_procedure(
        viewer=practice.doctor, version=version, revision=version.revision, at=at + timedelta(hours=1),
        despite="A made-up past: nobody was screened.",
    )  # fmt: skip


def _signed(practice: Practice) -> Iterator[ProcedureVersion]:
    rows = ProcedureVersion.objects.filter(clinic=practice.clinic, signed_at__isnull=False)
    yield from rows.select_related("procedure", "patient").prefetch_related("threads").order_by("placed_at")


def _say(practice: Practice, version: ProcedureVersion, point: str) -> None:
    """Both sides at one point: most answer, in time, and mostly agree; the newest points are left for you."""
    due, random = due_on(version.day_zero, point), practice.random
    material = next((thread.material for thread in version.threads.all()), "pdo")
    usual = LIFT.get(material, LIFT["pdo"])[point]
    for viewer, share, spread in ((_patient(version), 0.75, 1), (practice.doctor, 0.6, 1)):
        grade = min(max(usual + random.choice((-spread, 0, 0, 0, spread)), 1), 5)
        at = datetime.combine(due, datetime.min.time(), practice.clinic.zone) + timedelta(
            days=random.randrange(1, 9), hours=random.randrange(9, 20)
        )
        if random.random() < share and str(version.patient) != "Chiara Conti":
            practice.then(
                at,
                partial(_tell, practice, version.procedure, viewer, {"point": point, **_said(practice, viewer, grade)}),
            )


def _said(practice: Practice, viewer: Viewer, grade: int) -> dict[str, Any]:
    visible = "yes" if grade > 3 else "partly" if grade > 2 else "no"  # noqa: PLR2004 - the middle of the scale
    if viewer.role is not Role.PATIENT:
        return {"improvement": grade, "still_visible": visible}
    satisfaction = min(max(grade + practice.random.choice((-1, 0, 0, 1)), 1), 5)
    again = "yes" if satisfaction > 3 else "no" if satisfaction < 3 else "partly"  # noqa: PLR2004 - the same
    words = WORDS.get(grade, "") if practice.random.random() < 0.3 else ""  # noqa: PLR2004 - a third has more to say
    return {
        "improvement": grade, "satisfaction": satisfaction, "would_repeat": again, "still_visible": visible,
        "words": words,
    }  # fmt: skip


def _patient(version: ProcedureVersion) -> Viewer:
    return Viewer(role=Role.PATIENT, clinic=version.clinic, patient=version.patient)


def _tell(practice: Practice, procedure: Procedure, viewer: Viewer, said: dict[str, Any], at: datetime) -> None:
    tell_outcome(viewer=viewer, procedure=procedure, key=practice.uuid(), at=at, **said)


def _issue(practice: Practice, procedure: Procedure, at: datetime) -> None:
    """A page that the patient took along; a dentist has opened Ingrid's since."""
    held: Handoff = issue_handoff(viewer=practice.doctor, procedure=procedure, at=at)
    if str(held.patient) == "Ingrid Dahl":
        open_handoff(viewer=system(), code=held.code, pin=held.pin, at=at + timedelta(hours=1))
