"""What a clinic has open now, with all that is shown of it; the cost follows what is open, not what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from afterthread.clinic import case
from afterthread.clinic.hour import escalation_step
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import (
    Action,
    CheckIn,
    Clinic,
    Complication,
    Delivery,
    Heartbeat,
    Judgement,
    Message,
    Patient,
    ProcedureVersion,
    Staff,
    StepDone,
    Thread,
    User,
    WorkItem,
    call_list,
)
from afterthread.clinic.queries.complication.judgement import About, concerned, counting, pathway_since
from afterthread.clinic.queries.complication.step import Step, coming, steps_of
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Missing, Viewer
from afterthread.engine.plain import read_decision
from afterthread.engine.plan import Expected, plan
from afterthread.engine.triage import Decision as Decided
from afterthread.protocol.model import UNKNOWN, Protocol, Urgency

TREND_CHECKINS = 12
"""So many of the last check-ins make the trend, however long the recovery."""
LATEST_MESSAGES = 6
AHEAD = timedelta(hours=24)
"""A step of a complication is looked at from so long before it is due; until then its case is only kept in view."""
UNSENT_AFTER = timedelta(minutes=2)
WORKER_SILENT_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Trend:
    """How the leading sign was answered lately, oldest first, and until when each answer is expected."""

    question: str
    points: tuple[tuple[int, str], ...]
    expected: Expected | None


@dataclass(frozen=True)
class Opened:
    """One item of the worklist as it stands at one moment; what hangs on the clock is computed when it is read."""

    item: WorkItem
    clinic: Clinic
    at: datetime
    listed: int
    """How many are on the clinic's list of who is told."""

    @property
    def patient(self) -> Patient:
        """Whom it is about."""
        return self.item.patient

    @property
    def urgency(self) -> Urgency:
        """How urgent it is, as last judged."""
        return Urgency(self.item.urgency)

    @property
    def waiting(self) -> bool:
        """Whether the patient waits for an answer, or a complication for a step that is due soon."""
        return self.item.closed_at is None and self.item.waiting_since is not None and not self.later

    @property
    def later(self) -> bool:
        """Whether it is a step of a complication that is not due for a while."""
        return self.complication is not None and self.item.closed_at is None and self.item.due_at > self.at + AHEAD

    @property
    def complication(self) -> Complication | None:
        """The case whose step it is."""
        return self.item.complication

    @cached_property
    def pathway(self) -> str:
        """What the case is judged to be."""
        return pathway_since(self.complication.judgements.all())[0] if self.complication else ""

    @cached_property
    def coming(self) -> Step | None:
        """The step of the case that is due next."""
        held = self.complication
        return coming(steps_of(self.protocol, self.clinic, held.judgements.all(), held.steps.all())) if held else None

    @property
    def overdue(self) -> bool:
        """Whether it is past its time and still unanswered."""
        return self.waiting and self.item.due_at < self.at

    @property
    def step(self) -> int:
        """How far down the clinic's list it has escalated by now; at the end of the list it stays."""
        if not self.waiting:
            return 0
        step = escalation_step(self.item.due_at, self.at, self.clinic.escalate_minutes)
        return min(step, max(self.listed, 1))

    @property
    def actions(self) -> list[Action]:
        """What was done about it, the oldest first."""
        return list(self.item.actions.all())

    @cached_property
    def version(self) -> ProcedureVersion | None:
        """What was done, as last signed."""
        found: list[ProcedureVersion] = getattr(self.item.procedure, "signed_versions", [])
        return found[-1] if found else None

    @property
    def protocol(self) -> Protocol:
        """The protocol that the plan is pinned to; the one for new plans before there is one."""
        return case.protocol_of(self.item.procedure) if self.item.procedure else in_force(self.clinic)

    @property
    def day(self) -> int | None:
        """Today as a day of her recovery."""
        return None if self.version is None else max(case.day_of(self.version, self.at, self.patient.zone), 0)

    @cached_property
    def decided(self) -> Decided | None:
        """The decision of the rules on the check-in or on the silence; none for a message."""
        if self.item.decision is not None:
            return read_decision(self.item.decision.document)
        return read_decision(self.item.silence) if self.item.silence else None

    @property
    def overridden(self) -> Action | None:
        """When somebody last judged it otherwise than the rules."""
        return next((act for act in reversed(self.actions) if act.kind == Action.Kind.OVERRIDDEN), None)

    @property
    def by_rules(self) -> Urgency:
        """How urgent the rules, or the pathway, found it; a message is routine until somebody has read it."""
        if self.pathway in self.protocol["pathway"]:
            return Urgency(self.protocol["pathway"][self.pathway].urgency)
        return self.decided.urgency if self.decided else Urgency.ROUTINE

    @cached_property
    def leading(self) -> str:
        """The question that the first reason is about, one with an expected course if there is one."""
        if self.decided is None:
            return ""
        names = [
            name.partition(".")[0]
            for finding in self.decided.findings
            if finding.urgency == self.decided.urgency
            for name in finding.about
        ]
        asked = [name for name in names if name in self.protocol["question"]]
        return next((name for name in asked if name in self.protocol["course"]), asked[0] if asked else "")

    @property
    def trend(self) -> Trend | None:
        """The last answers to the leading question."""
        checkins: list[CheckIn] = getattr(self.item.procedure, "recent", [])
        if not self.leading or not checkins:
            return None
        points = tuple((row.day, case.level_of(row, self.leading)) for row in reversed(checkins))
        return Trend(self.leading, points, next((one for one in self._expected if one.question == self.leading), None))

    @property
    def _expected(self) -> Iterable[Expected]:
        """Out of the plan as it was signed, which need not be made again unless it moved to another protocol since."""
        if self.version is None or not self.version.plan or self.item.procedure is None:
            return ()
        if self.version.plan["stamp"]["digest"] == self.item.procedure.protocol_id:
            return [Expected(**one) for one in self.version.plan["expected"]]
        return plan(self.protocol, case.procedure_of(self.version)).expected

    @property
    def places(self) -> frozenset[str]:
        """The zones that the answers name."""
        said = self.decided.answers.values() if self.decided else ()
        return frozenset(answer.zone for answer in said if answer.zone != UNKNOWN)

    @property
    def threads(self) -> list[Thread]:
        """Every thread of the procedure."""
        return list(self.version.threads.all()) if self.version else []

    @property
    def threads_near(self) -> list[Thread]:
        """The threads in the zones that the answers name (on which side is seen on her, not asked), or of the case."""
        if self.complication is not None:
            keys = concerned(self.complication, counting(self.complication.judgements.all()))
            return [thread for thread in self.threads if str(thread.key) in keys]
        return [thread for thread in self.threads if thread.zone in self.places]


@dataclass(frozen=True)
class Troubles:
    """What keeps the clinic from hearing of an emergency."""

    unsent: int
    """Urgent letters that should have left by now."""
    worker_seen: datetime | None
    worker_silent: bool

    def __bool__(self) -> bool:
        return bool(self.unsent) or self.worker_silent


def open_items(viewer: Viewer, at: datetime) -> list[Opened]:
    """Everything open: the unanswered first, by urgency and then by when it is due; then what is answered and open.

    At the end stand complications whose next step is not due for a while, the soonest first.
    """
    viewer.require("worklist.read")
    found = _opened(viewer, scope(viewer, WorkItem).filter(closed_at=None), at)
    return sorted(found, key=lambda one: (not one.waiting, one.later, -one.urgency * (not one.later), one.item.due_at))


def item_of(viewer: Viewer, id: UUID, at: datetime) -> Opened:
    """One item, open or closed; raises `Missing` alike for what is elsewhere and for what is nowhere."""
    viewer.require("worklist.read")
    found = _opened(viewer, scope(viewer, WorkItem).filter(pk=id), at)
    if not found:
        raise Missing
    return found[0]


def waiting_count(viewer: Viewer, at: datetime) -> int:
    """How many items wait for an answer, or for a step that is due soon."""
    waiting = scope(viewer, WorkItem).filter(closed_at=None, waiting_since__isnull=False)
    return waiting.exclude(kind=WorkItem.Kind.STEP, due_at__gt=at + AHEAD).count()


def latest_messages(viewer: Viewer, patient: Patient) -> list[Message]:
    """The last messages between a patient and the clinic, the oldest first."""
    found = scope(viewer, Message).filter(patient=patient).select_related("author__user").order_by("-at")
    return list(found[:LATEST_MESSAGES])[::-1]


def next_called(opened: Opened) -> tuple[list[Staff], datetime] | None:
    """Who is told next if nobody answers, and when; none when everybody on the list was told."""
    if not opened.waiting or opened.urgency == Urgency.EMERGENCY:  # in an emergency all are told at once
        return None
    turn = list(call_list(opened.clinic).select_related("user")[opened.step : opened.step + 1])
    at = opened.item.due_at + timedelta(minutes=opened.step * opened.clinic.escalate_minutes)
    return (turn, at) if turn else None


def troubles(viewer: Viewer, at: datetime) -> Troubles:
    """Whether urgent letters are stuck, and whether the worker that sends them is alive."""
    stuck = Delivery.objects.filter(
        sent_at=None, gave_up_at=None, queued_at__lt=at - UNSENT_AFTER, urgency__gte=Urgency.SAME_DAY
    )
    # counted, not filtered, by clinic: so the index of what waits is used and not the one of all the clinic ever sent
    unsent = stuck.aggregate(own=Count("pk", filter=Q(clinic=viewer.clinic)))["own"]
    beat = Heartbeat.objects.filter(name="worker").first()
    return Troubles(
        unsent=unsent,
        worker_seen=beat.at if beat else None,
        worker_silent=beat is None or beat.at < at - WORKER_SILENT_AFTER,
    )


def places_of(user: User) -> list[Staff]:
    """Where somebody works now, by the clinic's name."""
    return list(Staff.objects.filter(user=user, until=None).select_related("clinic").order_by("clinic__name"))


def _opened(viewer: Viewer, items: QuerySet[WorkItem], at: datetime) -> list[Opened]:
    """The items with all that hangs on them, in a fixed number of questions to the database."""
    clinic = viewer.own_clinic
    listed = call_list(clinic).count()
    related = items.select_related(
        "patient", "owner__user", "decision__checkin", "message", "procedure", "complication"
    )
    return [Opened(item, clinic, at, listed) for item in related.prefetch_related(*_hanging())]


def _hanging() -> Iterable[Prefetch[str]]:
    versions = ProcedureVersion.objects.filter(signed_at__isnull=False).order_by("number").prefetch_related("threads")
    checkins = CheckIn.objects.order_by("-said_at", "-received_at").defer("words")
    yield Prefetch("procedure__versions", queryset=versions.defer("note", "reason"), to_attr="signed_versions")
    yield Prefetch("procedure__checkins", queryset=checkins[:TREND_CHECKINS], to_attr="recent")
    judged = Judgement.objects.filter(about__in=(About.PATHWAY, About.REOPENING, About.THREADS)).defer("reason")
    yield Prefetch("complication__judgements", queryset=judged)
    yield Prefetch("complication__steps", queryset=StepDone.objects.defer("note"))
    yield Prefetch("actions", queryset=Action.objects.select_related("staff__user").order_by("id"))
