"""The same thing twice, or two people at once: it is done once, and the second answer says how it stands."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as chosen
from django.db import connections
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow import worklist
from afterthread.clinic.flow.clinic import change_clinic
from afterthread.clinic.flow.patient import correct_patient
from afterthread.clinic.flow.procedure import change_draft
from afterthread.clinic.flow.record.recall import open_recall
from afterthread.clinic.models import (
    Action,
    CheckIn,
    Clinic,
    Delivery,
    Device,
    Link,
    Message,
    Patient,
    Procedure,
    ProcedureVersion,
    Staff,
)
from afterthread.clinic.roles import Conflict, Viewer
from tests.lib.clinic import SIGNING
from tests.lib.practice import NOW, House, hours, person, record, sheet, text


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    chosen.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def house(db: None) -> House:
    """A fresh one."""
    return House()


# -- The button is pressed twice --------------------------------------------------------------------------------------

Press = Callable[[House], tuple[Client, str, dict[str, Any]]]
WRITES: dict[str, tuple[Press, type[Model], int, str]] = {
    "enrolling": (lambda h: (h.desk(), "/desk/linden/patients/new", person()), Patient, 2, "Saved."),
    "correcting details": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/edit", person(revision="1")), Patient, 1, "Saved.",
    ),
    "drafting": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/procedures/new", record()),
        Procedure, 2, "The draft is saved.",
    ),
    "signing": (
        lambda h: (
            h.desk(), f"/desk/linden/procedures/{(draft := h.draft()).pk}/sign",
            {"revision": draft.revision, **SIGNING},
        ), ProcedureVersion, 2, "signed it already",
    ),
    "correcting a record": (
        lambda h: (h.desk(), f"/desk/linden/procedures/{h.version.pk}/correct", {"reason": "the other side"}),
        ProcedureVersion, 2, "the other side",
    ),
    "ending the follow-up": (
        lambda h: (h.desk(), f"/desk/linden/procedures/{h.version.pk}/close", {}), Procedure, 1, "has ended",
    ),
    "a message of the clinic": (
        lambda h: (
            h.desk(), f"/desk/linden/patients/{h.patient.pk}/messages", {"key": str(uuid4()), "text": "Come at ten."}
        ), Message, 1, "The message is sent.",
    ),
    "a message of the patient": (
        lambda h: (h.diary(), "/p/messages", {"key": str(uuid4()), "text": "May I swim?"}), Message, 1,
        "Your message is with the clinic.",
    ),
    "a check-in": (lambda h: (h.diary(), "/p/checkin", sheet()), CheckIn, 2, "Care at home"),
    "a check-in by phone": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/checkin", sheet(**{"q-pain": "mild"})),
        CheckIn, 2, "Pain",
    ),
    "settings": (lambda h: (h.desk(h.admin), "/desk/linden/settings/", hours()), Clinic, 1, "The settings are saved."),
    "an invitation": (
        lambda h: (
            h.desk(h.admin), "/desk/linden/settings/staff",
            {"name": "Bea", "email": "bea@linden.example", "role": "nurse"},
        ), Staff, 4, "works here already",
    ),
    "a link by mail": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/link", {"by": "email"}), Delivery, 1,
        "A link is on its way.",
    ),
    "asking for a link": (
        lambda h: (Client(), "/p/request", {"email": "anna@patient.example"}), Delivery, 1, "ten minutes",
    ),
    "ending a device": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/devices/{Device.objects.get().pk}/revoke", {}),
        Device, 1, "This device is out.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITES)
def test_it_does_once_what_is_pressed_twice(house: House, what: str) -> None:
    """Every form that writes does it once, and its second answer says how it stands, without an error of ours."""
    press, table, count, words = WRITES[what]
    client, address, form = press(house)
    first, second = client.post(address, form, follow=True), client.post(address, form, follow=True)
    assert first.status_code == 200, text(first)
    assert second.status_code in (200, 422), text(second)
    assert words in text(second)
    assert table._default_manager.count() == count


@pytest.mark.parametrize("act", ["claim", "contact", "override", "close"])
def test_it_acts_once_on_an_item(house: House, act: str) -> None:
    """The second press of the same page is told that the item has changed; there is one such action, not two."""
    form = {"revision": house.item.revision, "outcome": "reassured", "ending": "seen", "urgency": "3", "reason": "so"}
    address = f"/desk/linden/items/{house.item.pk}/{act}"
    first, second = house.desk().post(address, form), house.desk().post(address, form)
    assert first.status_code in (200, 302)
    assert second.status_code == 409
    kinds = {"claim": "claimed", "contact": "contacted", "override": "overridden", "close": "closed"}
    assert Action.objects.filter(kind=kinds[act]).count() == 1


def test_it_keeps_a_note_once(house: House) -> None:
    """The same note pressed twice is there once; another one is added."""
    address = f"/desk/linden/items/{house.item.pk}/note"
    for note in ("called, engaged", "called, engaged", "called again"):
        assert house.desk().post(address, {"revision": house.item.revision, "note": note}).status_code == 302
    assert [one.note for one in Action.objects.filter(kind="noted")] == ["called, engaged", "called again"]


def test_it_lets_a_link_in_once(house: House) -> None:
    """The second tap on a link that worked says that it is used, and how to get another; the first stays in."""
    shown = house.desk().post(f"/desk/linden/patients/{house.patient.pk}/link", {})
    code, phone = shown.context["code"], Client()
    assert phone.post("/p/enter", {"code": code})["Location"] == "/p/"
    again = phone.post("/p/enter", {"code": code})
    assert (again.status_code, Link.objects.filter(used_at=None).count()) == (404, 0)
    assert "It may be used already" in text(again)
    assert phone.get("/p/").status_code == 200


# -- Two people at once -----------------------------------------------------------------------------------------------


@contextmanager
def at_once(*acts: Callable[[], object]) -> Iterator[list[object]]:
    """Do several things in threads that start together; yields what came of each, in no order."""
    gate, told = threading.Barrier(len(acts)), list[object]()

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            told.append(act())
        except Exception as error:  # noqa: BLE001 - what it was is looked at below
            told.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield told


BOTH: dict[str, Callable[[House, Viewer, str], object]] = {
    "claiming": lambda h, who, _: worklist.claim_item(viewer=who, item=h.item, revision=h.item.revision, at=NOW),
    "a contact": lambda h, who, word: worklist.contact_patient(
        viewer=who, item=h.item, revision=h.item.revision, outcome=Action.Outcome.REASSURED, note=word, at=NOW
    ),
    "closing": lambda h, who, word: worklist.close_item(
        viewer=who, item=h.item, revision=h.item.revision, outcome=Action.Outcome.SEEN, note=word, at=NOW
    ),
    "details": lambda h, who, word: correct_patient(
        viewer=who, patient=h.patient, revision=h.patient.revision, at=NOW, name=word
    ),
    "settings": lambda h, _, word: change_clinic(
        viewer=h.admin, clinic=h.clinic, revision=h.clinic.revision, at=NOW, name=word
    ),
    "a draft": lambda h, who, word: change_draft(
        viewer=who, version=h.version, revision=h.version.revision, threads=[], at=NOW, note=word
    ),
    "a recall": lambda _, who, word: open_recall(viewer=who, code="L-1", reason=word, at=NOW),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", BOTH)
def test_it_tells_the_slower_of_two(what: str) -> None:
    """Of two who change the same page at the same moment one is first, and the other is told so; nothing is mixed."""
    house = House()
    if what == "a draft":
        house.version = house.draft()
    act = BOTH[what]
    with at_once(lambda: act(house, house.doctor, "one"), lambda: act(house, house.nurse, "two")) as told:
        assert sorted(isinstance(one, Conflict) for one in told) == [False, True], told


@pytest.mark.django_db(transaction=True)
def test_it_takes_one_check_in_from_five_senders() -> None:
    """Tabs, the worker of the phone and an impatient finger send the same check-in: one is kept, all are answered."""
    house, form = House(), sheet(q__vision="yes", words="blurred")
    with at_once(*[lambda: house.diary().post("/p/checkin", form) for _ in range(5)]) as told:
        assert len({one["Location"] for one in told if isinstance(one, HttpResponse)}) == 1, told
    assert CheckIn.objects.filter(key=form["key"]).count() == 1
