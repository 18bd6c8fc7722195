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
CLINICAL = frozenset({Role.PRACTITIONER, Role.NURSE})
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
    "procedure.signed": frozenset({Role.PRACTITIONER}),
    "procedure.corrected": frozenset({Role.PRACTITIONER}),
    "procedure.closed": frozenset({Role.PRACTITIONER}),
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
