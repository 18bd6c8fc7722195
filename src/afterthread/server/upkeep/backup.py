"""Copies: everything as it stood at one moment, sealed, and put back only into an empty database of the same shape."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from afterthread.clinic.cipher import Unreadable, keys, unseal
from afterthread.clinic.flow.audit import breaches, witness
from afterthread.clinic.flow.outbox import beat
from afterthread.clinic.models import Heartbeat
from afterthread.server.upkeep.box import BoxError, open_file, seal_file
from afterthread.server.upkeep.health import BACKUP
from afterthread.server.upkeep.run import migrate
from afterthread.server.upkeep.table import Table, tables


class BackupError(Exception):
    """A copy that cannot be put back, and why."""


def back_up(path: Path, at: datetime) -> dict[str, int]:
    """Write one sealed copy while everything goes on; returns the rows of each table."""
    counts: dict[str, int] = {}
    with _one_moment():
        seal_file(path, _packed(_lines(at, counts)), keys().backup)
    beat(BACKUP, at)
    return counts


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as it is now, without keeping anybody from writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")  # Django's own way would take the lock that writers need
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _lines(at: datetime, counts: dict[str, int]) -> Iterator[str]:
    """The head, every row under the name of its table, and an end that says how many there were."""
    yield json.dumps({"at": at.isoformat(), "shape": _shape(), "witness": witness()})
    for table in tables():
        counts[table.name] = 0
        for row in table.read():
            counts[table.name] += 1
            yield f"{table.name} {row}"
    yield json.dumps({"counts": counts})


def _shape() -> list[str]:
    """Every migration that made the tables what they are."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def _packed(lines: Iterable[str]) -> Iterator[bytes]:
    press = zlib.compressobj()
    for line in lines:
        yield press.compress(f"{line}\n".encode())
    yield press.flush()


def _unpacked(path: Path) -> Iterator[str]:
    press, rest = zlib.decompressobj(), b""
    for piece in open_file(path, keys().backup):
        *lines, rest = (rest + press.decompress(piece)).split(b"\n")
        for line in lines:
            yield line.decode()


def restore(path: Path) -> dict[str, int]:
    """Fill an empty database; returns the rows of each table. Raises `BackupError` before anything is written."""
    try:
        head, end = _ends(path)  # the whole file proves genuine before its first row is believed
    except (BoxError, ValueError, zlib.error) as error:
        raise BackupError(str(error)) from None
    migrate()
    _require_empty()
    _require_same_shape(head["shape"])
    with transaction.atomic():
        counts = _fill(_unpacked(path))
        _check(counts, end["counts"], head["witness"])
    return counts


def _ends(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    first = last = ""
    for line in _unpacked(path):
        first, last = first or line, line
    head, end = json.loads(first), json.loads(last)
    if "shape" not in head or "counts" not in end:
        raise BoxError(f"{path} is not whole")
    return head, end


def _require_empty() -> None:
    for table in tables():
        if table.model is not Heartbeat and table.rows.exists():
            raise BackupError(f"the database is not empty ({table.name}); name a new one in DATABASE_URL")


def _require_same_shape(shape: list[str]) -> None:
    here = set(_shape())
    if missing := sorted(here ^ set(shape)):
        raise BackupError(
            f"the copy is of another version (they differ in {', '.join(missing)}); "
            "restore it with the version that made it, then upgrade"
        )


def _fill(lines: Iterator[str]) -> dict[str, int]:
    """Every table in turn, then the numbers from which the database counts on."""
    known = {table.name: table for table in tables()}
    counts = dict.fromkeys(known, 0)
    Heartbeat.objects.all().delete()
    for name, rows in groupby(lines, lambda line: line.partition(" ")[0]):
        if name in known:
            counts[name] = known[name].write(row.partition(" ")[2] for row in rows)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(apps.get_models())):
            cursor.execute(statement)
    return counts


def _opens(table: Table) -> bool:
    """Whether all that is sealed in a table can be read with the keys that are here."""
    try:
        for column in table.sealed:
            for batch in table.tokens(column):
                for _, token in batch:
                    unseal(token)
    except Unreadable:
        return False
    return True


def _check(counts: dict[str, int], told: dict[str, int], kept: dict[str, str]) -> None:
    if counts != told:
        raise BackupError("the tables do not have as many rows as the copy says")
    if not all(_opens(table) for table in tables()):
        raise BackupError("the copy holds texts of a key that was retired since; give the key file of that day")
    if wrong := next(breaches(kept), None):
        raise BackupError(f"the log in the copy does not hold: {wrong}")
