"""Wrong input: a clear answer, and nothing lost or done twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as chosen
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import (
    Action,
    CheckIn,
    Delivery,
    Device,
    Message,
    Patient,
    Procedure,
    ProcedureVersion,
    Staff,
    WorkItem,
)
from afterthread.diary.page import COOKIE
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import NOW, House, hours, person, record, send, sent, sheet, text

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MEGABYTE = "x" * 1_000_000


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    chosen.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def house(db: None) -> House:
    """A fresh one."""
    return House()


# -- A megabyte of text -----------------------------------------------------------------------------------------------

Press = Callable[[House], tuple[Client, str, dict[str, Any]]]
LONG: dict[str, tuple[Press, str]] = {
    "name": (lambda h: (h.desk(), "/desk/linden/patients/new", person(name=MEGABYTE)), "name"),
    "note": (lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/procedures/new", record(note=MEGABYTE)), ""),
    "reason": (lambda h: (h.desk(), f"/desk/linden/procedures/{h.version.pk}/correct", {"reason": MEGABYTE}), ""),
    "message": (lambda h: (h.diary(), "/p/messages", {"key": str(uuid4()), "text": MEGABYTE}), ""),
    "words": (lambda h: (h.diary(), "/p/checkin", sheet(words=MEGABYTE)), ""),
    "words by phone": (
        lambda h: (h.desk(), f"/desk/linden/patients/{h.patient.pk}/checkin", sheet(words=MEGABYTE)), "",
    ),
    "item": (
        lambda h: (
            h.desk(), f"/desk/linden/items/{h.item.pk}/note", {"revision": h.item.revision, "note": MEGABYTE}
        ), "",
    ),
    "settings": (lambda h: (h.desk(h.admin), "/desk/linden/settings/", hours(out_of_hours=MEGABYTE)), ""),
    "code": (lambda _: (Client(), "/p/enter", {"code": MEGABYTE}), ""),
    "address": (lambda _: (Client(), "/p/request", {"email": MEGABYTE}), ""),
}  # fmt: skip
KEPT = (Patient, ProcedureVersion, Message, CheckIn, Action)


@pytest.mark.parametrize("size", [1_000_000, 5_000])
@pytest.mark.parametrize("where", LONG)
def test_it_says_that_a_text_is_too_long(house: House, where: str, size: int) -> None:
    """A megabyte, or a little too much, is refused in words with its limit; what was there stays as it was."""
    client, address, form = LONG[where][0](house)
    form = {name: value[:size] if value == MEGABYTE else value for name, value in form.items()}
    before = [table._default_manager.count() for table in KEPT]
    answer = client.post(address, form)
    assert answer.status_code == 413 if size == 1_000_000 else answer.status_code in (400, 404, 422)
    assert [table._default_manager.count() for table in KEPT] == before
    if size == 1_000_000:
        assert "4,000 characters" in text(answer)
        assert "tel:112" in text(answer)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (sent(words=MEGABYTE), 413),
        (sent(words="x" * 4_001), 422),
        (sent(words=5), 422),
        (sent(answers={"pain": {"level": "mild", "since": 10**30}}), 422),
        (sent(answers={"pain": {"level": MEGABYTE[:9_000]}}), 422),
        (sent(answers=[]), 422),
        (sent(key="1"), 422),
        (sent(said_at="0001-01-01T00:00:00+14:00"), 201),
        (sent(said_at="9999-12-31T23:59:59-12:00"), 201),
        (sent(words="cut off: \ud83d"), 201),
        (sent(words="nul \x00 bell \x07 \u202e"), 201),
        ("[" * 100_000, 422),
        (b"\xff\xfe", 422),
        ("null", 422),
    ],
)
def test_it_answers_whatever_a_phone_sends(house: House, body: Any, status: int) -> None:
    """What can be kept is kept; all else is refused in JSON with its reason, so that the phone's queue goes on."""
    answer = send(house.diary(), body)
    assert answer.status_code == status, text(answer)
    assert CheckIn.objects.count() == 1 + (status == 201)
    assert ("error" in answer.json()) is (status != 201)
    for page in ("/p/", "/p/history", "/p/pack.json"):
        assert house.diary().get(page).status_code == 200
    assert house.desk().get(f"/desk/linden/patients/{house.patient.pk}/").status_code == 200


# -- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["", "   ", "\t\n", "\u200b", "\u2060\u200d", "\u3164", "\u2800", "A\x00nna", "A\x1bnna", "Anna\u202ennaA",
     "Anna\u2066", "Anna\u2028Beispiel", "x" * 121],
)  # fmt: skip
def test_it_refuses_a_name_that_deceives_or_is_none(house: House, name: str) -> None:
    """Nothing, blanks, what cannot be seen, control characters and turned text are refused beside the field."""
    answer = house.desk().post("/desk/linden/patients/new", person(name=name, phone="+49 30 5550100"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]
    assert "+49 30 5550100" in text(answer)
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("name", ["ليلى", "مریم‌سادات", "張", "O’Neill-Łuczak", "👩🏽‍⚕️ Ana", "x" * 120, "<b>&amp;</b>"])
def test_it_keeps_every_name_that_people_have(house: House, name: str) -> None:
    """From right to left, with joiners, emoji or marks of HTML: as it was typed, and apart from what stands around."""
    answer = house.desk().post("/desk/linden/patients/new", person(name=name), follow=True)
    assert Patient.objects.exclude(pk=house.patient.pk).get().name == name
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<bdi>{shown}</bdi>" in text(answer)


# -- A tab that was left open for a week ------------------------------------------------------------------------------


def test_it_keeps_what_staff_typed_while_the_session_ended(house: House) -> None:
    """A record typed into a page whose session is over stands on the answer, to be sent again after signing in."""
    client, address = Client(), f"/desk/linden/patients/{house.patient.pk}/procedures/new"
    answer = client.post(address, record(note="Left side first.", age="45"))
    assert answer.status_code == 403
    page = text(answer)
    assert "You were signed out" in page
    assert "Left side first.</textarea>" in page
    assert 'name="age" value="45"' in page
    assert Procedure.objects.count() == 1
    assert client.get(address)["Location"].startswith("/accounts/login/?next=/desk/linden/")


def test_it_does_not_swap_a_sign_in_page_into_a_record(house: House) -> None:
    """A row is added after the session ended: the whole page says so and holds all that was typed, not only a part."""
    address = f"/desk/linden/patients/{house.patient.pk}/procedures/new"
    answer = Client().post(address, record(note="Left."), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reselect"]) == (200, "#main", "#main")
    assert "Left.</textarea>" in text(answer)
    polled = Client().get("/desk/linden/rows", headers={"HX-Request": "true"})
    assert polled.status_code == 302
    assert "data-refresh" not in text(Client().get("/desk/linden/rows", headers={"HX-Request": "true"}, follow=True))


def test_it_keeps_a_check_in_of_a_device_that_is_out(house: House) -> None:
    """Her words stand on the answer with the emergency number, and arrive as they were once she is in again."""
    form = sheet(q__vision="yes", words="It is blurred on the left.")
    house.desk().post(f"/desk/linden/patients/{house.patient.pk}/devices/{Device.objects.get().pk}/revoke")
    answer = house.diary().post("/p/checkin", form)
    page = text(answer)
    assert answer.status_code == 403
    assert "the clinic does not know of it" in page
    assert "tel:112" in page
    assert "It is blurred on the left.</textarea>" in page
    assert 'name="q-vision" value="yes"' in page
    assert "csrfmiddlewaretoken" in page
    _, house.secret = on_phone(house.doctor, house.patient, NOW)
    assert house.diary().post("/p/checkin", form).status_code == 302
    assert CheckIn.objects.get(key=form["key"]).words == "It is blurred on the left."


@pytest.mark.parametrize(("site", "kept"), [("same-origin", True), ("cross-site", False), ("", False)])
def test_it_keeps_what_was_typed_with_an_old_token(house: House, site: str, kept: bool) -> None:
    """A form of ours with an old token stands on the answer once more; one of another site gets nothing to press."""
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = house.secret
    form = {"key": str(uuid4()), "text": "May I fly?", "csrfmiddlewaretoken": "a" * 64}
    answer = client.post("/p/messages", form, headers={"Sec-Fetch-Site": site} if site else {})
    assert answer.status_code == 403
    assert ("May I fly?</textarea>" in text(answer)) is kept
    assert "tel:112" in text(answer)
    if kept:
        fresh = text(answer).partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        assert client.post("/p/messages", form | {"csrfmiddlewaretoken": fresh}).status_code == 302
    assert Message.objects.count() == int(kept)


def test_it_shows_nobody_a_password_again() -> None:
    """What was typed on the sign-in page is not shown back."""
    form = {"login": "a@b.example", "password": "a-long-enough-secret"}
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert "a-long-enough-secret" not in text(answer)


def test_it_keeps_an_old_page_with_its_own_record(house: House) -> None:
    """Sent after a second procedure was signed, it belongs to the first; somebody else's page is kept with nobody."""
    page = text(house.diary().get("/p/checkin"))
    assert f'name="record" value="{house.procedure.pk}"' in page
    a_procedure(house.doctor, house.patient, NOW - DAY)
    assert house.diary().post("/p/checkin", sheet(record=str(house.procedure.pk))).status_code == 302
    assert house.procedure.checkins.count() == 2
    other = a_procedure(house.doctor, a_patient(house.doctor, name="Berta"))
    answer = house.diary().post("/p/checkin", sheet(record=str(other.pk)))
    assert answer.status_code == 409
    assert "nothing was saved" in text(answer)
    assert "tel:112" in text(answer)
    assert not other.checkins.exists()


# -- Clinics and records with almost nothing --------------------------------------------------------------------------

BARE: dict[str, Any] = {"hours": {"weekly": {}}, "phone": "", "on_call_phone": ""}
PAGES = ("", "plan", "plan/leaflet", "checkin", "history", "messages", "devices", "emergency", "pack.json", "offline")


@pytest.mark.django_db
def test_it_serves_a_clinic_that_is_never_open_and_has_no_phone() -> None:
    """Nobody is there: every page still shows, an emergency names the ambulance, and its promise has a time."""
    clinic = a_clinic(**BARE)
    doctor = a_staff(clinic)
    procedure = a_procedure(doctor, a_patient(doctor))
    phone, secret = on_phone(doctor, procedure.patient, NOW)
    client = Client()
    client.cookies[COOKIE] = secret
    for level in ("fever", "vision"):
        says(phone, procedure, NOW, **{level: "yes"})
    for page in PAGES:
        answer = client.get(f"/p/{page}")
        assert answer.status_code == 200, page
        assert 'href="tel:"' not in text(answer), page
    kept = client.post("/p/checkin", sheet(q__vision="yes"), follow=True)
    assert "tel:112" in text(kept)
    assert WorkItem.objects.get().due_at == NOW + 15 * MINUTE
    assert doctor.staff is not None
    desk = Client()
    desk.force_login(doctor.staff.user)
    for page in (
        "",
        f"items/{WorkItem.objects.get().pk}/",
        "figures/",
        "settings/",
        f"patients/{procedure.patient_id}/",
    ):
        assert desk.get(f"/desk/linden/{page}").status_code == 200, page


@pytest.mark.django_db
def test_it_promises_a_look_where_nobody_works() -> None:
    """The last of the staff has left: an emergency is kept, due and unowned, and no letter goes to anybody."""
    house = House()
    Staff.objects.update(until=NOW, called=None)
    says(house.phone, house.procedure, NOW, vision="yes")
    item = WorkItem.objects.get()
    assert (item.urgency, item.waiting_since) == (3, NOW - HOUR)
    assert not Delivery.objects.filter(queued_at=NOW).exists()
    assert "tel:112" in text(house.diary().get("/p/"))


def test_it_plans_from_nothing_but_a_date(house: House) -> None:
    """A record without threads, zones, age or answers can be signed, and everything about her shows."""
    house.procedure = a_procedure(house.doctor, house.patient, NOW - DAY, threads=[], zones=[], age=None, modifiers={})
    for page in PAGES:
        assert house.diary().get(f"/p/{page}").status_code == 200, page
    assert house.diary().post("/p/checkin", sheet(), follow=True).status_code == 200
    assert CheckIn.objects.get(procedure=house.procedure).day == 1
    desk, version = house.desk(), house.procedure.versions.get()
    for page in (f"patients/{house.patient.pk}/", f"procedures/{version.pk}/", ""):
        assert desk.get(f"/desk/linden/{page}").status_code == 200, page


def test_it_keeps_two_procedures_of_one_patient_apart(house: House) -> None:
    """The newest asks; the history shows both; what a phone queued for the first is kept with the first."""
    second = a_procedure(house.doctor, house.patient, NOW - DAY, zones=["neck"])
    assert house.diary().post("/p/checkin", sheet()).status_code == 302
    late = sent(record=str(house.procedure.pk), said_at=(MONDAY + 2 * DAY).isoformat())
    assert send(house.diary(), late).status_code == 201
    assert [second.checkins.count(), house.procedure.checkins.count()] == [1, 2]
    page = text(house.diary().get("/p/history"))
    assert "Day 1" in page
    assert "Day 4" in page
    assert house.desk().get(f"/desk/linden/patients/{house.patient.pk}/").status_code == 200


def test_it_asks_the_tables_no_more_for_four_hundred_check_ins(
    house: House, django_assert_max_num_queries: Any
) -> None:
    """A patient who writes every hour: every page asks the same few questions of the database as for a handful."""
    kept = CheckIn.objects.get()
    decision = kept.decisions.get()
    for number in range(400):
        kept.pk, kept.key, kept.said_at = uuid4(), uuid4(), MONDAY + DAY + number * 10 * MINUTE
        kept.save(force_insert=True)
        decision.pk, decision.checkin = None, kept
        decision.save(force_insert=True)
    for page in PAGES:
        with django_assert_max_num_queries(25):
            assert house.diary().get(f"/p/{page}").status_code == 200, page
    for page in ("", f"patients/{house.patient.pk}/", f"items/{house.item.pk}/"):
        with django_assert_max_num_queries(50):
            assert house.desk().get(f"/desk/linden/{page}").status_code == 200, page
    with django_assert_max_num_queries(60):
        assert house.diary().post("/p/checkin", sheet()).status_code == 302


def test_it_judges_by_the_pinned_protocol(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped protocol is replaced while a plan runs: her pages and answers follow the one she was given."""
    before = house.procedure.protocol_id
    newer = type("Newer", (), {"digest": "another"})
    monkeypatch.setattr("afterthread.clinic.knowledge.shipped", newer)
    for page in ("", "plan", "checkin", "history", "pack.json"):
        assert house.diary().get(f"/p/{page}").status_code == 200, page
    assert house.diary().post("/p/checkin", sheet(), follow=True).status_code == 200
    house.procedure.refresh_from_db()
    assert house.procedure.protocol_id == before
