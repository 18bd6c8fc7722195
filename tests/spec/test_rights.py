"""A person's rights over her data: to see all of it, to know who did, and to be forgotten as far as the law lets us."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db.models import Model

from afterthread.clinic import clock
from afterthread.clinic.cipher import SealedField
from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.patient import open_record
from afterthread.clinic.flow.record.right import GONE, ask_erasure, erase_patient, refuse_erasure
from afterthread.clinic.flow.worklist import close_item
from afterthread.clinic.models import (
    Action,
    AuditRow,
    CheckIn,
    Complication,
    Device,
    Erasure,
    Patient,
    Thread,
    WorkItem,
)
from afterthread.clinic.queries.record.right import (
    LEFT_OUT,
    TITLES,
    access_of,
    export_of,
    kept_until,
    name_of,
    personal,
    rows_of,
    way_to,
)
from afterthread.clinic.queries.record.telling import LABELS, READ, tell
from afterthread.clinic.roles import Conflict, Role, Viewer
from tests.lib import record
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import House

pytestmark = pytest.mark.django_db
SECRET = "Only Anna says this"  # noqa: S105 - words, to be found again
NOBODYS = {
    "clinic", "user", "staff", "protocolversion", "consenttext", "product", "lot", "movement", "recall", "overlay",
    "signoff", "auditrow", "audithead", "heartbeat",
}  # fmt: skip
"""Tables about the clinic itself; the log names a patient by her number only, and is shown to her by itself."""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """A clinic with a patient who has something in every table, and said the same words everywhere."""
    told = House()
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(days=5))
    says(told.phone, told.procedure, MONDAY + timedelta(days=4, hours=3), words=SECRET)
    write_message(viewer=told.phone, patient=told.patient, key=told.version.pk, text=SECRET, at=MONDAY)
    record.one_of_each(told.doctor, told.procedure, SECRET)
    return told


def asked(house: House) -> Erasure:
    """Her wish, with nothing left open."""
    for item in WorkItem.objects.filter(patient=house.patient, closed_at=None, complication=None):
        close_item(
            viewer=house.doctor, item=item, revision=item.revision, outcome=Action.Outcome.SEEN,
            at=MONDAY + timedelta(days=5),
        )  # fmt: skip
    Complication.objects.update(closed_at=MONDAY)
    WorkItem.objects.update(closed_at=MONDAY)
    return ask_erasure(viewer=house.phone, patient=house.patient, wish="Forget me.", at=MONDAY)


def sealed() -> list[tuple[type[Model], str]]:
    """Every sealed column of every table about a person."""
    return [
        (model, field.name) for model in personal() for field in model._meta.fields if isinstance(field, SealedField)
    ]


def test_it_knows_every_table_about_a_person() -> None:
    """A new table is either in the copy that a patient gets, or about nobody; no table is forgotten."""
    every = {name_of(model) for model in apps.get_app_config("clinic").get_models()}
    assert every == {name_of(model) for model in personal()} | NOBODYS
    assert set(TITLES) == {name_of(model) for model in personal()}


def test_it_names_every_column_that_is_read() -> None:
    """No page of the copy shows a column's name in the database."""
    columns = {
        name_of(model): {field.name for field in model._meta.fields if field.name not in LEFT_OUT}
        for model in personal()
    }
    columns["signature"].add("words")
    assert {table: set(names) - columns[table] for table, names in READ.items() if set(names) - columns[table]} == {}
    assert {name for names in READ.values() for name in names} == set(LABELS)


def test_it_gives_her_a_copy_of_everything(house: House) -> None:
    """Every row of every table about her, and every word that she or the clinic wrote about her, but no secrets."""
    chapters = export_of(house.phone, house.patient)
    for model in personal():
        if model is not Patient:
            there = next(one for one in chapters if one.name == name_of(model))
            assert len(there.rows) == rows_of(model, house.patient).count(), name_of(model)
    text = json.dumps([one.rows for one in chapters], default=str, ensure_ascii=False)
    assert SECRET in text
    for row in Device.objects.filter(patient=house.patient):
        assert row.secret not in text


def test_it_shows_nothing_of_anybody_else(house: House) -> None:
    """Another patient of the same clinic is not in her copy."""
    other = a_patient(house.doctor, name="Berta Anders")
    procedure = a_procedure(house.doctor, other, note="Berta's own note")
    phone, _ = on_phone(house.doctor, other)
    says(phone, procedure, MONDAY + timedelta(days=1), words="Berta's own words")
    told = json.dumps([one.rows for one in export_of(house.phone, house.patient)], default=str, ensure_ascii=False)
    assert "Berta" not in told
    assert len(access_of(house.phone, other)) == 0


def test_it_reads_as_pages(house: House) -> None:
    """The copy says zones, answers and urgencies by their names, on her wall clock, and the consent word for word."""
    chapters = {one.title: one.entries for one in tell(export_of(house.phone, house.patient), house.patient)}
    said = [dict(entry) for entry in chapters["Check-ins"]]
    assert any("fever: yes" in one["Answers"].lower() for one in said)
    assert ("Zone", "Cheek and midface") in chapters["Threads"][0]
    assert "I agree." in "".join(dict(entry)["Words"] for entry in chapters["Consent"])


def test_it_tells_her_who_opened_her_record(house: House) -> None:
    """By name, with what was done; nobody's acts on other people are among them."""
    open_record(viewer=house.nurse, patient=house.patient, at=MONDAY + timedelta(days=5))
    first = access_of(house.phone, house.patient)[0]
    assert (str(first.who), first.row.verb) == (str(house.nurse.staff), "patient.opened")
    assert all(one.row.patient == str(house.patient.pk) for one in access_of(house.phone, house.patient))


def test_it_tells_many_pages_of_one_record_as_one_line(house: House) -> None:
    """What the nurse read within the half hour is one line that says how often; who came between stands between."""
    days = timedelta(days=5)
    for minute, reader in ((0, house.nurse), (5, house.nurse), (9, house.doctor), (20, house.nurse), (70, house.nurse)):
        open_record(viewer=reader, patient=house.patient, at=MONDAY + days + timedelta(minutes=minute))
    told = [(str(one.who), one.times) for one in access_of(house.phone, house.patient)][:4]
    nurse, doctor = str(house.nurse.staff), str(house.doctor.staff)
    assert told == [(nurse, 1), (nurse, 1), (doctor, 1), (nurse, 2)]


def test_it_keeps_the_record_while_the_law_says_so(house: House) -> None:
    """What lets her in or reaches her ends; the record, and her name on it, stay until the term has passed."""
    wish = asked(house)
    done = erase_patient(
        viewer=house.admin, erasure=wish, revision=wish.revision, answer="We keep it ten years.", at=MONDAY
    )
    house.patient.refresh_from_db()
    assert (house.patient.name, house.patient.erased_at) == ("Anna Beispiel", None)
    assert done.account is not None
    assert done.account["until"] == "2036-12-31"
    assert not Device.objects.filter(patient=house.patient).exists()
    assert house.procedure.versions.exists()
    assert house.diary().get("/p/").status_code != 200


def test_it_takes_out_everything_that_names_her(house: House) -> None:
    """After the term no text of hers and no text about her is left; the threads and lots are, without a name."""
    wish = asked(house)
    lots = list(Thread.objects.values_list("lot", flat=True))
    erase_patient(
        viewer=house.admin, erasure=wish, revision=wish.revision, everything=True, answer="The term has passed.",
        at=MONDAY + timedelta(days=366 * 12),
    )  # fmt: skip
    left = [
        (name_of(model), column)
        for model, column in sealed()
        for row in rows_of(model, house.patient)
        if model not in (Patient, Erasure) and getattr(row, column)
    ]
    assert left == []
    house.patient.refresh_from_db()
    assert (house.patient.name, house.patient.email, house.patient.phone, house.patient.born) == (GONE, "", "", None)
    assert list(Thread.objects.values_list("lot", flat=True)) == lots
    assert CheckIn.objects.filter(patient=house.patient).exists()
    with pytest.raises(Conflict):
        issue_link(viewer=house.doctor, patient=house.patient, code=new_code(), at=MONDAY)


def test_it_forgets_nobody_who_waits_for_an_answer(house: House) -> None:
    """While an item or a complication is open nothing is erased, and the page says what to close."""
    wish = ask_erasure(viewer=house.phone, patient=house.patient, wish="", at=MONDAY)
    with pytest.raises(Conflict, match="open"):
        erase_patient(viewer=house.admin, erasure=wish, revision=wish.revision, answer="x", at=MONDAY)
    page = house.desk(house.admin).post(
        f"/desk/linden/settings/erasures/{wish.pk}", {"way": "law", "answer": "x", "revision": wish.revision}
    )
    assert page.status_code == 409
    assert "Close it first" in page.content.decode()
    assert Device.objects.filter(patient=house.patient).exists()


def test_it_never_changes_the_log(house: House) -> None:
    """Who opened the record stays written down, and the chain holds."""
    from afterthread.clinic.flow.audit import breaches

    wish, before = asked(house), AuditRow.objects.count()
    erase_patient(
        viewer=house.admin, erasure=wish, revision=wish.revision, everything=True, answer="On her wish, with ground.",
        at=MONDAY,
    )  # fmt: skip
    assert AuditRow.objects.count() == before + 1
    assert list(breaches()) == []


def test_it_can_be_refused_and_asked_again(house: House) -> None:
    """A refusal says why, and she can add to her wish; two administrators do not both answer."""
    wish = asked(house)
    refused = refuse_erasure(
        viewer=house.admin, erasure=wish, revision=wish.revision, answer="A lawsuit is running.", at=MONDAY
    )
    assert refused.refused
    with pytest.raises(Conflict):
        refuse_erasure(viewer=house.admin, erasure=wish, revision=wish.revision, answer="Again.", at=MONDAY)
    again = ask_erasure(viewer=house.phone, patient=house.patient, wish="It is over.", at=MONDAY)
    assert (again.pk, again.refused, again.answered_at) == (wish.pk, False, None)


@pytest.mark.parametrize(
    ("zone", "years", "until"),
    [("Europe/Berlin", 10, date(2036, 12, 31)), ("Pacific/Auckland", 7, date(2033, 12, 31))],
)
def test_it_counts_whole_years_after_the_last_entry(zone: str, years: int, until: date) -> None:
    """The term ends with a year, on the clinic's calendar."""
    clinic = a_clinic(time_zone=zone)
    clinic.keep_years = years
    clinic.save()
    patient = a_patient(a_staff(clinic))
    assert kept_until(patient) == until


def test_it_leads_from_every_table_to_a_person() -> None:
    """Each way is one that the database can follow."""
    assert all(way_to(model) for model in personal())
    assert Viewer(role=Role.PATIENT).may("patient.exported")
