"""A check-in is never lost, doubled or misdated, and its decision follows from everything known by then."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterthread.clinic import knowledge
from afterthread.clinic.case import case_of, protocol_of
from afterthread.clinic.flow.checkin import Mismatch, submit_checkin
from afterthread.clinic.flow.procedure import correct_procedure, sign_procedure
from afterthread.clinic.models import AuditRow, CheckIn, Decision, Procedure, ProcedureVersion, WorkItem
from afterthread.clinic.queries.recovery import Recovery, recovery_of
from afterthread.clinic.roles import Missing, Viewer
from afterthread.engine.case import CaseError
from afterthread.engine.plain import plain
from afterthread.engine.triage import triage
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_patient, a_procedure, on_phone, says

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CALM: dict[str, Any] = {"answers": {}, "otherwise": "no"}


@pytest.fixture
def phone(doctor: Viewer, procedure: Procedure) -> Viewer:
    """Its patient on her phone."""
    return on_phone(doctor, procedure.patient)[0]


def test_it_keeps_one_of_two_alike(phone: Viewer, procedure: Procedure) -> None:
    """Sent twice with one key, there is one check-in, one decision and one row in the log."""
    key = uuid4()
    first, second = (
        submit_checkin(viewer=phone, procedure=procedure, key=key, said=CALM, at=MONDAY + DAY + timedelta(minutes=late))
        for late in (0, 9)
    )
    assert first == second
    assert (CheckIn.objects.count(), Decision.objects.count()) == (1, 1)
    assert AuditRow.objects.filter(verb="checkin.submitted").count() == 1


def test_it_refuses_a_key_used_for_something_else(phone: Viewer, procedure: Procedure) -> None:
    """The same key with other answers is a mistake of the sender, and is said to be one."""
    key = uuid4()
    submit_checkin(viewer=phone, procedure=procedure, key=key, said=CALM, at=MONDAY + DAY)
    with pytest.raises(Mismatch):
        submit_checkin(viewer=phone, procedure=procedure, key=key, said={"answers": {"fever": "yes"}}, at=MONDAY + DAY)
    assert CheckIn.objects.count() == 1


def test_it_keeps_nothing_of_what_it_cannot_read(phone: Viewer, procedure: Procedure) -> None:
    """An answer that the protocol does not know is refused with its path, and leaves no half check-in."""
    with pytest.raises(CaseError, match="swelling"):
        submit_checkin(
            viewer=phone, procedure=procedure, key=uuid4(), said={"answers": {"swelling": "huge"}}, at=MONDAY + DAY
        )
    assert not CheckIn.objects.exists()
    assert not AuditRow.objects.filter(verb="checkin.submitted").exists()


def test_it_decides_anew_when_an_earlier_answer_arrives_late(phone: Viewer, procedure: Procedure) -> None:
    """Day 3 arrives after day 4: the swelling of day 4 turns out to be a return; the first decision stays readable."""
    says(phone, procedure, MONDAY + DAY, swelling={"level": "moderate", "side": "both"})
    fourth = says(phone, procedure, MONDAY + 4 * DAY, swelling={"level": "moderate", "side": "both"})
    before = fourth.decisions.get().urgency
    submit_checkin(
        viewer=phone, procedure=procedure, key=uuid4(), at=MONDAY + 4 * DAY + timedelta(hours=1),
        said={"answers": {"swelling": {"level": "mild", "side": "both"}}, "otherwise": "no"},
        said_at=MONDAY + 3 * DAY,
    )  # fmt: skip
    first, second = fourth.decisions.all()
    assert (first.urgency, second.supersedes) == (before, first)
    assert second.urgency == Urgency.SAME_DAY > before
    assert WorkItem.objects.get().decision == second


def test_it_decides_on_each_from_all_that_was_said_before(phone: Viewer, procedure: Procedure) -> None:
    """After one that arrives late, every decision that counts is that of triage on the course up to it, to the byte."""
    for days, level in ((1, "moderate"), (6, "moderate"), (20, "mild"), (3, "no"), (4, "mild"), (2, "mild"), (5, "no")):
        said = {"answers": {"swelling": {"level": level, "side": "both"}}}
        submit_checkin(
            viewer=phone, procedure=procedure, key=uuid4(), said=said, at=MONDAY + 21 * DAY, said_at=MONDAY + days * DAY
        )
    rows, known = list(procedure.checkins.all()), protocol_of(procedure)
    for end, row in enumerate(rows, start=1):
        alone = triage(known, case_of(procedure.signed_version(), rows[:end]))
        assert row.decisions.latest("pk").document == plain(alone)


def test_it_reads_the_threads_once_however_much_is_decided_anew(phone: Viewer, procedure: Procedure) -> None:
    """What was done does not change between one check-in and the next."""
    for days in (2, 3, 4):
        says(phone, procedure, MONDAY + days * DAY)
    with CaptureQueriesContext(connection) as asked:
        submit_checkin(
            viewer=phone, procedure=procedure, key=uuid4(), said=CALM, at=MONDAY + 5 * DAY, said_at=MONDAY + DAY
        )
    assert sum('FROM "clinic_thread"' in one["sql"] for one in asked.captured_queries) == 1


@pytest.mark.parametrize(
    ("said_at", "day"),
    [
        (MONDAY + DAY, 1),
        (MONDAY + 90 * DAY, 2),  # a phone whose clock runs ahead
        (MONDAY - 90 * DAY, 2),  # a phone that thinks it is last year
        (MONDAY + 2 * DAY + timedelta(minutes=3), 2),
    ],
)
def test_it_believes_a_clock_only_where_it_can_be_right(
    phone: Viewer, procedure: Procedure, said_at: datetime, day: int
) -> None:
    """A time before the procedure or in the future is replaced by ours."""
    checkin = submit_checkin(
        viewer=phone, procedure=procedure, key=uuid4(), said=CALM, at=MONDAY + 2 * DAY, said_at=said_at
    )
    assert checkin.day == day
    assert checkin.said_at <= checkin.received_at + timedelta(minutes=5)


def test_it_takes_a_checkin_in_2038(phone: Viewer, procedure: Procedure) -> None:
    """After the end of 32-bit time, and of the protocol's horizon, a check-in is still taken and decided."""
    late = says(phone, procedure, datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), fever="yes")
    assert late.day == shipped().horizon_days
    assert late.decisions.get().urgency >= Urgency.ROUTINE


def test_it_counts_days_where_the_patient_is(doctor: Viewer) -> None:
    """Half past eleven in the evening in New York is still day 1, though the clinic already writes day 2."""
    patient = a_patient(doctor, time_zone="America/New_York")
    procedure = a_procedure(doctor, patient)
    phone, _ = on_phone(doctor, patient)
    assert says(phone, procedure, datetime(2026, 3, 4, 4, 30, tzinfo=UTC)).day == 1


def test_it_decides_anew_after_a_correction(doctor: Viewer, phone: Viewer, procedure: Procedure) -> None:
    """A forgotten risk is added: what was routine is looked at the same day, and the first version stays as it was."""
    says(phone, procedure, MONDAY + 20 * DAY, swelling={"level": "mild", "side": "both", "trend": "same"})
    before = Decision.objects.get()
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="diabetes forgotten", at=MONDAY + 21 * DAY)
    assert isinstance(draft, ProcedureVersion)
    draft.modifiers = {**draft.modifiers, "diabetes": "yes"}
    draft.save()
    sign_procedure(viewer=doctor, version=draft, revision=draft.revision, at=MONDAY + 21 * DAY)
    after = Decision.objects.latest("pk")
    assert (before.urgency, after.urgency) == (Urgency.ROUTINE, Urgency.SAME_DAY)
    assert (after.supersedes, after.version.number) == (before, 2)
    assert procedure.versions.first().modifiers["diabetes"] == "no"  # type: ignore[union-attr]
    assert WorkItem.objects.get().urgency == Urgency.SAME_DAY


def test_it_keeps_a_running_plan_on_its_protocol(
    phone: Viewer, procedure: Procedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade the plan is still made from the files that it was begun with."""
    monkeypatch.setattr(knowledge, "shipped", lambda: type("Newer", (), {"digest": "another"}))
    knowledge.protocol.cache_clear()
    try:
        kept = knowledge.protocol(procedure.protocol_id)
        assert kept is not shipped()
        assert (kept.digest, kept.words) == (shipped().digest, shipped().words)
        says(phone, procedure, MONDAY + DAY)
        with pytest.raises(Missing):
            knowledge.protocol("0" * 64)
    finally:
        knowledge.protocol.cache_clear()


def test_it_knows_what_is_due_and_what_was_late(phone: Viewer, procedure: Procedure) -> None:
    """What is due is computed when it is read; an answer on a later day is taken and said to be late."""
    patient = procedure.patient
    assert recovery_of(phone, patient, MONDAY).due_now == 0
    assert recovery_of(phone, patient, MONDAY + 9 * DAY).due_now == 8
    says(phone, procedure, MONDAY + 9 * DAY)
    later = recovery_of(phone, patient, MONDAY + 9 * DAY)
    assert (later.due_now, later.next_due) == (None, 10)
    assert later.said[-1].late
    says(phone, procedure, MONDAY + 10 * DAY)
    assert not Recovery(procedure, MONDAY + 10 * DAY).said[-1].late
