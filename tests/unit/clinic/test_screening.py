"""The screening as it is kept: append-only, weighed when it is read, decided with a name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict

from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.flow.record.consultation import change_consultation, close_consultation, open_consultation
from afterthread.clinic.flow.record.screening import answer_screening, override_finding
from afterthread.clinic.models import AuditRow, Consultation, Screening
from afterthread.clinic.queries.record.gate import gate_of
from afterthread.clinic.queries.record.screening import changes, first_free, history, screened
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from afterthread.clinic.sheet.screening import GROUPS, WrongSheet, groups, read_posted, sheet, typed
from afterthread.engine.explain import Words
from afterthread.protocol.load import shipped
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, agreed, on_phone

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CLEAR: dict[str, Any] = {"otherwise": "no"}


def ahead(doctor: Viewer, days: int = 14, **details: Any) -> Consultation:
    """A session on the cheeks in two weeks, of somebody of 35."""
    patient = a_patient(doctor, **{"born": 1991, **details})
    return open_consultation(
        viewer=doctor, patient=patient, at=MONDAY, zones=["cheek"], planned_on=(MONDAY + days * DAY).date()
    )


def answered(viewer: Viewer, held: Consultation, minute: int = 0, **said: Any) -> Screening:
    """She answers, and denies everything else."""
    return answer_screening(
        viewer=viewer, consultation=held, key=uuid4(), said={**CLEAR, **said}, at=MONDAY + minute * MINUTE
    )


def verdict(held: Consultation) -> str:
    """What the last questionnaire comes to now."""
    known = screened(Consultation.objects.get(pk=held.pk))
    assert known is not None
    return known.found.verdict


def test_it_is_answered_by_the_patient_herself(doctor: Viewer) -> None:
    """On her phone, before anything is signed; it is told apart from what the desk took."""
    held = ahead(doctor)
    phone, _ = on_phone(doctor, held.patient)
    row = answered(phone, held)
    assert (row.verdict, row.device, row.taken_by) == ("clear", phone.device, None)
    assert AuditRow.objects.filter(verb="screening.answered", role="patient").count() == 1


def test_it_is_kept_once_when_sent_twice(doctor: Viewer) -> None:
    """The same page twice is one questionnaire; a page that was changed and sent again is a further one."""
    held, key = ahead(doctor), uuid4()
    told: dict[str, Any] = {"viewer": doctor, "consultation": held, "key": key}
    first, again = (answer_screening(said=CLEAR, at=MONDAY + n * MINUTE, **told) for n in range(2))
    assert first == again
    answer_screening(said={**CLEAR, "answers": {"pregnancy": "yes"}}, at=MONDAY + 2 * MINUTE, **told)
    assert (held.screenings.count(), verdict(held)) == (2, "no")


def test_it_counts_the_last_questionnaire_and_keeps_those_before(doctor: Viewer) -> None:
    """What changed can be told, and nothing is overwritten."""
    held = ahead(doctor)
    first = answered(doctor, held, answers={"pregnancy": "yes"})
    second = answered(doctor, held, 1, answers={"smoker": "unknown"})
    assert verdict(held) == "ask"
    assert [row for row, _ in history(held)] == [second, first]
    told = {(one.entry, one.before, one.after) for one in changes(first, second)}
    assert told == {("condition.pregnancy", "yes", "no"), ("condition.smoker", "no", "unknown")}


def test_it_is_weighed_for_the_day_as_it_is_planned_now(doctor: Viewer) -> None:
    """Moved out of a clash it is clear, moved back it clashes again; the copy kept with the answers stays."""
    held = ahead(doctor, days=6)
    row = answered(doctor, held, events={"filler": "2026-02-27"})
    assert verdict(held) == "not_yet"
    for day, expected in ((13, "clear"), (10, "not_yet")):
        held = change_consultation(
            viewer=doctor, consultation=held, revision=held.revision, at=MONDAY,
            planned_on=MONDAY.date().replace(day=day),
        )  # fmt: skip
        assert verdict(held) == expected
    assert Screening.objects.get(pk=row.pk).verdict == "not_yet"


def test_it_never_takes_an_open_date_for_a_no(doctor: Viewer) -> None:
    """Somebody who does not know when she had a filler is asked; whoever denied every date is not."""
    held = ahead(doctor)
    timings = list(shipped()["timing"])
    answers = {id: "no" for id, one in shipped()["condition"].items() if not one.age_from}
    some = {"answers": answers, "denied": timings[1:], "unsure": timings[:1]}
    answer_screening(viewer=doctor, consultation=held, key=uuid4(), said=some, at=MONDAY)
    known = screened(held)
    assert known is not None
    assert known.left_open == (f"timing.{timings[0]}",)
    whole = {"answers": answers, "denied": timings}
    answer_screening(viewer=doctor, consultation=held, key=uuid4(), said=whole, at=MONDAY + MINUTE)
    assert verdict(held) == "clear"


def test_it_finds_the_first_free_day_beyond_every_clash(doctor: Viewer) -> None:
    """Out of the filler's two weeks not into the days before the dentist."""
    held = ahead(doctor, days=6)
    answered(doctor, held, events={"filler": "2026-02-27", "dental": "2026-03-25"})
    known = screened(held)
    assert known is not None
    assert str(first_free(held, known, MONDAY.date())) == "2026-04-08"


def test_it_knows_no_age_that_nobody_told(doctor: Viewer) -> None:
    """Without a year of birth the age stays open, unless she says it; a child is one whatever was ticked."""
    held = ahead(doctor, born=None)
    answered(doctor, held)
    assert verdict(held) == "ask"
    answered(doctor, held, 1, age=35)
    assert verdict(held) == "clear"
    answered(doctor, ahead(doctor, born=2010, name="Young"))
    assert [one.verdict for one in Screening.objects.order_by("filled_at")].count("no") == 1


@pytest.mark.parametrize(
    ("said", "field", "wrong"),
    [
        ({"events": {"filler": "2026-03-03"}}, "t-filler", "to_come"),
        ({"events": {"filler": "1980-03-03"}}, "t-filler", "before_birth"),
        ({"events": {"dental": "2062-03-03"}}, "t-dental", "far"),
        ({"events": {"nothing": "2026-03-01"}}, "t-nothing", "unreadable"),
        ({"answers": {"pregnancy": "perhaps"}}, "c-pregnancy", "unreadable"),
        ({"age": 0}, "age", "age"),
    ],
)
def test_it_refuses_what_cannot_be(doctor: Viewer, said: dict[str, Any], field: str, wrong: str) -> None:
    """A date ahead where it asks for what has been, before birth, in another century; a word that nobody knows."""
    held = ahead(doctor)
    with pytest.raises(WrongSheet) as refused:
        answered(doctor, held, **said)
    assert refused.value.problems == {field: wrong}
    assert not held.screenings.exists()


def test_it_takes_nothing_once_it_is_closed(doctor: Viewer) -> None:
    """A consultation that was given up asks no more."""
    held = ahead(doctor)
    close_consultation(viewer=doctor, consultation=held, revision=held.revision, reason="Moves away.", at=MONDAY)
    with pytest.raises(Conflict):
        answered(doctor, held)


def test_it_lets_only_a_practitioner_decide_and_only_with_a_reason(doctor: Viewer) -> None:
    """A relative finding; never an absolute one, never a clash, never twice, never on answers that are old."""
    held = ahead(doctor)
    said: dict[str, Any] = {"answers": {"smoker": "yes", "pregnancy": "yes"}, "events": {"filler": "2026-03-02"}}
    row = answered(doctor, held, **said)
    nurse = a_staff(doctor.own_clinic, Role.NURSE)
    about: dict[str, Any] = {"screening": row, "at": MONDAY}
    with pytest.raises(Refused):
        override_finding(viewer=nurse, entry="condition.smoker", reason="Fine.", **about)
    for entry, reason in (("condition.smoker", " "), ("condition.pregnancy", "Fine."), ("timing.filler", "Fine.")):
        with pytest.raises(Conflict):
            override_finding(viewer=doctor, entry=entry, reason=reason, **about)
    made = override_finding(viewer=doctor, entry="condition.smoker", reason="Stops today.", **about)
    assert (made.by, made.reason) == (doctor.staff, "Stops today.")
    with pytest.raises(Conflict):
        override_finding(viewer=doctor, entry="condition.smoker", reason="Again.", **about)
    answered(doctor, held, 1, **said)
    known = screened(held)
    assert known is not None
    assert known.overrides == {}
    with pytest.raises(Conflict):
        override_finding(viewer=doctor, entry="condition.pregnancy", reason="Old.", **about)


def test_it_is_nothing_to_another_clinic(doctor: Viewer) -> None:
    """Neither answered nor decided from elsewhere, and not by another patient."""
    held = ahead(doctor)
    row = answered(doctor, held, answers={"smoker": "yes"})
    there = a_staff(a_clinic("ahorn"))
    with pytest.raises(Missing):
        answered(there, held)
    with pytest.raises(Missing):
        override_finding(viewer=there, screening=row, entry="condition.smoker", reason="Fine.", at=MONDAY)
    other, _ = on_phone(doctor, a_patient(doctor, name="Berta"))
    with pytest.raises(Missing):
        answered(other, held)


def test_it_counts_at_the_gate_only_what_was_said_before_the_session(doctor: Viewer) -> None:
    """Answers that came after it change nothing, good or bad; the last ones before it do."""
    held = ahead(doctor, days=0)
    version = draft_procedure(
        viewer=doctor, patient=held.patient, consultation=held, threads=[], zones=["cheek"], at=MONDAY,
        placed_at=MONDAY + 60 * MINUTE, time_zone="Europe/Berlin", modifiers={},
    )  # fmt: skip
    agreed(version)
    assert [one.code for one in gate_of(version).held] == ["screening_missing"]
    answered(doctor, held, 61)
    assert [one.code for one in gate_of(version).held] == ["screening_missing"]
    answered(doctor, held, 1, answers={"keloid": "yes"})
    assert [one.code for one in gate_of(version).held] == ["screening_no"]
    answered(doctor, held, 2)
    assert gate_of(version).open
    answered(doctor, held, 62, answers={"keloid": "yes"})
    signed = sign_procedure(viewer=doctor, version=version, revision=version.revision, at=MONDAY + 120 * MINUTE)
    assert signed.despite == ""


# -- The form ---------------------------------------------------------------------------------------------------------


def test_it_asks_everything_once() -> None:
    """Every condition that does not follow from the age and every date stands in exactly one group."""
    asked = [one.key for ones in groups(shipped()).values() for one in ones]
    wanted = [one.key for one in shipped()["condition"].values() if not one.age_from]
    assert sorted(asked) == sorted(wanted + [one.key for one in shipped()["timing"].values()])
    assert {id for ids in GROUPS.values() for id in ids} <= set(shipped()["condition"])


def test_it_closes_a_group_with_one_tap() -> None:
    """What was answered stays, the others of the group are a no, the other groups stay open."""
    said = read_posted(shipped(), QueryDict("none-now=1&c-pregnancy=unknown&c-smoker=yes")).said
    assert (said["answers"]["acute_illness"], said["answers"]["pregnancy"]) == ("no", "unknown")
    assert (said["answers"]["smoker"], "diabetes" in said["answers"]) == ("yes", False)


@pytest.mark.parametrize(
    ("sent", "field", "wrong"),
    [
        ("t-filler=yes", "t-filler", "undated"),
        ("t-filler-on=31.12.2025", "t-filler", "unreadable"),
        ("c-smoker=yes&c-smoker=no", "c-smoker", "twice"),
        ("note=" + "x" * 4001, "note", "long"),
    ],
)
def test_it_says_what_cannot_be_read(sent: str, field: str, wrong: str) -> None:
    """A yes without its date, a date nobody can read, two answers at once, a whole book."""
    with pytest.raises(WrongSheet) as refused:
        read_posted(shipped(), QueryDict(sent))
    assert refused.value.problems == {field: wrong}


def test_it_offers_old_answers_again_but_for_what_passes() -> None:
    """Allergies stay, whether she has a fever today is asked afresh."""
    sent = "c-acute_illness=no&c-keloid=yes&t-filler-on=2026-02-27&t-dental=no&none-now=1"
    told = typed(read_posted(shipped(), QueryDict(sent)).said)
    assert (told["c-keloid"], told["t-filler-on"], told["t-dental"]) == ("yes", "2026-02-27", "no")
    assert "c-acute_illness" not in told
    page = sheet(Words(shipped(), "en"), told, {}, age_asked=True)
    assert [ask.on for part in page.parts for ask in part.asks if ask.on] == ["2026-02-27"]
