"""Nothing is changed by a page of another site, by a field that nobody asked for, or by saying two things at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from afterthread.clinic.models import CheckIn, Clinic, Message, Patient, ProcedureVersion, Staff, User
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, PASSWORD, a_clinic, a_patient, a_staff
from tests.lib.matrix import Row
from tests.spec.security.conftest import House, kept, routes
from tests.spec.test_matrix import DESK, DIARY

pytestmark = pytest.mark.django_db
FIXED = {"entry": "rule.fever", "pk": "1", "key": "x", "uidb36": "1"}
FORM = "application/x-www-form-urlencoded"
SAME = {"Sec-Fetch-Site": "same-origin"}
OUTSIDE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
    "javascript:alert(1)", "http:///evil.example", "/\t/evil.example", "https://localhost@evil.example",
    "https://evil.example\r\nX: 1", "data:text/html,x", "https://testserver.evil.example/",
)  # fmt: skip


def filled(name: str, keys: tuple[str, ...], house: House) -> str:
    """An address with something that exists in every place."""
    space, _, short = name.rpartition(":")
    row = {"desk": DESK, "diary": DIARY}.get(space, {}).get(short, Row())
    also = {key: house.ids.get(what, what) for key, what in row.also.items()}
    given = {"clinic": house.clinic.slug, "id": house.ids.get(row.about, row.about), **FIXED, **also}
    given.setdefault("device", house.ids["device"])
    return reverse(name, kwargs={key: given[key] for key in keys})


def test_it_takes_nothing_from_a_page_of_another_site(home: House) -> None:
    """At every address there is, a form without our own sign is refused, and changes nothing."""
    wrong, asked = [], 0
    before = kept()
    for who in (home.staff(enforce_csrf_checks=True), home.staff(home.admin, enforce_csrf_checks=True),
                home.diary(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)):  # fmt: skip
        for name, keys in routes():
            if name == "diary:api_checkin":  # below
                continue
            answer = who.post(filled(name, keys, home), {"revision": "0", "text": "x", "key": str(uuid4())})
            asked += 1
            if answer.status_code != 403 or "Please send it once more" not in answer.content.decode():
                wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []
    assert asked > 200
    assert kept() == before


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
        {"Origin": "null"}, {"Origin": "https://testserver.evil.example"}, {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, {"Referer": "http://testserver/p/"},
    ],
)  # fmt: skip
def test_it_takes_no_checkin_from_a_script_of_another_site(home: House, headers: dict[str, str]) -> None:
    """The address for phones has no form, so it asks the browser who asks."""
    before = kept()
    assert phone_says(home, headers=headers).status_code == 403
    assert kept() == before


@pytest.mark.parametrize("kind", [FORM, "text/plain", "multipart/form-data; boundary=x", ""])
def test_it_takes_no_checkin_that_a_plain_form_could_send(home: House, kind: str) -> None:
    """What a browser sends to other sites without asking first is none of the types that are read."""
    before = kept()
    assert phone_says(home, kind=kind).status_code == 415
    assert kept() == before


def phone_says(house: House, *, headers: dict[str, str] | None = None, kind: str = "application/json") -> Any:
    """A check-in as a phone's queue sends it."""
    body = json.dumps({"key": str(uuid4()), "said_at": str(MONDAY + timedelta(days=1)), "answers": {}})
    return house.diary(enforce_csrf_checks=True).post(
        "/p/api/checkin", body, content_type=kind, headers=SAME if headers is None else headers
    )


def test_it_takes_the_checkin_of_its_own_phone(home: House) -> None:
    """The guard above is not simply shut."""
    assert phone_says(home).status_code == 201
    assert phone_says(home, headers={"Origin": "http://testserver"}).status_code == 201


# -- Leaving us -------------------------------------------------------------------------------------------------------


def test_it_sends_nobody_to_another_site(home: House) -> None:
    """After a message, an action, a choice of language and a sign-in one stays here, whatever the form says."""
    told = {"login": "practitioner@linden.example", "password": PASSWORD}
    for there in OUTSIDE:
        staff, desk = home.staff(), f"/desk/{home.clinic.slug}/"
        answers = [
            staff.post(f"{desk}patients/{home.ids['patient']}/messages", {"key": uuid4(), "text": "x", "next": there}),
            staff.post(f"{desk}items/{home.ids['item']}/note", {"revision": "0", "note": "x", "next": there}),
            staff.post(f"{desk}language", {"language": "en", "next": there}),
            home.diary().post("/p/language", {"language": "en", "next": there}),
            Client().post("/accounts/login/", {**told, "next": there}),
            Client().post(f"/accounts/login/?{urlencode({'next': there})}", told),
            home.staff().post("/accounts/logout/", {"next": there}),
        ]  # fmt: skip
        assert [answer.status_code for answer in answers] == [302] * len(answers)
        wrong = [answer["Location"] for answer in answers if "evil" in answer["Location"].partition("?")[0]]
        wrong += [answer["Location"] for answer in answers if not answer["Location"].startswith("/")]
        assert wrong == []


def test_it_breaks_on_no_place_to_go_back_to(home: House) -> None:
    """What is no address of ours is no name of a page either, and breaks nothing."""
    for there in ("nowhere", "diary:leave", "desk:patient", "\0", "/ü\r\nX: 1", "?", "#"):
        staff, desk = home.staff(), f"/desk/{home.clinic.slug}/"
        answers = [
            staff.post(f"{desk}patients/{home.ids['patient']}/messages", {"key": uuid4(), "text": "x", "next": there}),
            staff.post(f"{desk}items/{home.ids['item']}/note", {"revision": "0", "note": "x", "next": there}),
            staff.post(f"{desk}language", {"language": "en", "next": there}),
            home.diary().post("/p/language", {"language": "en", "next": there}),
            Client().post("/p/language", {"language": "en", "next": there}),
        ]
        assert [answer.status_code for answer in answers] == [302] * len(answers)
        assert all("\r" not in answer["Location"] and "\n" not in answer["Location"] for answer in answers)


# -- Fields that nobody asked for -------------------------------------------------------------------------------------


def test_it_takes_only_the_fields_of_its_forms(home: House) -> None:
    """Whoever adds an owner, a role, a clinic, a signature or a time to a form has added nothing."""
    other = a_clinic("ahorn")
    foreign = a_patient(a_staff(other))
    desk, staff, admin, diary = f"/desk/{home.clinic.slug}/", home.staff(), home.staff(home.admin), home.diary()
    more: dict[str, Any] = {
        "clinic": other.pk, "clinic_id": other.pk, "id": uuid4(), "pk": uuid4(), "patient": foreign.pk,
        "patient_id": foreign.pk, "role": "admin", "is_active": "", "is_staff": "1", "is_superuser": "1",
        "signed_at": "2020-01-01", "signed_by": home.ids["staff"], "drafted_by": home.ids["staff"],
        "owner": home.ids["staff"], "owner_id": home.ids["staff"], "author": home.ids["staff"],
        "closed_at": "2020-01-01",
        "at": "2020-01-01", "said_at": "2020-01-01", "received_at": "2020-01-01", "enrolled_at": "2020-01-01T00:00Z",
        "slug": "stolen", "device": home.ids["device"], "taken_by": home.ids["staff"], "number": "99", "until": "",
        "user": "1", "since": "2000-01-01", "email_index": "x", "waiting_since": "", "due_at": "2099-01-01",
    }  # fmt: skip
    person = {"name": "Berta", "language": "en", "time_zone": "Europe/Berlin"}
    new = uuid4()
    assert staff.post(f"{desk}patients/new", {**more, **person, "key": str(new)}).status_code == 302
    made = Patient.objects.get(pk=new)
    assert (made.clinic, made.email_index, made.enrolled_at.year) == (home.clinic, "", 2026)
    assert staff.post(f"{desk}patients/{new}/edit", {**more, **person, "revision": made.revision}).status_code == 302
    assert staff.post(f"{desk}patients/{new}/messages", {**more, "key": uuid4(), "text": "x"}).status_code == 302
    told = Message.objects.get(patient=made)
    assert (told.author, told.clinic, told.at.year) == (home.doctor.staff, home.clinic, 2026)
    record = {"t-TOTAL_FORMS": "0", "t-INITIAL_FORMS": "0", "day": "2026-03-02", "time": "09:00", "zones": "cheek"}
    drafted = staff.post(f"{desk}patients/{new}/procedures/new", {**more, **record, "key": uuid4()})
    assert drafted.status_code == 302
    draft = ProcedureVersion.objects.get(patient=made)
    assert (draft.signed_at, draft.signed_by, draft.number, draft.clinic) == (None, None, 1, home.clinic)
    assert draft.drafted_by == home.doctor.staff
    assert staff.post(f"{desk}items/{home.ids['item']}/note", {**more, "revision": "0", "note": "x"}).status_code == 302
    assert diary.post("/p/messages", {**more, "key": uuid4(), "text": "x"}).status_code == 302
    assert Message.objects.filter(patient=home.patient, author=None).count() == 3
    held = {name: getattr(home.admin.staff.user, name) for name in ("email", "is_active", "password")}  # type: ignore[union-attr]
    colleague = {"name": "New", "email": "new@linden.example", "role": "nurse", "called": ""}
    assert admin.post(f"{desk}settings/staff", {**more, **colleague}).status_code == 302
    place = Staff.objects.get(user__email="new@linden.example")
    assert (place.role, place.clinic, place.since.year, place.user.is_active) == ("nurse", home.clinic, 2026, True)
    assert held == User.objects.filter(pk=home.admin.staff.user.pk).values(*held).get()  # type: ignore[union-attr]
    assert not Patient.objects.filter(clinic=other).exclude(pk=foreign.pk).exists()
    assert not Message.objects.filter(patient=foreign).exists()
    assert set(Clinic.objects.values_list("slug", flat=True)) == {"linden", "ahorn"}


def test_it_lets_a_phone_say_for_nobody_else(home: House) -> None:
    """A check-in that names another record, device or person is not taken for theirs."""
    body = {"key": str(uuid4()), "said_at": "2026-03-02T15:00:00+00:00", "answers": {}, "record": str(uuid4())}
    client = home.diary()
    assert client.post("/p/api/checkin", body, content_type="application/json", headers=SAME).status_code == 409
    for name in ("patient", "device", "taken_by", "day", "received_at", "clinic"):
        told = {**body, name: str(home.ids["device"])}
        told.pop("record")
        assert client.post("/p/api/checkin", told, content_type="application/json", headers=SAME).status_code == 422, (
            name
        )


def test_it_keeps_whoever_chose_the_key_of_another_out(home: House) -> None:
    """The key of a new record that is somebody else's id already changes nothing of hers, here or elsewhere."""
    foreign = a_patient(a_staff(a_clinic("ahorn")), name="Hers")
    for held in (foreign, home.patient):
        before = kept()
        data = {"name": "Mine", "language": "en", "time_zone": "Europe/Berlin", "key": str(held.pk)}
        answer = home.staff().post(f"/desk/{home.clinic.slug}/patients/new", data, follow=True)
        assert Patient.objects.get(pk=held.pk).name == held.name
        assert "Hers" not in answer.content.decode()
        changed = {name for name, rows in kept().items() if rows != before[name]}
        assert changed <= {"clinic.AuditRow", "clinic.AuditHead", "clinic.Message"}  # that her page was opened


def test_it_shows_nobody_more_by_asking_twice(home: House) -> None:
    """A second patient or clinic in the address is ignored."""
    answer = home.staff().get(f"/desk/{home.clinic.slug}/patients/?clinic=ahorn&clinic=linden&id={uuid4()}")
    assert answer.status_code == 200


# -- Two answers at once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("twice", [("yes", "no"), ("no", "yes"), ("yes", ""), ("yes", "unknown")])
def test_it_never_takes_the_calmer_of_two_answers(home: House, twice: tuple[str, str]) -> None:
    """A question answered twice in one form is refused, or weighed by its worse answer."""
    rest = [("none-danger", "1"), ("none-rest", "1"), ("again", "1"), ("confirmed", "1")]
    for client, path in (
        (home.diary(), "/p/checkin"),
        (home.staff(), f"/desk/{home.clinic.slug}/patients/{home.ids['patient']}/checkin"),
    ):
        key = uuid4()
        body = urlencode([("key", str(key)), *rest, *(("q-breathing", one) for one in twice)])
        answer = client.post(path, body, content_type=FORM)
        taken = CheckIn.objects.filter(key=key).first()
        assert taken is None or taken.decisions.latest("pk").urgency == Urgency.EMERGENCY, path
        assert answer.status_code in (302, 400, 422)
        if answer.status_code == 400:  # what was contradicted is asked anew, not ticked
            assert _ticked(answer.content.decode(), "q-breathing") == []


def _ticked(page: str, name: str) -> list[str]:
    return [
        part
        for part in page.split("<input")[1:]
        if f'name="{name}"' in part.split(">")[0] and "checked" in part.split(">")[0]
    ]


@pytest.mark.parametrize("first", [True, False])
def test_it_never_takes_the_calmer_of_two_answers_in_json(home: House, first: bool) -> None:
    """A key that stands twice is no check-in."""
    twice = '"breathing": {"level": "yes"}, "breathing": {"level": "no"}'
    twice = twice if first else ", ".join(reversed(twice.split(", ")))
    body = f'{{"key": "{uuid4()}", "said_at": "2026-03-03T10:00:00+00:00", "answers": {{{twice}}}}}'
    before = CheckIn.objects.count()
    answer = home.diary().post("/p/api/checkin", body, content_type="application/json", headers=SAME)
    assert (answer.status_code, CheckIn.objects.count()) == (422, before)


def test_it_takes_one_answer_that_came_twice(home: House) -> None:
    """The same answer twice is one answer."""
    body = urlencode([("key", str(uuid4())), ("confirmed", "1"), ("q-breathing", "yes"), ("q-breathing", "yes")])
    assert home.diary().post("/p/checkin", body, content_type=FORM).status_code == 302
