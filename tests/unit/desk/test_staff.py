"""Who works in a clinic, at the desk: invited, changed, ended, and what the log says of them."""

import pytest
from django.test import Client
from django.urls import reverse

from afterthread.clinic.flow.patient import open_record
from afterthread.clinic.models import Delivery, Staff
from afterthread.clinic.roles import STAFF, Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff

pytestmark = pytest.mark.django_db
URL = "/desk/linden/settings/staff"
NEW = {"name": "Nora Neu", "email": "nora@linden.example", "role": "nurse", "called": "2"}


def admin(client: Client, role: Role = Role.ADMIN) -> Viewer:
    """Somebody is signed in."""
    viewer = a_staff(a_clinic(), role)
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return viewer


@pytest.mark.parametrize("role", sorted(STAFF))
def test_it_leads_only_where_the_table_of_roles_lets_somebody_in(client: Client, role: Role) -> None:
    """Worklist and patients stand in the navigation of those who may see them, and of nobody else."""
    viewer = admin(client, role)
    page = client.get(URL).content.decode()
    for row, name in (("worklist.read", "desk:worklist"), ("patient.read", "desk:patients")):
        there = reverse(name, args=["linden"])
        assert (f'href="{there}"' in page) is (client.get(there).status_code == 200) is viewer.may(row)


def test_it_invites_once(client: Client) -> None:
    """A letter is queued; a second place in the same clinic is refused and said."""
    admin(client)
    client.post(URL, NEW)
    made = Staff.objects.get(user__email="nora@linden.example")
    assert (made.role, made.called) == ("nurse", 2)
    assert Delivery.objects.filter(staff=made).count() == 1
    again = client.post(URL, NEW)
    assert again.status_code == 422
    assert "works here already" in again.content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("email", "nora"), ("role", "patient"), ("role", "system"), ("called", "0")]
)
def test_it_refuses_an_invitation_that_cannot_be(client: Client, field: str, value: str) -> None:
    """Nobody is made a patient or the system itself."""
    admin(client)
    answer = client.post(URL, NEW | {field: value})
    assert answer.status_code == 422
    assert "Nora Neu" in answer.content.decode()
    assert Staff.objects.count() == 1


def test_it_changes_a_role_and_a_place(client: Client) -> None:
    """Both are kept."""
    viewer = admin(client)
    assert viewer.clinic is not None
    nurse = a_staff(viewer.clinic, Role.NURSE).staff
    assert nurse is not None
    client.post(reverse("desk:staff_change", args=["linden", nurse.pk]), {"role": "coordinator", "called": "1"})
    nurse.refresh_from_db()
    assert (nurse.role, nurse.called) == ("coordinator", 1)


def test_it_never_ends_the_last_administrator(client: Client) -> None:
    """Neither by another role nor by leaving; with a second one it works."""
    viewer = admin(client)
    staff, clinic = viewer.staff, viewer.clinic
    assert staff is not None
    assert clinic is not None
    end = reverse("desk:staff_end", args=["linden", staff.pk])
    change = reverse("desk:staff_change", args=["linden", staff.pk])
    assert "last administrator" in client.post(end, follow=True).content.decode()
    assert "last administrator" in client.post(change, {"role": "nurse"}, follow=True).content.decode()
    staff.refresh_from_db()
    assert (staff.role, staff.until) == ("admin", None)
    a_staff(clinic, Role.ADMIN, email="second@linden.example")
    assert client.post(end)["Location"] == reverse("desk:clinics")
    assert client.get(URL).status_code == 404


def test_it_lets_others_look_only(client: Client) -> None:
    """A coordinator sees who is called, and cannot change it."""
    viewer = admin(client, Role.COORDINATOR)
    assert viewer.staff is not None
    page = client.get(URL).content.decode()
    assert "coordinator linden" in page
    assert "Invite" not in page
    assert client.post(URL, NEW).status_code == 403
    assert client.post(reverse("desk:staff_end", args=["linden", viewer.staff.pk])).status_code == 403


def test_it_hides_staff_of_another_clinic(client: Client) -> None:
    """They are neither listed nor changed."""
    admin(client)
    stranger = a_staff(a_clinic("birke"), Role.NURSE).staff
    assert stranger is not None
    assert "nurse birke" not in client.get(URL).content.decode()
    assert client.post(reverse("desk:staff_end", args=["linden", stranger.pk])).status_code == 404


def test_it_reads_the_log_in_words(client: Client) -> None:
    """Who did what and on whom, of this clinic alone; only administrators read it."""
    viewer = admin(client)
    assert viewer.clinic is not None
    nurse = a_staff(viewer.clinic, Role.NURSE)
    patient = a_patient(nurse)
    open_record(viewer=nurse, patient=patient, at=MONDAY)
    a_patient(a_staff(a_clinic("birke"), Role.NURSE), name="Berta Fremd")
    page = client.get("/desk/linden/settings/log").content.decode()
    assert page.index("opened the record") < page.index("enrolled the patient")
    assert "nurse linden" in page
    assert "Anna Beispiel" in page
    assert "Berta Fremd" not in page
    assert nurse.staff is not None
    client.force_login(nurse.staff.user)
    assert client.get("/desk/linden/settings/log").status_code == 403


def test_it_leads_to_where_somebody_begins_in_the_other_clinic(client: Client) -> None:
    """A nurse here who administers there is led to the figures there, and not to a worklist that is not hers."""
    here, there = a_clinic(), a_clinic("ahorn")
    nurse = a_staff(here, Role.NURSE, email="one@both.example")
    a_staff(there, Role.ADMIN, email="one@both.example")
    assert nurse.staff is not None
    client.force_login(nurse.staff.user)
    page = client.get("/desk/linden/").content.decode()
    assert 'href="/desk/ahorn/figures/"' in page
    assert 'href="/desk/ahorn/"' not in page
