"""Who is in got in by her own link or password, stays as long as she may, and learns nothing about anybody else."""

from __future__ import annotations

import logging
import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as ours
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from afterthread.clinic import clock
from afterthread.clinic.cipher import digest
from afterthread.clinic.flow.clinic import change_staff, end_staff
from afterthread.clinic.flow.link import LIFETIME, exchange_link, issue_link, new_code
from afterthread.clinic.models import Delivery, Device, Link, User
from afterthread.clinic.roles import Missing, Role, system
from afterthread.diary import door
from afterthread.exchange.delivery import send
from afterthread.exchange.letter import letters_of
from tests.lib.clinic import MONDAY, PASSWORD, a_clinic, a_patient, a_staff
from tests.spec.security.conftest import COOKIE, NOW, House, kept

EMAIL = "practitioner@linden.example"
db = pytest.mark.django_db


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Any:
    """Give address and password."""
    return client.post("/accounts/login/", {"login": email, "password": password}, **more)


# -- Links ------------------------------------------------------------------------------------------------------------


@db
def test_it_lets_in_for_ten_minutes_and_once(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link is used up by its use, and dead on the minute."""
    code, late = home.code(), home.code()
    assert Client().post("/p/enter", {"code": code}).status_code == 302
    assert Client().post("/p/enter", {"code": code}).status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOW + LIFETIME)
    assert timedelta(minutes=10) == LIFETIME
    assert Client().post("/p/enter", {"code": late}).status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOW + LIFETIME - timedelta(seconds=1))
    assert Client().post("/p/enter", {"code": late}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_in_of_many_at_once() -> None:
    """The same link used on several phones in the same moment lets in exactly one."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    for _ in range(4):
        code, line = new_code(), threading.Barrier(4)
        let_in: list[Device] = []
        issue_link(viewer=doctor, patient=patient, code=code, at=MONDAY)
        before = Device.objects.count()

        def knock(number: int, code: str = code, line: threading.Barrier = line, let_in: list[Device] = let_in) -> None:
            try:
                line.wait(10)
                let_in.append(
                    exchange_link(viewer=system(), code=code, secret=f"{code}{number}", label="Phone", at=MONDAY)
                )
            except Missing:
                pass
            finally:
                connections.close_all()

        phones = [threading.Thread(target=knock, args=(number,)) for number in range(4)]
        for phone in phones:
            phone.start()
        for phone in phones:
            phone.join(30)
        assert (len(let_in), Device.objects.count() - before) == (1, 1)


@db
def test_it_keeps_no_secret_that_would_let_somebody_in(home: House) -> None:
    """Whoever reads the database finds neither codes nor what phones show."""
    code = home.code()
    answer = Client().post("/p/enter", {"code": code})
    stored = repr(kept())
    for secret in (code, code.replace("-", ""), answer.cookies[COOKIE].value, home.secret, PASSWORD):
        assert secret not in stored
    assert digest(home.secret) in stored


@db
def test_it_writes_no_code_where_others_read(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """The code is behind the # of the address, which is never sent: not in a log, a redirect, a subject, a picture."""
    caplog.set_level(logging.DEBUG)
    code = home.code()
    answer = Client().post("/p/enter", {"code": code})
    assert Client().post("/p/enter", {"code": code}).status_code == 404
    assert Client().get(f"/p/enter?code={code}").status_code == 200  # typed wrongly, it is not believed
    secret = answer.cookies[COOKIE].value
    assert code not in answer["Location"]
    assert not any(code in record.getMessage() or secret in record.getMessage() for record in caplog.records)
    home.staff().post(f"/desk/linden/patients/{home.ids['patient']}/link", {"by": "email"})
    Client().post("/p/request", {"email": "anna@patient.example"})
    for delivery in Delivery.objects.filter(cause__startswith=("link")) | Delivery.objects.filter(
        cause__startswith="request"
    ):
        for letter in letters_of(delivery, NOW):
            found = re.findall(r"\S+/p/enter\S*", letter.text)
            assert [urlsplit(one).query for one in found] == [""]
            sent = urlsplit(found[0]).fragment
            assert sent not in letter.subject + delivery.letter + delivery.cause
            assert Link.objects.filter(used_at=None).exists()


@db
def test_it_gives_every_phone_a_fresh_secret(home: House) -> None:
    """What a browser showed before it was let in is never what it shows afterwards."""
    client = Client()
    client.cookies[COOKIE] = "chosen-by-somebody-else"
    fresh = client.post("/p/enter", {"code": home.code()}).cookies[COOKIE].value
    again = client.post("/p/enter", {"code": home.code()}).cookies[COOKIE].value
    assert len({"chosen-by-somebody-else", fresh, again}) == 3
    assert len(fresh) >= 43
    assert not Device.objects.filter(secret=digest("chosen-by-somebody-else")).exists()


@db
def test_it_keeps_the_cookie_of_a_phone_to_safe_connections(home: House, settings: Any) -> None:
    """Out of reach of scripts and other sites, and behind TLS even where the proxy forgets to say that it is there."""
    settings.SESSION_COOKIE_SECURE = True
    cookie = Client().post("/p/enter", {"code": home.code()}).cookies[COOKIE]
    assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (True, True, "Lax")


# -- Guessing ---------------------------------------------------------------------------------------------------------


@db
def test_it_limits_who_guesses_and_nobody_else(home: House) -> None:
    """Codes, letters and passwords are counted; who is in, and whoever needs help, never is."""
    inside = home.diary()
    tried = [Client().post("/p/enter", {"code": new_code()}).status_code for _ in range(door.OF_ONE + 1)]
    assert tried == [404] * door.OF_ONE + [429]
    assert Client().post("/p/enter", {"code": home.code()}).status_code == 429
    for number in range(30):
        Client().post("/p/request", {"email": f"anna{number}@patient.example"})
        sign_in(Client(), password="wrong")  # noqa: S106 - nobody's
    assert Delivery.objects.filter(cause__startswith="request").count() == door.LETTERS_OF_ONE
    client = Client()
    sign_in(client)
    assert "_auth_user_id" not in client.session
    for _ in range(40):
        assert Client().get("/p/emergency").status_code == 200
        assert inside.get("/p/emergency").status_code == 200
    for path in ("/p/", "/p/plan", "/p/checkin", "/p/messages", "/p/pack.json"):
        assert inside.get(path).status_code == 200, path
    assert inside.post("/p/checkin", {"q-breathing": "yes", "confirmed": "1"}).status_code == 302


@db
def test_it_does_not_count_by_what_a_browser_claims(home: House) -> None:
    """A new address in a header is no new start."""
    claims = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(door.OF_ONE + 1)]
    tried = [Client().post("/p/enter", {"code": new_code()}, headers=claim).status_code for claim in claims]
    assert tried[-1] == 429


@db
@pytest.mark.parametrize(
    ("path", "field"), [("/accounts/login/", "login"), ("/accounts/password/reset/", "email"), ("/p/request", "email")]
)
def test_it_does_not_tell_who_exists(home: House, path: str, field: str) -> None:
    """An address that is known and one that is not get the same page and cost the same questions to the tables."""
    known = "anna@patient.example" if path == "/p/request" else EMAIL
    Client().post(path, {field: "first@else.example", "password": "wrong"})  # what is read once
    told = []
    for email in (known, "n" * (len(known) - 13) + "@else.example"):
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = Client().post(path, {field: email, "password": "wrong"})
        text = re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode()).replace(email, "…")
        told.append((answer.status_code, answer.get("Location"), text, len(asked), mail.outbox[:]))
    assert told[0] == told[1]


@db
@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/p/request"])
def test_it_writes_to_nobody_who_is_unknown(home: House, path: str) -> None:
    """Nobody can have us write to strangers, and nothing about it stands in anybody's log."""
    Client().post(path, {"email": "nobody@else.example"})
    for delivery in Delivery.objects.exclude(sent_at=None, patient=None, staff=None) | Delivery.objects.filter(
        patient=None
    ):
        if delivery.staff is None:
            send(delivery, NOW)
    assert [letter for letter in mail.outbox if letter.to == ["nobody@else.example"]] == []


@db
def test_it_writes_our_own_address_only(home: House) -> None:
    """Links in letters and pictures lead to us, whatever name a request was sent to."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    Client().post("/accounts/password/reset/", {"email": EMAIL}, headers=evil)
    Client().post("/p/request", {"email": "anna@patient.example"}, headers=evil)
    page = home.staff().post(f"/desk/linden/patients/{home.ids['patient']}/link", headers=evil).content.decode()
    assert f"{ours.AFTERTHREAD_URL}/p/enter" in page
    letters = [one for delivery in Delivery.objects.all() for one in letters_of(delivery, NOW)]
    assert any("/accounts/password/reset/key/" in letter.text for letter in letters)
    texts = [page, *(letter.text for letter in letters)]
    assert [text for text in texts if "evil.example" in text] == []
    assert {urlsplit(one).netloc for text in texts for one in re.findall(r"https?://[^\s<\"]+", text)} <= {
        "localhost:8000", "www.w3.org",
    }  # fmt: skip


# -- Sessions of staff ------------------------------------------------------------------------------------------------


@db
def test_it_changes_the_session_at_sign_in(home: House) -> None:
    """A session that somebody else put into a browser is worth nothing once its owner signed in."""
    client = Client()
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = str(session.session_key)
    client.cookies[ours.SESSION_COOKIE_NAME] = planted
    assert sign_in(client).status_code == 302
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


@db
def test_it_ends_a_session_after_twelve_hours(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the browser stays open, half a day is a working day."""
    client = Client()
    answer = sign_in(client)
    cookie = answer.cookies[ours.SESSION_COOKIE_NAME]
    assert (bool(cookie["httponly"]), cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
    later = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: later() + timedelta(hours=11, minutes=59))
    assert client.get("/desk/linden/").status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: later() + timedelta(hours=12, minutes=1))
    assert client.get("/desk/linden/").status_code == 302


@db
def test_it_really_signs_out(home: House) -> None:
    """Neither the session nor the phone's secret opens anything afterwards, wherever it was copied to."""
    client, copied = Client(), Client()
    sign_in(client)
    copied.cookies[ours.SESSION_COOKIE_NAME] = client.cookies[ours.SESSION_COOKIE_NAME].value
    assert copied.get("/desk/linden/").status_code == 200
    assert client.get("/accounts/logout/").status_code == 200  # by itself, a link signs nobody out
    assert copied.get("/desk/linden/").status_code == 200
    client.post("/accounts/logout/")
    assert copied.get("/desk/linden/").status_code == 302
    assert home.diary().get("/p/").status_code == 200
    home.diary().post("/p/leave")
    assert home.diary().get("/p/").status_code == 302


@db
def test_it_signs_out_everywhere_with_a_new_password(home: House) -> None:
    """Whoever stole a session loses it when its owner chooses another password."""
    stolen = home.staff()
    assert stolen.get("/desk/linden/").status_code == 200
    user = User.objects.get(email=EMAIL)
    user.set_password("Another-long-secret-7")
    user.save()
    assert stolen.get("/desk/linden/").status_code == 302


@db
def test_it_takes_a_right_away_at_once(home: House) -> None:
    """Another role, the end of a place and an account switched off count with the next request."""
    client, held = home.staff(), home.doctor.staff
    assert held is not None
    page = f"/desk/linden/patients/{home.ids['patient']}/"
    assert client.get(f"{page}checkin").status_code == 200
    change_staff(viewer=home.admin, staff=held, role=Role.COORDINATOR, called=1, at=NOW)
    assert [client.get(path).status_code for path in (page, f"{page}checkin")] == [200, 403]
    change_staff(viewer=home.admin, staff=held, role=Role.ADMIN, called=1, at=NOW)
    assert client.get(page).status_code == 403
    end_staff(viewer=home.admin, staff=held, at=NOW)
    assert client.get("/desk/linden/settings/").status_code == 404
    admin = home.staff(home.admin)
    assert admin.get("/desk/linden/settings/").status_code == 200
    User.objects.update(is_active=False)
    assert admin.get("/desk/linden/settings/").status_code == 302
    assert sign_in(Client()).get("Location") != "/desk/"


@db
def test_it_lets_nobody_change_the_address_by_which_she_is_known(home: House) -> None:
    """An address counts because an administrator entered it: a stolen session cannot make another one count."""
    client = Client()
    sign_in(client)
    for action in ({"action_add": ""}, {"action_primary": ""}, {}):
        client.post("/accounts/email/", {"email": "mine@evil.example", **action})
    assert not User.objects.filter(email="mine@evil.example").exists()
    client.post("/accounts/logout/")
    Client().post("/accounts/password/reset/", {"email": "mine@evil.example"})
    letters = [one for delivery in Delivery.objects.all() for one in letters_of(delivery, NOW)]
    assert [letter.to for letter in letters if "evil" in letter.to] == []
    thief = Client()
    sign_in(thief, email="mine@evil.example")
    assert "_auth_user_id" not in thief.session
