"""A practitioner of a clinic in Berlin, and a procedure that she signed."""

import pytest

from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff


@pytest.fixture
def doctor(db: None) -> Viewer:
    """A practitioner."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """A signed procedure."""
    return a_procedure(doctor, a_patient(doctor))
