"""What a patient takes along: everything that whoever treats her next has to know, and nothing for a stranger."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.flow.record.handoff import issue_handoff, open_handoff, revoke_handoff
from afterthread.clinic.models import AuditRow, Complication, Handoff, Judgement, Patient, Procedure, Removal
from afterthread.clinic.queries.record.handoff import MOST_FAILURES, content_of, openings_of, sum_of
from afterthread.clinic.queries.record.sheet import both_sheets
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer, system
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.record.complication import a_case, done, judged

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """Eight barbed PDO threads, four days ago."""
    return a_procedure(doctor, a_patient(doctor))


@pytest.fixture
def card(doctor: Viewer, procedure: Procedure) -> Handoff:
    """A page, signed today."""
    return issue_handoff(viewer=doctor, procedure=procedure, at=NOW)


def opened(card: Handoff, **other: str) -> Handoff:
    """The card opened with its code and digits, or with others."""
    told = {"code": card.code, "pin": card.pin, **other}
    return open_handoff(viewer=system(), code=told["code"], pin=told["pin"], at=NOW)


def wrong(card: Handoff) -> str:
    """Six digits that are not those of the card."""
    return f"{(int(card.pin) + 1) % 1_000_000:06}"


def knock(card: Handoff, **other: str) -> tuple[int, str]:
    """What a stranger's browser gets for a code and digits."""
    response = Client().post("/card/", {"code": card.code, "pin": card.pin, "language": "en", **other})
    return response.status_code, re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())


# -- What stands on it ------------------------------------------------------------------------------------------------


def test_it_says_what_whoever_treats_her_next_has_to_know(doctor: Viewer, procedure: Procedure) -> None:
    """Threads with lots and places, the course, what to mind, what goes on inside, and whom to call."""
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, MONDAY + timedelta(days=2), redness="moderate")
    sheet = both_sheets(issue_handoff(viewer=doctor, procedure=procedure, at=NOW), "en")[0]
    assert sheet.total == 8
    assert [(one.count, one.lot) for one in sheet.threads] == [(4, "L-1"), (4, "L-1")]
    assert "PDO" in sheet.threads[0].what
    assert "left" in sheet.threads[0].where
    assert len(sheet.checkins) == 1
    assert sheet.checkins[0][0] == 2
    assert "trouble breathing" in sheet.danger
    assert sheet.avoid[0].last is not None
    assert sheet.avoid[-1].last is None
    (pdo,) = sheet.materials
    assert "dissolves" in pdo.says
    assert pdo.first is not None
    assert pdo.last is not None
    assert MONDAY.date() < pdo.first < pdo.last
    assert "not clinically validated" in sheet.notice


def test_it_tells_of_removals_and_open_complications(doctor: Viewer, procedure: Procedure) -> None:
    """What was taken out, and what is still open as it is judged last."""
    assert doctor.staff is not None
    thread = procedure.signed_version().threads.all()[0]
    about = {"clinic": procedure.clinic, "patient": procedure.patient}
    Removal.objects.create(
        **about, procedure=procedure, thread=thread.key, count=1, removed_at=NOW, extent="part", why="complication",
        found="fragile", left_mm=20, recorded_at=NOW, by=doctor.staff,
    )  # fmt: skip
    case = Complication.objects.create(
        **about, procedure=procedure, began_day=3, zone="cheek", side="left", signs="A hot lump.", opened_at=NOW,
        opened_by=doctor.staff,
    )  # fmt: skip
    for pathway in ("dimple", "infection"):
        Judgement.objects.create(
            **about, complication=case, about=Judgement.About.PATHWAY, value=pathway, at=NOW, by=doctor.staff
        )
    sheet = both_sheets(issue_handoff(viewer=doctor, procedure=procedure, at=NOW), "en")[0]
    assert [(one.number, one.extent, one.left_mm) for one in sheet.removals] == [(1, "taken out in part", 20)]
    assert "nfection" in sheet.complications[0]["name"]
    assert sheet.complications[0]["signs"] == "A hot lump."


def test_it_tells_no_grade_of_what_is_no_complication(doctor: Viewer, procedure: Procedure) -> None:
    """A grade that was given before the event was judged a sequela does not count any more."""
    case = judged(doctor, a_case(doctor, procedure), NOW, pathway="infection", nature="complication")
    case = judged(doctor, done(doctor, case, "ask_spread", NOW), NOW, grade="II")
    grades = [content_of(procedure, NOW)["complications"][0]["grade"]]
    judged(doctor, case, NOW, "it belongs to the usual course", nature="sequela")
    grades.append(content_of(procedure, NOW)["complications"][0]["grade"])
    assert grades == ["II", ""]


def test_it_says_to_mention_metal_before_a_scan(doctor: Viewer) -> None:
    """Threads that stay, or of which nobody knows the material, disturb pictures; the others do not."""
    gold = [{"zone": "cheek", "side": "left", "kind": "mono", "material": "gold", "count": 2}]
    with_gold = a_procedure(doctor, a_patient(doctor), threads=gold, modifiers={})
    sheet = both_sheets(issue_handoff(viewer=doctor, procedure=with_gold, at=NOW), "en")[0]
    assert "MRI" in sheet.imaging
    plain = a_procedure(doctor, a_patient(doctor))
    assert both_sheets(issue_handoff(viewer=doctor, procedure=plain, at=NOW), "en")[0].imaging == ""


def test_it_speaks_her_language_and_english(doctor: Viewer) -> None:
    """Both from the same signed document; a language that the protocol does not speak is English."""
    russian = a_procedure(doctor, a_patient(doctor, language="ru"))
    card = issue_handoff(viewer=doctor, procedure=russian, at=NOW)
    own, english = both_sheets(card, "ru")
    assert (own.language, english.language) == ("ru", "en")
    assert own.danger != english.danger
    assert own.total == english.total
    assert [one.language for one in both_sheets(card, "ja")] == ["en"]


def test_it_freezes_what_was_signed(doctor: Viewer, procedure: Procedure, card: Handoff) -> None:
    """What happens later changes nothing on a signed page, and its digest shows if anybody changed it."""
    before = card.document
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, NOW, fever="yes")
    Patient.objects.update(born=1900)
    card.refresh_from_db()
    assert card.document == before
    assert card.digest == hashlib.sha256(card.document.encode()).hexdigest()
    assert json.loads(card.document)["patient"]["born"] == 1981


# -- Signing and ending -----------------------------------------------------------------------------------------------


def test_it_is_signed_by_a_practitioner_who_saw_it(doctor: Viewer, procedure: Procedure) -> None:
    """A nurse cannot; and nobody signs what changed since it was looked at."""
    with pytest.raises(Refused):
        issue_handoff(viewer=a_staff(procedure.clinic, Role.NURSE), procedure=procedure, at=NOW)
    seen = sum_of(procedure, NOW)[1]
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, NOW, fever="yes")
    with pytest.raises(Conflict, match="changed"):
        issue_handoff(viewer=doctor, procedure=procedure, at=NOW, seen=seen)
    card = issue_handoff(viewer=doctor, procedure=procedure, at=NOW, seen=sum_of(procedure, NOW)[1])
    assert card.issued_by == doctor.staff


def test_it_has_one_in_force(doctor: Viewer, procedure: Procedure, card: Handoff) -> None:
    """A new page ends the old one; two who sign at once do not end each other's unseen."""
    with pytest.raises(Conflict, match="issued"):
        issue_handoff(viewer=doctor, procedure=procedure, at=NOW)
    newer = issue_handoff(viewer=doctor, procedure=procedure, at=NOW, before=card)
    with pytest.raises(Missing):
        opened(card)
    assert opened(newer).pk == newer.pk
    assert newer.code != card.code


def test_it_opens_nothing_once_revoked(doctor: Viewer, procedure: Procedure, card: Handoff) -> None:
    """She herself or the clinic ends it, and from that moment its code is like one that never was."""
    phone, _ = on_phone(doctor, procedure.patient)
    revoke_handoff(viewer=phone, handoff=card, at=NOW)
    with pytest.raises(Missing):
        opened(card)
    assert knock(card)[1] == knock(card, code="A" * 28)[1].replace("A" * 28, card.code)


def test_it_is_nobody_elses_to_end(doctor: Viewer, card: Handoff) -> None:
    """Another patient and another clinic find nothing."""
    stranger, _ = on_phone(doctor, a_patient(doctor, name="Berta"))
    for viewer in (stranger, a_staff(a_clinic("ahorn"))):
        with pytest.raises(Missing):
            revoke_handoff(viewer=viewer, handoff=card, at=NOW)


# -- A stranger with the picture --------------------------------------------------------------------------------------


def test_its_picture_reveals_nothing(card: Handoff) -> None:
    """The address behind it is the same for everybody; the code stands where no server sees it, and is random."""
    page = Client().get("/card/")
    text = page.content.decode()
    assert page.status_code == 200
    assert not {word for word in ("Anna", "Linden", "5550100", card.code) if word in text}
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert "noindex" in page["X-Robots-Tag"]
    assert len(card.code.replace("-", "")) == 28
    assert not {part for part in (str(card.pk)[:8], "Anna", card.pin) if part in card.code}


def test_it_opens_with_code_and_digits(card: Handoff) -> None:
    """Then it says who, what and where, read-only, and that it may be outdated."""
    status, page = knock(card)
    assert status == 200
    assert not {word for word in ("Anna Beispiel", "Linden", "L-1", "may be outdated") if word not in page}
    assert card.pin not in page
    assert knock(card, code=card.code.lower().replace("-", " "), pin=f"{card.pin[:3]} {card.pin[3:]}")[0] == 200


def test_it_says_the_same_whatever_is_wrong(card: Handoff) -> None:
    """A wrong code, wrong digits and both: one answer, without a name."""
    answers = {
        knock(card, **other)[1].replace(other.get("code", card.code), "")
        for other in ({"pin": wrong(card)}, {"code": "B" * 28}, {"code": "B" * 28, "pin": wrong(card)})
    }
    assert len(answers) == 1
    assert "Linden" not in answers.pop()


def test_it_shuts_after_too_many_wrong_digits(card: Handoff) -> None:
    """After ten in a row even the right ones open nothing; she needs a new card."""
    for _ in range(MOST_FAILURES):
        with pytest.raises(Missing):
            opened(card, pin=wrong(card))
    with pytest.raises(Missing):
        opened(card)


def test_it_forgives_slips_once_it_was_opened(card: Handoff) -> None:
    """Wrong digits count in a row."""
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            with pytest.raises(Missing):
                opened(card, pin=wrong(card))
        assert opened(card).failures == 0


def test_it_slows_down_whoever_tries_codes(card: Handoff) -> None:
    """After twenty tries from one address there is a pause, also for the right one."""
    for _ in range(20):
        assert knock(card, code="C" * 28)[0] == 404
    assert knock(card)[0] == 429


def test_it_writes_down_every_opening(doctor: Viewer, card: Handoff) -> None:
    """Once for each, and she can see them; a try that failed is no opening."""
    assert openings_of(doctor, card) == []
    for _ in range(2):
        opened(card)
    with pytest.raises(Missing):
        opened(card, pin=wrong(card))
    assert openings_of(doctor, card) == [NOW, NOW]
    assert AuditRow.objects.filter(verb="handoff.opened", patient=str(card.patient_id)).count() == 2


def test_it_opens_nothing_of_somebody_erased(card: Handoff) -> None:
    """Who was forgotten has no card."""
    Patient.objects.update(erased_at=NOW)
    with pytest.raises(Missing):
        opened(card)
