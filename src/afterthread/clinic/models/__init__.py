"""Every table of Afterthread."""

from afterthread.clinic.models.audit import AuditHead, AuditRow
from afterthread.clinic.models.checkin import CheckIn, Decision
from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.models.message import Message
from afterthread.clinic.models.outbox import Delivery, Heartbeat
from afterthread.clinic.models.patient import Device, Link, Patient
from afterthread.clinic.models.procedure import Procedure, ProcedureVersion, Thread
from afterthread.clinic.models.protocol import ProtocolVersion
from afterthread.clinic.models.staff import Staff, User, call_list
from afterthread.clinic.models.worklist import Action, WorkItem

__all__ = [
    "Action",
    "AuditHead",
    "AuditRow",
    "CheckIn",
    "Clinic",
    "Decision",
    "Delivery",
    "Device",
    "Heartbeat",
    "Link",
    "Message",
    "Patient",
    "Procedure",
    "ProcedureVersion",
    "ProtocolVersion",
    "Staff",
    "Thread",
    "User",
    "WorkItem",
    "call_list",
]
