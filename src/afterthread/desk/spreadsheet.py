"""A table that leaves the desk as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.text import slugify

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a cell would be computed instead of read."""


def spreadsheet(name: str, head: Iterable[object], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A CSV file; the mark in front tells spreadsheets that it is UTF-8."""
    written = io.StringIO()
    out = csv.writer(written)
    out.writerows([cell(one) for one in row] for row in (head, *rows))
    response = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(name) or "table"}.csv"'
    return response


def cell(value: object) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
