"""Every table of Afterthread."""

from afterthread.clinic.models.audit import AuditHead, AuditRow
from afterthread.clinic.models.checkin import CheckIn, Decision
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.message import Message
from afterthread.clinic.models.outbox import Delivery, Heartbeat
from afterthread.clinic.models.patient import Device, Link, Patient
from afterthread.clinic.models.procedure import Procedure, ProcedureVersion, Thread
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.record.complication import Complication, Judgement, Remark, StepDone
from afterthread.clinic.models.record.consent import ConsentText, Signature, Withdrawal
from afterthread.clinic.models.record.consultation import Consultation
from afterthread.clinic.models.record.handoff import Handoff
from afterthread.clinic.models.record.outcome import Outcome
from afterthread.clinic.models.record.overlay import Move, Overlay, SignOff
from afterthread.clinic.models.record.recall import Movement, Notice, Recall
from afterthread.clinic.models.record.removal import Removal
from afterthread.clinic.models.record.right import Erasure
from afterthread.clinic.models.record.screening import Override, Screening
from afterthread.clinic.models.record.stock import Lot, Product
from afterthread.clinic.models.staff import Staff, User, call_list
from afterthread.clinic.models.worklist import Action, WorkItem

__all__ = [
    "Action",
    "AuditHead",
    "AuditRow",
    "CheckIn",
    "Clinic",
    "Complication",
    "ConsentText",
    "Consultation",
    "Decision",
    "Delivery",
    "Device",
    "Erasure",
    "Handoff",
    "Heartbeat",
    "Judgement",
    "Link",
    "Lot",
    "Message",
    "Move",
    "Movement",
    "Notice",
    "Outcome",
    "Overlay",
    "Override",
    "Patient",
    "Procedure",
    "ProcedureVersion",
    "Product",
    "ProtocolVersion",
    "Recall",
    "Remark",
    "Removal",
    "Screening",
    "SignOff",
    "Signature",
    "Staff",
    "StepDone",
    "Thread",
    "User",
    "Withdrawal",
    "WorkItem",
    "call_list",
]
