"""The log finds whoever wrote in it: an edit, a cut, a gap, a reorder; with a witness, a log rewritten as a whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from afterthread.clinic.flow import audit
from afterthread.clinic.flow.audit import breaches, witness
from afterthread.clinic.models import AuditHead, AuditRow
from tests.lib.clinic import a_clinic, a_patient, a_staff

pytestmark = pytest.mark.django_db
Rows = list[AuditRow]


@pytest.fixture
def rows() -> Rows:
    """A clinic's chain of a few rows."""
    doctor = a_staff(a_clinic())
    for name in ("Anna", "Bela", "Carla"):
        a_patient(doctor, name=name)
    assert doctor.clinic is not None
    found = list(AuditRow.objects.filter(chain=str(doctor.clinic.pk)))
    assert len(found) == 5
    assert not list(breaches())
    return found


@contextmanager
def unguarded() -> Iterator[None]:
    """As whoever owns the database file can: without the trigger that refuses changes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE clinic_auditrow DISABLE TRIGGER audit_no_change")
        else:
            for what in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER audit_no_{what}")
    yield


@pytest.mark.parametrize("act", [AuditRow.delete, AuditRow.save])
def test_it_cannot_be_changed(rows: Rows, act: Callable[[AuditRow], object]) -> None:
    """The database itself refuses to change or remove a row."""
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act(rows[2])


@pytest.mark.parametrize("column", ["verb", "role", "actor", "patient", "subject"])
def test_it_finds_an_edit(rows: Rows, column: str) -> None:
    """One other word in one row is found, at that row."""
    with unguarded():
        AuditRow.objects.filter(pk=rows[2].pk).update(**{column: "somebody else"})
    assert [(one.number, "changed" in one.wrong) for one in breaches()] == [(3, True)]


def test_it_finds_a_cut_at_the_end(rows: Rows) -> None:
    """The last rows are missing: the head says so."""
    with unguarded():
        rows[-1].delete()
    assert ["cut off" in one.wrong for one in breaches()] == [True]


def test_it_finds_a_gap(rows: Rows) -> None:
    """A row in the middle is missing."""
    with unguarded():
        rows[2].delete()
    assert any("missing" in one.wrong for one in breaches())


def test_it_finds_a_reorder(rows: Rows) -> None:
    """Two rows that changed places are found."""
    with unguarded():
        AuditRow.objects.filter(pk=rows[1].pk).update(number=99)
        AuditRow.objects.filter(pk=rows[2].pk).update(number=2)
        AuditRow.objects.filter(pk=rows[1].pk).update(number=3)
    assert {one.number for one in breaches()} >= {2, 3}


def test_it_finds_a_log_written_anew(rows: Rows) -> None:
    """Somebody with the keys writes the whole log anew without one row: only the witness kept elsewhere knows."""
    kept, chain = witness(), rows[0].chain
    with unguarded():
        AuditRow.objects.filter(chain=chain).delete()
        AuditHead.objects.filter(chain=chain).update(number=0, seal="")
        seal = ""
        for number, row in enumerate([*rows[:2], *rows[3:]], start=1):
            row.pk, row.number = None, number
            row.seal = seal = audit._seal(seal, row)
            row.save(force_insert=True)
        AuditHead.objects.filter(chain=chain).update(number=4, seal=seal)
    assert not list(breaches())
    assert ["rewritten" in one.wrong for one in breaches(kept)] == [True]
    assert not list(breaches(witness()))
