"""Consent at the desk: texts that are written and published, and what is signed there on screen and on paper."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.consent import draft_text, withdraw_consent
from afterthread.clinic.models import ConsentText, Signature, Withdrawal
from afterthread.clinic.queries.consent.consent import digest_in
from afterthread.clinic.roles import Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_staff, published
from tests.lib.consent import DAY, HOUR, PHOTO, SAID, Case
from tests.lib.practice import text as read

pytestmark = pytest.mark.django_db
TEXTS = "/desk/linden/settings/consent"
WORDS = {"title-en": "Threads", "body-en": "I agree.\r\n\r\nFully.", "title-ru": "", "body-ru": ""}
MORE = {"en": {"title": "Threads", "body": "I agree.\n\nTo all of it."}}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + HOUR)


@pytest.fixture
def case() -> Case:
    """A patient with a session ahead and a text in force."""
    return Case()


def at(viewer: Viewer) -> Client:
    """Somebody at a screen."""
    client = Client()
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return client


# -- Texts -------------------------------------------------------------------------------------------------------------


def test_it_lists_every_text_with_its_versions(case: Case) -> None:
    """What is in force, what is only a draft, and that the starting text cannot be published as it is."""
    case.sign()
    page = read(at(case.doctor).get(TEXTS))
    assert "in force" in page
    assert "nothing is in force" in page
    start = ConsentText.objects.get(purpose="registry")
    assert "This is a starting text" in read(at(case.doctor).get(f"{TEXTS}/{start.pk}"))
    answer = at(case.doctor).post(f"{TEXTS}/{start.pk}/publish", {"confirm": "1", "revision": "0"}, follow=True)
    assert "something is still missing" in read(answer)


def test_it_writes_a_draft_once(case: Case) -> None:
    """A double click makes one draft; its lines end the same whatever the browser sent; a preview keeps nothing."""
    key, client = str(uuid4()), at(case.doctor)
    url = f"{TEXTS}/new?purpose=procedure&region=neck"
    assert "As a patient reads it" in read(client.post(url, {**WORDS, "key": key, "do": "preview"}))
    for _ in range(2):
        assert client.post(url, {**WORDS, "key": key, "do": "save"}).status_code == 302
    text = ConsentText.objects.get(pk=key)
    assert (text.region, text.words) == ("neck", {"en": {"title": "Threads", "body": "I agree.\n\nFully."}})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("body-en", "", "Write both"), ("title-ru", "Нити", "Write both"), ("body-en", "x" * 20_001, "20000"),
     ("title-en", "a\x07b", "control character"), ("title-en", "x" * 121, "120")],
)  # fmt: skip
def test_it_loses_no_words(case: Case, name: str, value: str, said: str) -> None:
    """What is missing or too long is said beside its field, and everything typed is still there."""
    answer = at(case.doctor).post(f"{TEXTS}/new", {**WORDS, "key": str(uuid4()), name: value})
    assert answer.status_code == 422
    assert said in read(answer)
    assert "Threads" in read(answer) or name == "title-en"


def test_it_shows_both_versions_of_a_draft_that_two_wrote(case: Case) -> None:
    """Somebody else saved meanwhile: what was typed stays, what is stored stands beside it."""
    draft = draft_text(viewer=case.doctor, words=SAID, at=MONDAY, **PHOTO)
    url, client = f"{TEXTS}/{draft.pk}", at(case.doctor)
    assert client.post(url, {**WORDS, "title-en": "Hers", "revision": "0"}).status_code == 302
    answer = client.post(url, {**WORDS, "title-en": "Mine", "revision": "0"})
    assert answer.status_code == 409
    assert 'value="Mine"' in read(answer)
    assert "Hers" in read(answer)
    assert client.post(url, {**WORDS, "title-en": "Mine", "revision": "1"}).status_code == 302


def test_it_says_who_must_sign_again(case: Case) -> None:
    """Before the next version is published: how many with a planned session have signed the older one."""
    case.sign()
    case.consultation.planned_on = (MONDAY + DAY).date()
    case.consultation.save()
    draft = draft_text(viewer=case.doctor, purpose="procedure", words=MORE, at=MONDAY)
    url, client = f"{TEXTS}/{draft.pk}", at(case.doctor)
    assert "1 person with a planned session has signed the older version" in read(client.get(url))
    assert "Confirm first" in read(client.post(f"{url}/publish", {"revision": "0"}, follow=True))
    assert "Published." in read(client.post(f"{url}/publish", {"revision": "0", "confirm": "1"}, follow=True))
    again = read(client.post(f"{url}/publish", {"revision": "0", "confirm": "1"}, follow=True))
    assert "It is now: in force" in again


def test_it_compares_versions(case: Case) -> None:
    """What came is marked, and so is what went."""
    after = published(case.doctor, MONDAY, words=MORE)
    page = read(at(case.doctor).get(f"{TEXTS}/{after.pk}/compare?with={case.text.pk}"))
    assert '<del><span class="vh">gone: </span>Fully</del>' in page
    assert "To all of it" in page
    assert at(case.doctor).get(f"{TEXTS}/{after.pk}/compare?with=nothing").status_code == 200


def test_it_takes_a_text_out_of_force(case: Case) -> None:
    """Then nothing can be signed, and the page says so."""
    url, client = f"{TEXTS}/{case.text.pk}", at(case.doctor)
    assert "Retired." in read(client.post(f"{url}/retire", {"revision": case.text.revision}, follow=True))
    assert "Without a text in force no procedure can be signed." in read(client.get(TEXTS))
    assert "there is no text" in read(client.get(here(case)))


def test_it_shows_an_administrator_what_she_may(case: Case) -> None:
    """Whoever reads only, sees no form."""
    nurse = a_staff(case.text.clinic, Role.NURSE)
    draft = draft_text(viewer=case.doctor, words=SAID, at=MONDAY, **PHOTO)
    page = read(at(nurse).get(f"{TEXTS}/{draft.pk}"))
    assert "textarea" not in page
    assert "Publish</button>" not in page


# -- Signing -----------------------------------------------------------------------------------------------------------


def here(case: Case, more: str = "") -> str:
    """The page of the consultation."""
    return f"/desk/linden/consultations/{case.consultation.pk}/consent{more}"


def typed(case: Case, text: ConsentText | None = None, **more: Any) -> dict[str, Any]:
    """The page as it is sent."""
    text = text or case.text
    told = {"key": str(uuid4()), "text": str(text.pk), "language": "en", "digest": digest_in(text, "en")}
    return {**told, "name": "Anna Beispiel", "agree": "on", "drawing": "[[[1,2],[3,4]]]", **more}


def test_it_signs_on_screen(case: Case) -> None:
    """Read, agreed, named and drawn; whoever is signed in is the witness, and the exact words stand with it."""
    nurse = a_staff(case.text.clinic, Role.NURSE)
    client = at(nurse)
    page = read(client.get(here(case, f"/sign?text={case.text.pk}&language=ru")))
    assert "Согласна." in page
    answer = client.post(here(case, "/sign"), typed(case), follow=True)
    assert "Signed. The exact words are kept" in read(answer)
    assert 'points="1,2 3,4"' in read(answer)
    given = Signature.objects.get()
    assert (given.witness, given.name, given.on_paper) == (nurse.staff, "Anna Beispiel", False)


def test_it_takes_a_double_click_once(case: Case) -> None:
    """Sent twice it is one signature; a second person who signs the same is told."""
    client, sent = at(case.doctor), typed(case)
    for _ in range(2):
        assert "Signed." in read(client.post(here(case, "/sign"), sent, follow=True))
    other = read(client.post(here(case, "/sign"), typed(case), follow=True))
    assert "somebody was faster" in other
    assert Signature.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("agree", "", "without it nothing is signed"), ("name", "", "This field is required"),
     ("drawing", "[[[1,2000]]]", "cannot be read"), ("name", "x" * 121, "120")],
)  # fmt: skip
def test_it_signs_nothing_by_halves(case: Case, name: str, value: str, said: str) -> None:
    """Something is missing: it is said beside its field, and the rest is still there."""
    answer = at(case.doctor).post(here(case, "/sign"), {**typed(case), name: value})
    assert answer.status_code == 422
    assert said in read(answer)
    assert not Signature.objects.exists()


def test_it_shows_what_changed_while_somebody_was_reading(case: Case) -> None:
    """The text was replaced meanwhile: nothing is signed, the new one stands there, the name is kept."""
    sent = typed(case)
    after = published(case.doctor, MONDAY + HOUR / 2, words=MORE)
    answer = at(case.doctor).post(here(case, "/sign"), sent)
    assert answer.status_code == 409
    page = read(answer)
    assert "The text changed while it was being read" in page
    assert "Fully</del>" in page
    assert 'value="Anna Beispiel"' in page
    assert f'value="{after.pk}"' in page
    assert "checked" not in page
    assert not Signature.objects.exists()


def test_it_says_that_a_text_was_taken_back_meanwhile(case: Case) -> None:
    """Retired while it was read: there is nothing to sign."""
    ConsentText.objects.filter(pk=case.text.pk).update(retired_at=MONDAY)
    assert "out of force" in read(at(case.doctor).post(here(case, "/sign"), typed(case), follow=True))
    assert "out of force" in read(at(case.doctor).get(here(case, f"/sign?text={case.text.pk}"), follow=True))


def test_it_survives_what_no_page_sends(case: Case) -> None:
    """No text, a text that is none, or a text of another clinic."""
    client, there = at(case.doctor), published(a_staff(a_clinic("ahorn")), MONDAY)
    assert client.post(here(case, "/sign"), {"text": "x"}).status_code == 302
    assert client.post(here(case, "/sign"), typed(case, there)).status_code == 404
    assert client.get(here(case, f"/sign?text={there.pk}")).status_code == 404


def test_it_keeps_a_paper_with_its_date(case: Case) -> None:
    """In force on that date it is kept; a date before the text, or ahead, is told beside the field."""
    client, sent = at(case.doctor), {"key": str(uuid4()), "text": f"{case.text.pk}:en", "name": "Anna"}
    for on, status, said in (
        ("2026-02-01", 409, "this version was not in force"), ("2026-03-09", 409, "This date is ahead"),
        ("soon", 422, "Write a date"),
    ):  # fmt: skip
        answer = client.post(here(case, "/paper"), {**sent, "on": on})
        assert (answer.status_code, said in read(answer)) == (status, True)
    assert "Keep the paper too." in read(client.post(here(case, "/paper"), {**sent, "on": "2026-03-02"}, follow=True))
    assert "on paper" in read(client.get(here(case)))


def test_it_takes_a_paper_of_an_older_version(case: Case) -> None:
    """A paper from before the change is kept as what it is: of the version of then."""
    published(case.doctor, MONDAY, words=MORE)
    sent = {"key": str(uuid4()), "text": f"{case.text.pk}:en", "name": "Anna", "on": "2026-03-01"}
    page = read(at(case.doctor).post(here(case, "/paper"), sent, follow=True))
    assert Signature.objects.get().text == case.text
    assert "an older text is signed" in page


def test_it_withdraws(case: Case) -> None:
    """With what the patient said; twice is once."""
    given = case.sign(at=MONDAY)
    for _ in range(2):
        at(case.doctor).post(here(case, f"/{given.pk}/withdraw"), {"reason": "Not sure."})
    assert "Not sure." in read(at(case.doctor).get(here(case)))
    assert Withdrawal.objects.get().by == case.doctor.staff


def test_it_warns_of_words_that_were_changed(case: Case) -> None:
    """Changed in the database behind our back, the signature says so wherever it is shown."""
    case.sign(at=MONDAY)
    ConsentText.objects.filter(pk=case.text.pk).update(words={"en": {"title": "Threads", "body": "I agree to more."}})
    assert "somebody changed them in the database" in read(at(case.doctor).get(here(case)))


def test_it_leads_to_where_an_obstacle_is_mended(case: Case) -> None:
    """The record that cannot be signed links to the page where the consent is signed, or the text published."""
    record = f"/desk/linden/procedures/{case.draft.pk}/?look=1"
    page = read(at(case.doctor).get(record))
    assert "is not signed" in page
    assert f'href="{here(case)}"' in page
    ConsentText.objects.filter(pk=case.text.pk).update(retired_at=MONDAY)
    assert f'href="{TEXTS}"' in read(at(case.doctor).get(record))


def test_it_shows_consent_on_the_page_of_the_patient(case: Case) -> None:
    """How it stands for the session that is ahead."""
    url = f"/desk/linden/patients/{case.patient.pk}/"
    assert f'href="{here(case)}"' in read(at(case.doctor).get(url))
    withdraw_consent(viewer=case.doctor, signature=case.sign(at=MONDAY), at=MONDAY + HOUR)
    assert ">withdrawn<" in read(at(case.doctor).get(url))


def test_it_keeps_photos_to_the_patient(case: Case) -> None:
    """What is not about one session is signed for the patient, on whatever consultation it is asked."""
    photo = published(case.doctor, MONDAY, **PHOTO, words=SAID)
    at(case.doctor).post(here(case, "/sign"), typed(case, photo))
    assert Signature.objects.get().consultation is None
