"""A clinic as its staff see it."""

import pytest
from django.test import Client

from afterthread.clinic.roles import Viewer
from tests.lib.clinic import a_clinic, a_staff
from tests.lib.practice import at_screen


@pytest.fixture
def doctor() -> Viewer:
    """The practitioner of a clinic."""
    return a_staff(a_clinic())


@pytest.fixture
def desk(doctor: Viewer) -> Client:
    """The same at a screen."""
    return at_screen(doctor)
