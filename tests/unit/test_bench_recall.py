"""The figure of a recall over very many threads: what is counted, and when it is missed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from afterthread.clinic.models import Procedure, Thread
from afterthread.clinic.roles import Role
from bench import recall
from bench.crowd import POSTGRESQL, SQLITE

FINE = recall.Found("SQLite", {"threads": 1_000_000}, [0.1], [0.12], [0.01], {200}, "SEARCH USING INDEX thread_lot")


def met(found: recall.Found) -> list[bool]:
    """Whether each row of the table is."""
    return [row["met"] for row in recall.rows(found)]


def test_it_meets_what_costs_as_much_as_it_finds() -> None:
    """Little more than in a small practice, and not too far from the bare query."""
    assert met(FINE) == [True, True]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (replace(FINE, large=[0.3]), [True, False]),
        (replace(FINE, large=[0.5], small=[0.5]), [False, True]),
        (replace(FINE, rows={200, 199}), [False, False]),
        (replace(FINE, plan="SCAN clinic_thread"), [True, False]),
    ],
)
def test_it_misses_what_grows_or_overlooks_somebody(found: recall.Found, expected: list[bool]) -> None:
    """Slower with what is stored, far from the bare query, a row too few, or found without the index."""
    assert met(found) == expected


@pytest.mark.django_db
def test_it_counts_the_same_rows_as_the_bare_query() -> None:
    """In a practice copied like the large one: two rows in each who carries the lot, half of whom answered."""
    doctor, template = recall._tell(6)
    uuid = SQLITE.uuid if connection.vendor == "sqlite" else POSTGRESQL.uuid
    assert recall._copy(template, 9, uuid) == {"patients": 10, "threads": 60}
    recall._call_back(doctor, 4)
    assert Thread.objects.values("key").distinct().count() == 60
    assert Procedure.objects.values("patient").distinct().count() == 10
    assert doctor.role is Role.PRACTITIONER
    practice = recall.Practice()
    assert practice.carriers() == practice.bare() == 8
    assert practice.timed("bare")[1] == 8
