"""Before the session: what is asked, what it means for the day, who decides, and what she is reminded of.

Screening happens once in the words of the protocol, at home or at the desk; what it means is weighed again for the day
as it is planned now.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
from afterthread.clinic.flow.record.consultation import change_consultation, open_consultation, remind
from afterthread.clinic.flow.record.screening import answer_screening, override_finding
from afterthread.clinic.models import Consultation, ProcedureVersion, WorkItem
from afterthread.clinic.queries.record.consultation import ahead
from afterthread.clinic.queries.record.gate import Blocked, gate_of
from afterthread.clinic.queries.record.screening import Screened, first_free, screened
from afterthread.clinic.queries.worklist import open_items
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.engine.explain import Words
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_staff, agreed, on_phone

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Story:
    """A patient of 35 who wants her cheeks lifted in twelve days."""

    def __init__(self) -> None:
        self.doctor = a_staff(a_clinic())
        self.patient = a_patient(self.doctor, born=1991)
        self.phone, _ = on_phone(self.doctor, self.patient)
        self.minute = 0
        self.held: Consultation = open_consultation(
            viewer=self.doctor, patient=self.patient, at=MONDAY, zones=["cheek"], planned_on=date(2026, 3, 14)
        )

    def says(self, viewer: Viewer | None = None, **said: Any) -> Screened:
        """She answers; whatever is not named she denies."""
        self.minute += 1
        told = {"otherwise": "no", **said}
        answer_screening(
            viewer=viewer or self.phone, consultation=self.held, key=uuid4(), said=told,
            at=MONDAY + self.minute * timedelta(minutes=1),
        )  # fmt: skip
        return self.now

    @property
    def now(self) -> Screened:
        """What it comes to for the day as it is planned now."""
        found = screened(Consultation.objects.get(pk=self.held.pk))
        assert found is not None
        return found

    def move(self, to: date) -> None:
        """The session on another day."""
        held = Consultation.objects.get(pk=self.held.pk)
        change_consultation(
            viewer=self.doctor, consultation=held, revision=held.revision, planned_on=to, at=MONDAY + HOUR
        )

    def decide(self, entry: str, reason: str) -> None:
        """The practitioner takes it upon herself."""
        row = self.now.screening
        override_finding(viewer=self.doctor, screening=row, entry=entry, reason=reason, at=MONDAY + HOUR)

    def draft(self) -> ProcedureVersion:
        """The record of the session, on the planned day, with her consent."""
        held = Consultation.objects.get(pk=self.held.pk)
        version = draft_procedure(
            viewer=self.doctor, patient=self.patient, consultation=held, threads=[], zones=["cheek"], at=MONDAY,
            placed_at=MONDAY + 12 * DAY, time_zone="Europe/Berlin", modifiers={},
        )  # fmt: skip
        agreed(version)
        return version


@pytest.fixture
def story(db: None) -> Story:
    """The patient and her clinic."""
    return Story()


def test_somebody_who_denies_everything_is_clear(story: Story) -> None:
    """Every question asked and denied: nothing stands in the way of the session."""
    assert story.says().clear
    assert gate_of(story.draft()).open


def test_pregnancy_is_a_reason_over_which_nobody_decides_here(story: Story) -> None:
    """An absolute finding cannot be decided away on the questionnaire."""
    found = story.says(answers={"pregnancy": "yes"})
    assert [(one.entry, one.verdict) for one in found.open] == [("condition.pregnancy", "no")]
    with pytest.raises(Conflict):
        story.decide("condition.pregnancy", "She insists.")


def test_smoking_is_weighed_by_a_practitioner_with_her_name(story: Story) -> None:
    """A relative finding holds the session until somebody says in writing why it may be done."""
    assert not story.says(answers={"smoker": "yes"}).clear
    story.decide("condition.smoker", "Stops two weeks before.")
    decided = story.now.overrides["condition.smoker"]
    assert story.now.clear
    assert (str(decided.by), decided.reason) == ("practitioner linden", "Stops two weeks before.")


def test_a_decision_belongs_to_the_answers_it_was_made_on(story: Story) -> None:
    """She answers anew: the clinician looks anew."""
    story.says(answers={"smoker": "yes"})
    story.decide("condition.smoker", "Stops two weeks before.")
    assert not story.says(answers={"smoker": "yes", "diabetes": "yes"}).clear


def test_filler_a_week_before_moves_the_session(story: Story) -> None:
    """Two weeks after filler; the page names the first day that is free, and moving there clears it."""
    found = story.says(events={"filler": "2026-03-01"})
    assert found.found.verdict == "not_yet"
    free = first_free(story.held, found, MONDAY.date())
    assert free == date(2026, 3, 15)
    story.move(date(2026, 3, 15))
    assert story.now.clear


def test_moving_the_session_nearer_to_something_is_noticed(story: Story) -> None:
    """The answers are the same; the day is not, so they mean something else."""
    assert story.says(events={"dental": "2026-02-28"}).clear
    story.move(date(2026, 3, 10))
    assert story.now.found.verdict == "not_yet"


def test_a_question_without_an_answer_is_never_a_no(story: Story) -> None:
    """What she does not know or leaves out stays open, by name, and holds the signature."""
    found = story.says(otherwise="unknown", answers={"keloid": "no"})
    assert "condition.pregnancy" in found.left_open
    assert "timing.filler" in found.left_open
    assert "condition.keloid" not in found.left_open
    assert "screening_unanswered" in [one.code for one in gate_of(story.draft()).held]


def test_a_new_weakness_of_the_face_sends_her_to_an_ambulance_and_not_to_a_clinic(story: Story) -> None:
    """The one answer that cannot wait until somebody reads it."""
    found = story.says(answers={"facial_weakness_new": "yes"})
    said = [Words(ahead(story.held, MONDAY).protocol, "en").of(f"condition.{id}", "do") for id in found.at_once]
    assert said == ["Call an ambulance now, even if it has already become better."]


def test_what_she_answers_at_home_does_not_wait_for_the_day_of_the_session(story: Story) -> None:
    """Anything that is not clear is work for somebody; a new weakness is an emergency; nothing is work twice."""
    story.says()
    assert not WorkItem.objects.exists()
    story.says(answers={"smoker": "yes"})
    story.says(answers={"smoker": "yes", "facial_weakness_new": "yes"})
    (opened,) = open_items(story.doctor, MONDAY + HOUR)
    assert (opened.item.kind, opened.urgency) == (WorkItem.Kind.SCREENING, Urgency.EMERGENCY)


def test_what_staff_write_down_is_no_work_for_staff(story: Story) -> None:
    """Whoever fills it in with her at the desk has seen it."""
    story.says(story.doctor, answers={"smoker": "yes"})
    assert not WorkItem.objects.exists()


def test_nobody_signs_for_an_unscreened_patient_in_silence(story: Story) -> None:
    """Without answers from before the session it takes a written reason, which stays with the signature."""
    version = story.draft()
    at = MONDAY + 12 * DAY + HOUR
    with pytest.raises(Blocked):
        sign_procedure(viewer=story.doctor, version=version, revision=version.revision, at=at)
    signed = sign_procedure(
        viewer=story.doctor, version=version, revision=version.revision, at=at, despite="Screened on paper."
    )
    assert signed.despite == "Screened on paper."


def test_answers_given_after_the_session_do_not_count(story: Story) -> None:
    """Neither for nor against: only the last ones from before it do."""
    story.says()
    version = story.draft()
    story.minute = 13 * 24 * 60
    story.says(answers={"pregnancy": "yes"})
    assert gate_of(version).open


def test_she_is_told_what_prepares_the_day_when_it_begins(story: Story) -> None:
    """A week before she leaves out alcohol, and a letter says so that morning; moved, only the new day counts."""
    way = ahead(story.held, MONDAY)
    assert {one.on for one in way.preparation if one.step == "step.alcohol_before"} == {date(2026, 3, 7)}
    assert list(remind(MONDAY + 5 * DAY)) == [story.held]
    story.move(date(2026, 3, 20))
    assert list(remind(MONDAY + 11 * DAY)) == [story.held]
    assert list(remind(MONDAY + 10 * DAY)) == []
