"""Before the session in the demonstration: everybody was screened, and five sessions are ahead in different states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from afterthread.clinic.flow.patient import enrol_patient
from afterthread.clinic.flow.record.consultation import open_consultation
from afterthread.clinic.flow.record.screening import DECIDABLE, answer_screening, override_finding
from afterthread.clinic.models import Consultation, Patient, ProcedureVersion
from afterthread.clinic.queries.record.screening import screened
from afterthread.clinic.roles import Role, Viewer

if TYPE_CHECKING:  # the practice calls this module
    from afterthread.server.demo.practice import Practice
    from afterthread.server.demo.story import Story

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEIGHED = "Talked about and weighed against what she hopes for; she knows what it means for her."
INDICATIONS = {
    "cheek": "cheek_sag", "jawline": "jawline_oval", "neck": "neck_skin", "brow": "brow_drop", "nose": "nose_shape",
    "submental": "cervicomental_angle", "nasolabial": "nasolabial_folds",
}  # fmt: skip
SAID = ["seen_at_once_then_settles", "visible_downtime_weeks", "complications_happen", "lift_fades"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A session that is ahead: in how many days, what was asked for, and what she answered so many days ago."""

    name: str
    born: int
    days: int
    zones: tuple[str, ...] = ("cheek",)
    material: str = "pdo"
    expectation: str
    answers: Mapping[str, str] | None = None
    """None while she has not answered."""
    events: Mapping[str, int] = field(default_factory=dict)
    """Timing -> in how many days."""
    open: tuple[str, ...] = ()
    """What she did not know."""
    decided: str = ""
    note: str = ""


PLANS = (
    Plan(
        name="Nora Weiss", born=1985, days=1, zones=("cheek", "jawline"), answers={},
        expectation="I would like to look less tired, nothing more.", events={"toxin": -60},
    ),
    Plan(
        name="Rosa Molina", born=1989, days=9, answers={"smoker": "yes", "herpes_history": "yes"},
        expectation="That my cheeks sit where they sat at thirty-five.",
        decided="Stops smoking from today; prevention of cold sores prescribed by her doctor.",
    ),
    Plan(
        name="Silke Brandt", born=1984, days=6, zones=("jawline",), material="pcl", answers={},
        expectation="A clear jaw line for my sister’s wedding in summer.", events={"filler": -4},
        note="The filler was in the lips only.",
    ),
    Plan(
        name="Thea Novak", born=1990, days=16, zones=("brow",), expectation="My eyes look heavy in the evening.",
    ),
    Plan(
        name="Ulla Ferber", born=1987, days=25, answers={"anticoagulants": "yes", "autoimmune_thyroid": "yes"},
        open=("implant_reaction",), expectation="I was told threads last five years?",
    ),
)  # fmt: skip


def talk(practice: Practice, patient: Patient, story: Story, placed: datetime) -> Consultation:
    """What was agreed a week before a session that has been."""
    return open_consultation(
        viewer=practice.doctor, patient=patient, at=placed - 7 * DAY, key=practice.uuid(), zones=list(story.zones),
        indications=[INDICATIONS[zone] for zone in story.zones if zone in INDICATIONS], materials=[story.material],
        promises=SAID, expectation="To look rested, and still like myself.",
        planned_on=placed.astimezone(practice.clinic.zone).date(), planned_time=time(10, 30),
    )  # fmt: skip


def screen(practice: Practice, version: ProcedureVersion, story: Story) -> None:
    """She answered at the clinic, two hours before her session; what needs a decision was decided there and then."""
    held, at = version.procedure.consultation, version.placed_at - 2 * HOUR
    if held is None:
        return
    answers = {id: "yes" for id in story.risks if id not in ("age_over_50", "age_over_45")}
    said = {"answers": answers, "otherwise": "no"}
    answer_screening(viewer=practice.nurse, consultation=held, key=practice.uuid(), said=said, at=at)
    _decide(practice, held, WEIGHED, at + HOUR / 2)


def tell(practice: Practice) -> None:
    """The sessions that are ahead, and one that was talked about and given up."""
    if practice.clinic.slug != "linden":
        return
    for plan in PLANS:
        _plan(practice, plan)


def _plan(practice: Practice, plan: Plan) -> None:
    now = practice.now
    patient = enrol_patient(
        viewer=practice.nurse, at=now - 5 * DAY, name=plan.name, born=plan.born, language="en",
        time_zone=practice.clinic.time_zone, email=f"{plan.name.split()[0].lower()}@patient.example",
        phone=f"+49 170 {practice.random.randrange(1_000_000, 9_999_999)}",
    )  # fmt: skip
    held = open_consultation(
        viewer=practice.doctor, patient=patient, at=now - 5 * DAY, key=practice.uuid(), zones=list(plan.zones),
        indications=[INDICATIONS[zone] for zone in plan.zones], materials=[plan.material], promises=SAID,
        expectation=plan.expectation,
        promised="What threads can and cannot do for her was shown in front of the mirror.",
        planned_on=(now.astimezone(practice.clinic.zone) + plan.days * DAY).date(), planned_time=time(10, 30),
    )  # fmt: skip
    if plan.answers is not None:
        viewer = Viewer(role=Role.PATIENT, clinic=practice.clinic, patient=patient)
        today = now.astimezone(practice.clinic.zone).date()
        events = {id: str(today + days * DAY) for id, days in plan.events.items()}
        told = {**plan.answers, **dict.fromkeys(plan.open, "unknown")}
        answer_screening(
            viewer=viewer, consultation=held, key=practice.uuid(), note=plan.note, at=now - 3 * DAY,
            said={"answers": told, "events": events, "otherwise": "no"},
        )  # fmt: skip
    if plan.decided:
        _decide(practice, held, plan.decided, now - 2 * DAY)


def _decide(practice: Practice, held: Consultation, reason: str, at: datetime) -> None:
    """The practitioner decides on everything that may be decided."""
    version = ProcedureVersion.objects.filter(procedure__consultation=held).first()
    planned, zones = (version.day_zero, version.zones) if version else (None, None)
    found = screened(held, planned=planned, zones=zones)
    for one in found.open if found else ():
        if found and one.verdict == DECIDABLE:
            override_finding(viewer=practice.doctor, screening=found.screening, entry=one.entry, reason=reason, at=at)
