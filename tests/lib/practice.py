"""A clinic at work, for stories in which something goes wrong: people at their screens, and the pages they send."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.models import ProcedureVersion, WorkItem
from afterthread.clinic.questionnaire import questions_for
from afterthread.clinic.roles import Role, Viewer
from afterthread.diary.page import COOKIE
from afterthread.protocol.load import shipped
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, agreed, on_phone, says

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = MONDAY + 4 * DAY + HOUR
"""When somebody looks: an hour after the last check-in."""


class House:
    """A clinic with a doctor, a nurse, an administrator, and a patient with a procedure, a phone and an open item."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.doctor = a_staff(self.clinic, called=1)
        self.nurse = a_staff(self.clinic, Role.NURSE)
        self.admin = a_staff(self.clinic, Role.ADMIN)
        self.patient = a_patient(self.doctor, phone="+49 170 5550111")
        self.procedure = a_procedure(self.doctor, self.patient)
        self.phone, self.secret = on_phone(self.doctor, self.patient)
        says(self.phone, self.procedure, MONDAY + 4 * DAY, fever="yes")
        self.version = self.procedure.versions.get()
        self.item = WorkItem.objects.get()

    def desk(self, viewer: Viewer | None = None) -> Client:
        """Somebody of the staff at a screen."""
        return at_screen(viewer or self.doctor)

    def diary(self) -> Client:
        """The patient's browser."""
        client = Client()
        client.cookies[COOKIE] = self.secret
        return client

    def draft(self) -> ProcedureVersion:
        """A record that is not signed yet."""
        record: dict[str, Any] = {"placed_at": MONDAY, "time_zone": "Europe/Berlin", "modifiers": {}}
        version = draft_procedure(viewer=self.doctor, patient=self.patient, threads=[], at=NOW, **record)
        agreed(version)
        return version


def at_screen(viewer: Viewer) -> Client:
    """Somebody of the staff, signed in."""
    client = Client()
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return client


def url(name: str, *about: object) -> str:
    """A page of the desk of the usual clinic."""
    return reverse(f"desk:{name}", args=["linden", *about])


def text(answer: Any) -> str:
    """A page as text."""
    return str(answer.content.decode())


def sheet(**more: Any) -> dict[str, Any]:
    """A check-in with nothing to report, but `more`."""
    groups = [part.group for part in questions_for(shipped(), 4, ()).parts]
    told = {"key": str(uuid4()), "confirmed": "1", "again": "1", **{f"none-{one}": "1" for one in (*groups, "rest")}}
    return told | {name.replace("__", "-"): value for name, value in more.items()}


def record(**more: Any) -> dict[str, Any]:
    """The page of a record as it is sent."""
    told = {"day": "2026-03-02", "time": "10:00", "age": "44", "t-TOTAL_FORMS": "0", "t-INITIAL_FORMS": "0"}
    return told | {"key": str(uuid4())} | more


def person(**more: Any) -> dict[str, Any]:
    """The page of a patient's details as it is sent."""
    return {"key": str(uuid4()), "name": "Zoë Тест", "language": "en", "time_zone": "Europe/Berlin"} | more


def hours(**more: Any) -> dict[str, Any]:
    """The page of the settings as it is sent."""
    told = {"name": "Linden", "country": "de", "time_zone": "Europe/Berlin", "on_call": "none", "revision": "0"}
    return (
        told
        | {"emergency_minutes": "15", "same_day_minutes": "90", "escalate_minutes": "30", "keep_years": "10"}
        | more
    )


def sent(**more: Any) -> dict[str, Any]:
    """A check-in as a phone sends it."""
    return {"key": str(uuid4()), "said_at": NOW.isoformat(), "answers": {}, "otherwise": "no"} | more


def send(client: Client, body: Any) -> Any:
    """By the way of the phone's queue."""
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/p/api/checkin", data, "application/json", headers={"Sec-Fetch-Site": "same-origin"})
