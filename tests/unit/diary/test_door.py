"""The door: a link works once, tells nothing to strangers, and never stands between a patient and help."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, RequestFactory

from afterthread.clinic.code.tries import client_address
from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.models import Delivery, Device, Link
from afterthread.diary import door
from afterthread.diary.page import COOKIE
from tests.unit.diary.conftest import Diary, enter

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"
CHROME = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def _calm() -> None:
    """Nobody has tried anything yet."""
    cache.clear()


@pytest.fixture
def code(diary: Diary) -> str:
    """A fresh code for Anna."""
    made = new_code()
    issue_link(viewer=diary.doctor, patient=diary.patient, code=made, at=diary.at)
    return made


def test_it_uses_nothing_up_by_looking(diary: Diary, code: str) -> None:
    """A mail scanner that opens the address leaves the link as it is."""
    assert Client().get("/p/enter").status_code == 200
    assert not Link.objects.filter(used_at__isnull=False, expires_at__gt=diary.at).exists()


def test_it_lets_a_device_in_once(diary: Diary, code: str) -> None:
    """The code opens the diary, the cookie stays out of reach of scripts, and the code is used up."""
    client = Client(headers={"user-agent": IPHONE})
    answer = client.post("/p/enter", {"code": code.lower().replace("-", " ")})
    assert (answer.status_code, answer["Location"]) == (302, "/p/")
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["secure"]) == ("Lax", "/p/", "")
    assert Device.objects.latest("since").label == "iPhone · Safari"
    assert client.get("/p/").status_code == 200
    assert Client().post("/p/enter", {"code": code}).status_code == 404


def test_it_keeps_the_cookie_to_safe_connections(diary: Diary, code: str) -> None:
    """Over TLS the cookie never travels without it."""
    answer = Client().post("/p/enter", {"code": code}, secure=True)
    assert answer.cookies[COOKIE]["secure"]


def test_it_answers_used_old_and_invented_codes_alike(diary: Diary, code: str) -> None:
    """From outside, nobody learns whether a code ever was one."""
    Client().post("/p/enter", {"code": code})
    late = new_code()
    issue_link(viewer=diary.doctor, patient=diary.patient, code=late, at=diary.at - timedelta(minutes=11))
    pages = [Client().post("/p/enter", {"code": one}).content for one in (code, late, new_code())]
    plain = [page.split(b"<h1")[1].split(b"<form")[0] for page in pages]
    assert plain[0] == plain[1] == plain[2]
    assert b"/p/request" in plain[0]
    assert b"tel:112" in pages[0]


def test_it_slows_down_who_guesses(diary: Diary, code: str) -> None:
    """After many wrong codes even a right one has to wait, from that address only, and help stays open."""
    for _ in range(door.OF_ONE):
        Client().post("/p/enter", {"code": new_code()})
    assert Client().post("/p/enter", {"code": code}).status_code == 429
    assert Client().get("/p/emergency").status_code == 200
    assert diary.get().status_code == 200
    assert diary.post("enter", code=new_code())["Location"] == "/p/"
    assert Client(REMOTE_ADDR="10.0.0.9").post("/p/enter", {"code": code}).status_code == 302


def test_it_slows_down_many_who_guess_together(diary: Diary, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guessing from many addresses is counted together, and ends with the pause."""
    monkeypatch.setattr(door, "OF_ALL", 3)
    for number in range(3):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post("/p/enter", {"code": new_code()})
    assert Client(REMOTE_ADDR="10.0.1.1").post("/p/enter", {"code": code}).status_code == 429
    cache.clear()
    assert Client(REMOTE_ADDR="10.0.1.1").post("/p/enter", {"code": code}).status_code == 302


def test_it_believes_only_its_own_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody comes from is what our proxy wrote last, and nothing that a browser can claim."""
    request = RequestFactory().get("/p/enter", headers={"x-forwarded-for": "1.2.3.4, 10.0.0.7"})
    assert client_address(request) == "127.0.0.1"
    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"))
    assert client_address(request) == "10.0.0.7"


def test_it_answers_every_address_alike(diary: Diary) -> None:
    """Whoever asks for a link reads the same page, known or not."""
    pages = [Client().post("/p/request", {"email": one}).content for one in ("anna@patient.example", "no@body.example")]
    plain = [page.split(b"<h1")[1].split(b"<form")[0] for page in pages]
    assert plain[0] == plain[1]
    assert Delivery.objects.filter(cause__startswith="request:").count() == 2


def test_it_floods_no_mailbox(diary: Diary) -> None:
    """From one address of the internet only so many letters leave, and the page does not say so."""
    for number in range(door.LETTERS_OF_ONE + 3):
        assert Client().post("/p/request", {"email": f"a{number}@patient.example"}).status_code == 200
    assert Delivery.objects.filter(cause__startswith="request:").count() == door.LETTERS_OF_ONE


def test_it_ends_a_device(diary: Diary) -> None:
    """A phone that was lost is out with its next request; somebody else's device is nowhere."""
    code = new_code()
    issue_link(viewer=diary.doctor, patient=diary.patient, code=code, at=diary.at)
    lost = Client(headers={"user-agent": CHROME})
    lost.post("/p/enter", {"code": code})
    device = Device.objects.latest("since")
    assert "Android · Chrome" in diary.get("devices").content.decode()
    assert diary.post(f"devices/{device.pk}/revoke").status_code == 302
    assert lost.get("/p/")["Location"] == "/p/enter"
    assert diary.post("devices/00000000-0000-4000-8000-000000000000/revoke").status_code == 404


def test_it_lets_a_patient_leave(diary: Diary) -> None:
    """Who leaves is out here, whatever cookie is shown later."""
    secret = diary.client.cookies[COOKIE].value
    diary.post("leave")
    assert enter(secret).get("/p/").status_code == 302


def test_it_speaks_the_chosen_language(diary: Diary) -> None:
    """The language stays with the patient; an address of somebody else is never followed."""
    assert diary.post("language", language="ru", next="/p/plan")["Location"] == "/p/plan"
    diary.patient.refresh_from_db()
    assert diary.patient.language == "ru"
    assert "День 0" in diary.get().content.decode()
    assert diary.post("language", language="ru", next="https://elsewhere.example/")["Location"] == "/p/"
    assert diary.post("language", language="tlh").status_code == 302
    assert Client().post("/p/language", {"language": "ru"}).cookies["django_language"].value == "ru"


@pytest.mark.parametrize(
    ("agent", "label"),
    [(IPHONE, "iPhone · Safari"), (CHROME, "Android · Chrome"), ("curl/8", "Unknown device"), ("", "Unknown device")],
)
def test_it_names_a_device_briefly(agent: str, label: str) -> None:
    """A device is called by what its owner knows of it."""
    assert door.device_label(agent) == label
