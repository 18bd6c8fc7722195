"""Who may do what, as one table; a verb or a page without a row does not start."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tables themselves name their roles from here
    from afterthread.clinic.models import Clinic, Device, Patient, Staff


class Role(enum.StrEnum):
    """What somebody is to a clinic."""

    PATIENT = "patient"
    PRACTITIONER = "practitioner"
    NURSE = "nurse"
    COORDINATOR = "coordinator"
    ADMIN = "admin"
    SYSTEM = "system"


PATIENT = frozenset({Role.PATIENT})
PRACTITIONER = frozenset({Role.PRACTITIONER})
CLINICAL = PRACTITIONER | {Role.NURSE}
DESK = CLINICAL | {Role.COORDINATOR}
ADMIN = frozenset({Role.ADMIN})
STAFF = DESK | ADMIN
SYSTEM = frozenset({Role.SYSTEM})

MAY: Mapping[str, frozenset[Role]] = {
    # the patient herself
    "checkin.submitted": PATIENT | CLINICAL,
    "device.left": PATIENT,
    "language.chosen": PATIENT,
    "message.written": PATIENT | DESK,
    "message.read": PATIENT | DESK,
    "device.revoked": PATIENT | STAFF,
    # without a session: whoever holds the link, or asks for one
    "link.exchanged": SYSTEM,
    # the record
    "patient.read": DESK,
    "patient.opened": DESK,
    "patient.enrolled": DESK,
    "patient.corrected": DESK,
    "link.issued": DESK,
    "procedure.drafted": CLINICAL,
    "procedure.changed": CLINICAL,
    "procedure.discarded": CLINICAL,
    "procedure.signed": PRACTITIONER,
    "procedure.corrected": PRACTITIONER,
    "procedure.closed": PRACTITIONER,
    # before the procedure
    "consultation.opened": CLINICAL,
    "consultation.changed": CLINICAL,
    "consultation.closed": CLINICAL,
    "screening.answered": PATIENT | CLINICAL,
    "screening.overridden": PRACTITIONER,
    "consent.signed": PATIENT | CLINICAL,
    "consent.withdrawn": PATIENT | CLINICAL,
    "preparation.reminded": SYSTEM,
    # consent texts
    "consent_text.read": STAFF,
    "consent_text.drafted": PRACTITIONER | ADMIN,
    "consent_text.changed": PRACTITIONER | ADMIN,
    "consent_text.published": PRACTITIONER | ADMIN,
    "consent_text.retired": PRACTITIONER | ADMIN,
    # stock and recalls
    "stock.read": DESK | ADMIN,
    "product.kept": CLINICAL | ADMIN,
    "lot.moved": CLINICAL | ADMIN,
    "recall.read": DESK,
    "recall.opened": CLINICAL,
    "recall.told": DESK,
    "recall.answered": DESK,
    "recall.closed": PRACTITIONER,
    "recall.exported": DESK,
    # what came of it
    "complication.opened": CLINICAL,
    "complication.judged": CLINICAL,
    "complication.stepped": CLINICAL,
    "complication.noted": DESK,
    "complication.closed": PRACTITIONER,
    "complication.reopened": CLINICAL,
    "removal.recorded": PRACTITIONER,
    "removal.corrected": PRACTITIONER,
    "outcome.told": PATIENT | CLINICAL,
    "outcomes.read": STAFF,
    "outcome.reminded": SYSTEM,
    # hand-off
    "handoff.issued": PRACTITIONER,
    "handoff.revoked": PATIENT | CLINICAL,
    "handoff.opened": SYSTEM,
    # the clinic's own protocol
    "overlay.read": STAFF,
    "overlay.drafted": PRACTITIONER,
    "overlay.changed": PRACTITIONER,
    "overlay.checked": PRACTITIONER,
    "overlay.adopted": PRACTITIONER,
    "overlay.discarded": PRACTITIONER,
    "protocol.signed_off": PRACTITIONER,
    "protocol.sign_off_withdrawn": PRACTITIONER,
    "procedure.moved": PRACTITIONER,
    # rights over one's own data
    "patient.exported": PATIENT | PRACTITIONER,
    "erasure.asked": PATIENT | DESK,
    "erasure.answered": ADMIN,
    "erasure.read": ADMIN,
    # the worklist
    "worklist.read": DESK,
    "item.claimed": DESK,
    "item.released": DESK,
    "item.contacted": DESK,
    "item.overridden": CLINICAL,
    "item.noted": DESK,
    "item.closed": DESK,
    "figures.read": STAFF,
    # the clinic
    "clinic.read": STAFF,
    "clinic.changed": ADMIN,
    "staff.read": STAFF,
    "staff.language_chosen": STAFF,
    "staff.invited": ADMIN,
    "staff.changed": ADMIN,
    "staff.ended": ADMIN,
    "audit.read": ADMIN,
    "clinic.opened": SYSTEM,
    "staff.appointed": SYSTEM,
    "staff.second_step_removed": SYSTEM,
    # by itself
    "silence.noticed": SYSTEM,
    "item.escalated": SYSTEM,
    "delivery.failed": SYSTEM,
}


class Refused(Exception):
    """The viewer may not do this."""


class Missing(Exception):
    """There is nothing here for this viewer; what stands elsewhere is missing too."""


class Conflict(Exception):
    """Somebody else was faster, or it was done already."""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks or acts, and in which clinic."""

    role: Role
    clinic: Clinic | None = None
    staff: Staff | None = None
    patient: Patient | None = None
    device: Device | None = None

    @property
    def own_clinic(self) -> Clinic:
        """The clinic in which she looks or acts; raises `Missing` for a viewer without one."""
        if self.clinic is None:
            raise Missing
        return self.clinic

    @property
    def own_staff(self) -> Staff:
        """Who of the clinic acts; raises `Missing` for a viewer who is not staff."""
        if self.staff is None:
            raise Missing
        return self.staff

    def may(self, what: str) -> bool:
        """Whether the table allows it."""
        return self.role in MAY[what]

    def require(self, what: str) -> None:
        """Raises `Refused` unless the table allows it."""
        if not self.may(what):
            raise Refused(what)


def system(clinic: Clinic | None = None) -> Viewer:
    """Afterthread acting by itself."""
    return Viewer(role=Role.SYSTEM, clinic=clinic)
