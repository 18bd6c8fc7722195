"""Patients as queries: the list, the search over sealed names, and one story in order."""

from datetime import timedelta
from uuid import uuid4

import pytest

from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.procedure import close_procedure
from afterthread.clinic.queries.audit import log
from afterthread.clinic.queries.message import messages_of
from afterthread.clinic.queries.patient import devices_of, drafts_of, open_items_of, patients, timeline
from afterthread.clinic.queries.recovery import recoveries_of
from afterthread.clinic.queries.staff import former_of, staff_of
from afterthread.clinic.roles import Missing, Refused, Role, Viewer
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("anna", ["Anna Beispiel"]), ("beis ANN", ["Anna Beispiel"]), ("zoe", ["Zoë Ångström"]),
     ("angstrom", ["Zoë Ångström"]), ("anna zoe", []), ("", ["Zoë Ångström", "Anna Beispiel"]),
     ("   ", ["Zoë Ångström", "Anna Beispiel"])],
)  # fmt: skip
def test_it_searches_names_as_people_type_them(asked: str, found: list[str]) -> None:
    """In any order, without accents and capitals; a blank finds everybody, the newest first."""
    nurse = a_staff(a_clinic(), Role.NURSE)
    a_patient(nurse)
    a_patient(nurse, MONDAY + DAY, name="Zoë Ångström")
    assert [row.patient.name for row in patients(nurse, asked).object_list] == found


def test_it_counts_the_pages_of_a_search() -> None:
    """A search of more than a page goes on, and a page that is not there is the nearest one."""
    nurse = a_staff(a_clinic(), Role.NURSE)
    for number in range(30):
        a_patient(nurse, MONDAY + timedelta(minutes=number), name=f"Anna {number}")
    second = patients(nurse, "anna", 2)
    assert (second.paginator.num_pages, len(second.object_list), second.object_list[-1].patient.name) == (
        2,
        5,
        "Anna 0",
    )
    assert patients(nurse, "anna", "99").number == 2
    assert patients(nurse, "anna", "x").number == 1


def test_it_tells_what_is_open_in_a_row() -> None:
    """The day of the last procedure where it was done, and the most urgent of what is open."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    phone, _ = on_phone(doctor, patient)
    procedure = a_procedure(doctor, patient)
    says(phone, procedure, MONDAY + DAY, vision="yes")
    write_message(viewer=phone, patient=patient, key=uuid4(), text="Help", at=MONDAY + DAY)
    row = patients(doctor).object_list[0]
    assert (row.last, row.open, row.urgency) == (MONDAY.date(), 2, Urgency.EMERGENCY)
    assert [item.urgency for item in open_items_of(doctor, patient)] == [Urgency.EMERGENCY, Urgency.ROUTINE]


def test_it_tells_one_story_newest_first() -> None:
    """Procedure, check-ins, actions, messages and the end; or one kind of them."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    phone, _ = on_phone(doctor, patient)
    procedure = a_procedure(doctor, patient)
    says(phone, procedure, MONDAY + DAY)
    write_message(viewer=phone, patient=patient, key=uuid4(), text="Hello", at=MONDAY + 2 * DAY)
    close_procedure(viewer=doctor, procedure=procedure, at=MONDAY + 3 * DAY)
    told = recoveries_of(doctor, patient, MONDAY + 3 * DAY)
    talk = messages_of(doctor, patient)
    story = timeline(doctor, patient, told, talk)
    assert [event.kind for event in story] == ["closed", "action", "message", "checkin", "procedure"]
    assert [event.kind for event in timeline(doctor, patient, told, talk, "message")] == ["message"]
    assert [event.kind for event in timeline(doctor, patient, told, talk, "procedure")] == ["closed", "procedure"]


def test_it_shows_nothing_of_another_clinic() -> None:
    """Whoever asks from elsewhere finds nothing, whatever she holds in her hand."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    phone, _ = on_phone(doctor, patient)
    procedure = a_procedure(doctor, patient)
    says(phone, procedure, MONDAY + DAY, vision="yes")
    write_message(viewer=phone, patient=patient, key=uuid4(), text="Hello", at=MONDAY + 2 * DAY)
    stranger = a_staff(a_clinic("birke"))
    assert not patients(stranger).object_list
    assert not timeline(stranger, patient, [], [])
    for question in (devices_of, drafts_of, messages_of, open_items_of):
        assert not question(stranger, patient), question.__name__
    assert [one.clinic for one in staff_of(stranger)] == [stranger.clinic]
    assert not former_of(stranger)


def test_it_refuses_lists_to_those_who_may_not() -> None:
    """An administrator sees no patients, a nurse no log, and without a clinic there is nothing."""
    clinic = a_clinic()
    admin, nurse = a_staff(clinic, Role.ADMIN), a_staff(clinic, Role.NURSE)
    with pytest.raises(Refused):
        patients(admin)
    with pytest.raises(Refused):
        log(nurse)
    with pytest.raises(Missing):
        _ = Viewer(role=Role.NURSE).own_clinic
    with pytest.raises(Missing):
        log(Viewer(role=Role.ADMIN))


def test_it_reads_the_log_newest_first() -> None:
    """Each act with who did it and on whom; Afterthread itself is nobody."""
    clinic = a_clinic()
    nurse, admin = a_staff(clinic, Role.NURSE), a_staff(clinic, Role.ADMIN)
    patient = a_patient(nurse)
    entries = log(admin).object_list
    assert (entries[0].row.verb, entries[0].who, entries[0].whom) == ("patient.enrolled", nurse.staff, patient)
    assert (entries[-1].row.verb, entries[-1].who) == ("clinic.opened", None)
