"""The clinic's settings at the desk: read by all, changed by administrators, weighed by the clock's own readers."""

from typing import Any

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import Clinic
from afterthread.clinic.roles import Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_staff

pytestmark = pytest.mark.django_db
URL = "/desk/linden/settings/"


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


def admin(client: Client, role: Role = Role.ADMIN) -> Viewer:
    """Somebody is signed in."""
    viewer = a_staff(a_clinic(), role)
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return viewer


def typed(**more: str) -> dict[str, Any]:
    """The page as it is sent: Monday in two spans, Tuesday until midnight."""
    return {
        "name": "Linden", "country": "de", "time_zone": "Europe/Berlin", "phone": "+49 30 5550100", "on_call": "none",
        "emergency_minutes": "15", "same_day_minutes": "90", "escalate_minutes": "30",
        "keep_years": "10", "revision": "0",
        "open-monday-0-from": "09:00", "open-monday-0-to": "12:00", "open-monday-1-from": "14:00",
        "open-monday-1-to": "18:00", "open-tuesday-0-from": "12:00", "open-tuesday-0-to": "00:00",
        "closed": "2026-12-25\n2026-12-26",
    } | more  # fmt: skip


def test_it_keeps_hours_as_the_clock_reads_them(client: Client) -> None:
    """Two spans, midnight and closed dates."""
    admin(client)
    answer = client.post(URL, typed())
    assert answer.status_code == 302, answer.content.decode()
    clinic = Clinic.objects.get()
    assert clinic.hours["weekly"] == {
        "monday": [["09:00", "12:00"], ["14:00", "18:00"]],
        "tuesday": [["12:00", "24:00"]],
    }
    assert clinic.hours["closed"] == ["2026-12-25", "2026-12-26"]
    assert clinic.country == "DE"
    assert 'name="open-tuesday-0-to" value="00:00"' in client.get(URL).content.decode()


def test_it_says_when_something_opened_now_is_due(client: Client) -> None:
    """From what is stored, and from what is only tried."""
    admin(client)
    assert "A same-day item opened now is due at 2 March 2026, 12:00<" in client.get(URL).content.decode()
    tried = client.post(URL, typed(do="preview", same_day_minutes="30"))
    assert "A same-day item opened now is due at 2 March 2026, 10:30<" in tried.content.decode()
    assert Clinic.objects.get().same_day_minutes == 120


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"open-monday-0-to": ""}, "Write both times, or neither."),
        ({"open-monday-0-to": "08:00"}, "ends before it begins"),
        ({"open-monday-1-from": "11:00"}, "These hours overlap with others of that day"),
        ({"closed": "Christmas"}, "Write it like 2026-12-25"),
        ({"emergency_minutes": "100"}, "Give it fewer minutes"),
        ({"emergency_minutes": "0"}, "Write a whole number from 1 to 1440."),
        ({"phone": "ring"}, "Write digits"),
        ({"country": "D3"}, "Write two letters."),
        ({"time_zone": "Mars"}, "Select a valid choice"),
        ({"name": "Lin\x07den"}, "hidden control character"),
        ({"on_call": "perhaps"}, "Select a valid choice"),
    ],
)
def test_it_refuses_in_plain_words(client: Client, change: dict[str, str], says: str) -> None:
    """The reason stands on the page, what was typed too, and nothing is stored."""
    admin(client)
    answer = client.post(URL, typed(out_of_hours="Go to Station 4.", **change))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Go to Station 4." in answer.content.decode()
    assert Clinic.objects.get().same_day_minutes == 120


def test_it_keeps_what_was_typed_when_another_was_faster(client: Client) -> None:
    """Both stand on the page."""
    admin(client)
    client.post(URL, typed(name="Theirs") | {"open-friday-0-from": "07:15", "open-friday-0-to": "08:00"})
    answer = client.post(URL, typed(name="Mine"))
    assert answer.status_code == 409
    assert "Theirs" in answer.content.decode()
    assert "07:15" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert client.post(URL, typed(name="Mine", revision="1")).status_code == 302
    assert Clinic.objects.get().name == "Mine"


def test_it_shows_others_but_lets_only_administrators_change(client: Client) -> None:
    """A nurse reads; her post is refused."""
    admin(client, Role.NURSE)
    page = client.get(URL).content.decode()
    assert "Only an administrator can change these." in page
    assert "disabled" in page
    assert client.post(URL, typed()).status_code == 403
    assert Clinic.objects.get().same_day_minutes == 120


def test_it_saves_the_same_page_twice(client: Client) -> None:
    """A second press is no quarrel with oneself."""
    admin(client)
    assert [client.post(URL, typed()).status_code for _ in range(2)] == [302, 302]
