"""No page runs anything but our own files, whatever was written into it, and no browser keeps a page of a patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from afterthread.clinic.models import Handoff
from afterthread.server.urls import *  # noqa: F403 - the real addresses, and one that breaks
from tests.lib.clinic import PASSWORD
from tests.spec.security.conftest import EVIL, House, routes, wrong_with
from tests.spec.test_matrix import DESK, DIARY


def broken(request: HttpRequest) -> HttpResponse:
    """A page that fails with something that nobody may read."""
    hidden = "the-inner-secret"
    raise RuntimeError(hidden)


urlpatterns = [*urlpatterns, path("broken", broken, name="broken")]  # noqa: F405
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

FORM = "application/x-www-form-urlencoded"
Shown = tuple[str, Any]
"""What was asked, and what was answered."""
ACCOUNTS = {
    "account_login", "account_logout", "account_reauthenticate", "account_change_password", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key_done", "mfa_index", "mfa_activate_totp",
    "mfa_list_webauthn", "mfa_add_webauthn", "account_inactive", "account_signup", "account_email_verification_sent",
}  # fmt: skip
"""The pages of the accounts that show something without more than being signed in."""


def read_pages(house: House) -> Iterator[Shown]:
    """Every page that can be read, with content."""
    staff, admin, diary = house.staff(), house.staff(house.admin), house.diary()
    for name, row in DESK.items():
        if row.get:
            given: dict[str, str | UUID] = {} if name == "clinics" else {"clinic": house.clinic.slug}
            given |= {"id": house.ids[row.about]} if row.about else {}
            given |= {key: house.ids[what] for key, what in row.also.items()}
            client = staff if "P" in row.get else admin
            yield name, client.get(reverse(f"desk:{name}", kwargs=given))
    for name, row in DIARY.items():
        if row.get:
            given = dict(row.also) | ({"id": house.ids[row.about]} if row.about else {})
            yield name, diary.get(reverse(f"diary:{name}", kwargs=given))
            if row.get == "open":
                yield f"{name} from outside", Client().get(reverse(f"diary:{name}", kwargs=given))
    admin.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for name in sorted(ACCOUNTS):
        for client in (admin, Client()):
            yield name, client.get(reverse(name), {"next": EVIL})
    card = Handoff.objects.get(pk=house.ids["handoff"])
    yield "card", Client().get("/card/")
    yield "card, opened", Client().post("/card/", {"code": card.code, "pin": card.pin})
    yield "home", Client().get("/")
    yield "gallery", Client().get("/gallery")


def asked_pages(house: House) -> Iterator[Shown]:
    """Pages with something in their address."""
    staff, desk = house.staff(), f"/desk/{house.clinic.slug}/"
    patient, draft = f"{desk}patients/{house.ids['patient']}/", f"{desk}procedures/{house.ids['draft']}/"
    yield "search", staff.get(f"{desk}patients/", {"q": EVIL, "page": EVIL})
    yield "filter", staff.get(desk, {"show": EVIL})
    yield "timeline", staff.get(patient, {"show": EVIL})
    yield "draft", staff.get(draft, {"look": EVIL})
    yield "taken", staff.get(f"{patient}checkin", {"done": str(house.ids["checkin"])})
    yield "part", staff.get(f"{desk}items/{house.ids['item']}/", {"seen": EVIL}, headers={"HX-Request": "true"})
    yield "log", house.staff(house.admin).get(f"{desk}settings/log", {"page": EVIL})


def sent_pages(house: House) -> Iterator[Shown]:
    """Pages that show again what was sent, because it cannot be taken as it is."""
    staff, admin, diary, desk = house.staff(), house.staff(house.admin), house.diary(), f"/desk/{house.clinic.slug}/"
    patient, item = f"{desk}patients/{house.ids['patient']}/", f"{desk}items/{house.ids['item']}/"
    draft, signed = (f"{desk}procedures/{house.ids[name]}/" for name in ("draft", "version"))
    evil = dict.fromkeys(("name", "email", "phone", "born", "language", "time_zone", "revision", "key"), EVIL)
    rows = {"t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "0", "t-0-lot": EVIL, "t-0-product": EVIL, "t-0-zone": EVIL}
    record = {**rows, "day": EVIL, "time": EVIL, "age": EVIL, "note": EVIL, "zones": EVIL, "revision": EVIL}
    said = {"key": EVIL, "q-swelling": EVIL, f"q-{EVIL}": EVIL, EVIL: EVIL, "words": EVIL, "shown": EVIL}
    grave = {"key": str(uuid4()), "q-breathing": "yes", EVIL: EVIL, f"q-{EVIL}": EVIL, "words": EVIL}
    clinic = dict.fromkeys(("name", "country", "phone", "closed", "out_of_hours", "open-mon-0-from"), EVIL)
    act = {"text": EVIL, "note": EVIL, "reason": EVIL, "outcome": EVIL, "revision": "999", "key": EVIL}
    yield "new", staff.post(f"{desk}patients/new", evil)
    yield "edit", staff.post(f"{patient}edit", evil)
    older = {**evil, "email": "", "phone": "", "born": "", "language": "en", "time_zone": "UTC", "revision": "0"}
    yield "older", staff.post(f"{patient}edit", {**older, "key": ""})
    yield "message", staff.post(f"{patient}messages", {"key": EVIL, "text": EVIL})
    yield "by phone", staff.post(f"{patient}checkin", said)
    yield "link", staff.post(f"{patient}link", {"by": EVIL})
    for where in (f"{patient}procedures/new", draft):
        for do in ("", "add", "mirror", "repeat"):
            yield f"record {do}", staff.post(where, {**record, "do": do})
    yield "sign", staff.post(f"{draft}sign", {"revision": EVIL})
    yield "correct", staff.post(f"{signed}correct", {"reason": EVIL})
    yield "come", staff.post(item, act)
    for name in ("contact", "override", "note", "close", "claim"):
        yield name, staff.post(f"{item}{name}", act)
        yield f"{name} late", staff.post(f"{item}{name}", {**act, "outcome": "coming", "urgency": "3"})
    yield "settings", admin.post(f"{desk}settings/", clinic)
    yield "invite", admin.post(f"{desk}settings/staff", {"name": EVIL, "email": EVIL, "role": EVIL, "called": EVIL})
    yield "role", admin.post(f"{desk}settings/staff/{house.ids['staff']}", {"role": EVIL}, follow=True)
    yield "not understood", diary.post("/p/checkin", said)
    yield "confirm", diary.post("/p/checkin", grave)
    yield "again", diary.post("/p/checkin", {"key": str(uuid4()), "q-swelling": "mild", EVIL: EVIL, "words": EVIL})
    yield "slip", diary.post("/p/checkin", {**grave, "slip": "1"})
    yield "own message", diary.post("/p/messages", {"key": EVIL, "text": EVIL})
    yield "outcome", staff.post(f"{signed}outcome", {"key": EVIL, "point": EVIL, "improvement": EVIL, "words": EVIL})
    yield "hand-off", staff.post(f"{signed}handoff", {"do": "sign", "confirm": "1", "seen": EVIL, "before": EVIL})
    yield "own outcome", diary.post("/p/outcome", {"session": EVIL, "point": EVIL, "words": EVIL})
    yield "card, wrong", Client().post("/card/", {"code": EVIL, "pin": EVIL, "language": EVIL})
    yield "code", Client().post("/p/enter", {"code": EVIL})
    yield "request", Client().post("/p/request", {"email": EVIL})
    yield "sign in", Client().post("/accounts/login/", {"login": EVIL, "password": EVIL, "next": EVIL})
    yield "reset", Client().post("/accounts/password/reset/", {"email": EVIL})
    yield "password", admin.post("/accounts/password/change/", {"oldpassword": EVIL, "password1": EVIL})


def error_pages(house: House) -> Iterator[Shown]:
    """Every page that says that something went wrong, inside and outside."""
    anybody = Client(raise_request_exception=False)
    for client in (anybody, house.staff(), house.diary()):
        yield "404", client.get(f"/nowhere/{EVIL}")
        yield "404 desk", client.get(f"/desk/{house.clinic.slug}/nowhere")
        yield "500", client.get("/broken")
        yield "400", client.post("/p/enter", "&".join(f"f{n}=" for n in range(5_000)), FORM)
        yield "413", client.post("/p/enter", {"code": "x" * 300_000})
        yield "413 plain", client.post("/p/enter", "code=" + "x" * 300_000, FORM)
        yield "405", client.put("/p/enter")
    yield "403", house.staff(house.admin).get(f"/desk/{house.clinic.slug}/patients/")
    careful = Client(enforce_csrf_checks=True)
    for site in ("cross-site", "same-origin"):
        yield f"csrf {site}", careful.post("/p/enter", {"code": EVIL, EVIL: EVIL}, headers={"Sec-Fetch-Site": site})
    yield "out", anybody.post("/p/messages", {"key": EVIL, "text": EVIL, EVIL: EVIL})
    yield "out desk", anybody.post(f"/desk/{house.clinic.slug}/patients/new", {"name": EVIL, EVIL: EVIL})
    yield "key", anybody.get("/accounts/password/reset/key/1-set-password/", follow=True)
    yield "throttled", _throttled()


def _throttled() -> Any:
    client = Client(raise_request_exception=False)
    answers = (client.post("/accounts/password/reset/", {"email": "anna@patient.example"}) for _ in range(60))
    return next(answer for answer in answers if answer.status_code == 429)


WALKED: list[Shown] = []


@pytest.fixture
def walked(house: House) -> list[Shown]:
    """Every answer there is; the walk is made once."""
    if not WALKED:
        WALKED.extend([*read_pages(house), *asked_pages(house), *sent_pages(house), *error_pages(house)])
    return WALKED


def test_it_shows_every_page_with_content(house: House) -> None:
    """Every address that can be read is read here and answers with a page, so that what follows misses none."""
    told = list(read_pages(house))
    closed = {"pack": 200, "worker": 200, "manifest": 200}
    wrong = [(name, answer.status_code) for name, answer in told if name in {**DESK, **DIARY} if
             answer.status_code not in (closed.get(name, 200), 302)]  # fmt: skip
    moved = {name for name, answer in told if answer.status_code == 302 and name in {**DESK, **DIARY}}
    assert wrong == []
    assert moved <= {"clinics"}
    known = {f"desk:{name}" for name in DESK} | {f"diary:{name}" for name in DIARY} | ACCOUNTS | {"card:show"}
    rest = {name for name, _ in routes() if name not in known}
    assert rest <= {
        "home", "health", "gallery", "broken", "account_set_password", "account_confirm_login_code", "account_email",
        "account_confirm_email", "account_reset_password_from_key", "mfa_authenticate", "mfa_reauthenticate",
        "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
        "mfa_remove_webauthn", "mfa_edit_webauthn", "mfa_login_webauthn", "mfa_reauthenticate_webauthn",
        "mfa_signup_webauthn", "mfa_trust",
    }  # fmt: skip


def test_it_runs_nothing_that_somebody_wrote(walked: list[Shown]) -> None:
    """Names, notes, words, messages, lots, products, labels and settings stay text, in every page and picture."""
    seen, wrong = 0, []
    for name, answer in walked:
        text = answer.content.decode() if "gzip" not in answer.get("Content-Encoding", "") else ""
        html = "html" in answer.get("Content-Type", "")
        wrong += [f"{name}: {one}" for one in (wrong_with(text) if html else [])]
        seen += html and "&lt;evil" in text
    assert wrong == []
    assert seen > 30, "hardly any page showed what was written; this test would find nothing"


def test_it_lets_browsers_run_our_own_files_only(walked: list[Shown]) -> None:
    """Every answer, errors included, forbids all that is not a file of ours."""
    wrong = []
    for name, answer in walked:
        policy = answer.headers.get("Content-Security-Policy", "")
        told = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        strict = told.get("default-src") == "'none'" and told.get("script-src") == told.get("style-src") == "'self'"
        framed = told.get("frame-ancestors") == told.get("base-uri") == "'none'" and told.get("form-action") == "'self'"
        if not (strict and framed) or "unsafe" in policy or "http" in policy or "*" in policy:
            wrong.append(f"{name} ({answer.status_code}): {policy}")
    assert wrong == []


def test_it_tells_browsers_to_be_careful(walked: list[Shown]) -> None:
    """Types are not guessed, addresses are not passed on, nobody frames us, and camera and place stay closed."""
    wrong = []
    for name, answer in walked:
        told = answer.headers
        careful = (
            told.get("X-Content-Type-Options") == "nosniff"
            and told.get("Referrer-Policy") == "same-origin"
            and told.get("Cross-Origin-Opener-Policy") == "same-origin"
            and told.get("X-Frame-Options") == "DENY"
            and all(
                f"{what}=()" in told.get("Permissions-Policy", "") for what in ("camera", "microphone", "geolocation")
            )
        )
        wrong += [] if careful else [f"{name} ({answer.status_code}): {dict(told)}"]
    assert wrong == []


def test_it_leaves_no_page_in_a_shared_computer(walked: list[Shown]) -> None:
    """What shows a person, or could, is never kept by a browser or anything on the way."""
    wrong = []
    for name, answer in walked:
        kept = answer.headers.get("Cache-Control", "")
        free = name.partition(" ")[0] in ("worker", "manifest")  # the same for everybody
        wrong += [] if free or "no-store" in kept else [f"{name} ({answer.status_code}): {kept}"]
    assert wrong == []


def test_it_tells_nothing_of_its_inside(house: House) -> None:
    """A page that broke shows neither what broke, nor where, nor how we are set up."""
    for name, answer in error_pages(house):
        text = answer.content.decode()
        for leak in ("the-inner-secret", "Traceback", "RuntimeError", "site-packages", "INSTALLED_APPS", "urlpatterns"):
            assert leak not in text, f"{name}: {leak}"
