"""A patient with her phone in hand, at any time of a story."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import Patient, Procedure
from afterthread.clinic.roles import Viewer
from afterthread.diary.page import COOKIE
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone


@dataclass
class Diary:
    """The pages as one patient sees them; `on` sets the day of the story."""

    monkeypatch: pytest.MonkeyPatch
    doctor: Viewer
    patient: Patient
    procedure: Procedure
    phone: Viewer
    client: Client = field(default_factory=Client)
    at: datetime = MONDAY

    def on(self, day: float) -> "Diary":
        """So many days after the procedure, and two hours."""
        self.at = MONDAY + timedelta(days=day, hours=2)
        self.monkeypatch.setattr(clock, "now", lambda: self.at)
        return self

    def get(self, path: str = "", **more: Any) -> Any:
        """A page as text."""
        return self.client.get(f"/p/{path}", **more)

    def post(self, path: str, **data: Any) -> Any:
        """What a form of it sends."""
        return self.client.post(f"/p/{path}", {name.replace("__", "-"): value for name, value in data.items()})


def enter(phone_secret: str) -> Client:
    """A browser that was let in."""
    client = Client()
    client.cookies[COOKIE] = phone_secret
    return client


@pytest.fixture(autouse=True)
def _static_folder() -> None:
    """The folder of collected files, which the server expects to find."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def diary(db: None, monkeypatch: pytest.MonkeyPatch) -> Diary:
    """Anna on day 0, two hours after her procedure."""
    doctor = a_staff(a_clinic(out_of_hours="Praxis am Ostkreuz."), called=1)
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    phone, secret = on_phone(doctor, patient)
    return Diary(monkeypatch, doctor, patient, procedure, phone, enter(secret)).on(0)
