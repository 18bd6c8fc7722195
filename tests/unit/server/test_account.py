"""Staff sign in with two steps, learn nothing about each other, and are out when they leave."""

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from afterthread.clinic.flow.clinic import end_staff
from afterthread.clinic.models import AuditRow, Delivery, Staff, User
from afterthread.clinic.roles import Role, Viewer
from afterthread.exchange.letter import invitation_link, letters_of
from afterthread.server.upkeep.opening import OpeningError, remove_second_step
from tests.lib.clinic import MONDAY, PASSWORD, a_clinic, a_staff

pytestmark = pytest.mark.django_db
EMAIL = "practitioner@linden.example"


@pytest.fixture(autouse=True)
def _real(settings: Any) -> None:
    settings.AFTERTHREAD_DEMO = False
    cache.clear()


@pytest.fixture
def doctor() -> Viewer:
    """Somebody who has a password."""
    return a_staff(a_clinic())


def test_it_lets_somebody_in_again_who_lost_the_second_step(doctor: Viewer) -> None:
    """The person at the machine takes it away, the log tells of it, and a new one is asked for at once."""
    assert doctor.staff is not None
    Authenticator.objects.create(user=doctor.staff.user, type=Authenticator.Type.TOTP, data={})
    assert remove_second_step(f" {EMAIL.upper()}", MONDAY) == "practitioner linden"
    assert not Authenticator.objects.exists()
    assert AuditRow.objects.filter(verb="staff.second_step_removed", subject=f"staff:{doctor.staff.pk}").count() == 1
    with pytest.raises(OpeningError, match="nobody"):
        remove_second_step("nobody@linden.example", MONDAY)


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD) -> Any:
    """Give address and password."""
    return client.post("/accounts/login/", {"login": email, "password": password})


def code_of(secret: str) -> str:
    """What the app on a phone shows now."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


def confirm(client: Client) -> None:
    """Give the password once more, as is asked before anything about signing in is changed."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def enrol(client: Client) -> str:
    """Set up an app; returns its secret."""
    confirm(client)
    page = client.get("/accounts/2fa/totp/activate/")
    secret: str = page.context["form"].secret
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert done.status_code == 302
    return secret


def test_it_asks_for_a_second_step_first(client: Client, doctor: Viewer) -> None:
    """A password alone opens no page with patients."""
    assert sign_in(client).status_code == 302
    for path in ("/desk/", "/desk/linden/", "/desk/linden/patients/"):
        assert client.get(path).headers["Location"] == "/accounts/2fa/"
    assert "second step" in client.get("/accounts/2fa/").content.decode()


def test_it_speaks_the_language_of_staff(client: Client, doctor: Viewer) -> None:
    """On the pages of the account too, whatever the browser asks for."""
    User.objects.update(language="ru")
    sign_in(client)
    page = client.get("/accounts/2fa/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ru"' in page
    assert "Второй шаг" in page


def test_it_lets_in_with_both_steps(client: Client, doctor: Viewer) -> None:
    """With an app on the phone the desk opens; next time its code is asked for."""
    sign_in(client)
    secret = enrol(client)
    assert client.get("/desk/linden/").status_code in (200, 404)  # the guard let it pass
    client.post("/accounts/logout/")
    assert sign_in(client).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert "/accounts/login" in client.get("/desk/linden/").headers["Location"]
    cache.clear()  # the code of this half minute was used to set it up
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert "_auth_user_id" in client.session


def test_it_seals_the_secret_of_the_second_step(client: Client, doctor: Viewer) -> None:
    """Whoever reads the database cannot make codes."""
    sign_in(client)
    secret = enrol(client)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored


def test_it_shows_the_demo_without_a_second_step(client: Client, doctor: Viewer, settings: Any) -> None:
    """Whoever tries the demonstration needs no phone for it."""
    settings.AFTERTHREAD_DEMO = True
    sign_in(client)
    assert client.get("/desk/linden/").headers.get("Location") != "/accounts/2fa/"


def test_it_offers_passkeys(client: Client, doctor: Viewer) -> None:
    """A passkey can be added, and used to sign in."""
    sign_in(client)
    confirm(client)
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
    client.post("/accounts/logout/")
    assert "passkey" in client.get("/accounts/login/").content.decode()


def test_it_does_not_say_who_exists(client: Client, doctor: Viewer) -> None:
    """A wrong password and an unknown address get the same answer, and so do both who forgot it."""
    pages = []
    for email in (EMAIL, "nobody@linden.example"):
        for path, data in (("login", {"login": email, "password": "wrong"}), ("password/reset", {"email": email})):
            answer = client.post(f"/accounts/{path}/", data)
            text = answer.content.decode().replace(email, "…")
            pages.append((answer.status_code, answer.headers.get("Location"), _without_token(text)))
    assert pages[0] == pages[2]
    assert pages[1] == pages[3]


def _without_token(text: str) -> str:
    parts = text.split('name="csrfmiddlewaretoken" value="')
    return "".join(part[64:] if place else part for place, part in enumerate(parts))


def test_it_slows_down_guessing(client: Client, doctor: Viewer) -> None:
    """After some wrong passwords even the right one has to wait; a patient's pages are not touched by it."""
    for _ in range(6):
        sign_in(client, password="wrong")  # noqa: S106
    sign_in(client)
    assert "_auth_user_id" not in client.session
    assert client.get("/p/enter").status_code != 429


def test_it_shows_former_staff_nothing(client: Client, doctor: Viewer) -> None:
    """Somebody who left sees a clinic exactly as one that does not exist, and somebody switched off is out."""
    a_staff(doctor.clinic, Role.ADMIN)  # type: ignore[arg-type]
    sign_in(client)
    enrol(client)
    end_staff(viewer=doctor_admin(doctor), staff=doctor.staff, at=MONDAY)  # type: ignore[arg-type]
    answers = [client.get(f"/desk/{slug}/") for slug in ("linden", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    User.objects.update(is_active=False)
    assert "/accounts/login" in client.get("/desk/linden/").headers["Location"]


def doctor_admin(doctor: Viewer) -> Viewer:
    """The administrator of the same clinic."""
    staff = Staff.objects.get(clinic=doctor.clinic, role="admin")
    return Viewer(role=Role.ADMIN, clinic=doctor.clinic, staff=staff)


def test_it_takes_an_invitation(client: Client) -> None:
    """The link of an invitation sets a password once; with it one signs in and is asked for the second step."""
    clinic = a_clinic()
    user = User.objects.create_user("new@linden.example")
    Staff.objects.create(clinic=clinic, user=user, role="nurse", since=MONDAY)
    path = invitation_link(user).partition("localhost:8000")[2]
    form = client.get(path, follow=True)
    assert form.status_code == 200
    told = {"password1": "Kranich-17-Feder", "password2": "Kranich-17-Feder"}
    assert client.post(form.redirect_chain[-1][0], told).status_code == 302
    assert (
        "bad token" in Client().get(path).content.decode().casefold()
        or "no longer" in Client().get(path).content.decode()
    )
    sign_in(client, "new@linden.example", "Kranich-17-Feder")
    assert client.get("/desk/linden/").headers["Location"] == "/accounts/2fa/"


def test_it_queues_account_letters(client: Client, doctor: Viewer, settings: Any) -> None:
    """A mail server that is down breaks no page; strangers are not written to; the letter works when it leaves."""
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert client.post("/accounts/password/reset/", {"email": "nobody@else.example"}).status_code == 302
    assert letters_of(Delivery.objects.get(), MONDAY) == []
    assert client.post("/accounts/password/reset/", {"email": EMAIL.upper()}).status_code == 302
    (letter,) = [one for delivery in Delivery.objects.all() for one in letters_of(delivery, MONDAY)]
    assert letter.to == EMAIL
    assert "/accounts/password/reset/key/" in letter.text


def test_it_signs_nobody_up(client: Client) -> None:
    """Accounts are made by inviting."""
    client.post("/accounts/signup/", {"email": "me@else.example", "password1": PASSWORD})
    assert not User.objects.exists()
