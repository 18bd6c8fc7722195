"""Nothing can be written: what was sent is said not to be stored, advice is still shown, and it goes on by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as chosen
from django.db import connection
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import CheckIn, Device, Message
from tests.lib.practice import DAY, NOW, House, send, sent, sheet, text

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("", "plan", "plan/leaflet", "checkin", "history", "messages", "emergency", "devices", "pack.json", "offline")


@contextmanager
def unwritable() -> Iterator[None]:
    """The tables can be read and not written, as on a disk that is full or was made read-only."""
    postgres = connection.vendor == "postgresql"
    shut = "SET default_transaction_read_only = {}" if postgres else "PRAGMA query_only = {}"
    with connection.cursor() as cursor:
        cursor.execute(shut.format("on"))
        try:
            yield
        finally:
            cursor.execute(shut.format("off"))


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> House:
    """A clinic on day 4; the clinic wrote to the patient, and her phone was not seen for a day."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    chosen.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    found = House()
    Device.objects.update(seen_at=NOW - DAY)
    Message.objects.create(
        clinic=found.clinic, patient=found.patient, author=found.doctor.staff, key=found.item.pk, text="Drink.", at=NOW
    )
    return found


def browser(house: House) -> Client:
    """Her phone, which is shown the page and not the error."""
    client = house.diary()
    client.raise_request_exception = False
    return client


def test_it_still_shows_all_advice(house: House) -> None:
    """Every page of the diary can be read, also what the clinic wrote; staff read their list."""
    desk = house.desk()
    with unwritable():
        for page in PAGES:
            assert browser(house).get(f"/p/{page}").status_code == 200, page
        assert "Drink." in text(browser(house).get("/p/messages"))
        assert desk.get("/desk/linden/").status_code == 200


@pytest.mark.parametrize(
    ("answers", "says"),
    [({"q-vision": "yes"}, "Call an ambulance now: 112"), ({"q-fever": "yes"}, "Call the clinic: +49 30 5550100")],
)
def test_it_answers_a_check_in_that_it_cannot_store(house: House, answers: dict[str, str], says: str) -> None:
    """The page says that nobody read it, what the answers mean, whom to call, and holds it to be sent again."""
    form: dict[str, Any] = sheet(words="since noon", **answers)
    with unwritable():
        page = browser(house).post("/p/checkin", form)
    assert page.status_code == 507
    for words in ("was not stored", "nobody at the clinic has read it", says, "tel:112", form["key"], "since noon"):
        assert words in text(page)
    before = CheckIn.objects.count()
    assert browser(house).post("/p/checkin", form).status_code == 302
    assert CheckIn.objects.count() == before + 1


def test_it_tells_a_phone_to_keep_what_it_queued(house: House) -> None:
    """The queue is answered in JSON: not stored, send it again, whom to call; once there is room, it is taken."""
    item = sent(answers={"vision": {"level": "yes"}})
    with unwritable():
        answer = send(browser(house), item)
    assert answer.status_code == 507
    assert "was not stored" in answer.json()["says"]
    assert answer.json()["emergency"] == "112"
    assert send(browser(house), item).status_code == 201


def test_it_says_that_a_message_was_not_stored(house: House) -> None:
    """A message is refused with the emergency number, and is not half there."""
    with unwritable():
        page = browser(house).post("/p/messages", {"key": str(house.patient.pk), "text": "May I swim?"})
    assert page.status_code == 507
    assert "was not stored" in text(page)
    assert "tel:112" in text(page)
    assert Message.objects.count() == 1
