"""Patients: the list of a clinic, and everything that happened to one of them in the order it happened."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator

from afterthread.clinic.models import (
    Action,
    Complication,
    Device,
    Judgement,
    Message,
    Patient,
    Procedure,
    ProcedureVersion,
    Removal,
    WorkItem,
)
from afterthread.clinic.queries.complication.judgement import About
from afterthread.clinic.queries.complication.removal import counting
from afterthread.clinic.queries.recovery import Recovery
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.protocol.model import Urgency

PAGE = 25
OF_A_CASE = (Action.Kind.RAISED, Action.Kind.MOVED, Action.Kind.CLOSED)
KINDS = ("procedure", "checkin", "action", "message", "complication")


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient as a row: when her last procedure was, and what is open about her."""

    patient: Patient
    last: date | None
    open: int
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `row` is what it is about, `recovery` the one that it belongs to."""

    kind: str
    at: datetime
    row: Any
    recovery: Recovery | None = None


def patients(viewer: Viewer, name: str = "", number: int | str = 1) -> Page[Listed]:
    """One page of the clinic's patients, the newest first; with `name` only those whose name has all its words.

    Names are sealed, so they are opened one by one and compared here, never in the database.
    """
    viewer.require("patient.read")
    rows = scope(viewer, Patient).order_by("-enrolled_at", "pk")
    wanted, found = _folded(name).split(), None
    if wanted:
        found = [id for id, full in rows.values_list("pk", "name") if all(word in _folded(full) for word in wanted)]
    page: Page[Any] = Paginator(rows if found is None else found, PAGE).get_page(number)
    chosen = page.object_list if found is None else rows.filter(pk__in=page.object_list)
    page.object_list = _listed(viewer, list(chosen))
    return page


def _folded(text: str) -> str:
    """As it is compared: without accents, capitals and outer blanks."""
    parts = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _listed(viewer: Viewer, rows: list[Patient]) -> list[Listed]:
    """Patients with what stands beside them, in two more questions for the whole page."""
    last: dict[Any, date] = {}
    versions = scope(viewer, ProcedureVersion).filter(patient__in=rows, signed_at__isnull=False)
    for version in versions.order_by("placed_at").only("patient", "placed_at", "time_zone"):
        last[version.patient_id] = version.day_zero
    count: Counter[Any] = Counter()
    worst: dict[Any, int] = {}
    for item in scope(viewer, WorkItem).filter(patient__in=rows, closed_at=None).only("patient", "urgency"):
        count[item.patient_id] += 1
        worst[item.patient_id] = max(worst.get(item.patient_id, 0), item.urgency)
    return [Listed(one, last.get(one.pk), count[one.pk], Urgency(worst.get(one.pk, 0))) for one in rows]


def devices_of(viewer: Viewer, patient: Patient) -> list[Device]:
    """Where a patient is in, the last one seen first."""
    return list(scope(viewer, Device).filter(patient=patient, ended_at=None).order_by("-seen_at"))


def open_items_of(viewer: Viewer, patient: Patient) -> list[WorkItem]:
    """What is open about a patient, the most urgent first."""
    rows = scope(viewer, WorkItem).filter(patient=patient, closed_at=None)
    return list(rows.select_related("owner__user").order_by("-urgency", "due_at"))


def drafts_of(viewer: Viewer, patient: Patient) -> list[ProcedureVersion]:
    """What somebody began to record and nobody signed."""
    rows = scope(viewer, ProcedureVersion).filter(patient=patient, signed_at=None)
    return list(rows.select_related("drafted_by__user").order_by("-drafted_at"))


def timeline(
    viewer: Viewer, patient: Patient, recoveries: list[Recovery], talk: list[Message], only: str = ""
) -> list[Event]:
    """Everything that happened, with her messages, the newest first; `only` one of `KINDS`, or nothing for all."""
    made = {
        "procedure": lambda: _procedures(viewer, patient),
        "checkin": lambda: [event for one in recoveries for event in _checkins(one)],
        "action": lambda: _actions(viewer, patient),
        "message": lambda: [Event("message", row.at, row) for row in talk],
        "complication": lambda: _complications(viewer, patient),
    }
    events = [event for kind in KINDS if only in ("", kind) for event in made[kind]()]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _checkins(recovery: Recovery) -> list[Event]:
    return [Event("checkin", said.checkin.said_at, said, recovery) for said in recovery.said]


def _procedures(viewer: Viewer, patient: Patient) -> list[Event]:
    versions = scope(viewer, ProcedureVersion).filter(patient=patient, signed_at__isnull=False)
    rows = versions.select_related("signed_by__user", "procedure").prefetch_related("threads")
    events = [Event("procedure", (row.number > 1 and row.signed_at) or row.placed_at, row) for row in rows]
    closed = scope(viewer, Procedure).filter(patient=patient, closed_at__isnull=False)
    return events + [Event("closed", row.closed_at, row) for row in closed if row.closed_at]


def _complications(viewer: Viewer, patient: Patient) -> list[Event]:
    """Cases as they were opened, judged, closed and opened again, and the threads taken out."""
    opened = scope(viewer, Complication).filter(patient=patient).select_related("opened_by__user", "procedure")
    told = scope(viewer, Judgement).filter(patient=patient, about__in=(About.PATHWAY, About.CLOSING, About.REOPENING))
    taken = scope(viewer, Removal).filter(patient=patient).select_related("by__user", "procedure")
    return [
        *(Event("case", row.opened_at, row) for row in opened),
        *(Event("judged", row.at, row) for row in told.select_related("by__user", "complication__procedure")),
        *(Event("removal", row.removed_at, row) for row in counting(taken)),
    ]


def _actions(viewer: Viewer, patient: Patient) -> list[Event]:
    rows = scope(viewer, Action).filter(item__patient=patient).select_related("staff__user", "item")
    rows = rows.exclude(item__kind=WorkItem.Kind.STEP, kind__in=OF_A_CASE)  # the case itself tells these
    return [Event("action", row.at, row) for row in rows]
