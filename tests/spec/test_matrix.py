"""Who reaches what: every address, every method and every kind of person, with one expected answer each.

A new address without a row fails, and so does a row without an address. What stands in another clinic answers exactly
like what does not exist, in its words and in its number of questions to the database.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from afterthread.clinic import clock
from afterthread.clinic.flow.clinic import end_staff
from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.models import AuditRow, Device, Procedure, WorkItem
from afterthread.clinic.roles import Role, Viewer
from tests.lib import record
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.matrix import Row

pytestmark = pytest.mark.django_db

STAFF = {"P": Role.PRACTITIONER, "N": Role.NURSE, "C": Role.COORDINATOR, "A": Role.ADMIN}
METHODS = ("GET", "POST", "PUT", "DELETE")
DONE = {200, 302, 303, 400, 409, 422}
"""What somebody who may gets: the page, a redirect, or a plain word about what was sent."""


DESK = {
    "clinics": Row(get="PNCA"),
    "worklist": Row(get="PNC"),
    "worklist_rows": Row(get="PNC"),
    "item": Row(get="PNC", post="PNC", about="item"),
    "item_claim": Row(post="PNC", about="item"),
    "item_release": Row(post="PNC", about="item"),
    "item_contact": Row(post="PNC", about="item"),
    "item_override": Row(post="PN", about="item"),
    "item_note": Row(post="PNC", about="item"),
    "item_close": Row(post="PNC", about="item"),
    "figures": Row(get="PNCA"),
    "patients": Row(get="PNC"),
    "patient_new": Row(get="PNC", post="PNC"),
    "patient": Row(get="PNC", about="patient"),
    "patient_edit": Row(get="PNC", post="PNC", about="patient"),
    "patient_link": Row(post="PNC", about="patient"),
    "patient_message": Row(post="PNC", about="patient"),
    "patient_checkin": Row(get="PN", post="PN", about="patient"),
    "device_revoke": Row(post="PNCA", about="patient", also={"device": "device"}),
    "procedure_new": Row(get="PN", post="PN", about="patient"),
    "procedure": Row(get="PNC", post="PN", about="version"),
    "procedure_sign": Row(post="P", about="draft"),
    "procedure_discard": Row(post="PN", about="draft"),
    "procedure_correct": Row(post="P", about="version"),
    "procedure_close": Row(post="P", about="version"),
    "language": Row(post="PNCA"),
    "settings": Row(get="PNCA", post="A"),
    "staff": Row(get="PNCA", post="A"),
    "staff_change": Row(post="A", about="staff"),
    "staff_end": Row(post="A", about="staff"),
    "log": Row(get="A"),
    **record.DESK,
}


@dataclass(frozen=True)
class Place:
    """One clinic with a patient under way."""

    slug: str
    staff: dict[str, Viewer]
    former: Viewer
    ids: dict[str, UUID]
    secret: str
    other_secret: str
    other_ids: dict[str, UUID]


def a_place(slug: str) -> Place:
    """A clinic with everybody, a signed procedure, an open item, a draft and two patients on their phones."""
    clinic = a_clinic(slug)
    staff = {letter: a_staff(clinic, role) for letter, role in STAFF.items()}
    doctor, former = staff["P"], a_staff(clinic, Role.NURSE, email=f"former@{slug}.example")
    assert former.staff is not None
    end_staff(viewer=staff["A"], staff=former.staff, at=MONDAY)
    (ids, secret), (other_ids, other_secret) = (_recovery(doctor, name) for name in ("Anna", "Berta"))
    assert doctor.staff is not None
    return Place(slug, staff, former, {**ids, "staff": doctor.staff.pk}, secret, other_secret, other_ids)


def _recovery(doctor: Viewer, name: str) -> tuple[dict[str, UUID], str]:
    patient = a_patient(doctor, name=name)
    procedure = a_procedure(doctor, patient)
    version = procedure.versions.get()
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="a thread forgotten", at=MONDAY)
    phone, secret = on_phone(doctor, patient)
    checkin = says(phone, procedure, MONDAY + timedelta(days=1), fever="yes")
    item = WorkItem.objects.get(patient=patient)
    ids = {
        "patient": patient.pk, "version": version.pk, "draft": draft.pk, "checkin": checkin.pk,
        "item": item.pk, **record.one_of_each(doctor, procedure), "device": Device.objects.get(patient=patient).pk,
    }  # fmt: skip
    return ids, secret


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the Tuesday of the story."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(days=1, hours=1))


@pytest.fixture
def here(now: None) -> Place:
    """The clinic of the people who ask."""
    return a_place("linden")


@pytest.fixture
def there() -> Place:
    """Another clinic of the same installation."""
    return a_place("ahorn")


def routes(namespace: str) -> Iterator[str]:
    """Every named address of a namespace, off the resolver itself."""
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == namespace:
            yield from (str(one.name) for one in entry.url_patterns if isinstance(one, URLPattern))


def as_staff(viewer: Viewer) -> Client:
    """A browser in which somebody of the staff is signed in."""
    client = Client(raise_request_exception=False)
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return client


def address(name: str, slug: str, ids: dict[str, UUID]) -> str:
    """Where a row leads, for these objects."""
    row = DESK[name]
    given: dict[str, Any] = {} if name == "clinics" else {"clinic": slug}
    given |= {"id": ids[row.about]} if row.about else {}
    return reverse(f"desk:{name}", kwargs=given | {key: ids[what] for key, what in row.also.items()})


def allowed(name: str, method: str) -> str | None:
    """The roles of a row for a method."""
    return {"GET": DESK[name].get, "POST": DESK[name].post}.get(method)


def ask(client: Client, method: str, path: str) -> Any:
    """One request without any content, from a page of our own; what it changed is undone."""
    with transaction.atomic():
        response = client.generic(
            method, path, content_type="application/x-www-form-urlencoded", HTTP_SEC_FETCH_SITE="same-origin"
        )
        transaction.set_rollback(True)
    return response


def counted(client: Client, method: str, path: str) -> tuple[int, str, int]:
    """What is answered, without what is drawn anew each time, and how many questions that took."""
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, method, path)
    said = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", response.content.decode())
    return response.status_code, said, len(queries)


def test_it_has_a_row_for_every_address_of_the_desk() -> None:
    """Nobody can add a page without saying who may see it."""
    assert set(routes("desk")) == set(DESK)


def test_it_answers_staff_by_their_role(here: Place) -> None:
    """Who may gets an answer, who may not is refused, and what is not there is not there for anybody."""
    wrong = []
    for letter, viewer in here.staff.items():
        client = as_staff(viewer)
        for name, method in itertools.product(DESK, METHODS):
            status = ask(client, method, address(name, here.slug, here.ids)).status_code
            roles = allowed(name, method)
            expected = {405} if roles is None else DONE if letter in roles else {403}
            wrong += [] if status in expected else [f"{method} {name} as {letter}: {status}"]
    assert wrong == []


def test_it_shows_nothing_of_another_clinic(here: Place, there: Place) -> None:
    """Through the other clinic's address or with another clinic's id, there is nothing."""
    wrong = []
    for viewer in here.staff.values():
        client = as_staff(viewer)
        for name, method in asked(set(DESK) - {"clinics"}):
            for ids in (there.ids, here.ids):
                status = ask(client, method, address(name, there.slug, ids)).status_code
                wrong += [] if status == 404 else [f"{method} {name} there: {status}"]
            if DESK[name].about:
                status = ask(client, method, address(name, here.slug, there.ids)).status_code
                wrong += [] if status in (403, 404) else [f"{method} {name} here: {status}"]
    assert wrong == []


def test_it_answers_elsewhere_like_nowhere(here: Place, there: Place) -> None:
    """What exists in another clinic is answered with the same words and as many questions as what does not exist."""
    wrong = []
    for name, method in asked({name for name, row in DESK.items() if row.about}):
        client = as_staff(here.staff[(allowed(name, method) or "")[0]])
        elsewhere, nowhere = (
            counted(client, method, address(name, here.slug, ids)) for ids in (there.ids, invented(there.ids))
        )
        wrong += [] if elsewhere == nowhere and nowhere[0] == 404 else [f"{method} {name}: {elsewhere} {nowhere}"]
    assert wrong == []


def test_it_shows_the_desk_to_nobody_else(here: Place) -> None:
    """Somebody who is not signed in, a patient, and somebody who left: a sign-in page, or nothing."""
    wrong = []
    left = as_staff(here.former)
    for name, method in asked(set(DESK)):
        path = address(name, here.slug, here.ids)
        for client in (Client(), on(here.secret)):
            response = ask(client, method, path)
            to_the_door = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
            told_so = method == "POST" and response.status_code == 403  # what was typed stays on the page
            if (not to_the_door and not told_so) or here.slug in response.content.decode().replace(path, ""):
                wrong.append(f"{method} {name}: {response.status_code}")
        status = ask(left, method, path).status_code
        if status != (200 if name == "clinics" else 404):
            wrong.append(f"{method} {name} after leaving: {status}")
    assert wrong == []


HERS = {"patient", "version", "draft", "item", "consultation", "consented", "complication", "removal"}
"""What an address may name that belongs to one patient."""


def test_it_leaves_a_trace_wherever_a_record_is_read(here: Place) -> None:
    """A page about one patient cannot be opened at the desk without her being able to learn who did."""
    silent = []
    for name, row in DESK.items():
        if row.get is None or row.about not in HERS:
            continue
        client, path = as_staff(here.staff[row.get[0]]), address(name, here.slug, here.ids)
        before = traces(here)
        with transaction.atomic():
            shown = client.get(path).status_code == 200
            silent += [name] if shown and traces(here) == before else []
            transaction.set_rollback(True)
    assert silent == []


def traces(place: Place) -> int:
    """How many lines of the log are about her."""
    return AuditRow.objects.filter(patient=str(place.ids["patient"])).count()


def asked(names: set[str]) -> Iterator[tuple[str, str]]:
    """The methods that addresses have."""
    return ((name, method) for name in sorted(names) for method in METHODS if allowed(name, method))


def invented(ids: dict[str, UUID]) -> dict[str, UUID]:
    """Ids of nothing."""
    return {what: uuid4() for what in ids}


# -- The diary -------------------------------------------------------------------------------------------------------

OPEN = {"enter", "request", "emergency", "worker", "manifest", "offline"}
"""What anybody may open; nothing of a patient is there."""
DIARY: dict[str, Row] = {
    "today": Row(get="own"),
    "enter": Row(get="open", post="open"),
    "request": Row(get="open", post="open"),
    "leave": Row(post="own"),
    "devices": Row(get="own"),
    "device_revoke": Row(post="own", about="device"),
    "language": Row(post="open"),
    "plan": Row(get="own"),
    "leaflet": Row(get="own"),
    "why": Row(get="own", also={"entry": "rule.fever_alone"}),
    "checkin": Row(get="own", post="own"),
    "answer": Row(get="own", about="checkin"),
    "history": Row(get="own"),
    "messages": Row(get="own", post="own"),
    "emergency": Row(get="open"),
    "pack": Row(get="own"),
    "api_checkin": Row(post="own"),
    "worker": Row(get="open"),
    "manifest": Row(get="open"),
    "offline": Row(get="open"),
    **record.DIARY,
}


REFUSED = {(302, "/p/enter"), (401, ""), (415, "")}
"""The door, and what a machine is told."""


def diary_address(name: str, ids: dict[str, UUID]) -> str:
    """Where a row of the diary leads."""
    row = DIARY[name]
    return reverse(f"diary:{name}", kwargs={**({"id": ids[row.about]} if row.about else {}), **row.also})


def on(secret: str) -> Client:
    """A phone that shows this secret."""
    client = Client(raise_request_exception=False)
    client.cookies["afterthread_device"] = secret
    return client


def test_it_has_a_row_for_every_address_of_the_diary() -> None:
    """Nobody can add a page for patients without saying what it shows."""
    assert set(routes("diary")) == set(DIARY)


def test_it_answers_patients(here: Place) -> None:
    """A patient reaches her own; without a device there is the door, or for a machine a refusal."""
    wrong = []
    for name, method in itertools.product(DIARY, METHODS):
        said = {"GET": DIARY[name].get, "POST": DIARY[name].post}.get(method)
        path = diary_address(name, here.ids)
        own, outside = ask(on(here.secret), method, path).status_code, ask(Client(), method, path)
        wrong += [] if own in ({405} if said is None else DONE | {415}) else [f"{method} {name}: {own}"]
        if said == "own" and (outside.status_code, outside.get("Location", "")) not in REFUSED:
            wrong.append(f"{method} {name} from outside: {outside.status_code}")
        if said == "open" and outside.status_code not in DONE:
            wrong.append(f"{method} {name} for everybody: {outside.status_code}")
    assert wrong == []


def test_it_shows_a_patient_nothing_of_another(here: Place, there: Place) -> None:
    """Another patient's of the same clinic, another clinic's and what does not exist answer alike."""
    client = on(here.secret)
    ask(client, "GET", "/p/")  # the device was seen; that is written down once in a while
    wrong = []
    for name in (name for name, row in DIARY.items() if row.about):
        method = "GET" if DIARY[name].get else "POST"
        told = [
            counted(client, method, diary_address(name, ids))
            for ids in (there.ids, invented(there.ids), *([] if DIARY[name].everybodys else [here.other_ids]))
        ]
        wrong += [] if all(one == told[0] for one in told) and told[0][0] == 404 else [f"{method} {name}: {told}"]
    assert wrong == []


def test_it_forgets_a_device_that_was_ended(here: Place) -> None:
    """A revoked device is out with its next request."""
    Device.objects.filter(pk=here.ids["device"]).update(ended_at=MONDAY)
    assert ask(on(here.secret), "GET", "/p/")["Location"] == "/p/enter"


def test_it_lets_a_scanner_read_a_link_without_using_it(here: Place) -> None:
    """Opening the address of a link as often as one likes uses nothing up."""
    doctor = here.staff["P"]
    code = new_code()
    patient = Procedure.objects.filter(clinic=doctor.clinic).earliest("opened_at").patient
    issue_link(viewer=doctor, patient=patient, code=code, at=clock.now())
    for _ in range(3):
        assert Client().get("/p/enter").status_code == 200
    first, second = (Client().post("/p/enter", {"code": code}) for _ in range(2))
    assert first.cookies["afterthread_device"].value
    assert "afterthread_device" not in second.cookies


# -- Everything else -------------------------------------------------------------------------------------------------

ELSEWHERE = {"home", "health", "gallery"}
"""What belongs to nobody's namespace; each shows nothing of anybody."""


def test_it_knows_every_other_address() -> None:
    """Outside the desk, the diary and the sign-in pages there is only what is listed here."""
    own = {entry.name for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    assert own <= ELSEWHERE
    names = {entry.namespace for entry in get_resolver().url_patterns if isinstance(entry, URLResolver)}
    assert names == {"desk", "diary", "card", None}
