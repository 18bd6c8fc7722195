"""Nobody is treated on a consent that was not given: what is signed, on which words, and what is not enough."""

from __future__ import annotations

from datetime import timedelta

import pytest

from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.flow.record.consent import retire_text, withdraw_consent
from afterthread.clinic.queries.record.gate import Blocked
from tests.lib.clinic import MONDAY, published, sign
from tests.lib.consent import DAY, HOUR, SAID, Case

pytestmark = pytest.mark.django_db
SESSION = MONDAY + DAY
OTHER = {"en": {"title": "Threads", "body": "I agree, and I was told more."}}


@pytest.fixture
def case() -> Case:
    """A session on Tuesday, recorded and not signed yet."""
    return Case()


def against(case: Case) -> list[tuple[str, bool]]:
    """What of the consent speaks against signing the record, and whether a written reason is no answer."""
    case.draft.refresh_from_db()
    try:
        sign(case.doctor, case.draft, SESSION + DAY)
    except Blocked as blocked:
        found = [*blocked.gate.shut, *blocked.gate.held]
        return [(one.code, one.shut) for one in found if one.code.startswith("consent")]
    return []


def test_it_needs_a_signature(case: Case) -> None:
    """Without one the record of a session cannot be signed, whatever reason is written; with one it can."""
    assert against(case) == [("consent_missing", True)]
    case.sign()
    assert against(case) == []
    assert case.draft.procedure.versions.get().signed_at


def test_it_needs_a_text(case: Case) -> None:
    """While the clinic has no text in force nothing can be agreed to."""
    case.sign()
    retire_text(viewer=case.doctor, text=case.text, revision=case.text.revision, at=MONDAY + 2 * HOUR)
    assert against(case) == [("consent_no_text", True)]


def test_it_needs_the_words_of_the_day(case: Case) -> None:
    """A text that was replaced before the session is not enough; one that was replaced after it is."""
    case.sign()
    published(case.doctor, MONDAY + 2 * HOUR, words=OTHER)
    assert against(case) == [("consent_outdated", True)]


def test_it_keeps_counting_what_counted_on_the_day(case: Case) -> None:
    """What was in force at the session stays enough, even if the text changed before the record was signed."""
    case.sign()
    published(case.doctor, SESSION + HOUR, words=OTHER)
    assert against(case) == []


def test_it_respects_a_withdrawal(case: Case) -> None:
    """Taken back before the session it counts no more."""
    withdraw_consent(viewer=case.doctor, signature=case.sign(), at=MONDAY + 2 * HOUR)
    assert against(case) == [("consent_withdrawn", True)]


def test_it_lets_a_withdrawal_change_nothing_that_was_done(case: Case) -> None:
    """Taken back after the session, what was done stays allowed."""
    withdraw_consent(viewer=case.doctor, signature=case.sign(), at=SESSION + HOUR)
    assert against(case) == []


def test_it_counts_a_signature_for_one_session_only(case: Case) -> None:
    """The next session needs its own."""
    case.sign()
    draft = draft_procedure(
        viewer=case.doctor, patient=case.patient, threads=[], at=SESSION, placed_at=SESSION, zones=["cheek"],
        time_zone="Europe/Berlin",
    )  # fmt: skip
    case.draft = draft
    assert against(case) == [("consent_missing", True)]


def test_it_needs_the_text_of_every_region(case: Case) -> None:
    """Whoever is treated at face and neck signs both, where the neck has a text of its own."""
    neck = published(case.doctor, MONDAY - DAY, region="neck", words=SAID)
    case.draft.zones = ["cheek", "neck"]
    case.draft.save()
    case.sign()
    assert against(case) == [("consent_missing", True)]
    case.sign(text=neck)
    assert against(case) == []


def test_it_does_not_hide_a_consent_that_came_late(case: Case) -> None:
    """Signed only after the session it opens the record with a written reason, so that the follow-up can begin."""
    case.sign(at=SESSION + timedelta(minutes=5))
    assert against(case) == []
    signed = case.draft.procedure.versions.get()
    assert (signed.signed_at is not None, signed.despite) == (True, "not screened: a test")
