"""Tables as they are copied and sealed anew: portable rows, and sealed columns that are never opened on the way."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.functions import Cast

from afterthread.clinic.cipher import SealedField

LEFT_OUT = frozenset({"auth", "contenttypes", "sessions"})
"""Made anew by every installation, or open only to browsers that are signed in."""
BATCH = 200


class Table:
    """One table, the same on both databases."""

    def __init__(self, model: type[models.Model]) -> None:
        options = model._meta  # noqa: SLF001 - Django's own name for it
        self.model, self.fields = model, options.concrete_fields
        self.name, self.key = options.db_table, str(options.pk.column)
        self.columns = [str(field.column) for field in self.fields]
        self.sealed = [str(field.column) for field in self.fields if isinstance(field, SealedField)]

    @property
    def rows(self) -> QuerySet[Any]:
        """All of its rows, as Django finds them."""
        return self.model._default_manager.all()  # noqa: SLF001 - Django's own name for it

    def read(self) -> Iterator[str]:
        """Every row as one line of JSON: its values in the order of the columns."""
        raw = {f"raw_{column}": Cast(column, models.TextField()) for column in self.sealed}
        names = [f"raw_{f.column}" if isinstance(f, SealedField) else f.attname for f in self.fields]
        for row in self.rows.annotate(**raw).order_by("pk").values_list(*names).iterator(BATCH):
            yield json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))

    def write(self, lines: Iterable[str]) -> int:
        """Put rows into it as they were; returns how many."""
        columns = ", ".join(map(_quoted, self.columns))
        values = ", ".join(["%s"] * len(self.columns))
        insert = f"INSERT INTO {_quoted(self.name)} ({columns}) VALUES ({values})"  # noqa: S608 - our own names
        count = 0
        with connection.cursor() as cursor:
            for line in lines:
                row = zip(self.fields, json.loads(line), strict=True)
                cursor.execute(insert, [_stored(field, value) for field, value in row])
                count += 1
        return count

    def tokens(self, column: str) -> Iterator[list[tuple[Any, str]]]:
        """A sealed column as it is stored, with the keys of its rows, in batches that new rows do not disturb."""
        names = f"{_quoted(self.key)}, {_quoted(column)} FROM {_quoted(self.name)}"
        where, last = "", []  # type: tuple[str, list[Any]]
        while True:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {names} {where} ORDER BY 1 LIMIT {BATCH}", last)
                found = cursor.fetchall()
            if not found:
                return
            where, last = f"WHERE {_quoted(self.key)} > %s", [found[-1][0]]
            yield found

    def swap(self, column: str, key: Any, old: str, new: str) -> bool:
        """Replace a token; false when somebody has just written another."""
        name, where = _quoted(column), f"{_quoted(self.key)} = %s AND {_quoted(column)} = %s"
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {_quoted(self.name)} SET {name} = %s WHERE {where}",  # noqa: S608 - our own names
                [new, key, old],
            )
            return bool(cursor.rowcount)


def tables() -> list[Table]:
    """Every table that is copied."""
    models = apps.get_models(include_auto_created=True)
    return [Table(model) for model in models if model._meta.app_label not in LEFT_OUT]  # noqa: SLF001 - as above


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, SealedField) or value is None:
        return value
    return field.get_db_prep_save(field.to_python(value), connection)
