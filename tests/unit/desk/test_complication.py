"""The page of a case: what it shows, what its buttons keep, and what it says of wrong input."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.record import complication as flow
from afterthread.clinic.models import Complication, Message, Removal, WorkItem
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import on_phone
from tests.lib.practice import DAY, HOUR, NOW, House, text
from tests.lib.record.complication import done, judged

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour after the check-in with the fever."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


class Ward(House):
    """The clinic, with an open case."""

    def __init__(self) -> None:
        super().__init__()
        self.case = flow.open_complication(
            viewer=self.doctor, procedure=self.procedure, key=uuid4(), began_day=4, zone="cheek", side="left",
            decision=self.item.decision, signs="Warm and red.", at=NOW,
        )  # fmt: skip

    def press(self, button: str, viewer: Viewer | None = None, **typed: Any) -> Any:
        """Press a button of the case as it is now, unless a revision is given."""
        self.case.refresh_from_db()
        told = {"revision": self.case.revision, "key": str(uuid4()), "day": "2026-03-06", "time": "11:00", **typed}
        return self.desk(viewer).post(reverse(f"desk:complication_{button}", args=["linden", self.case.pk]), told)

    def page(self) -> str:
        """What stands on the page."""
        return text(self.desk().get(reverse("desk:complication", args=["linden", self.case.pk])))


@pytest.fixture
def ward() -> Ward:
    """The clinic with its case."""
    return Ward()


def test_it_opens_a_case_from_a_decision(ward: Ward) -> None:
    """The item links to a form in which day and words of the check-in already stand; sent twice it is one case."""
    assert ward.item.decision is not None
    address = reverse("desk:complication_new", args=["linden", ward.version.pk])
    page = text(ward.desk().get(reverse("desk:item", args=["linden", ward.item.pk])))
    assert f"{address}?decision={ward.item.decision.pk}" in page
    form = text(ward.desk().get(f"{address}?decision={ward.item.decision.pk}"))
    assert 'name="began_day" value="4"' in form
    told = {"key": str(uuid4()), "decision": ward.item.decision.pk, "signs": "Red.", "began_day": "4", "zone": "cheek"}
    for _ in range(2):
        answer = ward.desk().post(address, told)
        assert answer.status_code == 302
    made = Complication.objects.exclude(pk=ward.case.pk).get()
    assert made.decision == ward.item.decision


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"began_day": "5"}, "still to come"),
        ({"began_day": "soon"}, "whole number"),
        ({"zone": "moon"}, "valid choice"),
        ({"threads": [str(uuid4())]}, "valid choice"),
        ({"signs": ""}, "required"),
    ],
)
def test_it_says_what_is_wrong_with_a_new_case(ward: Ward, typed: dict[str, Any], says: str) -> None:
    """Beside the field, and nothing typed is lost."""
    told = {"key": str(uuid4()), "signs": "Red and warm.", "began_day": "4", **typed}
    answer = ward.desk().post(reverse("desk:complication_new", args=["linden", ward.version.pk]), told)
    assert answer.status_code == 422
    assert says in text(answer)
    assert typed.get("signs") == "" or "Red and warm." in text(answer)


@pytest.mark.parametrize("decision", ["999999", "x", str(UUID(int=7)), "9" * 40])
def test_it_opens_nothing_from_a_decision_that_is_not_there(ward: Ward, decision: str) -> None:
    """What does not exist, or belongs elsewhere, is not there."""
    address = reverse("desk:complication_new", args=["linden", ward.version.pk])
    assert ward.desk().get(f"{address}?decision={decision}").status_code == 404


def test_it_lists_what_it_could_be_with_signs_and_sources(ward: Ward) -> None:
    """Named by the findings first, each with what, signs, onset, causes, removal and sources."""
    page = ward.page()
    assert page.index("Named by the findings") < page.index("Also usual around day 4")
    assert "Infection around a thread or puncture" in page
    assert "Usual onset: day 2–30" in page
    assert "Removal: the clinician decides" in page
    assert "Say today what it is" in page


def test_it_leaves_unread_what_it_does_not_show(ward: Ward) -> None:
    """Her message does not stand on this page, so whoever opens it has not read her."""
    phone, _ = on_phone(ward.doctor, ward.procedure.patient)
    write_message(viewer=phone, patient=ward.procedure.patient, key=uuid4(), text="It throbs.", at=NOW)
    assert "It throbs." not in ward.page()
    assert Message.objects.get().read_at is None


def test_it_judges_and_shows_the_clock(ward: Ward) -> None:
    """The pathway is kept, the first step is due, and the worklist and the list of cases say so."""
    assert ward.press("judge", about="pathway", pathway="infection").status_code == 302
    page = ward.page()
    assert "The step that comes next" in page
    assert "due in" in page or "overdue" in page
    worklist = text(ward.desk().get(reverse("desk:worklist", args=["linden"])))
    assert "Infection around a thread or puncture. Next step:" in worklist
    listed = text(ward.desk().get(reverse("desk:complications", args=["linden"])))
    assert "Infection around a thread or puncture" in listed
    item = WorkItem.objects.get(complication=ward.case)
    shown = text(ward.desk().get(reverse("desk:item", args=["linden", item.pk])))
    assert reverse("desk:complication", args=["linden", ward.case.pk]) in shown
    assert "Close it with this ending" not in shown


def test_it_keeps_what_was_typed_beside_another_button(ward: Ward) -> None:
    """A note half written is still there after a judgement."""
    answer = ward.press("judge", about="nature", nature="sequela", note="Half a sen")
    assert answer.status_code == 200
    assert "The judgement is kept." in text(answer)
    assert "Half a sen" in text(answer)
    assert not ward.case.remarks.exists()


def test_it_asks_for_a_reason_beside_the_field(ward: Ward) -> None:
    """Judging otherwise than before needs one; what was chosen stays."""
    ward.press("judge", about="nature", nature="sequela")
    answer = ward.press("judge", about="nature", nature="complication")
    assert answer.status_code == 422
    assert "Say why it is judged anew." in text(answer)
    assert ward.press("judge", about="nature", nature="complication", nature_why="Pus.").status_code == 302
    assert "1 earlier judgement" in ward.page()


def test_it_shows_both_when_a_colleague_was_faster(ward: Ward) -> None:
    """What a colleague judged stands there, what was typed too, and the next press counts."""
    judged(ward.nurse, ward.case, NOW, nature="sequela")
    answer = ward.press("judge", revision=0, about="nature", nature="complication", nature_why="I felt pus.")
    assert answer.status_code == 409
    assert "A colleague has changed the case meanwhile" in text(answer)
    assert "I felt pus." in text(answer)
    assert ward.press("judge", about="nature", nature="complication", nature_why="I felt pus.").status_code == 302


def test_it_keeps_a_step_with_its_time(ward: Ward) -> None:
    """Done, when, by whom; a step that is missing something says what."""
    ward.press("judge", about="pathway", pathway="infection")
    assert ward.press("step", step="see", needed="").status_code == 422
    assert ward.press("step", step="see", needed="no").status_code == 422
    late = ward.press("step", step="see", needed="yes", day="2026-03-09")
    assert "It lies in the future" in text(late)
    assert ward.press("step", step="see", needed="yes", step_note="Firm.").status_code == 302
    assert ward.press("step", step="sample", needed="no", step_note="Nothing to sample.").status_code == 302
    page = ward.page()
    assert page.count("not needed</span>") == 1
    assert "Nothing to sample." in page


def test_it_closes_and_opens_again(ward: Ward) -> None:
    """A nurse cannot close; a practitioner needs outcome and reason; opening again needs a reason."""
    ward.press("judge", about="pathway", pathway="infection")
    assert ward.press("close", ward.nurse, outcome="resolved", closing="Well.").status_code == 403
    assert "Choose how it ended." in text(ward.press("close", closing="Well."))
    assert "Say why it is closed now." in text(ward.press("close", outcome="resolved"))
    told: dict[str, Any] = {"outcome": "resolved", "closing": "Dry and pale.", "revision": 1}
    assert [ward.press("close", **told).status_code for _ in range(2)] == [302, 302]  # pressed twice
    assert "Dry and pale." in ward.page()
    assert ward.press("judge", about="nature", nature="sequela").status_code == 409
    assert ward.press("reopen", ward.nurse).status_code == 422
    assert ward.press("reopen", ward.nurse, reopening="Red again.").status_code == 302
    assert WorkItem.objects.filter(complication=ward.case, closed_at=None).exists()


def test_it_refuses_a_text_that_is_too_long(ward: Ward) -> None:
    """In plain words, and what was typed is still there."""
    answer = ward.press("note", note="x" * 5_000)
    assert answer.status_code == 422
    assert "Use at most" in text(answer)


def test_it_counts_on_the_page_of_figures(ward: Ward) -> None:
    """With the denominator and the interval."""
    ward.press("judge", about="nature", nature="complication")
    page = text(ward.desk().get(reverse("desk:figures", args=["linden"])))
    assert "100.0 % (1/1)" in page
    assert "20.7–100.0 %" in page


def test_it_tells_the_story_on_the_page_of_the_patient(ward: Ward) -> None:
    """Open cases with their clock, and everything in the order in which it happened."""
    ward.press("judge", about="pathway", pathway="infection")
    done(ward.doctor, Complication.objects.get(), "see", NOW)
    address = reverse("desk:patient", args=["linden", ward.patient.pk])
    page = text(ward.desk().get(address))
    assert "What it is: Infection around a thread or puncture" in page
    assert "Complication opened; it began on day 4" in page
    assert "Open a complication from it" in page
    only = text(ward.desk().get(f"{address}?show=complication"))
    assert "Complication opened" in only
    assert 'id="checkin-' in page
    assert 'id="checkin-' not in only


def test_it_asks_as_much_of_the_tables_whatever_is_stored(ward: Ward) -> None:
    """The worklist costs the same with one case and with many closed ones, each judged often."""

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            ward.desk().get(reverse("desk:worklist", args=["linden"]))
        return len(queries)

    judged(ward.doctor, ward.case, NOW, pathway="infection")
    before = asked()
    for n in range(5):
        case = flow.open_complication(
            viewer=ward.doctor, procedure=ward.procedure, key=uuid4(), began_day=n % 3, at=NOW
        )
        case = judged(ward.doctor, case, NOW, "again", pathway="infection", nature="complication")
        case = judged(ward.doctor, case, NOW, "no, this", pathway="abscess")
        if n % 2:
            flow.close_complication(
                viewer=ward.doctor, complication=case, revision=case.revision, outcome="resolved", reason="x", at=NOW
            )
    assert asked() == before


# -- Threads ----------------------------------------------------------------------------------------------------------


def address_of(ward: Ward, name: str = "threads") -> str:
    """A page of the procedure's threads."""
    return reverse(f"desk:{name}", args=["linden", ward.version.pk])


def taken(ward: Ward, **typed: Any) -> dict[str, Any]:
    """The form of a sitting with the first row as `typed`."""
    key = ward.version.threads.all()[0].key
    row = {f"t-{key}-{name}": value for name, value in typed.items() if name in ("extent", "count", "left_mm", "found")}
    rest = {name: value for name, value in typed.items() if f"t-{key}-{name}" not in row}
    return {"key": str(uuid4()), "day": "2026-03-06", "time": "10:00", "why": "complication", **row, **rest}


def test_it_shows_every_thread_with_its_windows(ward: Ward) -> None:
    """State, what is left, until when it comes out easily, when it is absorbed, with sources."""
    page = text(ward.desk().get(address_of(ward)))
    assert "the reversal window ends about" in page
    assert "1 May 2026" in page
    assert "between 30 Jun 2026 and 2 Mar 2027" in page
    assert "K19" in page


def test_it_draws_what_is_still_in(ward: Ward) -> None:
    """A thread that was drawn stands on the map as a line, and says when it is out."""
    row = ward.version.threads.all()[0]
    row.view, row.entry_x, row.entry_y, row.exit_x, row.exit_y = "front", 400, 400, 300, 500
    row.save()
    assert 'data-state="in"' in text(ward.desk().get(address_of(ward)))
    ward.desk().post(address_of(ward, "threads_remove"), taken(ward, extent="whole", count="4"))
    page = text(ward.desk().get(address_of(ward)))
    assert 'data-state="out"' in page
    assert 'data-state="in"' not in page  # the other row was only named, and is shown as a zone
    assert "zone on" in page


def test_it_records_a_sitting(ward: Ward) -> None:
    """Two of four threads on the left; twice sent, once kept; then no more than two can follow."""
    told = taken(ward, extent="whole", count="2", found="free", complication=str(ward.case.pk))
    for _ in range(2):
        assert ward.desk().post(address_of(ward, "threads_remove"), told).status_code == 302
    assert Removal.objects.get().complication == ward.case
    page = text(ward.desk().get(address_of(ward)))
    assert "partly in" in page
    assert "2/4" in page
    more = ward.desk().post(address_of(ward, "threads_remove"), taken(ward, extent="whole", count="3"))
    assert more.status_code == 422
    assert "More than are still in." in text(more)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Say of at least one thread what came out."),
        ({"extent": "whole", "day": "2026-03-09"}, "It lies in the future"),
        ({"extent": "whole", "day": "2026-03-01"}, "before the procedure"),
        ({"extent": "whole", "left_mm": "4"}, "Only of a part something is left"),
        ({"left_mm": "4"}, "Say what came out."),
        ({"extent": "whole", "day": "yesterday"}, "Write a date like"),
        ({"extent": "eaten"}, "valid choice"),
    ],
)
def test_it_says_what_is_wrong_with_a_sitting(ward: Ward, typed: dict[str, Any], says: str) -> None:
    """Beside the field; nothing is kept."""
    answer = ward.desk().post(address_of(ward, "threads_remove"), taken(ward, **typed))
    assert answer.status_code == 422
    assert says in text(answer)
    assert not Removal.objects.exists()


def test_it_corrects_a_removal(ward: Ward) -> None:
    """With a reason; both stand on the page; the page of a colleague who was slower says so."""
    ward.desk().post(address_of(ward, "threads_remove"), taken(ward, extent="whole", count="4"))
    row = Removal.objects.get()
    address = reverse("desk:removal_correct", args=["linden", row.pk])
    other = ward.version.threads.all()[1].key
    told = {"key": str(uuid4()), "thread": str(other), "extent": "whole", "count": "4", "why": "other",
            "day": "2026-03-06", "time": "10:00", "note": ""}  # fmt: skip
    assert ward.desk().post(address, told).status_code == 422
    told["note"] = "It was the right side."
    assert [ward.desk().post(address, told).status_code for _ in range(2)] == [302, 302]
    slower = ward.desk().post(address, {**told, "key": str(uuid4())})
    assert "corrected it meanwhile" in text(slower)
    page = text(ward.desk().get(address_of(ward)))
    assert "1 removal as first written" in page
    assert "It was the right side." in page


def test_it_keeps_the_item_of_a_case_until_its_steps_are_kept(ward: Ward) -> None:
    """Whoever forges the close of a step's item is told why it stays."""
    judged(ward.doctor, ward.case, NOW, pathway="infection")
    item = WorkItem.objects.get(complication=ward.case)
    answer = ward.desk().post(
        reverse("desk:item_close", args=["linden", item.pk]), {"revision": item.revision, "ending": "seen", "note": "x"}
    )
    assert answer.status_code == 422
    assert "It ends with the last step of the complication" in text(answer)


def test_it_looks_the_same_a_day_later(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step left for a day is overdue on every page that shows it."""
    judged(ward.doctor, ward.case, NOW, pathway="infection")
    monkeypatch.setattr(clock, "now", lambda: NOW + DAY + HOUR)
    for name in ("worklist", "complications"):
        assert "overdue" in text(ward.desk().get(reverse(f"desk:{name}", args=["linden"])))
    assert "overdue" in ward.page()


def test_it_lists_many_cases_at_the_price_of_one(ward: Ward) -> None:
    """The list of cases asks as often for twenty as for one."""

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            ward.desk().get(reverse("desk:complications", args=["linden"]))
        return len(queries)

    judged(ward.doctor, ward.case, NOW, pathway="infection")
    before = asked()
    for _ in range(5):
        case = flow.open_complication(viewer=ward.doctor, procedure=ward.procedure, key=uuid4(), began_day=1, at=NOW)
        judged(ward.doctor, case, NOW, pathway="retraction")
    assert asked() == before
