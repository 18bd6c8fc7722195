"""The measurement that kills processes would see a check-in that was lost, doubled or partial."""

import inspect
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Model

from afterthread.clinic.models import CheckIn, Decision, Delivery, WorkItem
from bench import disk, fail_point
from bench.kill import wrong_of
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def checkin() -> CheckIn:
    """An emergency that was acknowledged."""
    doctor = a_staff(a_clinic(), called=1)
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    return says(on_phone(doctor, patient)[0], procedure, MONDAY + timedelta(days=1), vision="yes")


def test_it_finds_nothing_wrong(checkin: CheckIn) -> None:
    """What is whole is whole."""
    assert not wrong_of([str(checkin.key)])


@pytest.mark.parametrize(("gone", "what"), [(Decision, "without decision"), (WorkItem, "without work item")])
def test_it_sees_what_is_partial(checkin: CheckIn, gone: type[Model], what: str) -> None:
    """A check-in without what belongs to it is counted."""
    gone._default_manager.all().delete()
    assert wrong_of([str(checkin.key)])[what] == 1


def test_it_sees_a_letter_that_was_not_queued(checkin: CheckIn) -> None:
    """An emergency of which nobody would be told is counted."""
    Delivery.objects.all().delete()
    assert wrong_of([str(checkin.key)])["without letter"] == 1


def test_it_sees_what_is_lost(checkin: CheckIn) -> None:
    """One that was promised and is not there is counted."""
    assert wrong_of([str(uuid4())])["lost"] == 1


def test_it_sees_what_is_not_in_the_log(checkin: CheckIn) -> None:
    """One that left no trace in the log, and one stored twice, are counted."""
    checkin.pk, checkin.procedure_id, checkin.key = uuid4(), checkin.procedure_id, uuid4()
    checkin.save(force_insert=True)
    assert wrong_of([])["without one row in the log"] == 1


def test_it_dies_where_something_is_called() -> None:
    """Every named point stands in for a function: in place of anything else a death would be an error instead."""
    for owner, name, death in fail_point.points().values():
        assert inspect.isfunction(getattr(owner, name)), name
        assert callable(death)


POINTS = {"died": {"before commit": fail_point.TIMES}, "acknowledged": 6, "wrong": {}}
SERVER = {"blows": 6, "broken": 9, "acknowledged": 90, "wrong": {}}
DISK = {"promised": 9, "answers": {"201": 9, "507": 4}, "wrong": {}}


def test_it_misses_points_at_which_nothing_died_or_something_was_lost() -> None:
    """A process that lived on proves nothing."""
    row = fail_point._row_of_points
    assert row("sqlite", POINTS)["met"]
    assert not row("sqlite", POINTS | {"died": {"before commit": 5}})["met"]
    assert not row("sqlite", POINTS | {"wrong": {"lost": 1}})["met"]


def test_it_misses_a_server_that_was_not_hit() -> None:
    """Nothing broken off means that nothing was tried."""
    row = fail_point._row_of_server
    assert row(SERVER)["met"]
    assert not row(SERVER | {"broken": 0})["met"]
    assert not row(SERVER | {"wrong": {"doubled": 1}})["met"]


def test_it_misses_a_disk_that_never_was_full() -> None:
    """Without a refusal the disk had room."""
    assert disk.row(DISK)["met"]
    assert not disk.row(DISK | {"answers": {"201": 9}})["met"]
    assert not disk.row(DISK | {"wrong": {"lost": 1}})["met"]
