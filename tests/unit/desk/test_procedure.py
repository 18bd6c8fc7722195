"""Recording at the desk: drafted, looked over, signed, corrected; nothing typed is lost."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow.procedure import change_draft, correct_procedure
from afterthread.clinic.models import Patient, Procedure, ProcedureVersion
from afterthread.clinic.roles import Role, Viewer
from tests.lib.clinic import MONDAY, SIGNING, a_clinic, a_patient, a_procedure, a_staff, agreed, sign

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ROW = {"zone": "cheek", "side": "left", "kind": "cog", "material": "pdo", "layer": "subcutaneous", "count": "4",
       "product": "Lift 19G", "lot": "L-77", "expires": "2027-03-31"}  # fmt: skip


@pytest.fixture(autouse=True)
def _late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + 2 * HOUR)


def story(client: Client, role: Role = Role.PRACTITIONER) -> tuple[Viewer, Patient]:
    """Somebody of a role is signed in, and there is a patient."""
    viewer = a_staff(a_clinic(), role)
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return viewer, a_patient(viewer)


def typed(*rows: dict[str, str], **record: str) -> dict[str, Any]:
    """A page as it is sent."""
    told: dict[str, Any] = {"day": "2026-03-02", "time": "10:00", "age": "44", "zones": ["cheek"], "note": "calm",
                            "revision": "0", "m-diabetes": "no", "t-TOTAL_FORMS": str(len(rows)),
                            "t-INITIAL_FORMS": "0"}  # fmt: skip
    for number, row in enumerate(rows):
        told |= {f"t-{number}-{name}": value for name, value in row.items()}
    return told | record


def drafted(client: Client, patient: Patient, *rows: dict[str, str], **record: str) -> ProcedureVersion:
    """A draft made on the page."""
    answer = client.post(reverse("desk:procedure_new", args=["linden", patient.pk]), typed(*rows, **record))
    assert answer.status_code == 302, answer.content.decode()
    version = ProcedureVersion.objects.get()
    agreed(version)
    return version


def url(name: str, version: ProcedureVersion) -> str:
    """The address of a version."""
    return reverse(f"desk:{name}", args=["linden", version.pk])


def test_it_drafts_what_was_typed(client: Client) -> None:
    """Wall time of the clinic, threads by row, what was not said stays unknown."""
    _, patient = story(client, Role.NURSE)
    opened = client.get(reverse("desk:procedure_new", args=["linden", patient.pk])).content.decode()
    assert 'name="age" value="45"' in opened
    version = drafted(client, patient, ROW, {"count": ""})
    assert version.placed_at == MONDAY
    assert version.modifiers["diabetes"] == "no"
    assert version.modifiers["autoimmune"] == "unknown"
    assert "barbed" not in version.modifiers
    thread = version.threads.get()
    assert (thread.zone, thread.count, thread.lot, str(thread.expires)) == ("cheek", 4, "L-77", "2027-03-31")
    assert 'value="Lift 19G"' in client.get(url("procedure", version)).content.decode()


def test_it_asks_only_what_the_record_cannot_tell(client: Client) -> None:
    """Barbs are read off the threads, diabetes is asked; a yes can still be said."""
    _, patient = story(client)
    page = client.get(reverse("desk:procedure_new", args=["linden", patient.pk]))
    form = page.context["typed"].record
    assert "m-diabetes" in form.asked
    assert {"m-barbed", "m-age_over_50", "m-neck_threads", "m-extensive", "m-non_absorbable"} <= {*form.derived}
    version = drafted(client, patient, ROW, **{"m-neck_threads": "on"})
    assert version.modifiers["neck_threads"] == "yes"


@pytest.mark.parametrize(
    ("how", "expected"),
    [("add", ["left", ""]), ("repeat", ["left", "left"]), ("mirror", ["left", "right"])],
)
def test_it_adds_rows_without_scripts(client: Client, how: str, expected: list[str]) -> None:
    """A button makes the page again with one more row, and nothing is stored."""
    _, patient = story(client)
    answer = client.post(reverse("desk:procedure_new", args=["linden", patient.pk]), typed(ROW, do=how, note="kept"))
    rows = answer.context["typed"].rows
    assert [form["side"].value() for form in rows.forms] == expected
    assert "kept" in answer.content.decode()
    assert not ProcedureVersion.objects.exists()


def test_it_mirrors_once_and_fills_blank_rows_first(client: Client) -> None:
    """What stands on both sides already is not mirrored again."""
    _, patient = story(client)
    new = reverse("desk:procedure_new", args=["linden", patient.pk])
    first = client.post(new, typed(ROW, {}, do="mirror")).context["typed"].rows
    assert [form["side"].value() for form in first.forms] == ["left", "right"]
    again = client.post(new, typed(ROW, ROW | {"side": "right"}, do="mirror")).context["typed"].rows
    assert len(again.forms) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("day", "2026-02-30"), ("day", "0001-01-01"), ("time", "25:00"), ("age", "400"), ("zones", "moon"),
     ("m-diabetes", "perhaps"), ("t-0-kind", "rope"), ("t-0-count", "0"), ("t-0-lot", "L\x07"), ("t-0-expires", "soon"),
     ("t-TOTAL_FORMS", "many"), ("note", "x" * 4001)],
)  # fmt: skip
def test_it_refuses_what_cannot_be_and_keeps_the_rest(client: Client, field: str, value: str) -> None:
    """Nothing is stored and nothing typed is lost."""
    _, patient = story(client)
    told = typed(ROW, **{field: value})
    answer = client.post(reverse("desk:procedure_new", args=["linden", patient.pk]), told)
    assert answer.status_code == 422
    assert "again" in answer.content.decode()
    assert not ProcedureVersion.objects.exists()


def test_it_shows_the_whole_before_signing(client: Client) -> None:
    """Remarks of the protocol, what is unknown, and a confirmation without which nothing is signed."""
    _, patient = story(client)
    version = drafted(client, patient, ROW | {"lot": "", "layer": "epidermis"})
    page = client.get(url("procedure", version), {"look": "1"}).content.decode()
    assert "Recorded in the epidermis" in page
    assert "autoimmune disease" in page
    assert "Lot: not recorded in 1 row" in page
    assert "Unknown is never taken for “no”" in page
    refused = client.post(url("procedure_sign", version), {"revision": version.revision})
    assert refused.status_code == 409
    client.post(url("procedure_sign", version), {"revision": version.revision, **SIGNING})
    version.refresh_from_db()
    assert version.signed_at == MONDAY + 2 * HOUR
    assert (
        '<form class="form" method="post" action="' + url("procedure_sign", version)
        not in client.get(url("procedure", version)).content.decode()
    )


def test_it_lets_only_practitioners_sign(client: Client) -> None:
    """A nurse drafts; the page says who signs."""
    _, patient = story(client, Role.NURSE)
    version = drafted(client, patient, ROW)
    assert "Only a practitioner can sign" in client.get(url("procedure", version), {"look": "1"}).content.decode()
    answer = client.post(url("procedure_sign", version), {"revision": version.revision, **SIGNING})
    assert answer.status_code == 403
    version.refresh_from_db()
    assert version.signed_at is None


def test_it_does_not_sign_the_future(client: Client) -> None:
    """Prepared it can be; signed it is after it was done."""
    _, patient = story(client)
    version = drafted(client, patient, ROW, day="2026-03-09")
    answer = client.post(url("procedure_sign", version), {"revision": version.revision, **SIGNING})
    assert answer.status_code == 409
    assert "It lies in the future" in answer.content.decode()


def changed(viewer: Viewer, version: ProcedureVersion, at: datetime = MONDAY + HOUR) -> ProcedureVersion:
    """A colleague changes the draft."""
    return change_draft(
        viewer=viewer, version=version, revision=version.revision, threads=[{"zone": "neck", "count": 2}], at=at,
        note="their note",
    )  # fmt: skip


def test_it_signs_nothing_unseen(client: Client) -> None:
    """Who signs a draft that changed meanwhile sees it first."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW)
    changed(doctor, version)
    answer = client.post(url("procedure_sign", version), {"revision": version.revision, **SIGNING})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.content.decode()
    assert "their note" in answer.content.decode()
    version.refresh_from_db()
    assert version.signed_at is None


def test_it_signs_once(client: Client) -> None:
    """Who comes second is told who was first."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW)
    sign(doctor, version, MONDAY + HOUR)
    told = {"revision": version.revision, **SIGNING}
    answer = client.post(url("procedure_sign", version), told, follow=True)
    assert "practitioner linden signed it already" in answer.content.decode()


def test_it_keeps_what_was_typed_into_a_draft_that_changed(client: Client) -> None:
    """Both stand on the page; saving again counts."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW)
    revision = version.revision
    now = changed(doctor, version)
    answer = client.post(url("procedure", version), typed(ROW, note="my note", revision=str(revision)))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "my note" in page
    assert "their note" in page
    assert 'value="L-77"' in page
    again = client.post(url("procedure", version), typed(ROW, note="my note", revision=str(now.revision)))
    assert again.status_code == 302
    version.refresh_from_db()
    assert version.note == "my note"


def test_it_keeps_what_was_typed_into_a_draft_that_was_signed(client: Client) -> None:
    """It is too late, and said so, with everything typed still there."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW)
    sign(doctor, version, MONDAY + HOUR)
    answer = client.post(url("procedure", version), typed(ROW, note="my note", revision=str(version.revision)))
    assert answer.status_code == 409
    assert "signed this meanwhile" in answer.content.decode()
    assert "my note" in answer.content.decode()


def test_it_discards_a_draft(client: Client) -> None:
    """It is gone, and with it a procedure that nobody signed; a changed one is not discarded."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW)
    old = version.revision
    now = changed(doctor, version)
    client.post(url("procedure_discard", version), {"revision": old})
    assert ProcedureVersion.objects.exists()
    client.post(url("procedure_discard", version), {"revision": now.revision})
    assert not Procedure.objects.exists()


def test_it_corrects_with_a_reason_and_shows_the_difference(client: Client) -> None:
    """The signed version stays; the next says why, and what changed."""
    doctor, patient = story(client)
    procedure = a_procedure(doctor, patient)
    first = procedure.versions.get()
    assert client.post(url("procedure_correct", first), {"reason": " "}).status_code == 422
    client.post(url("procedure_correct", first), {"reason": "Wrong lot."})
    second = procedure.versions.get(number=2)
    right = ROW | {"side": "right", "product": "", "lot": "L-1", "expires": ""}
    told = typed(right | {"side": "left", "lot": "L-2"}, right, age="45", revision=str(second.revision))
    client.post(url("procedure", second), told)
    second.refresh_from_db()
    client.post(url("procedure_sign", second), {"revision": second.revision, **SIGNING})
    page = client.get(url("procedure", second)).content.decode()
    assert "Wrong lot." in page
    assert "<del>44</del>" in page
    assert "<ins>45</ins>" in page
    assert "Lot L-1</del>" in page
    assert "Lot L-2</ins>" in page
    assert page.count("<del>4 ×") == 1
    assert "version 2 does" in client.get(url("procedure", first)).content.decode()


def test_it_keeps_the_reason_when_somebody_corrects_already(client: Client) -> None:
    """One draft at a time, and the second reason is not lost."""
    doctor, patient = story(client)
    procedure = a_procedure(doctor, patient)
    first = procedure.versions.get()
    correct_procedure(viewer=doctor, procedure=procedure, reason="First.", at=MONDAY + HOUR)
    answer = client.post(url("procedure_correct", first), {"reason": "My own reason."})
    assert answer.status_code == 409
    assert "My own reason." in answer.content.decode()


def test_it_ends_the_follow_up(client: Client) -> None:
    """From then on nothing is due."""
    doctor, patient = story(client)
    procedure = a_procedure(doctor, patient)
    answer = client.post(url("procedure_close", procedure.versions.get()), follow=True)
    procedure.refresh_from_db()
    assert procedure.closed_at == MONDAY + 2 * HOUR
    assert "The follow-up ended on" in answer.content.decode()


def test_it_makes_everything_once_however_often_a_button_is_pressed(client: Client) -> None:
    """A draft, its change and a correction, each sent twice."""
    _, patient = story(client)
    new = reverse("desk:procedure_new", args=["linden", patient.pk])
    told = typed(ROW, key=str(uuid4()))
    first, second = client.post(new, told), client.post(new, told)
    assert first["Location"] == second["Location"]
    version = ProcedureVersion.objects.get()
    told = typed(ROW, ROW | {"side": "right"}, revision=str(version.revision))
    assert [client.post(url("procedure", version), told).status_code for _ in range(2)] == [302, 302]
    version.refresh_from_db()
    agreed(version)
    client.post(url("procedure_sign", version), {"revision": version.revision, **SIGNING})
    why = {"reason": "Wrong lot."}
    first, second = (client.post(url("procedure_correct", version), why) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ProcedureVersion.objects.count() == 2
