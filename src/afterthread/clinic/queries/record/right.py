"""What a clinic holds about one person: all of it as data, who saw it, and until when the law makes it stay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.apps import apps
from django.core.paginator import Page, Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Max, Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Action, AuditRow, Decision, Erasure, Patient, Procedure, Signature, Staff, Thread
from afterthread.clinic.queries.audit import Entry, entries_of
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Role, Viewer

THROUGH = {Thread: "version__patient", Decision: "checkin__patient", Action: "item__patient"}
"""Tables without a column for the person, and the way to her."""
TITLES: Mapping[str, Promise] = {
    "patient": _("Person"),
    "consultation": _("Consultations"),
    "screening": _("Screening before a session"),
    "override": _("Findings that a clinician decided on"),
    "signature": _("Consent"),
    "withdrawal": _("Consent taken back"),
    "procedure": _("Procedures"),
    "procedureversion": _("Records of procedures"),
    "thread": _("Threads"),
    "move": _("Plans moved to another version"),
    "checkin": _("Check-ins"),
    "decision": _("What was decided on them"),
    "message": _("Messages"),
    "workitem": _("What the clinic had to look at"),
    "action": _("What the clinic did"),
    "complication": _("Complications"),
    "judgement": _("What they were judged to be"),
    "stepdone": _("Steps taken on them"),
    "remark": _("Notes on them"),
    "removal": _("Threads taken out"),
    "outcome": _("Outcome"),
    "handoff": _("Hand-off pages"),
    "notice": _("Recalls that you were told of"),
    "device": _("Devices"),
    "link": _("Links"),
    "delivery": _("Letters"),
    "erasure": _("Wish to be forgotten"),
}
"""The tables with something of a person in them, in the order in which people read them."""
LEFT_OUT = frozenset(
    {"id", "clinic", "patient", "secret", "code", "pin", "email_index", "content", "revision", "key", "failures"}
)
"""Columns that say nothing about her: keys, fingerprints, counters, and secrets that would let somebody else in."""
AGAIN = timedelta(minutes=30)
MOST = 50


@dataclass(frozen=True, slots=True)
class Chapter:
    """One table's rows about one person, each by the names of its columns."""

    name: str
    rows: list[dict[str, Any]]

    @property
    def title(self) -> str:
        """What it is called."""
        return str(TITLES[self.name])


def personal() -> list[type[Model]]:
    """Every table with something of a person in it, in the order of `TITLES`."""
    tables = [model for model in apps.get_app_config("clinic").get_models() if way_to(model) is not None]
    return sorted(tables, key=lambda model: list(TITLES).index(name_of(model)))


def name_of(model: type[Model]) -> str:
    """A table's name in the export."""
    return str(model._meta.model_name)  # noqa: SLF001 - Django's own name for it


def way_to(model: type[Model]) -> str | None:
    """How its rows lead to a person; none when they are about nobody."""
    if model is Patient:
        return "pk"
    if model in THROUGH:
        return THROUGH[model]
    columns = {field.name: field for field in model._meta.fields}  # noqa: SLF001 - as above
    return "patient" if isinstance(columns.get("patient"), ForeignKey) else None


def rows_of(model: type[Model], patient: Patient) -> QuerySet[Any]:
    """The rows of a table that are about her."""
    return model._default_manager.filter(**{str(way_to(model)): patient.pk}).order_by("pk")  # noqa: SLF001 - as above


def export_of(viewer: Viewer, patient: Patient) -> list[Chapter]:
    """Everything that is held about one person, table by table; nothing is left out but secrets and counters."""
    viewer.require("patient.exported")
    staff = {row.pk: str(row) for row in Staff.objects.filter(clinic=viewer.own_clinic).select_related("user")}
    return [
        Chapter(name_of(model), [_row(one, staff) for one in rows_of(model, patient).iterator(500)])
        for model in personal()
    ]


def _row(one: Model, staff: Mapping[Any, str]) -> dict[str, Any]:
    return {name: value for name, value in _columns(one, staff) if value not in (None, "", [], {})}


def _columns(one: Model, staff: Mapping[Any, str]) -> Iterator[tuple[str, Any]]:
    if not isinstance(one, Patient):
        yield "id", one.pk
    for field in one._meta.fields:  # noqa: SLF001 - as above
        value = getattr(one, field.attname)
        if field.name in LEFT_OUT:
            continue
        is_staff = isinstance(field, ForeignKey) and field.related_model is Staff
        yield field.name, staff.get(value, "") if is_staff and value else value
    if isinstance(one, Signature):
        yield "words", one.text.words.get(one.language)  # what was signed, word for word


def document_of(viewer: Viewer, patient: Patient, at: datetime) -> str:
    """The export as one JSON text: table -> rows -> columns."""
    clinic = {"name": viewer.own_clinic.name, "country": viewer.own_clinic.country, "phone": viewer.own_clinic.phone}
    record = {chapter.name: chapter.rows for chapter in export_of(viewer, patient)}
    told = {"clinic": clinic, "exported_at": at, "record": record}
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)


def access_of(viewer: Viewer, patient: Patient, number: int | str = 1) -> Page[Entry]:
    """One page of who read or changed her record, the newest first; for herself and for nobody else."""
    rows = AuditRow.objects.filter(patient=str(patient.pk), chain=str(viewer.own_clinic.pk)).order_by("-at", "-number")
    if viewer.role is Role.PATIENT and (viewer.patient is None or viewer.patient.pk != patient.pk):
        rows = rows.none()
    page: Page[Any] = Paginator(rows, MOST).get_page(number)
    page.object_list = _together(entries_of(viewer, list(page.object_list)))
    return page


def _together(entries: list[Entry]) -> list[Entry]:
    """Somebody at work turns many pages of one record: what she did again within the half hour is one line."""
    told: list[Entry] = []
    for one in entries:
        last = told[-1] if told else None
        if last and _act(one) == _act(last) and last.row.at - one.row.at < AGAIN:
            told[-1] = replace(last, times=last.times + 1)
        else:
            told.append(one)
    return told


def _act(entry: Entry) -> tuple[str, str, str]:
    return entry.row.role, entry.row.actor, entry.row.verb


# -- How long it stays -----------------------------------------------------------------------------------------------


def last_entry(patient: Patient) -> datetime:
    """When something was last written into her medical record."""
    found: list[datetime | None] = [patient.enrolled_at, patient.messages.aggregate(at=Max("at"))["at"]]
    made = Procedure.objects.filter(patient=patient)
    found += made.aggregate(one=Max("opened_at"), two=Max("signed_at"), three=Max("checkins__received_at")).values()
    return max(moment for moment in found if moment is not None)


def kept_until(patient: Patient) -> date:
    """The last day on which the law makes the clinic keep her record: whole years after the year of the last entry."""
    clinic = patient.clinic
    return date(last_entry(patient).astimezone(clinic.zone).year + clinic.keep_years, 12, 31)


def counts_of(patient: Patient) -> dict[str, int]:
    """How many rows each table has about her, without those that have none."""
    counted = ((name_of(model), rows_of(model, patient).count()) for model in personal())
    return {name: count for name, count in counted if count}


def erasures(viewer: Viewer) -> list[Erasure]:
    """Every wish of the clinic's patients: the unanswered first, then those that wait for the law's term."""
    viewer.require("erasure.read")
    rows = scope(viewer, Erasure).select_related("patient__clinic", "asked_by__user", "answered_by__user")
    open_ones, answered = rows.filter(answered_at=None), rows.exclude(answered_at=None)
    return list(chain(open_ones.order_by("asked_at"), answered.order_by("-answered_at")))
