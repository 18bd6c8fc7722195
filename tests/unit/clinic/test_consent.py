"""Texts from draft to publication, and what is signed on them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from afterthread.clinic.flow.record.consent import (
    Superseded,
    Unfinished,
    change_text,
    draft_text,
    publish_text,
    retire_text,
    withdraw_consent,
)
from afterthread.clinic.models import AuditRow, ConsentText, Consultation, Message, Signature, Withdrawal
from afterthread.clinic.queries.consent import need, wording
from afterthread.clinic.queries.consent.consent import digest_in, in_force
from afterthread.clinic.queries.record.consultation import ahead
from afterthread.clinic.roles import Conflict, Missing, Refused, Role
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, on_phone, published
from tests.lib.consent import DAY, HOUR, PHOTO, SAID, Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    """The usual one."""
    return Case()


# -- Texts -------------------------------------------------------------------------------------------------------------


def test_it_begins_with_drafts_that_nobody_published() -> None:
    """A new clinic has a draft for every purpose, in English and Russian, and nothing in force."""
    clinic = a_clinic()
    texts = list(ConsentText.objects.filter(clinic=clinic))
    assert {one.purpose for one in texts} == set(ConsentText.Purpose)
    assert all({"en", "ru"} == set(one.words) and one.drafted_by is None for one in texts)
    assert not in_force(clinic, MONDAY + DAY).exists()


def test_it_publishes_no_text_with_open_places() -> None:
    """A starting text that nobody read still has places in square brackets: it cannot be published as it is."""
    doctor = a_staff(a_clinic())
    text = ConsentText.objects.get(clinic=doctor.clinic, purpose="registry")
    with pytest.raises(Unfinished) as caught:
        publish_text(viewer=doctor, text=text, revision=0, at=MONDAY)
    assert any("starting text" in one for one in caught.value.blanks)
    said = {code: {**one, "body": "Filled in."} for code, one in text.words.items()}
    held = change_text(viewer=doctor, text=text, revision=0, words=said, at=MONDAY)
    assert publish_text(viewer=doctor, text=held, revision=held.revision, at=MONDAY).published_by == doctor.staff


def test_it_publishes_no_text_without_english(case: Case) -> None:
    """What nobody can fall back on is not put in force."""
    draft = draft_text(viewer=case.doctor, words={"ru": SAID["ru"]}, at=MONDAY, **PHOTO)
    with pytest.raises(Unfinished):
        publish_text(viewer=case.doctor, text=draft, revision=0, at=MONDAY)


def test_it_keeps_a_published_text_as_it_is(case: Case) -> None:
    """A change is the next version; the one before is retired the moment the new one is in force."""
    with pytest.raises(Conflict):
        change_text(viewer=case.doctor, text=case.text, revision=case.text.revision, words=SAID, at=MONDAY)
    after = published(case.doctor, MONDAY, words={"en": {"title": "Threads", "body": "More."}})
    case.text.refresh_from_db()
    assert (case.text.retired_at, after.number) == (MONDAY, case.text.number + 1)
    assert list(in_force(case.text.clinic, MONDAY)) == [after]
    assert list(in_force(case.text.clinic, MONDAY - HOUR)) == [case.text]
    assert case.text.words == SAID


def test_it_tells_the_slower_of_two_writers(case: Case) -> None:
    """Two people change one draft: the second is told."""
    draft = draft_text(viewer=case.doctor, words=SAID, at=MONDAY, **PHOTO)
    change_text(viewer=case.doctor, text=draft, revision=0, words={"en": SAID["en"]}, at=MONDAY)
    with pytest.raises(Conflict):
        change_text(viewer=case.doctor, text=draft, revision=0, words=SAID, at=MONDAY)
    draft.refresh_from_db()
    assert set(draft.words) == {"en"}


def test_it_sets_a_draft_aside(case: Case) -> None:
    """A draft that is not wanted is retired, and not published or retired again."""
    draft = draft_text(viewer=case.doctor, words=SAID, at=MONDAY, **PHOTO)
    aside = retire_text(viewer=case.doctor, text=draft, revision=0, at=MONDAY)
    for again in (publish_text, retire_text):
        with pytest.raises(Conflict):
            again(viewer=case.doctor, text=draft, revision=aside.revision, at=MONDAY)


def test_it_lets_no_nurse_publish(case: Case) -> None:
    """Texts are for practitioners and administrators."""
    nurse = a_staff(case.draft.clinic, Role.NURSE)
    with pytest.raises(Refused):
        draft_text(viewer=nurse, words=SAID, at=MONDAY, **PHOTO)


# -- Signatures --------------------------------------------------------------------------------------------------------


def test_it_binds_a_signature_to_the_words_that_were_shown(case: Case) -> None:
    """The digest is of title and body in the language shown; changed behind our back, it does not match any more."""
    given = case.sign(language="ru", digest=digest_in(case.text, "ru"))
    assert wording.signed(given).intact
    ConsentText.objects.filter(pk=case.text.pk).update(words={**SAID, "ru": {"title": "Нити", "body": "Иное."}})
    assert not wording.signed(Signature.objects.get()).intact


def test_it_takes_no_signature_on_words_that_are_not_in_force(case: Case) -> None:
    """Of a text that was replaced, retired, is only a draft, or reads otherwise."""
    draft = draft_text(viewer=case.doctor, words=SAID, at=MONDAY, purpose="procedure", region="neck")
    with pytest.raises(Superseded):
        case.sign(digest=digest_in(case.text, "ru"))
    with pytest.raises(Superseded):
        case.sign(text=draft)
    published(case.doctor, MONDAY, words={"en": {"title": "Threads", "body": "More."}})
    with pytest.raises(Superseded):
        case.sign()
    assert not Signature.objects.exists()


def test_it_takes_what_came_twice_once(case: Case) -> None:
    """Sent again with the same key it is the same signature, even when the text was replaced in between."""
    key = uuid4()
    first = case.sign(key=key)
    published(case.doctor, MONDAY + HOUR, words={"en": {"title": "Threads", "body": "More."}})
    assert case.sign(key=key, at=MONDAY + 2 * HOUR) == first
    assert AuditRow.objects.filter(verb="consent.signed").count() == 1


def test_it_tells_the_second_who_signs_the_same(case: Case) -> None:
    """Two people keep the same signature: the second is told, and after a withdrawal it can be signed again."""
    given = case.sign()
    with pytest.raises(Conflict):
        case.sign()
    withdraw_consent(viewer=case.doctor, signature=given, at=MONDAY + 2 * HOUR)
    assert case.sign(at=MONDAY + 3 * HOUR) != given


def test_it_knows_who_was_there(case: Case) -> None:
    """On her phone the device is kept and no witness; at the desk whoever is signed in."""
    phone, _secret = on_phone(case.doctor, case.patient)
    alone = case.sign(phone)
    withdraw_consent(viewer=phone, signature=alone, at=MONDAY + HOUR)
    there = case.sign(at=MONDAY + 2 * HOUR)
    assert (alone.device, alone.witness) == (phone.device, None)
    assert (there.device, there.witness) == (None, case.doctor.staff)


def test_it_takes_a_paper_with_its_date(case: Case) -> None:
    """A paper counts from its date, if the text was in force then; not one of tomorrow, and not by a patient."""
    phone, _secret = on_phone(case.doctor, case.patient)
    with pytest.raises(Refused):
        case.sign(phone, on_paper=date(2026, 3, 2))
    with pytest.raises(Superseded):
        case.sign(on_paper=date(2026, 2, 28))
    with pytest.raises(Conflict):
        case.sign(on_paper=date(2026, 3, 3))
    given = case.sign(on_paper=date(2026, 3, 1))
    assert (given.on_paper, given.signed_at) == (True, case.text.published_at)


def test_it_reads_the_date_of_a_paper_on_the_clinics_calendar(case: Case) -> None:
    """A paper of today is kept at ten past midnight in Berlin, although it is still yesterday in London."""
    at = MONDAY.replace(hour=23, minute=10)
    given = case.sign(on_paper=date(2026, 3, 3), at=at)
    assert given.signed_at == MONDAY.replace(hour=23)


def test_it_keeps_a_text_to_its_place(case: Case) -> None:
    """A procedure's text needs a session of this patient, every other text none."""
    photo = published(case.doctor, MONDAY - DAY, **PHOTO, words=SAID)
    other = a_patient(case.doctor, name="Berta", email="b@patient.example")
    foreign = Consultation.objects.create(
        clinic=other.clinic, patient=other, protocol=case.consultation.protocol, opened_at=MONDAY,
        opened_by=case.consultation.opened_by,
    )  # fmt: skip
    for wrong in ({"consultation": None}, {"consultation": foreign}, {"text": photo}):
        with pytest.raises(Missing):
            case.sign(**wrong)
    assert case.sign(text=photo, consultation=None).consultation is None


def test_it_shows_a_patient_nothing_of_another_clinic(case: Case) -> None:
    """A text of another clinic is not there."""
    there = a_staff(a_clinic("ahorn"))
    with pytest.raises(Missing):
        case.sign(text=published(there, MONDAY - DAY))


def test_it_tells_the_clinic_of_a_withdrawal(case: Case) -> None:
    """Taken back by herself, it reaches the clinic as a message of hers, once."""
    phone, _secret = on_phone(case.doctor, case.patient)
    given = case.sign(phone)
    for _ in range(2):
        withdraw_consent(viewer=phone, signature=given, reason="Not sure.", tell="I take it back.", at=MONDAY + DAY)
    assert (Withdrawal.objects.get().reason, Message.objects.get().text) == ("Not sure.", "I take it back.")


def test_it_lets_no_stranger_withdraw(case: Case) -> None:
    """Neither another patient nor a coordinator."""
    given = case.sign()
    other = a_patient(case.doctor, name="Berta", email="b@patient.example")
    phone, _secret = on_phone(case.doctor, other)
    with pytest.raises(Missing):
        withdraw_consent(viewer=phone, signature=given, at=MONDAY + DAY)
    with pytest.raises(Refused):
        withdraw_consent(viewer=a_staff(case.draft.clinic, Role.COORDINATOR), signature=given, at=MONDAY + DAY)


# -- What is needed ----------------------------------------------------------------------------------------------------


def states(case: Case, at: Any) -> list[str]:
    """How everything stands that the session needs."""
    return [one.state for one in need.needs_of(case.consultation, at)]


def test_it_knows_what_a_session_needs(case: Case) -> None:
    """Missing, signed, outdated, signed again, withdrawn: each as it is at the moment."""
    assert states(case, MONDAY) == ["missing"]
    given = case.sign()
    assert states(case, MONDAY + HOUR) == ["signed"]
    withdraw_consent(viewer=case.doctor, signature=given, at=MONDAY + 2 * HOUR)
    assert states(case, MONDAY + 2 * HOUR) == ["withdrawn"]
    case.sign(at=MONDAY + 3 * HOUR)
    published(case.doctor, MONDAY + 4 * HOUR, words={"en": {"title": "Threads", "body": "More."}})
    assert states(case, MONDAY + 4 * HOUR) == ["outdated"]


def test_it_asks_for_the_regions_own_text(case: Case) -> None:
    """Where a region has a text of its own, that one is signed instead of the general one."""
    face = published(case.doctor, MONDAY - HOUR, region="face", words=SAID)
    assert [one.text for one in need.needs_of(case.consultation, MONDAY)] == [face]


def test_it_says_that_there_is_no_text(case: Case) -> None:
    """Once the text is retired there is nothing to sign, and nobody is asked to."""
    retire_text(viewer=case.doctor, text=case.text, revision=case.text.revision, at=MONDAY)
    assert states(case, MONDAY) == ["no_text"]
    assert need.waiting_of(case.doctor, case.patient, MONDAY) == []


def test_it_is_whole_once_everything_that_is_asked_for_is_signed(case: Case) -> None:
    """A region that only the record knows needs its own text too; one that came after the session is not asked for."""
    face = published(case.doctor, MONDAY - HOUR, region="face", words=SAID)
    case.sign()
    assert not ahead(case.consultation, MONDAY + 2 * HOUR).consented
    case.sign(text=face)
    assert ahead(case.consultation, MONDAY + 2 * HOUR).consented
    published(case.doctor, MONDAY + 2 * DAY, region="face", words=SAID)
    assert ahead(case.consultation, MONDAY + 3 * DAY).consented


def test_it_offers_what_may_be_refused(case: Case) -> None:
    """The other purposes are offered, and never among what waits."""
    photo = published(case.doctor, MONDAY - DAY, **PHOTO, words=SAID)
    assert [one.text for one in need.offers_of(case.doctor, case.patient, MONDAY)] == [photo]
    assert [one.text for one in need.waiting_of(case.doctor, case.patient, MONDAY)] == [case.text]


def test_it_counts_who_must_sign_again(case: Case) -> None:
    """People with a session ahead who signed an older version; of nobody else."""
    case.sign()
    draft = draft_text(viewer=case.doctor, purpose="procedure", words=SAID, at=MONDAY)
    assert wording.sign_again(case.doctor, draft, MONDAY) == 0
    Consultation.objects.update(planned_on=date(2026, 3, 3))
    assert wording.sign_again(case.doctor, draft, MONDAY) == 1
    assert wording.sign_again(case.doctor, draft, MONDAY + 2 * DAY) == 0


# -- What changed ------------------------------------------------------------------------------------------------------


def reading(body: str) -> wording.Reading:
    """Some words as they are read."""
    return wording.read(ConsentText(words={"en": {"title": "T", "body": body}}), "en")


def test_it_says_what_changed() -> None:
    """What went and what came, word by word, and both texts can be put together again from it."""
    before, after = reading("I agree to four threads.\n\nEnd."), reading("I agree to six threads.\n\nMore.\n\nEnd.")
    found = wording.changes(before, after)
    assert [one.words for one in found if one.kind == "gone"] == ["four"]
    assert "six" in [one.words for one in found if one.kind == "new"]
    for left_out, whole in (("new", before), ("gone", after)):
        assert "".join(one.words for one in found if one.kind != left_out) == f"T\n\n{whole.body}"


def test_it_leaves_out_what_stands_far_from_a_change() -> None:
    """Of a long text only the surroundings of the change are shown."""
    long = "A sentence that stays. " * 100
    found = wording.changes(reading(f"{long}\nold\n{long}"), reading(f"{long}\nnew\n{long}"))
    assert [one.kind for one in found] == ["skipped", "same", "gone", "new", "same", "skipped"]
    assert sum(len(one.words) for one in found) < 400


def test_it_is_quick_with_the_longest_text() -> None:
    """Two texts at the limit that differ everywhere are compared all the same."""
    before, after = ("".join(f"word{n * step} " for n in range(2000)) for step in (1, 3))
    assert wording.changes(reading(before), reading(after))


def test_it_reads_in_the_language_that_there_is() -> None:
    """Her own language, English, or the only one."""
    text = ConsentText(words={"en": SAID["en"]})
    assert wording.read(text, "ru").language == "en"
    assert wording.read(replace_words(text, {"ru": SAID["ru"]}), "en").language == "ru"
    assert wording.read(replace_words(text, {}), "en").digest


def replace_words(text: ConsentText, words: dict[str, dict[str, str]]) -> ConsentText:
    """The same text with other words."""
    text.words = words
    return text
