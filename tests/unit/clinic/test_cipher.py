"""What names a person or tells her story is unreadable in the database, and readable again with the keys."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from afterthread.clinic import cipher
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.key import KeyFileError, fresh, new_keys, read_keys, write_keys
from afterthread.clinic.models import Patient
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says


@pytest.mark.django_db
def test_it_leaves_nothing_readable() -> None:
    """Name, address, phone, diary words and messages are found in no column of no table."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor, name="Zaubermann", email="zauber@mann.example", phone="+49 170 7654321")
    procedure = a_procedure(doctor, patient, note="Zaubernotiz")
    phone, _ = on_phone(doctor, patient)
    says(phone, procedure, MONDAY + timedelta(days=1), words="Zauberworte")
    write_message(viewer=phone, patient=patient, key=procedure.pk, text="Zauberfrage", at=MONDAY + timedelta(days=1))
    text = everything()
    assert "linden" in text
    assert "zauber" not in text
    assert "7654321" not in text
    assert Patient.objects.get().name == "Zaubermann"


def everything() -> str:
    """Every value of every table, as whoever steals the database reads it."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name is the database's own
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found).casefold()


def test_it_reads_with_old_keys_and_writes_with_the_newest(settings: Any, tmp_path: Any) -> None:
    """After a rotation old texts stay readable; once resealed, the old key may go."""
    settings.AFTERTHREAD_KEY_FILE, old = tmp_path / "keys.json", new_keys()
    write_keys(settings.AFTERTHREAD_KEY_FILE, old)
    token = cipher.seal("bruise")
    both = old.with_new_seal()
    write_keys(settings.AFTERTHREAD_KEY_FILE, both)
    assert cipher.unseal(token) == "bruise"
    renewed = cipher.reseal(token)
    write_keys(settings.AFTERTHREAD_KEY_FILE, both.with_newest_seal_only())
    assert cipher.unseal(renewed) == "bruise"
    with pytest.raises(cipher.Unreadable):
        cipher.unseal(token)


def test_it_refuses_a_changed_text() -> None:
    """One changed letter is noticed, not decrypted to something else."""
    token = cipher.seal("bruise")
    with pytest.raises(cipher.Unreadable):
        cipher.unseal(token[:20] + ("A" if token[20] != "A" else "B") + token[21:])


@pytest.mark.django_db
def test_it_cannot_be_searched() -> None:
    """A sealed column refuses to be compared, instead of finding nothing."""
    with pytest.raises(FieldError):
        Patient.objects.filter(name="Anna").exists()


def test_it_finds_an_address_however_it_is_typed() -> None:
    """Case and blanks around an address do not matter; another key gives another fingerprint."""
    assert cipher.fingerprint(" Anna@Example.ORG ") == cipher.fingerprint("anna@example.org")
    assert cipher.fingerprint("anna@example.org") != cipher.fingerprint("anna@example.com")


def test_it_writes_a_key_file_for_its_owner_only(tmp_path: Any) -> None:
    """Keys are read back as written, and nobody else on the machine can read them."""
    path, keys = tmp_path / "deep" / "keys.json", new_keys()
    write_keys(path, keys)
    assert read_keys(path) == keys
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{}", '{"seal": ["x"]}', "[]", "\x00"])
def test_it_says_what_is_wrong_with_a_key_file(tmp_path: Any, text: str) -> None:
    """A broken key file is named, with what to do."""
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeyFileError, match="restore it from your copy"):
        read_keys(path)
    with pytest.raises(KeyFileError, match="afterthread keys new"):
        read_keys(tmp_path / "nowhere.json")


def test_it_refuses_a_key_that_is_none(tmp_path: Any) -> None:
    """A key of the wrong length is noticed when it is read, not when it is needed."""
    write_keys(tmp_path / "keys.json", replace(new_keys(), seal=(fresh()[:-4],)))
    with pytest.raises(KeyFileError):
        read_keys(tmp_path / "keys.json")
