"""What came of it is asked at fixed times, of both sides, and counted with what it is counted of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from afterthread.clinic.flow.procedure import close_procedure, correct_procedure, sign_procedure
from afterthread.clinic.flow.record.outcome import remind_outcomes, tell_outcome
from afterthread.clinic.models import Delivery, Outcome, Patient, Procedure
from afterthread.clinic.queries.record.outcome import Moment, due_on, result_of
from afterthread.clinic.queries.record.overview import PointFigures, overview
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from afterthread.exchange.letter import letters_of
from tests.lib.clinic import MONDAY, SIGNING, a_clinic, a_patient, a_procedure, a_staff, agreed, on_phone

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer) -> Procedure:
    """Signed on Monday 2 March 2026."""
    return a_procedure(doctor, a_patient(doctor))


def herself(procedure: Procedure) -> Viewer:
    """The patient."""
    return Viewer(role=Role.PATIENT, clinic=procedure.clinic, patient=procedure.patient)


def tell(viewer: Viewer, procedure: Procedure, point: str, at: datetime, **said: Any) -> Outcome:
    """One assessment."""
    return tell_outcome(viewer=viewer, procedure=procedure, key=uuid4(), point=point, at=at, **said)


def moment(viewer: Viewer, procedure: Procedure, point: str, at: datetime) -> Moment:
    """A point as it stands."""
    found = result_of(viewer, procedure, at).moment(point)
    assert found is not None
    return found


def figures(viewer: Viewer, point: str, at: datetime, **chosen: str) -> PointFigures:
    """A point of the overview."""
    return next(one for one in overview(viewer, at, **chosen).points if one.point == point)


# -- When it is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zero", "point", "due"),
    [
        (date(2026, 3, 2), "2w", date(2026, 3, 16)),
        (date(2026, 3, 2), "1m", date(2026, 4, 2)),
        (date(2026, 1, 31), "1m", date(2026, 2, 28)),
        (date(2028, 1, 31), "1m", date(2028, 2, 29)),
        (date(2025, 11, 30), "3m", date(2026, 2, 28)),
        (date(2026, 8, 31), "6m", date(2027, 2, 28)),
        (date(2028, 2, 29), "12m", date(2029, 2, 28)),
        (date(2026, 8, 31), "18m", date(2028, 2, 29)),
        (date(2026, 12, 15), "18m", date(2028, 6, 15)),
    ],
)
def test_it_is_asked_on_the_same_day_of_a_later_month(zero: date, point: str, due: date) -> None:
    """Months are those of the calendar; where one has no such day, its last."""
    assert due_on(zero, point) == due


def test_it_is_asked_on_the_calendar_of_the_patient(doctor: Viewer) -> None:
    """Where she lives a day begins earlier or later than at the clinic."""
    abroad = a_procedure(doctor, a_patient(doctor, time_zone="Pacific/Auckland"))
    evening = datetime.fromisoformat("2026-03-15T20:00:00+01:00")
    assert moment(doctor, abroad, "2w", evening).reached
    assert not moment(doctor, abroad, "2w", evening - timedelta(hours=12)).reached


def test_it_is_open_until_the_next_point_begins(doctor: Viewer, procedure: Procedure) -> None:
    """One point at a time is asked; what was missed can still be said."""
    result = result_of(doctor, procedure, MONDAY + 13 * DAY)
    assert result.now is None
    for days, point in ((14, "2w"), (30, "2w"), (31, "1m"), (91, "1m"), (92, "3m"), (600, "18m"), (3000, "18m")):
        now = result_of(doctor, procedure, MONDAY + days * DAY).now
        assert now is not None
        assert now.point == point


def test_it_takes_a_late_answer_and_says_that_it_is_late(procedure: Procedure) -> None:
    """Late is always accepted, and marked."""
    viewer = herself(procedure)
    tell(viewer, procedure, "2w", MONDAY + 20 * DAY, improvement=4)
    tell(viewer, procedure, "1m", MONDAY + 200 * DAY, improvement=3)
    assert not moment(viewer, procedure, "2w", MONDAY + 300 * DAY).mine_late
    assert moment(viewer, procedure, "1m", MONDAY + 300 * DAY).mine_late


def test_it_takes_a_visit_that_is_a_little_early(doctor: Viewer, procedure: Procedure) -> None:
    """Appointments do not fall on a date: a tenth of the time early is near enough, more is not."""
    with pytest.raises(Conflict, match="early"):
        tell(doctor, procedure, "3m", MONDAY + 82 * DAY, improvement=4)
    assert tell(doctor, procedure, "3m", MONDAY + 84 * DAY, improvement=4).day == 84


# -- What is kept -----------------------------------------------------------------------------------------------------


def test_it_keeps_both_sides_apart_and_overwrites_nothing(doctor: Viewer, procedure: Procedure) -> None:
    """The last word of each side counts; the one before stays."""
    viewer, at = herself(procedure), MONDAY + 95 * DAY
    tell(viewer, procedure, "3m", at, improvement=5, satisfaction=5)
    tell(viewer, procedure, "3m", at + DAY, improvement=2, satisfaction=2, words="It has sunk again.")
    tell(doctor, procedure, "3m", at, improvement=4, still_visible="partly")
    found = moment(doctor, procedure, "3m", at + 2 * DAY)
    assert found.mine is not None
    assert found.theirs is not None
    assert (found.mine.improvement, found.theirs.improvement) == (2, 4)
    assert Outcome.objects.count() == 3


def test_it_keeps_what_was_sent_twice_once(procedure: Procedure) -> None:
    """The same key is the same answer."""
    told: dict[str, Any] = {"viewer": herself(procedure), "procedure": procedure, "key": uuid4(), "point": "2w"}
    first, second = (tell_outcome(**told, at=MONDAY + 15 * DAY, improvement=grade) for grade in (4, 1))
    assert first.pk == second.pk
    assert Outcome.objects.get().improvement == 4


def test_it_lets_nobody_speak_for_her(doctor: Viewer, procedure: Procedure) -> None:
    """How satisfied she is only she can say; of another patient's procedure nothing can be said."""
    with pytest.raises(Refused):
        tell(doctor, procedure, "2w", MONDAY + 15 * DAY, improvement=4, satisfaction=5)
    stranger, _ = on_phone(doctor, a_patient(doctor, name="Berta"))
    with pytest.raises(Missing):
        tell(stranger, procedure, "2w", MONDAY + 15 * DAY, improvement=4)
    with pytest.raises(Refused):
        tell(a_staff(procedure.clinic, Role.COORDINATOR), procedure, "2w", MONDAY + 15 * DAY, improvement=4)


def test_it_takes_no_empty_answer(procedure: Procedure) -> None:
    """An answer answers something."""
    with pytest.raises(Conflict, match="empty"):
        tell(herself(procedure), procedure, "2w", MONDAY + 15 * DAY)


# -- Asking once by letter --------------------------------------------------------------------------------------------


def asked(at: datetime) -> int:
    """How many letters a sweep queues."""
    return len(list(remind_outcomes(at)))


def test_it_asks_by_letter_once_after_two_days(procedure: Procedure) -> None:
    """Not at once, not twice, and not weeks later; the letter says nothing of health."""
    del procedure
    assert [asked(MONDAY + days * DAY) for days in (14, 15, 16, 17, 20)] == [0, 0, 1, 0, 0]
    letter = letters_of(Delivery.objects.get(cause__startswith="outcome:"), MONDAY + 16 * DAY)[0]
    assert letter.subject == "A short question"
    assert "/p/outcome" in letter.text
    assert not {word for word in ("thread", "lift", "face", "Anna") if word in letter.text + letter.subject}
    assert asked(MONDAY + 33 * DAY) == 1
    assert asked(MONDAY + (92 + 40) * DAY) == 0


def test_it_asks_nobody_who_has_said_it(doctor: Viewer, procedure: Procedure) -> None:
    """Her own answer ends it, the clinician's does not; nor is anybody asked whose follow-up was ended."""
    tell(doctor, procedure, "2w", MONDAY + 14 * DAY, improvement=4)
    tell(herself(procedure), procedure, "1m", MONDAY + 31 * DAY, improvement=4)
    assert asked(MONDAY + 16 * DAY) == 1
    assert asked(MONDAY + 35 * DAY) == 0
    close_procedure(viewer=doctor, procedure=procedure, at=MONDAY + 40 * DAY)
    assert asked(MONDAY + 95 * DAY) == 0
    procedure.refresh_from_db()
    assert result_of(doctor, procedure, MONDAY + 95 * DAY).asked is None


def test_it_asks_nobody_by_letter_without_an_address(doctor: Viewer) -> None:
    """She sees the question in her diary."""
    a_procedure(doctor, a_patient(doctor, email=""))
    assert asked(MONDAY + 16 * DAY) == 0


# -- The figures of a clinic ------------------------------------------------------------------------------------------


def told(doctor: Viewer, mine: int | None, theirs: int | None, at: datetime = MONDAY, **record: Any) -> Procedure:
    """A procedure with grades at three months, or without."""
    done = a_procedure(doctor, a_patient(doctor), at, **record)
    if mine:
        tell(herself(done), done, "3m", at + 95 * DAY, improvement=mine, satisfaction=mine, would_repeat="yes")
    if theirs:
        tell(doctor, done, "3m", at + 95 * DAY, improvement=theirs)
    return done


def test_it_counts_of_all_that_are_old_enough(doctor: Viewer) -> None:
    """Who did not answer is in the denominator, who cannot be asked yet is not."""
    told(doctor, 4, 4)
    told(doctor, None, None)
    told(doctor, None, None, MONDAY + 60 * DAY)
    found = figures(doctor, "3m", MONDAY + 100 * DAY)
    assert found.due == 2
    assert (found.patient.answered.hits, found.patient.answered.n) == (1, 2)
    assert [one.hits for one in found.patient.grades] == [0, 0, 0, 1, 0]
    assert [one.n for one in found.satisfaction] == [1] * 5


def test_it_compares_the_two_sides(doctor: Viewer) -> None:
    """The same grade, one beside it, and who grades higher; only where both did."""
    for mine, theirs in ((4, 4), (3, 4), (5, 2), (4, None), (None, 3)):
        told(doctor, mine, theirs)
    found = figures(doctor, "3m", MONDAY + 100 * DAY)
    assert (found.same.hits, found.same.n) == (1, 3)
    assert (found.near.hits, found.near.n) == (2, 3)
    assert (found.patient_higher, found.clinician_higher) == (1, 1)


def test_it_compares_no_few() -> None:
    """Fewer than ten are too few for a share, however clear they look; ten have their interval."""
    doctor = a_staff(a_clinic())
    for _ in range(9):
        told(doctor, 5, None)
    assert figures(doctor, "3m", MONDAY + 100 * DAY).patient.grades[4].few
    told(doctor, 5, None)
    ten = figures(doctor, "3m", MONDAY + 100 * DAY).patient.grades[4]
    assert not ten.few
    assert ten.interval is not None
    assert ten.interval == pytest.approx((0.722, 1.0), abs=0.001)


def test_it_counts_by_what_was_placed(doctor: Viewer) -> None:
    """One thread has to have all that was chosen; a correction of the record counts at once."""
    brow = {"zone": "brow", "side": "left", "kind": "mono", "material": "pcl", "count": 2}
    done = told(doctor, 4, None, threads=[brow, {**brow, "zone": "cheek", "material": "pdo"}])
    told(doctor, 2, None)
    at = MONDAY + 100 * DAY
    counted = {
        choice: overview(doctor, at, **dict(choice)).counted
        for choice in ((), (("material", "pcl"),), (("material", "pdo"),), (("material", "pcl"), ("zone", "cheek")))
    }
    assert list(counted.values()) == [2, 1, 2, 0]
    version = correct_procedure(viewer=doctor, procedure=done, reason="wrong thread", at=at)
    version.threads.filter(zone="brow").update(material="plla")
    agreed(version)
    sign_procedure(viewer=doctor, version=version, revision=version.revision, at=at, despite=SIGNING["despite"])
    assert overview(doctor, at, material="pcl").counted == 0
    assert overview(doctor, at, material="plla").counted == 1


def test_it_asks_the_tables_as_often_for_many_as_for_one(
    doctor: Viewer, django_assert_num_queries: Any
) -> None:  # fmt: skip
    """The figures of a large clinic take no more questions than those of a small one."""
    for _ in range(4):
        told(doctor, 4, 3)
    with django_assert_num_queries(3):
        overview(doctor, MONDAY + 100 * DAY, material="pdo")


def test_it_counts_nothing_of_another_clinic(doctor: Viewer) -> None:
    """Every clinic has its own figures."""
    told(a_staff(a_clinic("ahorn")), 5, 5)
    assert overview(doctor, MONDAY + 100 * DAY).counted == 0
    assert Patient.objects.count() == 1
