"""Far too much is refused in plain words, everywhere, and nothing of it is kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings as ours
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.spec.security.conftest import House, kept

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
SAME = {"Sec-Fetch-Site": "same-origin"}
LARGE = "x" * 100_000
BOTTOMLESS = [
    ("[" * 100_000, 422), ('{"answers":' * 20_000, 422), ("[" * 900 + "]" * 900, 422), ('"' + "x" * 300_000 + '"', 413),
    ('{"key": ' + "9" * 6_000 + "}", 422), ('{"key": 1e999}', 422), ('{"key": NaN}', 422), ("\ufeff{}", 422),
    (" ", 422), ("null", 422), ('{"answers": {"\\ud800": "\\ud800"}, "words": "\\u0000"}', 422),
    ('{"answers": ' + '{"swelling": ' * 90 + "1" + "}" * 91, 422),
]  # fmt: skip


def test_it_refuses_what_is_too_long_for_its_place(home: House) -> None:
    """Names, notes, messages, lots, reasons, phones, addresses, codes and passwords."""
    desk, staff, admin = f"/desk/{home.clinic.slug}/", home.staff(), home.staff(home.admin)
    patient, item = f"{desk}patients/{home.ids['patient']}/", f"{desk}items/{home.ids['item']}/"
    person = {"name": "Berta", "language": "en", "time_zone": "UTC", "key": str(uuid4())}
    record = {"t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "0", "t-0-zone": "cheek", "day": "2026-03-02", "time": "09:00"}
    act = {"revision": "0", "outcome": "coming"}
    home.diary().get("/p/messages")  # what is unread there is read now
    before = kept()
    answers = [
        *(staff.post(f"{desk}patients/new", {**person, name: LARGE})
          for name in ("name", "email", "phone", "born", "time_zone")),
        staff.post(f"{patient}messages", {"key": uuid4(), "text": LARGE}),
        staff.post(f"{patient}checkin", {"key": uuid4(), "words": LARGE}),
        *(staff.post(f"{patient}procedures/new", {**record, name: LARGE})
          for name in ("t-0-lot", "t-0-product", "t-0-count", "note", "age", "t-TOTAL_FORMS", "zones")),
        *(staff.post(f"{item}{name}", {**act, field: LARGE})
          for name, field in (("note", "note"), ("contact", "note"), ("override", "reason"), ("claim", "revision"))),
        staff.post(f"{desk}procedures/{home.ids['version']}/correct", {"reason": LARGE}),
        *(admin.post(f"{desk}settings/", {name: LARGE})
          for name in ("name", "out_of_hours", "closed", "phone", "country")),
        admin.post(f"{desk}settings/staff", {"name": LARGE, "email": LARGE, "role": LARGE, "called": "9" * 5_000}),
        home.diary().post("/p/messages", {"key": uuid4(), "text": LARGE}),
        home.diary().post("/p/checkin", {"key": uuid4(), "q-breathing": "yes", "confirmed": "1", "words": LARGE}),
        Client().post("/p/enter", {"code": LARGE}),
        Client().post("/p/request", {"email": f"{LARGE}@b.example"}),
        Client().post("/accounts/login/", {"login": f"{LARGE}@b.example", "password": LARGE}),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers[:-1]} <= {400, 413, 422}
    assert answers[-1].status_code < 500
    assert kept() == before


@pytest.mark.parametrize("digits", ["9" * 5_000, "-1", "1e400", "²"])
def test_it_breaks_on_no_number(home: House, digits: str) -> None:
    """However long, negative or strange a number is, it is no reason to break."""
    desk, staff, admin = f"/desk/{home.clinic.slug}/", home.staff(), home.staff(home.admin)
    patient, item = f"{desk}patients/{home.ids['patient']}/", f"{desk}items/{home.ids['item']}/"
    draft = f"{desk}procedures/{home.ids['draft']}/"
    rows = {"t-TOTAL_FORMS": digits, "t-INITIAL_FORMS": digits, "age": digits, "revision": digits, "t-0-count": digits}
    answers = [
        *(staff.post(f"{patient}procedures/new", {**rows, "do": do}) for do in ("", "add", "mirror", "repeat")),
        staff.post(draft, rows), staff.post(f"{draft}sign", {"confirm": "1", "revision": digits}),
        staff.post(f"{draft}discard", {"revision": digits}),
        staff.post(f"{patient}edit", {"name": "A", "language": "en", "time_zone": "UTC", "revision": digits}),
        *(staff.post(f"{item}{name}", {"revision": digits, "urgency": digits, "reason": "x", "note": "x"})
          for name in ("claim", "override", "close", "note")),
        staff.get(f"{desk}patients/", {"page": digits}), staff.get(item, {"seen": digits}),
        admin.get(f"{desk}settings/log", {"page": digits}),
        admin.post(f"{desk}settings/", {"same_day_minutes": digits, "revision": digits, "closed": "9999-12-31"}),
        admin.post(f"{desk}settings/staff/{home.ids['staff']}", {"role": "nurse", "called": digits}),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} <= {200, 302, 409, 422}


@pytest.mark.parametrize("path", ["/p/enter", "/p/request", "/accounts/login/", "/p/language", "/p/api/checkin"])
def test_it_reads_no_form_of_five_thousand_fields(path: str) -> None:
    """Nobody can keep the server busy with fields, signed in or not."""
    body = "&".join(f"f{number}=1" for number in range(5_000))
    answer = Client(raise_request_exception=False).post(path, body, content_type=FORM, headers=SAME)
    assert answer.status_code in ((401, 415) if "api" in path else (400,))


def test_it_reads_no_bottomless_checkin(home: House) -> None:
    """Deep, long, strange or empty: a phone is told that it cannot be read."""
    for body, status in BOTTOMLESS:
        before = kept()
        answer = home.diary().post("/p/api/checkin", body.encode(), content_type="application/json", headers=SAME)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
        assert kept() == before


def test_it_takes_no_file(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page takes files, so none is ever written to the disk, from whomever it comes."""
    written: list[Any] = []
    monkeypatch.setattr(uploadhandler.TemporaryFileUploadHandler, "new_file", lambda *_, **__: written.append(1))
    large = SimpleUploadedFile("evil.html", b"x" * (ours.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    for client, path in (
        (Client(), "/p/enter"),
        (Client(), "/accounts/login/"),
        (home.diary(), "/p/messages"),
        (home.staff(), "/desk/linden/patients/new"),
    ):
        large.seek(0)
        assert client.post(path, {"code": "x", "name": large}).status_code == 413
    assert written == []


def test_it_searches_for_so_many_letters_only(home: House) -> None:
    """A search for a megabyte is a search for its beginning."""
    answer = home.staff().get("/desk/linden/patients/", {"q": "Linden " * 20_000})
    assert answer.status_code == 200
    assert len(answer.context["q"]) == 200


@pytest.mark.parametrize("cookie", ["x" * 8_000, "\0", "ü", '"', "../..", ";"])
def test_it_reads_no_strange_cookie(home: House, cookie: str) -> None:
    """What is no secret of ours lets nobody in and breaks nothing."""
    client = Client(raise_request_exception=False)
    for name in ("afterthread_device", "sessionid", "csrftoken", "messages", "django_language"):
        client.cookies[name] = cookie
    assert client.get("/p/")["Location"] == "/p/enter"
    assert client.get("/desk/linden/").status_code == 302
    assert client.get("/p/emergency").status_code == 200
    assert home.diary().post("/p/language", urlencode({"language": cookie}), content_type=FORM).status_code == 302
