"""The one door to the tables: what is outside a viewer's reach looks no different from what does not exist."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from afterthread.clinic.models import Patient
from afterthread.clinic.roles import Missing, Role, Viewer

Row = TypeVar("Row", bound=Model)


def scope(viewer: Viewer, table: type[Row]) -> QuerySet[Row]:
    """The rows of the viewer's clinic, and for a patient only her own; raises `Missing` for a viewer without one."""
    rows = table._default_manager.filter(clinic=viewer.own_clinic)  # noqa: SLF001 - Django's own name for it
    if viewer.role is Role.PATIENT:
        if viewer.patient is None:
            raise Missing
        own = {"pk": viewer.patient.pk} if table is Patient else {"patient": viewer.patient}
        rows = rows.filter(**own)
    return rows


def get(viewer: Viewer, table: type[Row], id: UUID, *related: str) -> Row:
    """One row by its id; raises `Missing` alike for what is elsewhere and for what is nowhere."""
    found = scope(viewer, table).filter(pk=id).select_related(*related).first()
    if found is None:
        raise Missing
    return found
