"""The clinic's own silence: what is counted, what is not left out, and how sure a share is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.models import Action, WorkItem
from afterthread.clinic.queries.figure import Line, Week, figures, ninetieth, wilson
from afterthread.clinic.roles import Role, Viewer
from afterthread.desk.practice.figure import bars, percent
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TUESDAY = MONDAY + DAY


def waits(doctor: Viewer) -> WorkItem:
    """Fever and redness on Tuesday at ten: due at noon."""
    patient = a_patient(doctor)
    phone, procedure = on_phone(doctor, patient)[0], a_procedure(doctor, patient)
    says(phone, procedure, TUESDAY, fever={"level": "yes"}, redness={"level": "mild"})
    return WorkItem.objects.get(patient=patient)


def answered(doctor: Viewer, minutes: int) -> None:
    """The same, answered after so many minutes."""
    item = waits(doctor)
    flow.contact_patient(
        viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.COMING, at=TUESDAY + minutes * MINUTE
    )


def test_it_counts_the_unanswered_against_us() -> None:
    """Two in time, one late, one unanswered past due: two of four; who waits in time is in no share."""
    doctor = a_staff(a_clinic())
    for minutes in (10, 100, 130):
        answered(doctor, minutes)
    waits(doctor)
    early = figures(doctor, 30, TUESDAY + 119 * MINUTE)
    assert (early.total.asked, early.total.in_time, early.waiting) == (2, 2, 1)
    told = figures(doctor, 30, TUESDAY + 140 * MINUTE)
    assert (told.total.answers, told.total.in_time, told.total.asked, told.waiting) == (3, 2, 4, 1)
    assert told.total.share == 0.5
    assert (told.total.median, told.total.ninetieth) == (6000, 7800)
    assert [urgency for urgency, _ in told.by_urgency] == [Urgency.SAME_DAY]


def test_it_counts_trying_as_no_answer() -> None:
    """A call that reached nobody is no answer, whenever it was made."""
    doctor = a_staff(a_clinic())
    item = waits(doctor)
    flow.contact_patient(
        viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.NO_ANSWER, at=TUESDAY + MINUTE
    )
    told = figures(doctor, 30, TUESDAY + DAY)
    assert (told.total.answers, told.total.share) == (0, 0.0)


def test_it_names_what_was_closed_without_an_answer() -> None:
    """It is in no share, and it is not hidden."""
    doctor = a_staff(a_clinic())
    item = waits(doctor)
    flow.close_item(
        viewer=doctor, item=item, revision=item.revision, outcome=Action.Outcome.MISTAKEN, note="a slip", at=TUESDAY
    )
    told = figures(doctor, 30, TUESDAY + DAY)
    assert (told.total.asked, told.total.share, told.unanswered) == (0, None, 1)


def test_it_keeps_to_the_period_and_to_twelve_weeks() -> None:
    """After 31 days an answer is outside 30 days, inside 90, and in the week in which it was given."""
    doctor = a_staff(a_clinic())
    answered(doctor, 10)
    later = TUESDAY + 31 * DAY
    assert figures(doctor, 30, later).total.answers == 0
    told = figures(doctor, 90, later)
    assert told.total.answers == 1
    assert len(told.weeks) == 12
    assert [week.monday.isoformat() for week in told.weeks if week.line.answers] == ["2026-03-02"]
    assert told.weeks[-1].monday.isoformat() == "2026-03-30"


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_it_bounds_a_share_as_wilson_does(hits: int, n: int, low: float, high: float) -> None:
    """Published intervals (the last is of Newcombe 1998), and never outside 0 and 1."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_it_takes_the_ninetieth_of_what_was_seen() -> None:
    """It is a time that somebody waited: nine of ten waited no longer."""
    assert ninetieth([]) is None
    assert ninetieth([7]) == 7
    assert ninetieth(range(1, 11)) == 9
    assert ninetieth(range(1, 12)) == 10


def test_it_never_rounds_up_to_all() -> None:
    """All is said only when it is all."""
    assert [percent(share) for share in (None, 0.0, 0.996, 1.0)] == ["–", "0 %", "99 %", "100 %"]


def test_it_draws_each_week_as_high_as_it_was() -> None:
    """The part in time is never higher than the whole."""
    lines = [Line(answers, hits, 0, 60.0, 60.0) for answers, hits in ((4, 2), (0, 0), (8, 8))]
    drawn = bars(tuple(Week(MONDAY.date() + number * 7 * DAY, line) for number, line in enumerate(lines)))
    assert [(bar.height, bar.in_time_height) for bar in drawn] == [(49, 24), (0, 0), (98, 98)]


def test_it_shows_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share stands with its count and interval; every member of staff may look, nobody from elsewhere."""
    monkeypatch.setattr(clock, "now", lambda: TUESDAY + 140 * MINUTE)
    clinic = a_clinic()
    doctor = a_staff(clinic)
    answered(doctor, 10)
    waits(doctor)
    address = reverse("desk:figures", args=["linden"])

    def get(viewer: Viewer, more: str = "") -> tuple[int, str]:
        client = Client()
        assert viewer.staff is not None
        client.force_login(viewer.staff.user)
        answer = client.get(address + more)
        return answer.status_code, answer.content.decode()

    status, page = get(a_staff(clinic, Role.ADMIN), "?days=nonsense")
    assert status == 200
    for said in ("50 %", "1 of 2", "interval 9–91 %", "10 min", "Same day", "waiting now, 1 of them past"):
        assert said in page.replace("\u00a0", " "), said
    assert get(a_staff(a_clinic("ahorn")))[0] == 404
