"""Text stays text: in letters, in the log of the server, in searches and addresses, and whichever way it is written."""

from __future__ import annotations

import io
import itertools
import logging
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.conf import settings as ours
from django.core import mail
from django.core.mail import BadHeaderError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from afterthread.clinic.flow.link import send_link
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.models import Delivery, Device, Message, Patient
from afterthread.exchange.delivery.email import post
from afterthread.exchange.letter import Letter, letters_of
from afterthread.server.account import Adapter
from tests.spec.security.conftest import EVIL, NOW, House, kept

pytestmark = pytest.mark.django_db
BREAKS = ("\r\n", "\u2028", "\x0b", "\x85", "\x00", "\x1b[31m")
FIELDS = ("words", "shown", "key", "q-swelling", "q-swelling-side", "q-fever\0")
STRANGE = ("\0", "\ud800", "\u202e", "\x1b")
ENTRIES = (
    "..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "rule.../../x", "rule.__class__", "__class__.x",
    "rule.", ".", "sentence.day", "hazard.x", "source.x", "scale.x", "rule.%00", "entries.rule", "person.x",
)  # fmt: skip
TURNS = ("\u202e", "\u202a", "\u2066", "\u2067", "\u2069")


# -- Letters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n"])
def test_it_adds_no_header_to_a_letter(sign: str) -> None:
    """Neither a subject nor an address with a line of its own leaves the house."""
    for to, subject in (
        (f"anna@patient.example{sign}Bcc: evil@evil.example", "A letter"),
        ("anna@patient.example", f"A{sign}Bcc: e@evil.example"),
    ):
        with pytest.raises((BadHeaderError, ValueError)):
            post(Letter(to, "en", subject, "Text"), name="1", again=False)
    assert mail.outbox == []


def test_it_puts_nothing_that_somebody_wrote_into_a_header(house: House) -> None:
    """Subjects are ours; the names of clinics and people stand in the text, if at all, and the text is plain."""
    send_link(viewer=house.doctor, patient=house.patient, at=NOW)
    write_message(viewer=house.doctor, patient=house.patient, key=uuid4(), text=EVIL, at=NOW)
    Client(HTTP_USER_AGENT=EVIL).post("/accounts/password/reset/", {"email": "practitioner@linden.example"})
    letters = [one for delivery in Delivery.objects.all() for one in letters_of(delivery, NOW)]
    assert len(letters) >= 4
    for number, letter in enumerate(letters):
        post(letter, name=str(number), again=False)
    for sent in mail.outbox:
        raw = sent.message()
        headers = "\n".join(f"{name}: {value}" for name, value in raw.items())
        assert "evil" not in headers.casefold()
        assert raw.get_content_type() == "text/plain"
        assert not raw.is_multipart()


def test_it_flattens_the_subject_of_an_account_letter(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject that is worded from a template is one line."""
    monkeypatch.setattr(
        "allauth.account.adapter.render_to_string", lambda *_, **__: "A subject\r\nBcc: e@evil.example\n"
    )
    assert Adapter().render_mail("account/email/password_changed", "a@b.example", {}).subject.splitlines() == [
        "A subject Bcc: e@evil.example"
    ]


def test_it_takes_no_line_break_in_names_and_addresses(home: House) -> None:
    """At every form that names a person, a clinic or a thing, or takes an address."""
    for sign in BREAKS:
        desk, staff, admin = f"/desk/{home.clinic.slug}/", home.staff(), home.staff(home.admin)
        before = kept()
        person = {"name": "Berta", "language": "en", "time_zone": "Europe/Berlin", "key": str(uuid4())}
        thread = {
            "t-TOTAL_FORMS": "1",
            "t-INITIAL_FORMS": "0",
            "t-0-zone": "cheek",
            "day": "2026-03-02",
            "time": "09:00",
        }
        colleague = {"name": "New", "email": "new@linden.example", "role": "nurse"}
        answers = [
            staff.post(f"{desk}patients/new", {**person, "name": f"Berta{sign}Bcc: x"}),
            staff.post(f"{desk}patients/new", {**person, "email": f"b@b.example{sign}Bcc: x@evil.example"}),
            staff.post(f"{desk}patients/new", {**person, "phone": f"+49 30 55{sign}50100"}),
            admin.post(f"{desk}settings/staff", {**colleague, "name": f"New{sign}Bcc: x"}),
            admin.post(f"{desk}settings/staff", {**colleague, "email": f"new@linden.example{sign}Bcc: x@evil.example"}),
            admin.post(f"{desk}settings/", {"name": f"Linden{sign}Bcc: x"}),
            staff.post(f"{desk}patients/{home.ids['patient']}/procedures/new", {**thread, "t-0-lot": f"L{sign}1"}),
            staff.post(f"{desk}patients/{home.ids['patient']}/procedures/new", {**thread, "t-0-product": f"P{sign}1"}),
        ]
        assert [answer.status_code for answer in answers] == [422] * len(answers)
        assert "control character" in answers[5].content.decode() or "Null characters" in answers[5].content.decode()
        assert Client().post("/p/request", {"email": f"a@b.example{sign}Bcc: x@evil.example"}).status_code == 400
        assert kept() == before


# -- The way of writing -----------------------------------------------------------------------------------------------


def test_it_takes_no_name_that_turns_the_line(home: House) -> None:
    """Letters that turn the direction of writing make one name look like another."""
    for sign in TURNS:
        person = {"language": "en", "time_zone": "Europe/Berlin", "key": str(uuid4()), "name": f"An{sign}na"}
        assert home.staff().post("/desk/linden/patients/new", person).status_code == 422
        colleague = {"name": f"N{sign}ew", "email": "new@linden.example", "role": "nurse"}
        assert home.staff(home.admin).post("/desk/linden/settings/staff", colleague).status_code == 422
        assert not Patient.objects.filter(pk=person["key"]).exists()


class Turned(HTMLParser):
    """Where a text that turns the line is not kept to itself."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "hr", "path", "use", "circle"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.loose: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append((tag, tag in ("bdi", "textarea", "title") or dict(attributes).get("dir") == "auto"))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "\u202e" in data and not any(isolated for _, isolated in self.open):
            self.loose.append(f"{[tag for tag, _ in self.open][-3:]}: {data.strip()[:60]}")


def test_it_keeps_a_turned_name_to_itself(home: House) -> None:
    """Whatever a patient's name does to the direction of writing, it does to itself only."""
    home.patient.name = "Anna \u202egnihtyreve"
    home.patient.save()
    desk, item, patient = f"/desk/{home.clinic.slug}/", home.ids["item"], home.ids["patient"]
    staff, admin, diary = home.staff(), home.staff(home.admin), home.diary()
    pages = [
        *(staff.get(f"{desk}{path}") for path in ("", "patients/", f"patients/{patient}/", f"items/{item}/")),
        *(staff.get(f"{desk}procedures/{home.ids[name]}/") for name in ("version", "draft")),
        *(admin.get(f"{desk}settings/{path}") for path in ("staff", "log")),
        *(diary.get(f"/p/{path}") for path in ("", "messages", "history", "devices")),
    ]  # fmt: skip
    assert {page.status_code for page in pages} == {200}
    assert sum("\u202e" in page.content.decode() for page in pages) >= 5
    loose = [f"{number}: {one}" for number, page in enumerate(pages) for one in Turned(page.content.decode()).loose]
    assert loose == []


def test_it_takes_what_nobody_sees_out_of_a_message(home: House) -> None:
    """Control letters in what a patient writes are left out; nobody's message is refused for them."""
    told = {"key": str(uuid4()), "text": "It \x1b[31mhurts\x07\r\nat night\x85"}
    assert home.diary().post("/p/messages", told).status_code == 302
    assert Message.objects.get(key=told["key"]).text == "It [31mhurts\nat night"


def test_it_breaks_on_no_letter(home: House) -> None:
    """Whatever letter stands in a field of the check-in, it is taken or refused in plain words."""
    for field, sign in itertools.product(FIELDS, STRANGE):
        told = {"key": str(uuid4()), "q-breathing": "yes", "confirmed": "1", field: f"x{sign}"}
        body = "&".join(
            f"{name}={value.encode('utf-8', 'surrogatepass').hex('%').join(['%', ''])}" for name, value in told.items()
        )
        for client, path in (
            (home.diary(), "/p/checkin"),
            (home.staff(), f"/desk/linden/patients/{home.ids['patient']}/checkin"),
        ):
            answer = client.post(path, body.replace("\0", "%00"), content_type="application/x-www-form-urlencoded")
            assert answer.status_code in (302, 400, 422), path


# -- Logs, searches, addresses ----------------------------------------------------------------------------------------


def test_it_lets_nobody_write_lines_into_the_log(home: House) -> None:
    """One request is one line, without letters that a screen would obey."""
    stream, logger = io.StringIO(), logging.getLogger("django")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.addHandler(handler)
    try:
        Client().get("/nowhere%0a2026-03-03 ERROR forged%1b[31m%0d")
        Client(enforce_csrf_checks=True).post("/p/enter%0aforged", {})
        home.staff().get("/desk/linden%0aforged/patients/?q=%0aforged")
        home.diary().get("/p/why/rule.%0aforged%1b")
        Client().post("/p/enter", {"code": "\nforged"}, headers={"User-Agent": "x\x1b[31m"})
    finally:
        logger.removeHandler(handler)
    lines = stream.getvalue().split("\n")
    assert len(lines) > 3
    assert all(line.startswith("django") for line in lines if line)
    assert not [letter for letter in stream.getvalue() if ord(letter) < 32 and letter != "\n"]


@pytest.mark.parametrize(
    "q", ["' OR 1=1 --", "%", "_", "\\", '"; DROP TABLE clinic_patient; --', "\0", "linden' UNION SELECT"]
)
def test_it_searches_for_words_only(home: House, q: str) -> None:
    """A search never reaches the database: it finds no more than the letters that were typed."""
    with CaptureQueriesContext(connection) as asked:
        answer = home.staff().get("/desk/linden/patients/", {"q": q, "page": q, "show": q})
    assert answer.status_code == 200
    assert str(home.ids["patient"]) not in answer.content.decode()
    assert not [one for one in asked.captured_queries if q in one["sql"] and len(q) > 3]
    assert Patient.objects.filter(pk=home.ids["patient"]).exists()


def test_it_explains_what_it_knows_and_nothing_else(home: House) -> None:
    """The page behind a line opens no file and no part of the program."""
    for entry in ENTRIES:
        assert home.diary().get(f"/p/why/{entry}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["", "afterthread/", "../settings.py", "%2e%2e/settings.py", "..%2fkeys.json", "..\\keys.json", "/etc/passwd",
     "%00", "afterthread/../../keys.json", "....//keys.json"],
)  # fmt: skip
def test_it_hands_out_no_other_file_and_no_list_of_files(path: str) -> None:
    """Below our static files there is nothing but them."""
    answer = Client().get(f"/static/{path}")
    assert answer.status_code in (302, 404)
    assert ours.SECRET_KEY not in answer.content.decode()


def test_it_names_a_phone_by_what_is_known_of_it(home: House) -> None:
    """Nothing that a browser says of itself is repeated."""
    for agent in (EVIL, "iPhone " + EVIL, "x" * 10_000, "\x1b[31m", ""):
        assert Client().post("/p/enter", {"code": home.code()}, headers={"User-Agent": agent}).status_code == 302
    assert set(Device.objects.exclude(label="Linden").values_list("label", flat=True)) == {"iPhone", "Unknown device"}
