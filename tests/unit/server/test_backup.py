"""A copy is whole, readable only with its key, and put back only where nothing is."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from afterthread.clinic.cipher import keys
from afterthread.clinic.flow.audit import breaches
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.key import fresh, write_keys
from afterthread.clinic.models import AuditRow, CheckIn, Clinic, Heartbeat, Message, Patient, User
from afterthread.clinic.roles import Viewer
from afterthread.server.upkeep import backup as upkeep
from afterthread.server.upkeep.backup import BackupError, back_up, restore
from afterthread.server.upkeep.box import PIECE, BoxError, open_file, seal_file
from afterthread.server.upkeep.table import LEFT_OUT, tables
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

story = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def a_practice() -> Viewer:
    """One recovery with everything in it."""
    doctor = a_staff(a_clinic(), called=1)
    patient = a_patient(doctor, name='Zoë "Ω" O’Neil')
    procedure = a_procedure(doctor, patient)
    says(on_phone(doctor, patient)[0], procedure, MONDAY + 26 * HOUR, words="Two\nlines.", vision="yes")
    return doctor


def rows() -> dict[str, list[str]]:
    """Everything that is copied, as it is copied; hearts beat on."""
    return {table.name: list(table.read()) for table in tables() if table.model is not Heartbeat}


def emptied() -> None:
    """The database as a new installation finds it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = cursor.fetchall()
            for name, _ in guards:
                cursor.execute(f"DROP TRIGGER {name}")
            call_command("flush", interactive=False, verbosity=0)
            for _, statement in guards:
                cursor.execute(statement)
    else:
        call_command("flush", interactive=False, verbosity=0)


@story
def test_it_puts_everything_back(tmp_path: Path) -> None:
    """What was copied is there again to the last letter, sealed as it was, and the log holds."""
    a_practice()
    before, file = rows(), tmp_path / "copy"
    counts = back_up(file, MONDAY)
    assert Heartbeat.objects.get(name="backup").at == MONDAY
    emptied()
    assert not Clinic.objects.exists()
    assert restore(file) == counts
    assert rows() == before
    assert Patient.objects.get().name == 'Zoë "Ω" O’Neil'
    assert CheckIn.objects.get().words == "Two\nlines."
    assert not list(breaches())


@story
def test_it_counts_on_after_a_restore(tmp_path: Path) -> None:
    """New rows get new numbers."""
    doctor = a_practice()
    back_up(tmp_path / "copy", MONDAY)
    emptied()
    restore(tmp_path / "copy")
    a_patient(doctor)
    User.objects.create_user("new@linden.example")
    assert not list(breaches())


@story
def test_it_copies_one_moment_under_load(tmp_path: Path) -> None:
    """While somebody writes, the copy is of one moment: its log holds and every message has its row in the log."""
    doctor = a_practice()
    patient, stop, began = Patient.objects.get(), threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            write_message(viewer=doctor, patient=patient, key=uuid4(), text="word", at=MONDAY)
            began.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        began.wait(10)
        for number in range(3):
            back_up(tmp_path / f"copy{number}", MONDAY)
    finally:
        stop.set()
        writer.join()
    written = Message.objects.count()
    emptied()
    restore(tmp_path / "copy2")
    assert 0 < Message.objects.count() <= written
    assert Message.objects.count() == AuditRow.objects.filter(verb="message.written").count()


@story
def test_it_refuses_a_wrong_key(tmp_path: Path, settings: Any) -> None:
    """Somebody else's copy, or a copy without its key, is refused before anything is written."""
    a_practice()
    back_up(tmp_path / "copy", MONDAY)
    emptied()
    path = tmp_path / "other.json"
    write_keys(path, replace(keys(), backup=fresh()))
    settings.AFTERTHREAD_KEY_FILE = path
    with pytest.raises(BackupError, match="another key"):
        restore(tmp_path / "copy")
    assert not Clinic.objects.exists()


@story
def test_it_refuses_a_retired_key(tmp_path: Path, settings: Any) -> None:
    """A copy whose names nobody could read is not put back as if all were well."""
    a_practice()
    back_up(tmp_path / "copy", MONDAY)
    emptied()
    path = tmp_path / "other.json"
    write_keys(path, replace(keys(), seal=(fresh(),)))
    settings.AFTERTHREAD_KEY_FILE = path
    with pytest.raises(BackupError, match="retired"):
        restore(tmp_path / "copy")
    assert not Clinic.objects.exists()


@story
@pytest.mark.parametrize("damage", ["flipped", "cut", "short", "longer", "foreign", "empty"])
def test_it_refuses_a_damaged_copy(tmp_path: Path, damage: str) -> None:
    """One changed byte anywhere, a missing end or a foreign file is refused before anything is written."""
    a_practice()
    file = tmp_path / "copy"
    back_up(file, MONDAY)
    data = file.read_bytes()
    emptied()
    middle = len(data) // 2
    file.write_bytes(
        {
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "cut": data[:middle],
            "short": data[:30],
            "longer": data + b"x",
            "foreign": b"SQLite format 3" + data,
            "empty": b"",
        }[damage]
    )
    with pytest.raises(BackupError):
        restore(file)
    assert not Clinic.objects.exists()


@story
def test_it_fills_only_an_empty_database(tmp_path: Path) -> None:
    """What is there is never mixed with a copy."""
    a_practice()
    back_up(tmp_path / "copy", MONDAY)
    before = rows()
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "copy")
    assert rows() == before


@story
def test_it_fills_only_tables_of_the_same_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of another version says which, instead of half fitting."""
    a_practice()
    shape = upkeep._shape()
    monkeypatch.setattr(upkeep, "_shape", lambda: [*shape, "clinic.9999_later"])
    back_up(tmp_path / "copy", MONDAY)
    monkeypatch.undo()
    emptied()
    with pytest.raises(BackupError, match=r"another version .*9999_later"):
        restore(tmp_path / "copy")


@story
def test_it_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that fails leaves the one before it whole, and does not count as made."""
    a_practice()
    file = tmp_path / "copy"
    file.write_text("the one before", encoding="utf-8")

    def broken(*_: Any) -> Iterator[str]:
        yield "begin"
        raise OSError("No space left on device")

    monkeypatch.setattr(upkeep, "_lines", broken)
    with pytest.raises(OSError, match="No space"):
        back_up(file, MONDAY)
    assert file.read_text(encoding="utf-8") == "the one before"
    assert list(tmp_path.iterdir()) == [file]
    assert not Heartbeat.objects.filter(name="backup").exists()


def test_it_copies_every_table_of_ours() -> None:
    """A table is copied, or left out on purpose."""
    copied = {table.model for table in tables()}
    others = {model._meta.app_label for model in apps.get_models() if model not in copied}
    assert others == LEFT_OUT


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_it_seals_any_size(tmp_path: Path, size: int) -> None:
    """What goes in comes out, and no plain byte of it stands in the file."""
    file, key, text = tmp_path / "box", fresh(), b"names " * (size // 6) + b"x" * (size % 6)
    seal_file(file, [text[:10], text[10:]], key)
    assert b"".join(open_file(file, key)) == text
    assert b"names" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_it_notices_swapped_pieces(tmp_path: Path) -> None:
    """Pieces in another order, or a file cut exactly between two, are not what was sealed."""
    file, key = tmp_path / "box", fresh()
    seal_file(file, [b"a" * PIECE, b"b" * PIECE, b"c"], key)
    data = file.read_bytes()
    head, piece = len(data) - 2 * (PIECE + 16) - 17, PIECE + 16
    first, second = data[head : head + piece], data[head + piece : head + 2 * piece]
    for wrong in (data[:head] + second + first + data[head + 2 * piece :], data[: head + 2 * piece]):
        file.write_bytes(wrong)
        with pytest.raises(BoxError):
            list(open_file(file, key))
