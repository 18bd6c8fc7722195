"""A clinic's own protocol: proved before it is used, shown on its own past first, and never changing a running plan."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest

from afterthread.clinic import knowledge
from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.flow.record.overlay import (
    Unfit,
    adopt_overlay,
    change_overlay,
    check_overlay,
    move_plan,
    sign_off,
    withdraw_sign_off,
)
from afterthread.clinic.models import AuditRow, Clinic, Decision, Move, Overlay, Procedure, ProtocolVersion, WorkItem
from afterthread.clinic.queries.protocol.sign_off import sign_off_of
from afterthread.clinic.queries.recovery import Recovery, recovery_of
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from afterthread.protocol.load import shipped
from afterthread.protocol.write import write
from afterthread.server.upkeep.table import Table
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import text
from tests.lib.record.overlay import SHORT, STRICTER, adopted, drafted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = MONDAY + 15 * DAY
LONG: dict[str, Any] = {"course": {"bruise": {"until": {"mild": 21, "moderate": 21, "severe": 21}}}}


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """A patient under way, who reported a small bruise on five days."""
    made = a_procedure(doctor, a_patient(doctor))
    phone, _ = on_phone(doctor, made.patient)
    for day in (1, 5, 9, 12, 14):
        says(phone, made, MONDAY + day * DAY, bruise="mild")
    return made


def clinic_of(doctor: Viewer) -> Clinic:
    """As it is stored now."""
    return Clinic.objects.get(pk=doctor.own_clinic.pk)


def recovery(doctor: Viewer, procedure: Procedure) -> Recovery:
    """How her recovery stands."""
    return recovery_of(doctor, procedure.patient, LATER)


def checked(doctor: Viewer, document: dict[str, Any]) -> Overlay:
    """A draft that was checked."""
    made = check_overlay(viewer=doctor, overlay=drafted(doctor, document), at=LATER)
    made.refresh_from_db()  # as every page reads it
    return made


def found(overlay: Overlay) -> Any:
    """What checking it found."""
    return overlay.checks


def refused(doctor: Viewer, overlay: Overlay, **said: Any) -> tuple[str, ...]:
    """Why it is not adopted."""
    told: dict[str, Any] = {"read": True, "reason": "we want it so"} | said
    with pytest.raises(Unfit) as caught:
        adopt_overlay(viewer=doctor, overlay=overlay, revision=overlay.revision, at=LATER, **told)
    assert clinic_of(doctor).protocol is None
    return caught.value.because


# -- Before it is used ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["breathing", "stroke_signs", "pus"])
def test_it_refuses_a_weakened_danger_sign_whatever_the_reason(doctor: Viewer, rule: str) -> None:
    """Nobody can make an emergency or a same-day sign less urgent than shipped, in any way."""
    overlay = checked(doctor, {"rule": {rule: {"urgency": "routine"}}})
    assert "red_flag" in refused(doctor, overlay)
    worst = next(one for one in found(overlay)["properties"] if not one["holds"])
    assert worst["refuted"][0]["case"], "it is shown on a person"


def test_it_refuses_a_window_that_reassures_about_what_is_worse(doctor: Viewer) -> None:
    """A strong bruise cannot be expected for longer than a small one."""
    overlay = checked(doctor, {"course": {"bruise": {"until": {"mild": 10}}}})
    assert refused(doctor, overlay) == ("refuted",)


def test_it_refuses_what_was_not_checked_as_it_stands(doctor: Viewer) -> None:
    """A check holds for one text: the smallest change after it takes it back."""
    overlay = checked(doctor, SHORT)
    changed = change_overlay(
        viewer=doctor, overlay=overlay, revision=overlay.revision, document=SHORT | STRICTER, at=LATER
    )  # fmt: skip
    assert changed.checked_at is None
    assert refused(doctor, changed) == ("unchecked",)


def test_it_refuses_a_check_made_before_an_upgrade(doctor: Viewer) -> None:
    """What was proved over another shipped protocol is not proved over this one."""
    overlay = checked(doctor, SHORT)
    found(overlay)["digest"] = "0" * 64
    overlay.save()
    assert refused(doctor, overlay) == ("unchecked",)


def test_it_is_adopted_by_somebody_who_read_what_it_changes(doctor: Viewer) -> None:
    """Without a word that the replay was read, nothing is adopted."""
    assert refused(doctor, checked(doctor, SHORT), read=False) == ("unread",)


def test_it_needs_a_reason_for_every_urgency_that_becomes_lower(doctor: Viewer, procedure: Procedure) -> None:
    """A longer window would have sent somebody home whom the clinic saw: that needs a sentence."""
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, MONDAY + 17 * DAY, bruise="mild")
    overlay = checked(doctor, LONG)
    assert found(overlay)["replay"]["lowered"] == 1
    assert refused(doctor, overlay, reason=" \n") == ("unexplained",)
    told = adopt_overlay(
        viewer=doctor, overlay=overlay, revision=overlay.revision, read=True, reason="Our patients bruise.", at=LATER
    )
    assert told.reason == "Our patients bruise."


def test_it_shows_person_by_person_what_would_have_been_decided(doctor: Viewer, procedure: Procedure) -> None:
    """The clinic's own check-ins, with the day, both urgencies and the reason; all others are counted."""
    history = found(checked(doctor, SHORT))["replay"]
    assert {key: history[key] for key in ("checkins", "people", "lowered", "raised", "otherwise")} == {
        "checkins": 5, "people": 1, "lowered": 0, "raised": 2, "otherwise": 0,
    }  # fmt: skip
    assert [(row["patient"], row["day"], row["before"], row["after"]) for row in history["rows"]] == [
        (str(procedure.patient_id), day, "self_care", "routine") for day in (12, 14)
    ]
    turn = {"entry": "course.bruise", "was": "expected:self_care", "now": "past:routine"}
    assert history["rows"][0]["why"] == [turn]


def test_it_shows_which_dates_of_running_plans_would_move(doctor: Viewer, procedure: Procedure) -> None:
    """Sauna on day 28 instead of 21, in the plan of each person for whom that still lies ahead."""
    plans = found(checked(doctor, STRICTER))["plans"]
    assert plans["running"] == 1
    changes = plans["rows"][0]["changes"]
    assert changes == [{"entry": "step.sauna", "answer": "", "was": [[0, 21]], "now": [[0, 28]]}]
    late = check_overlay(viewer=doctor, overlay=drafted(doctor, STRICTER), at=MONDAY + 60 * DAY)
    assert found(late)["plans"]["rows"] == []


def test_it_shows_nothing_of_another_clinic(doctor: Viewer, procedure: Procedure) -> None:
    """The replay reads the clinic's own history alone."""
    other = a_staff(a_clinic("ahorn"))
    assert found(checked(other, SHORT))["replay"]["checkins"] == 0
    with pytest.raises(Missing):
        check_overlay(viewer=other, overlay=drafted(doctor, SHORT), at=LATER)


@pytest.mark.parametrize("role", [Role.NURSE, Role.COORDINATOR, Role.ADMIN])
def test_it_is_a_practitioners_to_adopt(doctor: Viewer, role: Role) -> None:
    """Nobody else drafts, checks or adopts one."""
    other, overlay = a_staff(doctor.own_clinic, role), checked(doctor, SHORT)
    with pytest.raises(Refused):
        adopt_overlay(viewer=other, overlay=overlay, revision=overlay.revision, read=True, reason="x", at=LATER)
    with pytest.raises(Refused):
        check_overlay(viewer=other, overlay=overlay, at=LATER)


def test_it_is_adopted_once(doctor: Viewer) -> None:
    """Two people press at the same moment: one adopts, the other is told so."""
    overlay = checked(doctor, SHORT)
    told: dict[str, Any] = {"revision": overlay.revision, "read": True, "reason": "x", "at": LATER}
    adopt_overlay(viewer=doctor, overlay=overlay, **told)
    with pytest.raises(Conflict):
        adopt_overlay(viewer=doctor, overlay=overlay, **told)
    assert AuditRow.objects.filter(verb="overlay.adopted").count() == 1


# -- Once it is in force ----------------------------------------------------------------------------------------------


def test_it_changes_new_plans_and_no_running_one(doctor: Viewer, procedure: Procedure) -> None:
    """Who is under way keeps the plan and the answers she was given; who comes tomorrow gets the new ones."""
    before = recovery(doctor, procedure)
    own = adopted(doctor, SHORT | STRICTER).protocol
    running = recovery(doctor, Procedure.objects.get(pk=procedure.pk))
    assert (running.plan, running.protocol.digest) == (before.plan, shipped().digest)
    fresh = draft_procedure(
        viewer=doctor, patient=a_patient(doctor), threads=[], at=LATER, placed_at=LATER, time_zone="Europe/Berlin"
    )
    assert fresh.procedure.protocol == own


def test_it_returns_to_the_shipped_protocol_by_an_act_of_its_own(doctor: Viewer) -> None:
    """An overlay without any change, checked and adopted like every other, lets the clinic follow the shipped one."""
    adopted(doctor, SHORT)
    assert clinic_of(doctor).protocol is not None
    adopted(doctor, {})
    assert clinic_of(doctor).protocol is None
    assert [one.number for one in Overlay.objects.all()] == [1, 2]


@pytest.mark.parametrize("word", ["Sauna?", 'a "quote" and a \\', "строка\nвторая", "\x7f\u2028 ]] [x]", "{until}"])
def test_it_is_loaded_again_to_the_letter(doctor: Viewer, word: str) -> None:
    """After a restart, and after a restore from a backup, it is the same protocol to the last letter."""
    own = adopted(doctor, SHORT | {"words": {"en": {"step": {"sauna": {"title": word}}}}}).protocol
    assert own is not None
    made, files = knowledge.protocol(own.pk), bytes(own.files)
    lines = list(Table(ProtocolVersion).read())
    Clinic.objects.update(protocol=None)
    Overlay.objects.all().delete()
    ProtocolVersion.objects.all().delete()
    Table(ProtocolVersion).write(lines)
    knowledge.protocol.cache_clear()
    again = knowledge.protocol(own.pk)
    assert again is not made
    assert (again.digest, again.words, again.entries) == (own.pk, made.words, made.entries)
    assert again.words["en"]["step.sauna"]["title"] == word
    assert bytes(ProtocolVersion.objects.get(pk=own.pk).files) == files
    kept = json.loads(zlib.decompress(files))[knowledge.OVERLAY]
    assert kept == write({**SHORT, "words": {"en": {"step": {"sauna": {"title": word}}}}, "id": "c_linden_1",
                          "author": "Linden"})  # fmt: skip


def test_it_is_loaded_after_an_upgrade_too(doctor: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once another protocol is shipped, an adopted one still is what it was."""
    own = adopted(doctor, SHORT).protocol
    assert own is not None
    knowledge.protocol.cache_clear()
    monkeypatch.setattr(knowledge, "digest", lambda *_: "another one")
    assert knowledge.protocol(own.pk).digest == own.pk
    knowledge.protocol.cache_clear()


# -- Moving a plan ----------------------------------------------------------------------------------------------------


def test_it_moves_a_plan_only_when_somebody_says_so(doctor: Viewer, procedure: Procedure) -> None:
    """Moved by a practitioner with a reason: decided anew, the earlier decisions stay, the worklist hears of it."""
    own = adopted(doctor, SHORT).protocol
    assert own is not None
    assert not WorkItem.objects.exists()
    moved = move_plan(viewer=doctor, procedure=procedure, to=own, reason="She asked.", at=LATER)
    now = recovery(doctor, moved)
    assert now.protocol.digest == own.pk
    assert [one.urgency.word for one in now.said] == ["self_care", "self_care", "self_care", "routine", "routine"]
    assert Decision.objects.count() == 10
    assert WorkItem.objects.get().urgency == 1
    move = Move.objects.get()
    assert (move.before.pk, move.after, move.reason, move.by) == (shipped().digest, own, "She asked.", doctor.staff)
    assert AuditRow.objects.filter(verb="procedure.moved").count() == 1


def test_it_moves_a_plan_once_and_only_to_what_is_in_force(doctor: Viewer, procedure: Procedure) -> None:
    """Pressed twice, to an older version, or after the follow-up has ended: nothing happens."""
    first, second = adopted(doctor, STRICTER).protocol, adopted(doctor, SHORT).protocol
    assert first is not None
    assert second is not None
    told: dict[str, Any] = {"viewer": doctor, "procedure": procedure, "reason": "x", "at": LATER}
    with pytest.raises(Conflict):
        move_plan(to=first, **told)
    move_plan(to=second, **told)
    with pytest.raises(Conflict):
        move_plan(to=second, **told)
    assert Move.objects.count() == 1


# -- Who vouches for it -----------------------------------------------------------------------------------------------


def test_it_is_signed_off_by_nobody_by_default(doctor: Viewer) -> None:
    """Neither the shipped protocol nor one that was just adopted bears anybody's name."""
    own = adopted(doctor, SHORT).protocol
    assert own is not None
    assert own.approval == "none"
    assert [sign_off_of(doctor.own_clinic, digest) for digest in (shipped().digest, own.pk)] == [None, None]


def test_it_holds_for_this_version_in_this_clinic_until_withdrawn(doctor: Viewer) -> None:
    """A name stands for exactly one text in one clinic; withdrawing it is an act too, and leaves it written."""
    now = knowledge.current(doctor.own_clinic, MONDAY)
    told: dict[str, Any] = {"name": "Dr Ines Falk", "profession": "Dermatologist", "statement": "I agree.", "at": LATER}
    signed = sign_off(viewer=doctor, protocol=now, **told)
    assert sign_off_of(doctor.own_clinic, now.pk) == signed
    assert sign_off_of(a_clinic("ahorn"), now.pk) is None
    with pytest.raises(Conflict):
        sign_off(viewer=doctor, protocol=now, **told)
    own = adopted(doctor, SHORT).protocol
    assert own is not None
    assert sign_off_of(doctor.own_clinic, own.pk) is None
    withdrawn = withdraw_sign_off(viewer=doctor, sign_off=signed, at=LATER)
    assert sign_off_of(doctor.own_clinic, now.pk) is None
    assert (withdrawn.name, withdrawn.withdrawn_at) == ("Dr Ines Falk", LATER)


def test_it_keeps_the_notice_beside_a_sign_off(
    doctor: Viewer, procedure: Procedure, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaflet and the desk name who signed off; both still say that Afterthread is not clinically validated."""
    monkeypatch.setattr("afterthread.clinic.clock.now", lambda: LATER)
    _, secret = on_phone(doctor, procedure.patient)
    now = knowledge.current(doctor.own_clinic, MONDAY)
    told = {"name": "Dr Ines Falk", "profession": "Dermatologist", "statement": "I agree."}
    sign_off(viewer=doctor, protocol=now, at=LATER, **told)
    client.cookies["afterthread_device"] = secret
    assert doctor.staff is not None
    leaflet = text(client.get("/p/plan/leaflet"))
    client.force_login(doctor.staff.user)
    for page in (leaflet, text(client.get(f"/desk/linden/patients/{procedure.patient_id}/"))):
        assert "Signed off for this clinic by Dr Ines Falk, Dermatologist" in page
        assert "not clinically validated" in page
    assert "Signed off" not in text(client.get("/p/plan"))
