"""A clinic in which everything that anybody can write was written by somebody who means harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver, get_resolver

from afterthread.clinic import clock
from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.flow.clinic import end_staff
from afterthread.clinic.flow.link import exchange_link, issue_link, new_code, viewer_of
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.models import Action, Clinic, Device, Patient, Procedure, User, WorkItem
from afterthread.clinic.roles import Role, Viewer, system
from afterthread.protocol.model import Urgency
from tests.lib import record
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, says

EVIL = "\"'><evil onclick=alert(1) style=x>{{7*7}}</evil>&evil;"
"""Leaves an attribute, opens an element of its own, brings a handler, a style and a template's own signs."""
NOW = MONDAY + timedelta(days=1, hours=1)
COOKIE = "afterthread_device"


@dataclass
class House:
    """One clinic with everybody in it."""

    clinic: Clinic
    doctor: Viewer
    admin: Viewer
    patient: Patient
    procedure: Procedure
    phone: Viewer
    secret: str
    ids: dict[str, UUID]

    def staff(self, viewer: Viewer | None = None, **how: Any) -> Client:
        """A browser in which somebody of the staff is signed in; the practitioner, if nobody else is named."""
        browser = Client(raise_request_exception=False, **how)
        staff = (viewer or self.doctor).staff
        assert staff is not None
        browser.force_login(staff.user)
        return browser

    def diary(self, **how: Any) -> Client:
        """The patient's phone."""
        browser = Client(raise_request_exception=False, **how)
        browser.cookies[COOKIE] = self.secret
        return browser

    def code(self) -> str:
        """A fresh code for the patient."""
        made = new_code()
        issue_link(viewer=self.doctor, patient=self.patient, code=made, at=clock.now())
        return made


def a_house(evil: str) -> House:
    """A practice in which every text is `evil`."""
    clinic = a_clinic(name=evil, out_of_hours=evil, hours={"weekly": {}, "closed": []})
    doctor, admin = a_staff(clinic, called=1), a_staff(clinic, Role.ADMIN)
    former = a_staff(clinic, Role.NURSE)
    User.objects.update(name=evil)
    for one in (doctor, admin):
        assert one.staff is not None
        one.staff.user.refresh_from_db()
    assert former.staff is not None
    end_staff(viewer=admin, staff=former.staff, at=MONDAY)
    patient = a_patient(doctor, name=evil)
    thread = {"zone": "cheek", "side": "left", "kind": "cog", "material": "pdo", "layer": "subcutaneous", "count": 4}
    procedure = a_procedure(doctor, patient, threads=[{**thread, "lot": evil, "product": evil}], note=evil)
    first = procedure.versions.get()
    code, secret = new_code(), uuid4().hex
    issue_link(viewer=doctor, patient=patient, code=code, at=MONDAY)
    device = exchange_link(viewer=system(), code=code, secret=secret, label=evil, at=MONDAY)
    phone = viewer_of(secret, MONDAY)
    says(phone, procedure, MONDAY + timedelta(hours=5), swelling={"level": "moderate", "side": "one"}, words=evil)
    checkin = says(phone, procedure, MONDAY + timedelta(days=1), fever="yes", words=evil)
    for who in (phone, doctor, phone):
        write_message(viewer=who, patient=patient, key=uuid4(), text=evil, at=NOW)
    item = WorkItem.objects.filter(patient=patient).latest("urgency")
    about: dict[str, Any] = {"viewer": doctor, "item": item, "at": NOW}
    flow.note_item(note=evil, **about)
    for revise, told in (
        (flow.override_urgency, {"urgency": Urgency.EMERGENCY, "reason": evil}),
        (flow.contact_patient, {"outcome": Action.Outcome.NO_ANSWER, "note": evil}),
        (flow.claim_item, {}),
    ):
        item.refresh_from_db()
        revise(revision=item.revision, **told, **about)
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason=evil, at=MONDAY)
    staff = a_staff(clinic, Role.COORDINATOR).staff
    assert staff is not None
    ids = {
        "item": item.pk, "patient": patient.pk, "version": first.pk, "draft": draft.pk, "checkin": checkin.pk,
        "device": device.pk, "staff": staff.pk, **record.one_of_each(doctor, procedure, evil),
    }  # fmt: skip
    return House(clinic, doctor, admin, patient, procedure, phone, secret, ids)


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the Tuesday of the story, and nobody has tried anything yet."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()


@pytest.fixture
def house(db: None) -> House:
    """The practice of somebody who means harm."""
    return a_house(EVIL)


@pytest.fixture
def home(db: None) -> House:
    """The same practice with harmless words."""
    return a_house("Linden")


# -- Reading what was answered ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """A page as a browser reads it: what in it could run, and what came from somebody who means harm."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.inside.append(tag)
        runs = tag == "script" and not told.get("src") and told.get("type") != "application/json"
        if runs or tag in ("evil", "style", "base", "object", "embed", "iframe"):
            self.wrong.append(f"<{tag}> {told}")
        for name, value in attributes:
            if name == "style" or name.startswith(("on", "hx-on", "x-on", "v-on")):
                self.wrong.append(f"<{tag} {name}>")
            target = "".join((value or "").split()).casefold()
            outside = target.startswith(("javascript:", "data:", "http:", "https:", "//", "vbscript:"))
            picture = tag == "img" and target.startswith("data:image/svg+xml;base64,")
            if name in ("href", "src", "action", "formaction", "xlink:href") and outside and not picture:
                self.wrong.append(f"<{tag} {name}={value}>")


def wrong_with(text: str) -> list[str]:
    """What could run in a page that is not ours."""
    return Page(text).wrong + (["a template was run"] if ">49<" in text else [])


def routes(patterns: Any = None, before: str = "", keys: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every address of the application with its name and what stands in it, those of the accounts included."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        within = (*keys, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, f"{before}{entry.namespace}:" if entry.namespace else before, within)
        else:
            yield f"{before}{entry.name}", within


def kept() -> dict[str, list[Any]]:
    """Everything that is stored, except when somebody was last seen and sessions."""
    found: dict[str, list[Any]] = {}
    for model in apps.get_models():
        table: type[Model] = model
        if table._meta.app_label in ("sessions", "contenttypes"):
            continue
        names = [field.attname for field in table._meta.concrete_fields]
        names = [name for name in names if not (table is Device and name == "seen_at") and name != "last_login"]
        found[table._meta.label] = list(table._default_manager.order_by("pk").values_list(*names))
    return found
