"""Moving a plan leaves nothing behind on the old version: the worklist, the phone, the silence, the drafts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from afterthread.clinic import clock, knowledge
from afterthread.clinic.flow.procedure import close_procedure, correct_procedure
from afterthread.clinic.flow.record.overlay import (
    change_overlay,
    check_overlay,
    discard_overlay,
    draft_overlay,
    move_plan,
    sign_off,
    withdraw_sign_off,
)
from afterthread.clinic.models import Decision, Overlay, Procedure, ProtocolVersion, WorkItem
from afterthread.clinic.queries.protocol.replay import Replay
from afterthread.clinic.queries.protocol.shift import Redated, Shift
from afterthread.clinic.queries.protocol.version import plans_elsewhere, running
from afterthread.clinic.queries.worklist import open_items
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from afterthread.protocol.load import ProtocolError, shipped
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says, sign
from tests.lib.record.overlay import NOW, SHORT, STRICTER, adopted, drafted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = MONDAY + 15 * DAY


def moved(doctor: Viewer, procedure: Procedure, document: dict[str, Any]) -> ProtocolVersion:
    """The plan runs on a protocol with these changes."""
    own = adopted(doctor, document).protocol
    assert own is not None
    move_plan(viewer=doctor, procedure=procedure, to=own, reason="x", at=LATER)
    return own


def test_it_sends_the_phone_a_new_pack(
    doctor: Viewer, procedure: Procedure, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pack has another mark and the boxes of the new version, from which the phone answers offline."""
    monkeypatch.setattr(clock, "now", lambda: LATER)
    _, secret = on_phone(doctor, procedure.patient)
    client.cookies["afterthread_device"] = secret
    before = client.get("/p/pack.json")
    own = moved(doctor, procedure, SHORT)
    after = client.get("/p/pack.json", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert own.pk in after.content.decode()
    assert own.pk not in before.content.decode()


def test_it_expects_the_next_checkin_of_the_new_plan(doctor: Viewer, procedure: Procedure) -> None:
    """Silence becomes news on the day after the next one that the new plan names."""
    moved(doctor, procedure, {"step": {"checkin": {"days": [0, 1, 20]}}})
    procedure.refresh_from_db()
    assert procedure.silence_from == (MONDAY + 21 * DAY).date()


def test_it_promises_a_look_at_each_that_rose(doctor: Viewer, procedure: Procedure) -> None:
    """One that became more urgent is looked at, although another was more urgent all along."""
    phone, _ = on_phone(doctor, procedure.patient)
    for day in (1, 5, 12):
        says(phone, procedure, MONDAY + day * DAY, bruise="mild")
    says(phone, procedure, MONDAY + 13 * DAY, breathing="yes")
    WorkItem.objects.update(closed_at=LATER, waiting_since=None)
    moved(doctor, procedure, SHORT)
    opened = WorkItem.objects.get(closed_at=None)
    assert opened.decision is not None
    assert (opened.urgency, opened.decision.checkin.day) == (1, 12)


def test_it_keeps_an_open_item_on_the_decision_that_counts(doctor: Viewer, procedure: Procedure) -> None:
    """What waits on the worklist points at the new decision, and its trend shows the new windows."""
    phone, _ = on_phone(doctor, procedure.patient)
    says(phone, procedure, MONDAY + 12 * DAY, bruise="mild")
    says(phone, procedure, MONDAY + 15 * DAY, bruise="moderate")
    own = moved(doctor, procedure, SHORT)
    item = WorkItem.objects.get(closed_at=None)
    assert item.decision == Decision.objects.latest("pk")
    shown = open_items(doctor, LATER)[0]
    assert shown.protocol.digest == own.pk
    assert shown.trend is not None
    assert shown.trend.expected is not None
    assert shown.trend.expected.until["mild"] == 9


def test_it_corrects_a_moved_record_under_the_protocol_it_moved_to(doctor: Viewer, procedure: Procedure) -> None:
    """A correction made after the move does not fall back to the version of before."""
    own = moved(doctor, procedure, STRICTER)
    version = correct_procedure(viewer=doctor, procedure=procedure, reason="a lot", at=LATER)
    signed = sign(doctor, version, LATER)
    assert signed.plan is not None
    assert signed.plan["stamp"]["digest"] == own.pk


def test_it_leaves_an_ended_plan(doctor: Viewer, procedure: Procedure) -> None:
    """A follow-up that has ended stays on its version."""
    close_procedure(viewer=doctor, procedure=procedure, at=LATER)
    with pytest.raises(Conflict, match="closed"):
        moved(doctor, procedure, SHORT)


def test_it_counts_running_plans_by_version(doctor: Viewer, procedure: Procedure) -> None:
    """How many run on what, and which of them could be moved; names only for those who read records."""
    adopted(doctor, STRICTER)
    a_procedure(doctor, a_patient(doctor))
    assert [(one.plans, one.current) for one in running(doctor)] == [(1, True), (1, False)]
    assert plans_elsewhere(doctor, 9) == [procedure]
    with pytest.raises(Refused):
        plans_elsewhere(a_staff(doctor.own_clinic, Role.ADMIN), 9)


def test_it_has_one_draft_and_numbers_without_twins(doctor: Viewer) -> None:
    """A second draft is refused; a discarded one leaves nothing."""
    first = draft_overlay(viewer=doctor, at=NOW)
    with pytest.raises(Conflict):
        draft_overlay(viewer=doctor, at=NOW)
    discard_overlay(viewer=doctor, overlay=first, revision=0, at=NOW)
    assert draft_overlay(viewer=doctor, at=NOW).number == 1


def test_it_never_changes_what_was_adopted(doctor: Viewer) -> None:
    """Neither by a change, nor by a check, nor by discarding."""
    own = adopted(doctor, STRICTER)
    told: dict[str, Any] = {"viewer": doctor, "overlay": own, "revision": own.revision, "at": LATER}
    with pytest.raises(Conflict):
        change_overlay(document={}, **told)
    with pytest.raises(Conflict):
        discard_overlay(**told)
    with pytest.raises(Conflict):
        check_overlay(viewer=doctor, overlay=own, at=LATER)
    assert Overlay.objects.get().document == STRICTER


def test_it_keeps_a_check_when_nothing_changes(doctor: Viewer) -> None:
    """Saving a form in which nothing was changed takes no check back."""
    checked = check_overlay(viewer=doctor, overlay=drafted(doctor, STRICTER), at=NOW)
    same = change_overlay(
        viewer=doctor, overlay=checked, revision=checked.revision, document=STRICTER, at=LATER
    )  # fmt: skip
    assert same.checked_at == NOW


def test_it_tells_what_keeps_it_from_being_built(doctor: Viewer) -> None:
    """Every problem with the entry that it concerns, and nothing is replayed."""
    broken = {"rule": {"pus": {"urgency": "never"}}, "step": {"nothing": {"end": "1d"}}}
    checked = check_overlay(viewer=doctor, overlay=drafted(doctor, broken), at=NOW)
    assert checked.checks is not None
    assert {one["entry"] for one in checked.checks["problems"]} >= {"step.nothing"}
    assert "replay" not in checked.checks
    with pytest.raises(ProtocolError):
        knowledge.adopt({**broken, "id": "x", "author": "y"}, NOW)


def test_it_withdraws_once(doctor: Viewer) -> None:
    """What is withdrawn is not withdrawn again, nor by another clinic."""
    told = {"name": "Dr Falk", "profession": "Surgeon", "statement": "I agree."}
    off = sign_off(viewer=doctor, protocol=knowledge.adopt_shipped(NOW), at=NOW, **told)
    with pytest.raises(Missing):
        withdraw_sign_off(viewer=a_staff(a_clinic("ahorn")), sign_off=off, at=NOW)
    withdraw_sign_off(viewer=doctor, sign_off=off, at=NOW)
    with pytest.raises(Conflict):
        withdraw_sign_off(viewer=doctor, sign_off=off, at=NOW)


def test_it_reads_in_what_is_in_force(doctor: Viewer) -> None:
    """The shipped protocol until something was adopted, then that."""
    assert knowledge.in_force(doctor.own_clinic) is shipped()
    own = adopted(doctor, STRICTER).protocol
    assert own is not None
    assert knowledge.in_force(doctor.own_clinic).digest == own.pk


def test_it_keeps_every_lowered_one_by_name(
    doctor: Viewer, procedure: Procedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: only those that become no less urgent are cut, and counted all the same."""
    monkeypatch.setattr("afterthread.clinic.queries.protocol.replay.MOST_KEPT", 1)
    phone, _ = on_phone(doctor, procedure.patient)
    rows = [says(phone, procedure, MONDAY + DAY)]
    made, version = Replay(), procedure.versions.get()
    for before, after in ((0, 1), (1, 0), (0, 2), (1, 1), (2, 1)):
        made.take(version, rows, Shift(0, 1, Urgency(before), Urgency(after), ()))
    assert (made.lowered, made.raised, made.otherwise) == (2, 2, 1)
    assert [(row["before"], row["after"]) for row in made.rows] == [
        ("self_care", "routine"), ("routine", "self_care"), ("same_day", "routine"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "last"),
    [
        (((0, 21),), ((0, 28),), 28),
        (((5, None),), ((7, None),), 7),
        (((0, 21),), (), 21),
        (((0, None),), ((0, 28),), 10_000),
        ((), ((3, None),), 10_000),
    ],
)
def test_it_knows_how_long_two_dates_differ(was: Any, now: Any, last: int) -> None:
    """To the later end; what ends in one version and never in the other differs for good."""
    found = Redated("step.sauna", "", was, now).last
    assert found == last or (last == 10_000 and found > last)


def test_it_shows_a_plan_in_which_something_never_ends_any_more(doctor: Viewer, procedure: Procedure) -> None:
    """However late in the recovery: what the plan has had behind it would be back."""
    endless = next(id for id, step in shipped()["step"].items() if step.start and not step.end and not step.days)
    document = {"step": {endless: {"end": f"{shipped()['step'][endless].start.hours // 24 + 1}d"}}}
    checked = check_overlay(viewer=doctor, overlay=drafted(doctor, document), at=MONDAY + 900 * DAY)
    assert checked.checks is not None
    rows = checked.checks["plans"]["rows"]
    assert [one["entry"] for row in rows for one in row["changes"]] == [f"step.{endless}"]
