"""What a clinician may rely on when something went wrong: nothing said is lost, and no step is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from afterthread.clinic.flow import silence, worklist
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.record import complication as flow
from afterthread.clinic.flow.record.complication import judge
from afterthread.clinic.flow.record.removal import correct_removal, record_removal, record_removals
from afterthread.clinic.models import Action, Complication, Judgement, Procedure, Removal, WorkItem
from afterthread.clinic.queries.complication.complication import complication_of, counts
from afterthread.clinic.queries.complication.judgement import About, Unfit
from afterthread.clinic.queries.complication.removal import threads_of
from afterthread.clinic.queries.figure import figures
from afterthread.clinic.queries.worklist import open_items, waiting_count
from afterthread.clinic.roles import Conflict, Missing, Role, Viewer
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.record.complication import SAID, a_case, done, judged

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAY5 = MONDAY + 5 * DAY


@dataclass
class House:
    """A clinic with a doctor and a nurse, and a procedure of two rows of four threads."""

    doctor: Viewer
    nurse: Viewer
    procedure: Procedure

    def case(self, at: datetime = DAY5, **said: Any) -> Complication:
        """A case of day 4."""
        told = {"began_day": 4, "zone": "cheek", "side": "left", "key": uuid4(), **said}
        return flow.open_complication(viewer=self.doctor, procedure=self.procedure, at=at, **told)

    def remove(self, thread: UUID, at: datetime, **said: Any) -> Removal:
        """A removal on the spot."""
        told = {"key": uuid4(), "removed_at": at, **SAID, **said}
        return record_removal(viewer=self.doctor, procedure=self.procedure, thread=thread, at=at, **told)

    @property
    def keys(self) -> list[UUID]:
        """Of its rows of threads."""
        return [row.key for row in self.procedure.signed_version().threads.all()]


@pytest.fixture
def house() -> House:
    """The clinic."""
    clinic = a_clinic()
    doctor, nurse = a_staff(clinic, called=1), a_staff(clinic, Role.NURSE)
    return House(doctor, nurse, a_procedure(doctor, a_patient(doctor)))


def item_of(case: Complication) -> WorkItem:
    """The open item of a case."""
    return WorkItem.objects.get(complication=case, closed_at=None)


# -- Steps and their clock --------------------------------------------------------------------------------------------


def test_it_keeps_a_case_in_sight_until_somebody_says_what_it_is(house: House) -> None:
    """A case that was opened and left is same-day work with a clock that no other judgement moves."""
    case = house.case()
    due = item_of(case).due_at
    assert (item_of(case).urgency, due > case.opened_at) == (Urgency.SAME_DAY, True)
    case = judge(
        viewer=house.doctor, complication=case, revision=case.revision, about="nature", value="complication",
        at=case.opened_at + HOUR,
    )  # fmt: skip
    assert item_of(case).due_at == due
    assert open_items(house.doctor, due + HOUR)[0].overdue
    judged(house.doctor, case, DAY5, pathway="retraction")
    assert item_of(case).urgency == Urgency.ROUTINE


def test_it_puts_the_first_step_on_the_worklist(house: House) -> None:
    """Once somebody judges what it is, its urgency and its first deadline stand in the worklist."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    (opened,) = open_items(house.doctor, DAY5)
    assert (opened.urgency, opened.coming and opened.coming.id) == (Urgency.SAME_DAY, "ask_spread")
    assert opened.item.due_at == DAY5 + timedelta(minutes=15)  # at once is what the clinic has for an emergency
    assert opened.complication == case


def test_it_moves_on_with_every_step_and_ends_with_the_last(house: House) -> None:
    """What is due next is always the earliest deadline of a step that nobody kept."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    expected = [("ask_spread", 8), ("see", 8), ("sample", 8), ("photograph", 8), ("decide", 48), ("review", 72)]
    for step, hours in expected:
        case = done(house.nurse, case, step, DAY5 + HOUR)
        assert item_of(case).due_at == DAY5 + hours * HOUR, step
    case = done(house.nurse, case, "reconsider", DAY5 + HOUR)
    case = done(house.nurse, case, "late_look", DAY5 + 2 * HOUR, needed=False, note="moves abroad")
    assert not WorkItem.objects.filter(complication=case, closed_at=None).exists()
    assert case.closed_at is None  # the case itself is closed by a practitioner


def test_it_shows_an_overdue_step_above_what_is_later(house: House) -> None:
    """A step past its time is overdue and escalates; one of next week is only kept in view."""
    late = judged(house.doctor, house.case(), DAY5, pathway="infection")
    calm = judged(house.doctor, house.case(), DAY5, pathway="retraction")
    first, second = open_items(house.doctor, DAY5 + 2 * HOUR)
    assert (first.complication, first.overdue, first.waiting) == (late, True, True)
    assert (second.complication, second.waiting, second.later) == (calm, False, True)
    assert waiting_count(house.doctor, DAY5 + 2 * HOUR) == 1
    told = list(silence.escalate(DAY5 + 2 * HOUR))
    assert [one.complication for one in told] == [late]


def test_it_plans_anew_when_it_is_judged_to_be_something_else(house: House) -> None:
    """Another pathway brings its own steps and urgency, and its clock starts with the judgement."""
    case = judged(house.doctor, house.case(), DAY5, pathway="retraction")
    later = DAY5 + 6 * HOUR
    case = judged(house.doctor, case, later, "pus today", pathway="infection")
    assert item_of(case).urgency == Urgency.SAME_DAY
    assert item_of(case).due_at == later + timedelta(minutes=15)
    with pytest.raises(Conflict):  # the steps of what it was held to be are not its steps
        done(house.nurse, case, "wait", later, pathway="retraction")


def test_it_does_not_win_time_by_judging_the_same_again(house: House) -> None:
    """Only another pathway restarts the clock."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    due = item_of(case).due_at
    case = judged(house.doctor, case, DAY5 + DAY, "as I said", pathway="infection")
    assert item_of(case).due_at == due
    assert open_items(house.doctor, DAY5 + DAY)[0].overdue


def test_it_needs_a_reason_for_a_step_that_is_not_needed(house: House) -> None:
    """A step is done, or somebody says why not."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    with pytest.raises(Unfit, match="step_note"):
        done(house.doctor, case, "see", DAY5, needed=False)
    with pytest.raises(Unfit, match="when"):
        flow.do_step(
            viewer=house.doctor, complication=case, pathway="infection", step="see", done_at=DAY5 + DAY, at=DAY5
        )
    assert not case.steps.exists()


def test_it_keeps_a_step_once(house: House) -> None:
    """The same page twice is one step; two colleagues who say different things are told so."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    for _ in range(2):
        done(house.doctor, case, "see", DAY5, note="warm, soft")
    with pytest.raises(Conflict):
        done(house.nurse, case, "see", DAY5, note="cold")
    assert [row.note for row in case.steps.all()] == ["warm, soft"]


def test_it_does_not_take_a_talk_for_a_step(house: House) -> None:
    """Calling or writing to the patient stops no step's clock, and does not flatter the figures."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    item = item_of(case)
    worklist.contact_patient(
        viewer=house.nurse, item=item, revision=item.revision, outcome=Action.Outcome.REASSURED, at=DAY5 + HOUR
    )
    write_message(viewer=house.nurse, patient=case.patient, key=uuid4(), text="Come today.", at=DAY5 + HOUR)
    item = item_of(case)
    assert item.waiting_since is not None
    with pytest.raises(worklist.Unanswered):
        worklist.close_item(
            viewer=house.doctor, item=item, revision=item.revision, outcome=Action.Outcome.SEEN, note="x", at=DAY5
        )
    told = figures(house.doctor, 30, DAY5 + DAY)
    assert (told.total.answers, told.total.late_open, told.waiting) == (0, 0, 0)


# -- Judgements -------------------------------------------------------------------------------------------------------


def test_it_keeps_every_earlier_judgement_with_its_reason(house: House) -> None:
    """A later judgement counts, the earlier one stays readable with who, when and why."""
    case = judged(house.doctor, house.case(), DAY5, "a fold at the exit", pathway="retraction")
    case = judged(house.nurse, case, DAY5 + HOUR, "warm and red now", pathway="infection")
    held = complication_of(house.doctor, case.pk, DAY5 + HOUR)
    assert held.pathway == "infection"
    told = [(one.value, one.reason, one.by, one.at) for one in held.history(About.PATHWAY)]
    assert told == [
        ("infection", "warm and red now", house.nurse.staff, DAY5 + HOUR),
        ("retraction", "a fold at the exit", house.doctor.staff, DAY5),
    ]


def test_it_asks_why_somebody_judges_otherwise(house: House) -> None:
    """Changing one's mind, or a colleague's judgement, needs a reason."""
    case = judged(house.doctor, house.case(), DAY5, nature="sequela")
    with pytest.raises(Unfit, match="reason"):
        judged(house.nurse, case, DAY5 + HOUR, nature="complication")
    assert complication_of(house.doctor, case.pk, DAY5).value(About.NATURE) == "sequela"


@pytest.mark.parametrize(
    ("about", "value"),
    [("pathway", "bad_luck"), ("nature", "Sequela"), ("technique", "yes"), ("outcome", ""), ("grade", "VI"),
     ("closing", "resolved"), ("weather", "fine")],
)  # fmt: skip
def test_it_takes_only_the_words_of_its_vocabulary(house: House, about: str, value: str) -> None:
    """Nothing else is kept."""
    case = house.case()
    with pytest.raises(Unfit):
        judged(house.doctor, case, DAY5, **{about: value})
    assert not Judgement.objects.exists()


def test_it_grades_only_a_complication_that_was_managed(house: House) -> None:
    """A sequela has no grade, nor has a complication for which nothing was done; what was graded stops counting."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection", nature="sequela")
    with pytest.raises(Unfit, match="managed"):
        judged(house.doctor, case, DAY5, grade="II")
    case = judged(house.doctor, case, DAY5, "antibiotics needed", nature="complication")
    with pytest.raises(Unfit, match="managed"):
        judged(house.doctor, case, DAY5, grade="II")
    case = judged(house.doctor, done(house.doctor, case, "decide", DAY5), DAY5, grade="II")
    assert complication_of(house.doctor, case.pk, DAY5).grade == "II"
    case = judged(house.doctor, case, DAY5 + DAY, "it was the bruise", nature="sequela")
    assert complication_of(house.doctor, case.pk, DAY5).grade == ""


def test_it_shows_what_the_findings_name_before_what_is_usual(house: House) -> None:
    """The engine lists, with its reasons; nothing is chosen before a clinician does."""
    phone, _secret = on_phone(house.doctor, house.procedure.patient)
    checkin = says(phone, house.procedure, MONDAY + 4 * DAY, fever="yes", redness={"level": "moderate"})
    case = house.case(decision=checkin.decisions.get())
    held = complication_of(house.doctor, case.pk, DAY5)
    named = [one.pathway.id for one in held.candidates if one.because]
    assert "infection" in named[:3]
    assert [bool(one.because) for one in held.candidates] == sorted(
        (bool(one.because) for one in held.candidates), reverse=True
    )
    assert all(one.usual for one in held.candidates if not one.because)
    assert held.pathway == ""


def test_it_judges_the_technique_by_what_is_said_of_the_threads(house: House) -> None:
    """A judgement can name the protocol's remarks on these threads, and no others."""
    case = house.case()
    entry = complication_of(house.doctor, case.pk, DAY5).remarks[0].entry
    told: dict[str, Any] = {"viewer": house.doctor, "complication": case, "about": "technique", "at": DAY5}
    with pytest.raises(Unfit, match="remarks"):
        flow.judge(**told, value="likely", revision=0, more={"remarks": ["advice.invented"]})
    flow.judge(**told, value="likely", revision=0, more={"remarks": [entry]})
    assert case.judgements.get().more == {"remarks": [entry]}


# -- Opening and closing ----------------------------------------------------------------------------------------------


def test_it_opens_a_case_once(house: House) -> None:
    """The same page sent twice is one case."""
    key = uuid4()
    assert house.case(key=key) == house.case(key=key)
    assert Complication.objects.count() == 1


@pytest.mark.parametrize(
    "said", [{"began_day": 6}, {"began_day": -1}, {"zone": "moon"}, {"side": "up"}, {"threads": [uuid4()]}]
)
def test_it_opens_no_case_that_cannot_be(house: House, said: dict[str, Any]) -> None:
    """A day to come, a place that does not exist, a thread that was never placed."""
    with pytest.raises(Unfit):
        house.case(**said)


def test_it_takes_no_decision_of_somebody_else(house: House) -> None:
    """A case belongs to one procedure of one patient."""
    other = a_procedure(house.doctor, a_patient(house.doctor, name="Berta Beispiel"))
    phone, _secret = on_phone(house.doctor, other.patient)
    checkin = says(phone, other, MONDAY + 4 * DAY, fever="yes")
    with pytest.raises(Missing):
        house.case(decision=checkin.decisions.get())


def test_it_is_closed_with_an_outcome_and_a_reason(house: House) -> None:
    """Closing ends its item, keeps its history, and can be undone with a reason; the steps then count from there."""
    case = judged(house.doctor, house.case(), DAY5, pathway="infection")
    told: dict[str, Any] = {"viewer": house.doctor, "complication": case, "revision": case.revision, "at": DAY5 + DAY}
    with pytest.raises(Unfit, match="outcome"):
        flow.close_complication(**told, outcome="", reason="done")
    with pytest.raises(Unfit, match="closing"):
        flow.close_complication(**told, outcome="resolved", reason=" ")
    case = flow.close_complication(**told, outcome="resolved", reason="dry and pale")
    assert not WorkItem.objects.filter(complication=case, closed_at=None).exists()
    with pytest.raises(Conflict):
        judged(house.doctor, case, DAY5 + DAY, nature="complication")
    again = DAY5 + 3 * DAY
    case = flow.reopen_complication(
        viewer=house.nurse, complication=case, revision=case.revision, reason="red again", at=again
    )
    assert item_of(case).due_at == again + timedelta(minutes=15)
    assert [one.about for one in case.judgements.all()] == ["pathway", "outcome", "closing", "reopening"]


def test_it_lets_two_people_not_overwrite_each_other(house: House) -> None:
    """Who judges on a page that is out of date is told so first."""
    case = house.case()
    judged(house.nurse, case, DAY5, nature="sequela")
    with pytest.raises(Conflict):
        flow.judge(
            viewer=house.doctor, complication=case, revision=0, about="nature", value="complication", reason="x",
            at=DAY5,
        )  # fmt: skip


# -- Removal ----------------------------------------------------------------------------------------------------------


def test_it_knows_what_is_still_in(house: House) -> None:
    """Whole threads leave, parts stay, and trying in vain changes nothing."""
    left, right = house.keys
    house.remove(left, DAY5, count=4)
    house.remove(right, DAY5, count=1, extent=Removal.Extent.PART, left_mm=12)
    house.remove(right, DAY5 + HOUR, count=1, extent=Removal.Extent.NONE, found="not_found")
    found = threads_of(house.doctor, house.procedure)
    assert [(row.state, row.left, row.pieces) for row in found.rows] == [("out", 0, 0), ("part", 4, 1)]
    assert (found.placed, found.left) == (8, 4)


def test_it_takes_out_no_more_than_are_in(house: House) -> None:
    """Not more threads than were placed, not before they were placed, not tomorrow, none that was never there."""
    left, _right = house.keys
    house.remove(left, DAY5, count=3)
    wrong: list[dict[str, Any]] = [
        {"count": 2}, {"count": 0}, {"removed_at": MONDAY - DAY}, {"removed_at": DAY5 + DAY}, {"extent": "half"},
        {"found": "gone"}, {"left_mm": 3}, {"thread": uuid4()},
    ]  # fmt: skip
    for said in wrong:
        with pytest.raises(Unfit):
            house.remove(**{"thread": left, "at": DAY5, "count": 1, **said})
    assert Removal.objects.count() == 1


def test_it_keeps_a_sitting_whole_or_not_at_all(house: House) -> None:
    """Of several threads either all are kept, or none; sent twice, they are kept once."""
    left, right = house.keys
    told: dict[str, Any] = {"viewer": house.doctor, "procedure": house.procedure, "at": DAY5}
    good = [{"key": uuid4(), "thread": key, "removed_at": DAY5, "count": 2, **SAID} for key in (left, right)]
    with pytest.raises(Unfit):
        record_removals(**told, removals=[good[0], {**good[1], "count": 9}])
    assert not Removal.objects.exists()
    for _ in range(2):
        record_removals(**told, removals=good)
    assert threads_of(house.doctor, house.procedure).left == 4


def test_it_corrects_a_removal_without_losing_it(house: House) -> None:
    """The first word stays beside the correction, with what was wrong; two corrections at once are too many."""
    left, right = house.keys
    first = house.remove(left, DAY5, count=4)
    told: dict[str, Any] = {"viewer": house.doctor, "removal": first, "removed_at": DAY5, "at": DAY5, **SAID}
    with pytest.raises(Unfit, match="note"):
        correct_removal(**told, key=uuid4(), thread=right, count=4)
    correct_removal(**told, key=uuid4(), thread=right, count=4, note="It was the other side.")
    with pytest.raises(Conflict):
        correct_removal(**told, key=uuid4(), thread=left, count=1, note="No.")
    found = threads_of(house.doctor, house.procedure)
    assert [row.state for row in found.rows] == ["in", "out"]
    assert found.corrected == (first,)


def test_it_tells_the_windows_as_dates(house: House) -> None:
    """About two months to take a thread out with good prospects, then a capsule; PDO goes in a year; with sources."""
    found = threads_of(house.doctor, house.procedure)
    assert found.reversal is not None
    assert found.capsule is not None
    absorbed = found.rows[0].absorbed
    assert absorbed is not None
    days = [
        (one and (one - MONDAY.date()).days)
        for one in (found.reversal.last, found.capsule.first, absorbed.first, absorbed.last)
    ]
    assert days == [60, 60, 120, 365]
    assert "K19" in found.reversal.sources
    assert "K14" in absorbed.sources


# -- Counting ---------------------------------------------------------------------------------------------------------


def test_it_counts_against_all_signed_procedures(house: House) -> None:
    """Two cases in one procedure are one procedure of all that were signed; what nobody judged is counted apart."""
    a_procedure(house.doctor, a_patient(house.doctor, name="Berta Beispiel"))
    for _ in range(2):
        judged(house.doctor, house.case(), DAY5, pathway="infection", nature="complication")
    house.case()
    found = counts(house.doctor)
    infection = next(one for one in found.pathways if one.name == "infection")
    assert (infection.cases, infection.procedures, infection.of) == (2, 1, 2)
    assert infection.interval is not None
    assert {one.name: one.cases for one in found.natures} == {"sequela": 0, "complication": 2, "dissatisfaction": 0}
    assert found.unjudged == 1


def test_it_is_seen_by_its_own_clinic_alone(house: House) -> None:
    """Another clinic finds no case, and cannot act on it."""
    case = a_case(house.doctor, house.procedure)
    stranger = a_staff(a_clinic("ahorn"))
    with pytest.raises(Missing):
        complication_of(stranger, case.pk, DAY5)
    with pytest.raises(Missing):
        judged(stranger, case, DAY5, nature="sequela")
