"""The consultation: changed while the session is ahead, frozen after it, and reminded of once for each day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from afterthread.clinic.flow.procedure import draft_procedure
from afterthread.clinic.flow.record.consultation import (
    change_consultation,
    close_consultation,
    open_consultation,
    remind,
)
from afterthread.clinic.flow.record.screening import answer_screening
from afterthread.clinic.models import AuditRow, Consultation, Delivery
from afterthread.clinic.queries.record.consultation import ahead, ahead_of, coming, consultations_of
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.exchange.letter import Letter, letters_of
from tests.lib.clinic import MONDAY, a_patient, a_procedure, signed

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STARTS = (-30, -14, -7, -3, -1)
"""The days on which something begins that prepares a session."""


def planned(doctor: Viewer, days: int = 20, **more: Any) -> Consultation:
    """A session on the cheeks, so many days ahead."""
    patient = more.pop("patient", None) or a_patient(doctor)
    day = (MONDAY + days * DAY).date()
    return open_consultation(viewer=doctor, patient=patient, at=MONDAY, zones=["cheek"], planned_on=day, **more)


def moved(doctor: Viewer, held: Consultation, to: date | None, at: datetime = MONDAY) -> Consultation:
    """The session on another day."""
    held.refresh_from_db()
    return change_consultation(viewer=doctor, consultation=held, revision=held.revision, planned_on=to, at=at)


def sweep(first: int, last: int, hour: int = 0) -> Iterator[int]:
    """The days on which somebody is reminded, when the worker looks twice an hour apart on each of these days."""
    for n in range(first, last + 1):
        for again in range(2):
            if list(remind(MONDAY + n * DAY + (hour + again) * HOUR)):
                yield n


def test_it_is_changed_until_somebody_else_did(doctor: Viewer) -> None:
    """Two at one page: the second is told, and nothing is overwritten."""
    held = planned(doctor)
    change_consultation(viewer=doctor, consultation=held, revision=held.revision, expectation="Fresh.", at=MONDAY)
    with pytest.raises(Conflict, match="revision"):
        change_consultation(viewer=doctor, consultation=held, revision=held.revision, expectation="Old.", at=MONDAY)
    assert Consultation.objects.get().expectation == "Fresh."


def test_it_is_opened_once(doctor: Viewer) -> None:
    """A page that was sent twice opens one."""
    patient, key = a_patient(doctor), uuid4()
    open_consultation(viewer=doctor, patient=patient, key=key, at=MONDAY)
    with pytest.raises(Conflict):
        open_consultation(viewer=doctor, patient=patient, key=key, at=MONDAY)


def test_it_plans_no_day_that_is_over(doctor: Viewer) -> None:
    """Yesterday on the clinic's calendar is over, today is not; a day that passed may stay where it is."""
    with pytest.raises(Conflict, match="past"):
        planned(doctor, days=-1)
    held = planned(doctor, days=0, planned_time=time(18))
    later = MONDAY + 3 * DAY
    assert moved(doctor, held, held.planned_on, later).planned_on == held.planned_on
    with pytest.raises(Conflict, match="past"):
        moved(doctor, held, held.planned_on and held.planned_on + DAY, later)
    assert moved(doctor, held, None, later).planned_time is None


def test_it_stays_as_it_was_once_the_session_is_signed(doctor: Viewer) -> None:
    """What was said before a session is not rewritten after it, nor is it given up."""
    held = planned(doctor, days=0)
    version = draft_procedure(
        viewer=doctor, patient=held.patient, consultation=held, threads=[], zones=["cheek"], at=MONDAY,
        placed_at=MONDAY, time_zone="Europe/Berlin", modifiers={},
    )  # fmt: skip
    signed(doctor, version, MONDAY + HOUR)
    about: dict[str, Any] = {"viewer": doctor, "consultation": held, "revision": held.revision, "at": MONDAY}
    with pytest.raises(Conflict, match="done"):
        change_consultation(expectation="More.", **about)
    with pytest.raises(Conflict, match="done"):
        close_consultation(reason="No.", **about)


def test_it_is_given_up_with_a_reason(doctor: Viewer) -> None:
    """Then nothing is ahead, and it cannot be changed any more."""
    held = planned(doctor)
    with pytest.raises(Conflict, match="reason"):
        close_consultation(viewer=doctor, consultation=held, revision=held.revision, reason=" ", at=MONDAY)
    close_consultation(viewer=doctor, consultation=held, revision=held.revision, reason="Pregnant.", at=MONDAY)
    assert not coming(doctor).exists()
    with pytest.raises(Conflict, match="closed"):
        moved(doctor, held, MONDAY.date() + DAY)


def test_it_finds_the_session_that_is_next(doctor: Viewer) -> None:
    """The nearest planned one; not one that is over, and not the empty one behind a record begun without it."""
    patient = a_patient(doctor)
    a_procedure(doctor, patient)
    assert ahead_of(doctor, patient, MONDAY) is None
    late, soon = planned(doctor, 30, patient=patient), planned(doctor, 9, patient=patient)
    for days, expected in ((0, soon), (9, soon), (10, late)):
        found = ahead_of(doctor, patient, MONDAY + days * DAY)
        assert found is not None
        assert found.consultation == expected
    assert {one.consultation for one in consultations_of(doctor, patient, MONDAY)} == {late, soon}


def test_it_dates_the_preparation_from_the_planned_day(doctor: Viewer) -> None:
    """Each step on the clinic's calendar, whatever the clocks do in between."""
    held = planned(doctor, days=40)
    way = ahead(held, MONDAY)
    assert held.planned_on is not None
    assert {(one.on - held.planned_on).days for one in way.preparation if one.on} == set(STARTS)
    now, later = way.by_now(held.planned_on - 14 * DAY)
    assert {one.step for one in now} & {"step.smoking_before"}
    assert {one.step for one in later} & {"step.alcohol_before"}
    assert way.by_now(held.planned_on + DAY) == ([], [])


def test_it_reminds_once_on_every_day_on_which_something_begins(doctor: Viewer) -> None:
    """However often the worker looks; each time with one row in the log."""
    planned(doctor, days=32)
    assert list(sweep(0, 33)) == [32 + start for start in STARTS]
    assert Delivery.objects.count() == AuditRow.objects.filter(verb="preparation.reminded").count() == len(STARTS)


def test_it_reminds_on_her_own_day_and_not_at_night(doctor: Viewer) -> None:
    """In Auckland the day begins twelve hours before Berlin's, and nobody is woken."""
    held = planned(doctor, days=14, patient=a_patient(doctor, time_zone="Pacific/Auckland"))
    day = held.planned_on and held.planned_on - 7 * DAY
    assert day is not None
    eight = datetime.combine(day, time(8), held.patient.zone)
    assert not list(remind(eight - HOUR))
    assert list(remind(eight))
    assert not list(remind(eight + 12 * HOUR))


def test_it_sends_nothing_for_a_day_that_was_moved(doctor: Viewer) -> None:
    """The old dates are silent, the new ones are not, and a letter that was queued for the old day says nothing."""
    held = planned(doctor, days=21)
    assert list(sweep(0, 7)) == [7]
    letter = Delivery.objects.get()
    assert len(letters_of(letter, MONDAY + 7 * DAY)) == 1
    moved(doctor, held, (MONDAY + 25 * DAY).date(), MONDAY + 8 * DAY)
    assert letters_of(letter, MONDAY + 8 * DAY) == []
    assert list(sweep(8, 26)) == [11, 18, 22, 24]


def test_it_reminds_nobody_of_what_was_given_up_or_is_done(doctor: Viewer) -> None:
    """A closed consultation, a signed session, and a patient without an address."""
    held = planned(doctor, days=7)
    close_consultation(viewer=doctor, consultation=held, revision=held.revision, reason="No.", at=MONDAY)
    planned(doctor, days=7, patient=a_patient(doctor, email=""))
    assert list(sweep(0, 8)) == []


def test_it_asks_for_what_is_missing_three_days_before(doctor: Viewer) -> None:
    """The letter leads to the first page while screening or consent is open, and never says why."""
    held = planned(doctor, days=10)
    answer_screening(viewer=doctor, consultation=held, key=uuid4(), said={"otherwise": "no"}, at=MONDAY)
    assert list(remind(MONDAY + 7 * DAY))
    letter = Delivery.objects.get()
    assert json.loads(letter.letter)["papers"] is True
    assert _said(letter).text.count("/p/\n") == 1


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_words_the_letter_without_health(doctor: Viewer, language: str) -> None:
    """Neither subject nor text say what kind of appointment it is."""
    planned(doctor, days=14, patient=a_patient(doctor, language=language))
    assert list(remind(MONDAY))
    told = _said(Delivery.objects.get())
    assert "/p/preparation" in told.text
    assert not [word for word in ("thread", "alcohol", "lift", "Anna", "нитям", "лифтинг") if word in told.text]


def _said(letter: Delivery) -> Letter:
    found = letters_of(letter, letter.queued_at)
    assert len(found) == 1
    return found[0]
