"""The key is changed while everything goes on, and the old one is kept as long as anything needs it."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as current

from afterthread.clinic import clock
from afterthread.clinic.cipher import Unreadable, keys, seal, unseal
from afterthread.clinic.key import new_keys, read_keys, write_keys
from afterthread.clinic.models import Patient, User
from afterthread.server.account import Factors
from afterthread.server.upkeep import rotate as upkeep
from afterthread.server.upkeep.rotate import StillSealed, retire, rotate
from afterthread.server.upkeep.table import tables
from tests.lib.clinic import a_clinic, a_patient, a_staff

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=2)


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, settings: Any) -> Path:
    """A key file of our own, which was written long ago."""
    settings.AFTERTHREAD_KEY_FILE = tmp_path / "keys.json"
    settings.AFTERTHREAD_KEYS = new_keys()
    write_keys(settings.AFTERTHREAD_KEY_FILE, settings.AFTERTHREAD_KEYS)
    return tmp_path / "keys.json"


def later() -> datetime:
    """When everybody has seen a change."""
    return clock.now() + LATER


def a_practice() -> Patient:
    """A patient, and a doctor with a second step."""
    patient = a_patient(a_staff(a_clinic()), phone="+49 30 5550199")
    data = {"secret": Factors().encrypt("totp")}
    Authenticator.objects.create(user=User.objects.get(), type="totp", data=data)
    return patient


def test_it_seals_everything_anew() -> None:
    """Afterwards the newest key alone opens names, letters and second steps."""
    a_practice()
    assert sum(count for _, count in rotate()) >= 3
    assert len(keys().seal) == 2
    assert retire(later()) == 1
    assert len(keys().seal) == 1
    assert Patient.objects.get().name == "Anna Beispiel"
    assert Factors().decrypt(Authenticator.objects.get().data["secret"]) == "totp"


def test_it_is_seen_by_those_who_run() -> None:
    """A server that is running reads and writes with the new key at once."""
    before = seal("word")
    list(rotate())
    assert upkeep.is_old(before)
    assert not upkeep.is_old(seal("word"))
    assert unseal(before) == "word"


def test_it_goes_on_where_it_stopped() -> None:
    """Stopped in the middle, it is started again, makes no third key and touches nothing twice."""
    a_practice()
    next(iter(rotate()))
    made = keys().seal
    again = dict(rotate())
    assert keys().seal == made
    assert set(dict(rotate()).values()) == {0}
    assert sum(again.values()) > 0


def test_it_keeps_what_somebody_wrote_meanwhile() -> None:
    """A name that is corrected between reading and writing is not put back."""
    patient = a_practice()
    table = next(table for table in tables() if table.model is Patient)
    ((pk, token),) = next(table.tokens("name"))
    patient.name = "Anna Neu"
    patient.save()
    assert not table.swap("name", pk, token, seal("Anna Alt"))
    assert Patient.objects.get().name == "Anna Neu"


def test_it_keeps_an_old_key_that_is_needed() -> None:
    """Nothing is dropped while a text, or a second step, needs it, or within a minute of the change."""
    a_practice()
    write_keys_with_new_seal()
    with pytest.raises(StillSealed, match="less than a minute"):
        retire(clock.now())
    with pytest.raises(StillSealed, match="clinic_patient has"):
        retire(later())
    for table in tables():
        if table.sealed:
            upkeep._reseal_column(table, table.sealed[0])
            for column in table.sealed:
                upkeep._reseal_column(table, column)
    with pytest.raises(StillSealed, match="second steps"):
        retire(later())
    assert len(keys().seal) == 2


def write_keys_with_new_seal() -> None:
    """The first half of a rotation."""
    write_keys(current.AFTERTHREAD_KEY_FILE, keys().with_new_seal())


def test_it_has_nothing_to_retire() -> None:
    """With one key there is nothing to do."""
    assert retire(later()) == 0


def test_it_keeps_working_without_its_file(key_file: Path) -> None:
    """A key file that was lost does not stop a server that has read it; it must be put back before the next start."""
    token = seal("word")
    os.unlink(key_file)  # noqa: PTH108 - as an accident would
    assert unseal(token) == "word"


def test_it_says_that_a_key_is_missing(key_file: Path) -> None:
    """With somebody else's keys nothing is readable, and that is said."""
    token = seal("word")
    write_keys(key_file, new_keys())
    assert read_keys(key_file) == keys()
    with pytest.raises(Unreadable, match="key file"):
        unseal(token)
