"""Consent on the patient's phone: what waits, what is signed with its exact words, and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.consent import draft_text
from afterthread.clinic.models import ConsentText, Message, Signature, Withdrawal, WorkItem
from afterthread.clinic.queries.consent.consent import digest_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, on_phone, published
from tests.lib.consent import HOUR, PHOTO, SAID, Case
from tests.lib.practice import text as read
from tests.unit.diary.conftest import enter

pytestmark = pytest.mark.django_db
MORE = {"en": {"title": "Threads", "body": "I agree.\n\nTo all of it."}}


class Phone(Case):
    """The same patient on her phone."""

    def __init__(self) -> None:
        super().__init__()
        self.viewer, secret = on_phone(self.doctor, self.patient)
        self.client: Client = enter(secret)

    def typed(self, text: ConsentText | None = None, **more: Any) -> dict[str, Any]:
        """The page as it is sent."""
        told = {"key": str(uuid4()), "language": "en", "digest": digest_in(text or self.text, "en")}
        about = {"consultation": str(self.consultation.pk), "name": "Anna Beispiel", "agree": "on"}
        return {**told, **about, "drawing": "[[[1,2],[3,4]]]", **more}


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    """A patient with a session ahead, on a Monday."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY + HOUR)
    return Phone()


def test_it_asks_before_any_procedure_is_signed(phone: Phone) -> None:
    """On the first page stands what waits, and no more once it is signed."""
    assert "Please read and sign" in read(phone.client.get("/p/"))
    phone.sign()
    assert "Please read and sign" not in read(phone.client.get("/p/"))


def test_it_shows_the_text_in_her_language(phone: Phone) -> None:
    """In her own, if the text speaks it; every other one is a tap away."""
    phone.patient.language = "ru"
    phone.patient.save()
    page = read(phone.client.get(f"/p/consent/{phone.text.pk}"))
    assert "Согласна." in page
    assert 'name="language" value="ru"' in page
    assert "Fully." in read(phone.client.get(f"/p/consent/{phone.text.pk}?language=en"))


def test_it_signs_once(phone: Phone) -> None:
    """A double tap is one signature; the exact words stand on the list from then on."""
    sent = phone.typed()
    for _ in range(2):
        assert phone.client.post(f"/p/consent/{phone.text.pk}", sent)["Location"] == "/p/consent"
    given = Signature.objects.get()
    assert (given.consultation, given.device, given.witness) == (phone.consultation, phone.viewer.device, None)
    page = read(phone.client.get("/p/consent"))
    assert "Fully." in page
    assert 'points="1,2 3,4"' in page
    assert "nothing to sign on it now" in read(phone.client.get(f"/p/consent/{phone.text.pk}"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("agree", "", "without it nothing is signed"), ("name", " ", "Write your name"),
     ("drawing", "x", "cannot be read"), ("name", "x" * 121, "120")],
)  # fmt: skip
def test_it_signs_nothing_by_halves(phone: Phone, name: str, value: str, said: str) -> None:
    """What is missing is said beside its field; the text still stands above."""
    answer = phone.client.post(f"/p/consent/{phone.text.pk}", {**phone.typed(), name: value})
    assert answer.status_code == 400
    assert said in read(answer)
    assert "Fully." in read(answer)
    assert not Signature.objects.exists()


def test_it_shows_what_changed_while_she_was_reading(phone: Phone) -> None:
    """Nothing is signed; the new text, what changed in it, and her name stand there, and then it can be signed."""
    sent = phone.typed()
    after = published(phone.doctor, MONDAY + HOUR / 2, words=MORE)
    answer = phone.client.post(f"/p/consent/{phone.text.pk}", sent)
    page = read(answer)
    assert answer.status_code == 409
    assert "The text changed while you were reading" in page
    assert "Fully</del>" in page
    assert 'value="Anna Beispiel"' in page
    assert f'action="/p/consent/{after.pk}"' in page
    assert phone.client.post(f"/p/consent/{after.pk}", phone.typed(after)).status_code == 302
    assert Signature.objects.get().text == after


def test_it_leads_from_an_old_text_to_the_one_in_force(phone: Phone) -> None:
    """An old link shows the text of now; of a text that was taken back nothing is left to sign."""
    after = published(phone.doctor, MONDAY, words=MORE)
    assert phone.client.get(f"/p/consent/{phone.text.pk}")["Location"] == f"/p/consent/{after.pk}"
    ConsentText.objects.update(retired_at=MONDAY)
    for answer in (
        phone.client.get(f"/p/consent/{after.pk}", follow=True),
        phone.client.post(f"/p/consent/{after.pk}", phone.typed(after), follow=True),
    ):
        assert "took this text back" in read(answer)


def test_it_shows_no_draft_and_nothing_of_others(phone: Phone) -> None:
    """A draft, another clinic's text and another patient's session are not there."""
    draft = draft_text(viewer=phone.doctor, words=SAID, at=MONDAY, **PHOTO)
    there = published(a_staff(a_clinic("ahorn")), MONDAY)
    other = Phone.__new__(Phone)
    other.doctor, other.patient = phone.doctor, a_patient(phone.doctor, name="Berta", email="b@patient.example")
    secret = on_phone(other.doctor, other.patient)[1]
    for text in (draft, there):
        assert phone.client.get(f"/p/consent/{text.pk}").status_code == 404
        assert phone.client.post(f"/p/consent/{text.pk}", phone.typed()).status_code == 404
    assert enter(secret).post(f"/p/consent/{phone.text.pk}", phone.typed()).status_code == 404
    assert phone.client.post(f"/p/consent/{phone.text.pk}", phone.typed(consultation="")).status_code == 404
    assert not Signature.objects.exists()


def test_it_offers_what_may_be_refused(phone: Phone) -> None:
    """Photos are her free choice: offered on the list, never among what waits."""
    photo = published(phone.doctor, MONDAY, **PHOTO, words={"en": {"title": "Photos", "body": "Shown."}})
    assert "Photos" not in read(phone.client.get("/p/"))
    assert "Your free choice" in read(phone.client.get("/p/consent"))
    assert phone.client.post(f"/p/consent/{photo.pk}", phone.typed(photo)).status_code == 302
    assert Signature.objects.get().consultation is None


def test_it_takes_a_signature_back_and_tells_the_clinic(phone: Phone) -> None:
    """Twice is once; the clinic has it on its worklist as a message of hers."""
    given = phone.sign(phone.viewer, at=MONDAY)
    for _ in range(2):
        answer = phone.client.post(f"/p/consent/{given.pk}/withdraw", {"reason": "Not sure."}, follow=True)
        assert "Withdrawn." in read(answer)
    assert Withdrawal.objects.get().reason == "Not sure."
    assert Message.objects.get().text == "I take my consent back: Threads\n\nNot sure."
    assert WorkItem.objects.get().kind == "message"
    assert "taken back" in read(phone.client.get("/p/consent"))


def test_it_keeps_a_reason_that_is_too_long_out(phone: Phone) -> None:
    """It is said, and nothing is withdrawn."""
    given = phone.sign(phone.viewer, at=MONDAY)
    answer = phone.client.post(f"/p/consent/{given.pk}/withdraw", {"reason": "x" * 1_001}, follow=True)
    assert "1000" in read(answer)
    assert not Withdrawal.objects.exists()


def test_it_says_when_words_were_changed(phone: Phone) -> None:
    """Changed behind our back, she is told to ask."""
    phone.sign(phone.viewer, at=MONDAY)
    ConsentText.objects.update(words={"en": {"title": "Threads", "body": "I agree to more."}})
    assert "not those that you signed" in read(phone.client.get("/p/consent"))


def test_it_runs_nothing_that_stands_in_a_text(phone: Phone) -> None:
    """A text is paragraphs, never markup."""
    evil = published(phone.doctor, MONDAY, words={"en": {"title": "<b>T</b>", "body": "<script>x</script>\n\nEnd."}})
    page = read(phone.client.get(f"/p/consent/{evil.pk}"))
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page
    assert "<p>End.</p>" in page
