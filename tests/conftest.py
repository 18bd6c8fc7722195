"""How hard Hypothesis looks (HYPOTHESIS_PROFILE=long at night), and how tables are emptied between stories."""

import os
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

settings.register_profile(  # a shared machine may be slow; that is no finding
    "ci", derandomize=True, max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True, scope="session")
def _log_can_be_emptied_between_stories(django_test_environment: None) -> None:
    """A story that spans several connections ends by emptying all tables, which SQLite's guard of the log refuses."""
    story: Any = TransactionTestCase
    empty = story._fixture_teardown

    def unguarded(told: TransactionTestCase) -> None:
        if connection.vendor != "sqlite":
            empty(told)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = cursor.fetchall()
            for name, _ in guards:
                cursor.execute(f"DROP TRIGGER {name}")
            empty(told)
            for _, statement in guards:
                cursor.execute(statement)

    story._fixture_teardown = unguarded
