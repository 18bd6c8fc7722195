"""A recovery through the verbs alone: recorded, signed, checked in, decided, answered, closed."""

from datetime import timedelta

import pytest

from afterthread.clinic.flow import silence, worklist
from afterthread.clinic.flow.audit import breaches
from afterthread.clinic.models import Action, AuditRow, Delivery, WorkItem
from afterthread.clinic.queries.recovery import recovery_of
from afterthread.clinic.roles import Conflict, Missing, Refused, Role
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_it_lives_a_recovery() -> None:
    """A clear swelling that comes back on day 5 is looked at the same day, answered and closed."""
    clinic = a_clinic()
    doctor, nurse = a_staff(clinic, called=1), a_staff(clinic, Role.NURSE)
    patient = a_patient(nurse)
    procedure = a_procedure(doctor, patient)
    phone, _ = on_phone(nurse, patient)
    calm = says(phone, procedure, MONDAY + DAY, swelling={"level": "moderate", "side": "both"})
    assert calm.decisions.get().urgency == Urgency.SELF_CARE
    says(phone, procedure, MONDAY + 3 * DAY, swelling={"level": "mild", "side": "both"})
    assert not WorkItem.objects.exists()
    says(phone, procedure, MONDAY + 4 * DAY, swelling={"level": "moderate", "side": "both"})
    item = WorkItem.objects.get()
    assert (item.urgency, item.due_at) == (Urgency.SAME_DAY, MONDAY + 4 * DAY + timedelta(hours=2))
    assert Delivery.objects.filter(staff=doctor.staff).count() == 1
    later = MONDAY + 4 * DAY + timedelta(minutes=30)
    with pytest.raises(worklist.Unanswered):
        worklist.close_item(viewer=nurse, item=item, revision=item.revision, outcome=Action.Outcome.SETTLED, at=later)
    done = worklist.contact_patient(
        viewer=nurse, item=item, revision=item.revision, outcome=Action.Outcome.COMING, at=later
    )
    assert item.actions.last().waited == 1800  # type: ignore[union-attr]
    worklist.close_item(
        viewer=nurse,
        item=item,
        revision=done.revision,
        outcome=Action.Outcome.SEEN,
        at=later + DAY,
    )
    assert not WorkItem.objects.filter(closed_at=None).exists()
    recovery = recovery_of(phone, patient, MONDAY + 5 * DAY)
    assert [said.urgency for said in recovery.said] == [0, 0, 2]
    assert recovery.explain(recovery.said[-1].decided, "en").urgency
    assert not list(breaches())
    assert AuditRow.objects.count() > 8


def test_it_notices_silence_once() -> None:
    """A check-in that was due and did not come is one item, however often somebody looks."""
    clinic = a_clinic()
    doctor = a_staff(clinic, called=1)
    patient = a_patient(doctor)
    procedure = a_procedure(doctor, patient)
    evening = MONDAY + 2 * DAY
    assert [item.kind for item in silence.notice_silences(evening)] == ["silence"]
    assert list(silence.notice_silences(evening)) == []
    phone, _ = on_phone(doctor, patient)
    says(phone, procedure, evening)
    assert not WorkItem.objects.filter(closed_at=None).exists()


def test_it_keeps_clinics_apart() -> None:
    """What belongs to another clinic is missing, and a coordinator signs nothing."""
    here, there = a_staff(a_clinic("linden")), a_staff(a_clinic("ahorn"))
    patient = a_patient(here)
    with pytest.raises(Missing):
        a_procedure(there, patient)
    with pytest.raises(Refused):
        a_procedure(a_staff(here.clinic, Role.COORDINATOR), patient)  # type: ignore[arg-type]


def test_it_refuses_the_slower_of_two() -> None:
    """Two people claim one item: the second is told."""
    clinic = a_clinic()
    doctor, nurse = a_staff(clinic), a_staff(clinic, Role.NURSE)
    patient = a_patient(nurse)
    procedure = a_procedure(doctor, patient)
    says(on_phone(nurse, patient)[0], procedure, MONDAY + DAY, fever="yes")
    item = WorkItem.objects.get()
    worklist.claim_item(viewer=nurse, item=item, revision=item.revision, at=MONDAY + DAY)
    with pytest.raises(Conflict):
        worklist.claim_item(viewer=doctor, item=item, revision=item.revision, at=MONDAY + DAY)


def test_it_calls_the_list_without_gaps() -> None:
    """The list has a first and a third place: whoever stands there is second."""
    clinic = a_clinic()
    first, last = a_staff(clinic, Role.NURSE, called=1), a_staff(clinic, called=3)
    procedure = a_procedure(last, a_patient(last))
    says(on_phone(last, procedure.patient)[0], procedure, MONDAY + DAY, fever="yes", redness_spreading="no")
    item = WorkItem.objects.get()
    for _ in range(2):
        assert len(list(silence.escalate(item.due_at + timedelta(hours=2)))) == 1
        item.refresh_from_db()
    told = Delivery.objects.filter(staff__isnull=False).values_list("staff", flat=True)
    assert set(told) == {first.staff.pk, last.staff.pk}  # type: ignore[union-attr]


def test_it_keeps_late_what_is_judged_less_urgent() -> None:
    """Judging a late item less urgent does not make it timely, neither now nor in the figures."""
    clinic = a_clinic()
    doctor = a_staff(clinic)
    procedure = a_procedure(doctor, a_patient(doctor))
    says(on_phone(doctor, procedure.patient)[0], procedure, MONDAY + DAY, vision="yes")
    item = WorkItem.objects.get()
    late = item.due_at + timedelta(minutes=5)
    held = worklist.override_urgency(
        viewer=doctor, item=item, revision=item.revision, urgency=Urgency.ROUTINE, reason="a slip", at=late
    )
    assert held.due_at == item.due_at
    worklist.contact_patient(
        viewer=doctor, item=item, revision=held.revision, outcome=Action.Outcome.REASSURED, at=late
    )
    assert item.actions.get(kind="contacted").in_time is False
