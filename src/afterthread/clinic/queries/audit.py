"""The clinic's own log as people read it: who did what, when, and on whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Model

from afterthread.clinic.models import AuditRow, Patient, Staff
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Missing, Role, Viewer

PAGE = 50
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `who` is somebody of the staff, a patient, or nobody when Afterthread acted by itself."""

    row: AuditRow
    who: Staff | Patient | None
    whom: Patient | None


def log(viewer: Viewer, number: int | str = 1) -> Page[Entry]:
    """One page of the clinic's chain, the newest act first."""
    viewer.require("audit.read")
    if viewer.clinic is None:
        raise Missing
    rows = AuditRow.objects.filter(chain=str(viewer.clinic.pk)).order_by("-number")
    page: Page[Any] = Paginator(rows, PAGE).get_page(number)
    page.object_list = _entries(viewer, list(page.object_list))
    return page


def _entries(viewer: Viewer, rows: list[AuditRow]) -> list[Entry]:
    staff = _by_id(viewer, Staff, (row.actor for row in rows))
    people = _by_id(viewer, Patient, [id for row in rows for id in (row.actor, row.patient)])
    return [
        Entry(row, (people if row.role == Role.PATIENT else staff).get(row.actor), people.get(row.patient))
        for row in rows
    ]


def _by_id(viewer: Viewer, table: type[Row], ids: Iterable[str]) -> dict[str, Row]:
    wanted = {UUID(id) for id in ids if id}
    rows = scope(viewer, table).filter(pk__in=wanted)
    return {str(row.pk): row for row in (rows.select_related("user") if table is Staff else rows)}
