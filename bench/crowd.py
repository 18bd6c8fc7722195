"""Fills a practice with very many check-ins: one patient by the verbs of the house, everybody else as her copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # tables can be imported only where Django was started
    from django.db.models import Model

    from afterthread.clinic.models import Procedure
    from afterthread.clinic.roles import Viewer

DAYS, ANSWERED = 90, 10
"""How long the patients have been in recovery, and how many closed items each keeps for a hundred check-ins."""
SIGN = {"level": "severe", "trend": "worse"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the two databases say differently."""

    uuid: str
    fast: tuple[str, ...]


SQLITE = Dialect(
    "lower(hex(randomblob(16)))",
    ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000"),
)
POSTGRESQL = Dialect("gen_random_uuid()", ("SET synchronous_commit=off", "SET work_mem='256MB'"))


def fill(patients: int, each: int, opened: int) -> dict[str, int]:
    """So many patients with so many check-ins each, and so many open items; returns what was copied."""
    from django.db import transaction

    from afterthread.server.upkeep.run import collect

    with filling() as dialect:
        collect()
        with transaction.atomic():
            nurse, template = _tell(each)
        counts = Copier(template, dialect.uuid).copy(patients - 1)
        with transaction.atomic():
            _open(nurse, template, opened)
    return counts


@contextmanager
def filling() -> Iterator[Dialect]:
    """New tables that are filled as fast as may be, and counted afterwards, so that questions find the best way."""
    from django.db import connection

    from afterthread.server.upkeep.run import migrate

    migrate()
    dialect = SQLITE if connection.vendor == "sqlite" else POSTGRESQL
    with connection.cursor() as cursor:
        for statement in dialect.fast:
            cursor.execute(statement)
    yield dialect
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()  # the next one is as an installation has it


def _tell(each: int) -> tuple[Viewer, Procedure]:
    """The patient who is copied: her check-ins, and what was looked at and closed."""
    from afterthread.clinic import clock
    from afterthread.clinic.flow.worklist import close_item, contact_patient
    from afterthread.clinic.models import Action, WorkItem
    from afterthread.clinic.roles import Role
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff, on_phone, says

    start = clock.now() - timedelta(days=DAYS)
    clinic = a_clinic(at=start)
    doctor, nurse = (a_staff(clinic, role, at=start) for role in (Role.PRACTITIONER, Role.NURSE))
    patient = a_patient(doctor, start)
    procedure = a_procedure(doctor, patient, start)
    phone, _ = on_phone(doctor, patient, start)
    for number in range(each):
        at = start + timedelta(hours=2) + number * timedelta(days=DAYS - 1) / each
        answers: dict[str, Any] = {} if number % ANSWERED else {"redness": SIGN}
        says(phone, procedure, at, **answers)
        for item in WorkItem.objects.filter(procedure=procedure, closed_at=None):
            told: dict[str, Any] = {"viewer": nurse, "item": item, "outcome": Action.Outcome.REASSURED}
            then = at + timedelta(minutes=30)
            contact_patient(revision=item.revision, at=then, **told)
            item.refresh_from_db()
            close_item(revision=item.revision, at=then, **told)
    for item in WorkItem.objects.order_by("opened_at")[each // ANSWERED :]:
        item.delete()  # frequent check-ins ask for a look by themselves; what is stored stays like life
    return nurse, procedure


def _open(nurse: Viewer, template: Procedure, count: int) -> None:
    """So many patients say something that has to be looked at."""
    from afterthread.clinic import clock
    from afterthread.clinic.models import Procedure
    from afterthread.clinic.roles import Role, Viewer
    from tests.lib.clinic import says

    now = clock.now()
    for number, procedure in enumerate(Procedure.objects.exclude(pk=template.pk).order_by("pk")[:count]):
        viewer = Viewer(role=Role.PATIENT, clinic=nurse.clinic, patient=procedure.patient)
        answers: dict[str, Any] = {"redness": SIGN, "fever": {"level": "yes" if number % 2 else "no"}}
        says(viewer, procedure, now - timedelta(minutes=number), **answers)


class Copier:
    """Copies everything that hangs on one procedure, within the database, table by table."""

    def __init__(self, template: Procedure, uuid: str) -> None:
        self.template, self.uuid = template, uuid
        self.old, self.hers = _key(template.pk), _key(template.patient_id)

    def copy(self, more: int) -> dict[str, int]:
        """So many further patients; returns how many rows of what are new."""
        from afterthread.clinic.models import CheckIn, ProcedureVersion, WorkItem

        self.people(more)
        self.hanging(ProcedureVersion)
        self.threads()
        return {
            "check-ins": self.hanging(CheckIn, key=self.uuid),
            "decisions": self._decisions(),
            "closed items": self.hanging(WorkItem, decision_id="NULL"),
            "actions": self._actions(),
            "rows of the log": self._log(),
        }

    def people(self, more: int) -> None:
        """So many further patients, each with a procedure and with the devices of the first."""
        from afterthread.clinic.models import Device, Patient, Procedure

        series = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n) s"
        insert(Patient, f"{series} CROSS JOIN clinic_patient t WHERE t.id = %s", (more, self.hers), id=self.uuid)
        others = "CROSS JOIN clinic_patient p WHERE t.{} = %s AND p.id <> %s"
        new = {"id": self.uuid, "patient_id": "p.id"}
        insert(Procedure, f"clinic_procedure t {others.format('id')}", (self.old, self.hers), **new)
        secret = f"replace(CAST({self.uuid} AS text) || CAST({self.uuid} AS text), '-', '')"
        insert(Device, f"clinic_device t {others.format('patient_id')}", (self.hers, self.hers), **new, secret=secret)

    def hanging(self, table: type[Model], **changed: str) -> int:
        """The rows of a table that point to the procedure itself."""
        source = f"{name_of(table)} t JOIN clinic_procedure q ON q.id <> t.procedure_id WHERE t.procedure_id = %s"
        moved = {"id": self.uuid, "patient_id": "q.patient_id", "procedure_id": "q.id"}
        return insert(table, source, (self.old,), **moved, **changed)

    def threads(self, **changed: str) -> int:
        """The threads of every version of a record."""
        from afterthread.clinic.models import Thread

        source = "clinic_thread t JOIN clinic_procedureversion v ON v.id <> t.version_id WHERE t.version_id = %s"
        return insert(Thread, source, (_key(self.template.versions.get().pk),), version_id="v.id", **changed)

    def _decisions(self) -> int:
        """Every copy of a check-in was said at the moment of its original."""
        from afterthread.clinic.models import Decision

        source = (
            "clinic_decision t JOIN clinic_checkin o ON o.id = t.checkin_id "
            "JOIN clinic_checkin c ON c.procedure_id <> o.procedure_id AND c.said_at = o.said_at "
            "JOIN clinic_procedureversion v ON v.procedure_id = c.procedure_id WHERE o.procedure_id = %s"
        )
        return insert(Decision, source, (self.old,), checkin_id="c.id", version_id="v.id")

    def _actions(self) -> int:
        from afterthread.clinic.models import Action

        source = (
            "clinic_action t JOIN clinic_workitem o ON o.id = t.item_id JOIN clinic_workitem i "
            "ON i.procedure_id <> o.procedure_id AND i.opened_at = o.opened_at WHERE o.procedure_id = %s"
        )
        return insert(Action, source, (self.old,), item_id="i.id")

    def _log(self) -> int:
        """A row for every check-in; their seals do not hold, and no page asks."""
        from afterthread.clinic.models import AuditHead, AuditRow

        head = AuditHead.objects.get(clinic=self.template.clinic)
        sample = AuditRow.objects.filter(chain=head.chain).latest("number")
        source = "clinic_auditrow t CROSS JOIN clinic_checkin c WHERE t.id = %s AND c.procedure_id <> %s"
        who = "CAST(c.patient_id AS text)"
        number = f"{head.number} + row_number() OVER ()"
        told = {"number": number, "patient": who, "actor": who, "at": "c.received_at"}
        added = insert(AuditRow, source, (sample.pk, self.old), **told)
        AuditHead.objects.filter(pk=head.pk).update(number=head.number + added)
        return added


def name_of(table: type[Model]) -> str:
    """What the database calls it."""
    return table._meta.db_table  # noqa: SLF001 - Django's own name for it


def insert(table: type[Model], source: str, values: tuple[Any, ...], **changed: str) -> int:
    """Copy the rows called t of a FROM clause, with some columns changed; returns how many were added."""
    from django.db import connection

    names = _columns(table)
    picked = ", ".join(changed.get(name, f't."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f"INSERT INTO {name_of(table)} ({quoted}) SELECT {picked} FROM {source}"  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        added: int = cursor.rowcount
    return added


def _columns(table: type[Model]) -> list[str]:
    """Every column but the one that the database numbers by itself."""
    from django.db.models import AutoField

    fields = table._meta.concrete_fields  # noqa: SLF001 - Django's own name for it
    return [str(field.column) for field in fields if not isinstance(field, AutoField)]


def _key(id: Any) -> Any:
    """A key as the database keeps it."""
    from django.db import connection

    return id.hex if connection.vendor == "sqlite" else id
