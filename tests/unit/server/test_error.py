"""Whatever breaks, there is a page in plain words, and a patient learns whom to call."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from afterthread.clinic.roles import Conflict, Missing, Refused
from afterthread.server.urls import *  # noqa: F403 - the real addresses, and one that breaks

BREAKS: list[Exception] = []


def broken(request: HttpRequest) -> HttpResponse:
    """A page that breaks as the test says, or reads what was sent."""
    if BREAKS:
        raise BREAKS[-1]
    return HttpResponse(str(len(request.POST)))


urlpatterns = [*urlpatterns, path("broken", broken)]  # noqa: F405

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def _whole() -> Any:
    yield
    BREAKS.clear()


@pytest.fixture
def client() -> Client:
    """A browser that is shown the page and not the error."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ZeroDivisionError(), 500, "Something failed on our side"),
        (OperationalError("connection refused"), 503, "may not have been stored"),
        (InterfaceError("connection already closed"), 503, "may not have been stored"),
        (OperationalError("database or disk is full"), 507, "was not stored"),
        (OperationalError("attempt to write a readonly database"), 507, "was not stored"),
        (OSError(28, "No space left on device"), 507, "was not stored"),
        (OperationalError('could not extend file "base/1": No space left on device'), 507, "was not stored"),
    ],
)
def test_it_says_what_became_of_it(client: Client, error: Exception, status: int, words: str) -> None:
    """Each says whether something was stored, what to do, and the emergency number, without touching the database."""
    BREAKS.append(error)
    answer = client.get("/broken")
    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert "112" in text
    assert "your clinic" in text


def test_it_answers_when_the_database_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient whose device cannot be looked up still learns whom to call."""

    def gone(*_: Any) -> None:
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", gone)
    client.cookies["afterthread_device"] = "secret"
    client.cookies["sessionid"] = "a" * 32
    for address in ("/", "/p/", "/desk/"):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert "112" in answer.content.decode()


@pytest.mark.parametrize(("error", "status"), [(Missing(), 404), (Refused("x"), 403), (Conflict("x"), 409)])
def test_it_turns_refusals_into_pages(client: Client, error: Exception, status: int) -> None:
    """What verbs and queries refuse is a page, with help on it."""
    BREAKS.append(error)
    answer = client.get("/broken")
    assert answer.status_code == status
    assert "112" in answer.content.decode()


def test_it_says_that_a_text_is_too_long(client: Client) -> None:
    """A megabyte of text is told its limit, and nothing is saved."""
    answer = client.post("/broken", {"words": "x" * 1_000_000})
    assert answer.status_code == 413
    assert "4,000 characters" in answer.content.decode()


def test_it_says_that_it_cannot_read(client: Client) -> None:
    """Four thousand and one fields are no form of ours."""
    answer = client.post("/broken", "f=&" * 4_001, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert "could not read" in answer.content.decode()
