"""Rows that the server adds: an empty one, the last one again, the other side, a preset, or what a scanner read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from afterthread.desk.thread.move import OTHER_SIDE, Row, beside, mirrored
from afterthread.desk.thread.preset import PRESETS
from afterthread.desk.thread.row import MOST_ROWS, ThreadForm, is_blank

FIELDS = tuple(ThreadForm.base_fields)
STAMP = ("material", "gauge", "length_mm", "product", "lot", "expires", "udi", "stock")
"""What is chosen once for all further threads: which thread it is, not where it goes."""
STAMPED = (*STAMP, "kind", "layer", "fixation", "path", "purpose")
GROWING = ("add", "repeat", "mirror", "preset", "scan", "check")
"""The buttons that make the page again instead of saving it."""


def grow(data: QueryDict, how: str, found: Mapping[str, Any] | None = None) -> QueryDict:
    """The same page with its rows changed by one button; what is taken out or empty goes, unless one is added.

    `found` is what the code that was scanned says, as the fields of a row.
    """
    rows = rows_of(data)
    if how == "check":
        return data
    kept = [row for row in rows if not row.pop("DELETE", "") and (how == "add" or not is_blank(row))]
    stamp = stamp_of(data)
    if how == "scan":  # into the last row, which may be new
        return _written(data, *_scanned(kept, stamp, found or {}))
    return _written(data, [*kept, *_added(kept, how, stamp, data.get("preset", ""))][:MOST_ROWS], stamp)


def rows_of(data: QueryDict) -> list[Row]:
    """The rows as they were sent, each with its mark of being taken out."""
    total = data.get("t-TOTAL_FORMS", "")
    count = min(int(total[:4]), MOST_ROWS) if total.isdecimal() else 0
    return [{name: data.get(f"t-{n}-{name}", "") for name in (*FIELDS, "DELETE")} for n in range(count)]


def stamp_of(data: QueryDict) -> Row:
    """What was chosen for all further threads."""
    return {name: value for name in STAMPED if (value := data.get(f"s-{name}", ""))}


def _written(data: QueryDict, rows: Iterable[Row], stamp: Row) -> QueryDict:
    """The page with these rows in place of its own."""
    grown, count = data.copy(), 0
    for name in [name for name in grown if name.startswith("t-") and name.split("-")[1].isdecimal()]:
        del grown[name]
    for count, row in enumerate(rows, 1):
        for name, value in row.items():
            grown[f"t-{count - 1}-{name}"] = value
    for name, value in stamp.items():
        grown[f"s-{name}"] = value
    grown["t-TOTAL_FORMS"] = str(count)
    return grown


def _added(told: list[Row], how: str, stamp: Row, preset: str) -> list[Row]:
    """The rows to add; a row is not mirrored twice."""
    if how == "repeat":
        return [beside(row) for row in told[-1:]]
    if how == "mirror":
        known = [_said(row) for row in told]
        turned = [mirrored(row) for row in told if row["side"] in OTHER_SIDE]
        return [row for n, row in enumerate(turned) if _said(row) not in known and row not in turned[:n]]
    if how == "preset":
        return [blank() | stamp | row for row in PRESETS[preset].rows] if preset in PRESETS else []
    return [blank() | stamp]


def blank() -> Row:
    """A row in which nothing stands."""
    return dict.fromkeys(FIELDS, "")


def _said(row: Row) -> Row:
    """A row without what is never the same twice."""
    return {name: value for name, value in row.items() if name not in ("key", "vector")}


def _scanned(told: list[Row], stamp: Row, found: Mapping[str, Any]) -> tuple[list[Row], Row]:
    """What was read goes into the last row, and is chosen for all further threads."""
    known = {name: str(value) for name, value in found.items() if name in STAMPED and value}
    if not known:
        return told or [blank()], stamp
    last = (told[-1] if told else blank()) | known
    return [*told[:-1], last], stamp | known
