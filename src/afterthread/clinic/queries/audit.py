"""The clinic's own log as people read it: who did what, when, and on whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from afterthread.clinic.models import AuditRow, Patient, Staff
from afterthread.clinic.roles import Role, Viewer

PAGE = 50
Row = TypeVar("Row", bound=Model)
DONE: Mapping[str, Promise] = {
    "checkin.submitted": gettext_lazy("sent a check-in"),
    "device.left": gettext_lazy("signed out on a device"),
    "language.chosen": gettext_lazy("chose another language"),
    "staff.language_chosen": gettext_lazy("chose another language"),
    "staff.second_step_removed": gettext_lazy("had a lost second step taken away"),
    "message.written": gettext_lazy("wrote a message"),
    "message.read": gettext_lazy("read the messages"),
    "device.revoked": gettext_lazy("ended a device"),
    "link.exchanged": gettext_lazy("let a device in by its link"),
    "patient.opened": gettext_lazy("opened the record"),
    "patient.enrolled": gettext_lazy("enrolled the patient"),
    "patient.corrected": gettext_lazy("changed the patient’s details"),
    "link.issued": gettext_lazy("issued a link"),
    "procedure.drafted": gettext_lazy("began to record a procedure"),
    "procedure.changed": gettext_lazy("changed a draft"),
    "procedure.discarded": gettext_lazy("discarded a draft"),
    "procedure.signed": gettext_lazy("signed a procedure"),
    "procedure.corrected": gettext_lazy("began to correct a procedure"),
    "procedure.closed": gettext_lazy("ended the follow-up"),
    "consultation.opened": gettext_lazy("began a consultation"),
    "consultation.changed": gettext_lazy("changed a consultation"),
    "consultation.closed": gettext_lazy("closed a consultation"),
    "screening.answered": gettext_lazy("answered the screening"),
    "screening.overridden": gettext_lazy("decided on a finding of the screening"),
    "preparation.reminded": gettext_lazy("reminded of the preparation"),
    "consent.signed": gettext_lazy("kept a signed consent"),
    "consent.withdrawn": gettext_lazy("kept that a consent was taken back"),
    "consent_text.drafted": gettext_lazy("drafted a consent text"),
    "consent_text.changed": gettext_lazy("changed the draft of a consent text"),
    "consent_text.published": gettext_lazy("published a consent text"),
    "consent_text.retired": gettext_lazy("retired a consent text"),
    "patient.exported": gettext_lazy("took a copy of the whole record"),
    "erasure.asked": gettext_lazy("asked for erasure"),
    "erasure.answered": gettext_lazy("answered a wish for erasure"),
    "outcome.told": gettext_lazy("said what came of a procedure"),
    "outcome.reminded": gettext_lazy("asked what came of a procedure"),
    "handoff.issued": gettext_lazy("signed a hand-off"),
    "handoff.revoked": gettext_lazy("revoked a hand-off"),
    "handoff.opened": gettext_lazy("opened a hand-off by its code and its digits"),
    "item.claimed": gettext_lazy("took a work item"),
    "item.released": gettext_lazy("gave a work item back"),
    "item.contacted": gettext_lazy("kept what came of a contact"),
    "item.overridden": gettext_lazy("changed an urgency"),
    "item.noted": gettext_lazy("added a note"),
    "item.closed": gettext_lazy("closed a work item"),
    "product.kept": gettext_lazy("described a product"),
    "lot.moved": gettext_lazy("changed the stock"),
    "recall.opened": gettext_lazy("opened a recall"),
    "recall.told": gettext_lazy("told a patient of a recall"),
    "recall.answered": gettext_lazy("kept an answer to a recall"),
    "recall.closed": gettext_lazy("closed a recall"),
    "recall.exported": gettext_lazy("saved a recall as a table"),
    "clinic.changed": gettext_lazy("changed the settings"),
    "clinic.opened": gettext_lazy("opened the clinic"),
    "staff.invited": gettext_lazy("invited somebody"),
    "staff.changed": gettext_lazy("changed a role or a place on the call list"),
    "staff.ended": gettext_lazy("ended somebody’s access"),
    "staff.appointed": gettext_lazy("appointed somebody"),
    "overlay.drafted": gettext_lazy("began a draft of the protocol"),
    "overlay.changed": gettext_lazy("changed the draft of the protocol"),
    "overlay.checked": gettext_lazy("checked the draft of the protocol"),
    "overlay.adopted": gettext_lazy("adopted a protocol for new plans"),
    "overlay.discarded": gettext_lazy("discarded the draft of the protocol"),
    "protocol.signed_off": gettext_lazy("signed off the protocol"),
    "protocol.sign_off_withdrawn": gettext_lazy("withdrew a sign-off"),
    "procedure.moved": gettext_lazy("moved a plan to another protocol"),
    "silence.noticed": gettext_lazy("noticed a silence"),
    "item.escalated": gettext_lazy("told the next on the call list"),
    "delivery.failed": gettext_lazy("gave up on a letter"),
}
"""What each verb is called in the log; a verb without a name stands there as itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `who` is somebody of the staff, a patient, or nobody when Afterthread acted by itself."""

    row: AuditRow
    who: Staff | Patient | None
    whom: Patient | None
    times: int = 1
    """How often the same was done around then, where one line tells it all."""


def log(viewer: Viewer, number: int | str = 1) -> Page[Entry]:
    """One page of the clinic's chain, the newest act first."""
    viewer.require("audit.read")
    rows = AuditRow.objects.filter(chain=str(viewer.own_clinic.pk)).order_by("-number")
    page: Page[Any] = Paginator(rows, PAGE).get_page(number)
    page.object_list = entries_of(viewer, list(page.object_list))
    return page


def entries_of(viewer: Viewer, rows: list[AuditRow]) -> list[Entry]:
    """Rows of the log with the people in them."""
    staff = _by_id(viewer, Staff, (row.actor for row in rows))
    people = _by_id(viewer, Patient, [id for row in rows for id in (row.actor, row.patient)])
    return [
        Entry(row, (people if row.role == Role.PATIENT else staff).get(row.actor), people.get(row.patient))
        for row in rows
    ]


def _by_id(viewer: Viewer, table: type[Row], ids: Iterable[str]) -> dict[str, Row]:
    wanted = {UUID(id) for id in ids if id}
    rows = table._default_manager.filter(clinic=viewer.own_clinic, pk__in=wanted)  # noqa: SLF001 - Django's own name
    return {str(row.pk): row for row in (rows.select_related("user") if table is Staff else rows)}
