"""What arrives in part is not taken for the whole."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.middleware.csrf import _get_new_csrf_string

from afterthread.clinic import clock
from afterthread.clinic.models import CheckIn
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """The test and the request share one transaction; a real request ends with its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def post(body: str, announced: int, secret: str, csrf: str) -> tuple[str, str]:
    """A form of which only `body` arrived, as the server in front hands it on; the status and the page."""
    told: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/p/checkin", "SERVER_NAME": "localhost", "SERVER_PORT": "8000",
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(announced),
        "HTTP_COOKIE": f"afterthread_device={secret}; csrftoken={csrf}", "HTTP_HOST": "localhost:8000",
        "wsgi.input": io.BytesIO(body.encode()), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
    }  # fmt: skip
    start: Any = lambda status, _, __=None: told.append(status)  # noqa: E731 - WSGI's own shape
    answer = WSGIHandler()(environ, start)
    return told[0], b"".join(answer).decode()


@pytest.mark.usefixtures("_one_connection")
def test_it_refuses_half_a_checkin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line breaks before "it is hard to breathe" arrived: nothing is kept, and what to do is said."""
    now = MONDAY + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: now)
    doctor = a_staff(a_clinic())
    procedure = a_procedure(doctor, a_patient(doctor))
    _, secret = on_phone(doctor, procedure.patient, now)
    csrf = _get_new_csrf_string()
    said = {"csrfmiddlewaretoken": csrf, "key": str(uuid4()), "none-danger": "1", "none-rest": "1", "again": "1"}
    whole = urlencode({**said, "q-breathing": "yes"})
    half = whole.removesuffix("&q-breathing=yes")
    status, page = post(half, len(whole), secret, csrf)
    assert status.startswith("400")
    assert "Nothing was saved" in page
    assert not CheckIn.objects.exists()
    assert post(half, len(half), secret, csrf)[0].startswith(("200", "302"))
