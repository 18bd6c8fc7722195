"""One item: everything to know about it, everything to do about it, and nothing typed is ever lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow import silence
from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.record.consultation import open_consultation
from afterthread.clinic.flow.record.screening import answer_screening
from afterthread.clinic.models import Action, AuditRow, Message, WorkItem
from afterthread.clinic.roles import Role, Viewer
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import at_screen

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FRIDAY = MONDAY + 4 * DAY + 30 * MINUTE
Press = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is looked at half an hour after the check-in."""
    monkeypatch.setattr(clock, "now", lambda: FRIDAY)


class Desk:
    """A clinic with one same-day item, a doctor and a nurse."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.doctor = a_staff(self.clinic, called=1)
        self.nurse = a_staff(self.clinic, Role.NURSE, called=2)
        patient = a_patient(self.nurse, phone="+49 170 5550111")
        procedure = a_procedure(self.doctor, patient)
        phone, _ = on_phone(self.nurse, patient)
        for days, level in ((1, "moderate"), (3, "mild"), (4, "moderate")):
            at = MONDAY + days * DAY
            answers = {"swelling": {"level": level, "side": "both", "zone": "cheek"}}
            says(phone, procedure, at, words="It grows again." if days == 4 else "", **answers)
        self.item = WorkItem.objects.get()

    def address(self, name: str = "item") -> str:
        """A page of the item."""
        return reverse(f"desk:{name}", args=["linden", self.item.pk])

    def press(self, name: str, viewer: Viewer | None = None, **typed: Any) -> Any:
        """Press a button of the page as it was when it was opened, unless a revision is given."""
        told = {"revision": self.item.revision, **typed}
        return at_screen(viewer or self.doctor).post(self.address(name), told)


@pytest.fixture
def desk() -> Desk:
    """A fresh one."""
    return Desk()


def last(desk: Desk) -> Action:
    """What was done last."""
    found = desk.item.actions.last()
    assert found is not None
    return found


def test_it_shows_everything_there_is_to_know(desk: Desk) -> None:
    """Findings, sources by name, her words, what would calm it, complications with steps, phone, who is told next."""
    page = at_screen(desk.doctor).get(desk.address()).content.decode()
    for said in (
        "The swelling is increasing", "How long swelling is normal", "It grows again.", "If swelling",
        "To consider, with the first steps", "within 8 h", "tel:+491705550111", "due in 90 min",
        "Told next if nobody answers:", "practitioner linden", "4 left, 4 right: Cheek and midface",
        "not clinically validated", 'id="chart-swelling-title"',
    ):  # fmt: skip
        assert said in page, said


def test_it_leaves_a_trace_of_who_looked(desk: Desk) -> None:
    """Opening the page is written in the log; the page asking for its own news is not."""
    client = at_screen(desk.nurse)
    client.get(desk.address())
    client.get(desk.address(), headers={"HX-Request": "true"})
    assert AuditRow.objects.filter(verb="patient.opened").count() == 1


def test_it_marks_what_it_shows_as_read(desk: Desk) -> None:
    """The patient's message is read once somebody has opened the item on which it stands."""
    phone, _ = on_phone(desk.nurse, desk.item.patient)
    write_message(viewer=phone, patient=desk.item.patient, key=uuid4(), text="It throbs.", at=FRIDAY - MINUTE)
    assert "It throbs." in at_screen(desk.nurse).get(desk.address()).content.decode()
    assert Message.objects.get().read_at == FRIDAY


def test_it_keeps_the_outcome_of_a_contact(desk: Desk) -> None:
    """Reaching her stops the clock, and the page says how long she had waited; trying alone stops nothing."""
    desk.press("item_contact", outcome="no_answer")
    desk.item.refresh_from_db()
    assert desk.item.waiting_since is not None
    answer = desk.press("item_contact", outcome="coming", note="at five")
    assert answer.status_code == 302
    assert (last(desk).outcome, last(desk).note, last(desk).waited) == ("coming", "at five", 1800)
    assert "waited 30 min, in time" in at_screen(desk.doctor).get(desk.address()).content.decode()


def test_it_asks_for_what_is_missing_beside_the_field(desk: Desk) -> None:
    """A contact without an outcome is not kept; the note that was typed is still there."""
    answer = desk.press("item_contact", note="called twice")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This field is required." in page
    assert "called twice" in page
    assert last(desk).kind == Action.Kind.RAISED


def test_it_keeps_a_typed_note_when_a_colleague_was_faster(desk: Desk) -> None:
    """Claimed by a colleague meanwhile: the page says by whom, keeps everything typed, and the next press counts."""
    flow.claim_item(viewer=desk.nurse, item=desk.item, revision=desk.item.revision, at=FRIDAY)
    typed: dict[str, Any] = {
        "outcome": "reassured",
        "note": "warned her about fever",
        "text": "a draft to her",
        "reason": "calm",
    }
    page = ""
    for button in ("item_claim", "item_contact"):
        answer = desk.press(button, **typed)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "This item has changed meanwhile" in page
        assert [(act["what"], str(act["who"])) for act in answer.context["meanwhile"]] == [("taken", "nurse linden")]
        for said in ("warned her about fever", "a draft to her", "calm"):
            assert said in page
        assert 'value="reassured"' in page
        assert "checked" in page
    assert last(desk).kind == Action.Kind.CLAIMED
    desk.item.refresh_from_db()
    assert f'name="revision" value="{desk.item.revision}"' in page
    assert desk.press("item_contact", outcome="reassured", note="warned her").status_code == 302


def test_it_keeps_what_was_typed_for_another_button(desk: Desk) -> None:
    """A claim or a message that succeeds does not throw away a note that was begun."""
    answer = desk.press("item_claim", note="half a no")
    assert answer.status_code == 200
    assert "half a no" in answer.content.decode()
    desk.item.refresh_from_db()
    assert desk.item.owner == desk.doctor.staff
    sent = desk.press("item", press="send", key=uuid4(), text="Please call us.", note="half a no")
    assert "half a no" in sent.content.decode()
    assert "Please call us.</textarea>" not in sent.content.decode()
    assert Message.objects.get().text == "Please call us."


def test_it_takes_a_double_press_once(desk: Desk) -> None:
    """The same message sent twice is there once; the same contact pressed twice is told that it is there."""
    key = uuid4()
    for _ in range(2):
        desk.press("item", press="send", key=key, text="We call you.")
    assert Message.objects.count() == 1
    desk.item.refresh_from_db()
    desk.press("item_contact", outcome="coming")
    assert desk.press("item_contact", outcome="coming").status_code == 409
    assert desk.item.actions.filter(outcome="coming").count() == 1


def test_it_prepares_the_message_to_come_today(desk: Desk) -> None:
    """The sentence is written below what was typed, nothing is sent, and sending it answers her."""
    answer = desk.press("item", text="Dear Anna,", note="pale voice")
    page = answer.content.decode()
    assert "Dear Anna,\nPlease come to the clinic today" in page
    assert "+49 30 5550100" in page
    assert "pale voice" in page
    assert not Message.objects.exists()
    desk.press("item", press="send", key=uuid4(), text="Please come to the clinic today.")
    assert last(desk).outcome == Action.Outcome.WROTE


def test_it_changes_the_urgency_only_with_a_reason(desk: Desk) -> None:
    """Up or down, the reason is kept and both urgencies are shown; without one nothing changes."""
    assert desk.press("item_override", urgency="1", reason="  ").status_code == 422
    assert desk.press("item_override", urgency="0", reason="nothing").status_code == 422
    assert desk.press("item_override", urgency="1", reason="saw her at noon").status_code == 302
    desk.item.refresh_from_db()
    assert desk.item.urgency == Urgency.ROUTINE
    page = at_screen(desk.doctor).get(desk.address()).content.decode()
    assert "the rules say: Same day" in page
    assert "saw her at noon" in page


def test_it_closes_nothing_unanswered_by_the_way(desk: Desk) -> None:
    """Without an answer a coordinator may not close it, and a clinician says why; with one it closes."""
    coordinator = a_staff(desk.clinic, Role.COORDINATOR)
    refused = desk.press("item_close", coordinator, ending="settled", note="gone")
    assert refused.status_code == 403
    assert "Only a practitioner or nurse" in refused.content.decode()
    unsaid = desk.press("item_close", ending="settled")
    assert unsaid.status_code == 422
    assert "Say here why none is needed" in unsaid.content.decode()
    assert WorkItem.objects.get().closed_at is None
    assert desk.press("item_close", coordinator, ending="seen").status_code == 302
    assert WorkItem.objects.get().closed_at == FRIDAY
    assert desk.item.actions.filter(waited=1800).exists()


def test_it_is_not_stopped_by_its_own_escalation(desk: Desk) -> None:
    """That the next on the list was told while somebody typed does not send her away; new answers do."""
    assert list(silence.escalate(desk.item.due_at + MINUTE))
    assert desk.press("item_contact", outcome="coming").status_code == 302
    desk.item.refresh_from_db()
    seen, item = desk.item.revision, desk.item
    flow.promise_look(
        patient=item.patient,
        procedure=item.procedure,
        kind=WorkItem.Kind.DECISION,
        urgency=Urgency.EMERGENCY,
        at=FRIDAY,
    )
    assert desk.press("item_close", revision=seen, ending="seen").status_code == 409


def test_it_says_that_a_colleague_closed_it(desk: Desk) -> None:
    """Closed meanwhile: what was typed stays on the page and can be kept as a note."""
    flow.close_item(
        viewer=desk.nurse, item=desk.item, revision=desk.item.revision, outcome=Action.Outcome.SEEN, at=FRIDAY
    )
    desk.item.refresh_from_db()
    answer = desk.press("item_contact", outcome="coming", note="comes at five", text="See you at five.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "A colleague has closed it" in page
    assert "comes at five" in page
    assert "See you at five." in page
    assert desk.press("item_note", note="comes at five").status_code == 302


def test_it_refreshes_without_touching_what_is_typed(desk: Desk) -> None:
    """The part that is polled has no fields; it tells when the item changed since the page was opened."""
    ask = {"HX-Request": "true"}
    client, seen = at_screen(desk.doctor), desk.item.revision
    calm = client.get(f"{desk.address()}?seen={seen}", headers=ask).content.decode()
    flow.claim_item(viewer=desk.nurse, item=desk.item, revision=seen, at=FRIDAY)
    told = client.get(f"{desk.address()}?seen={seen}", headers=ask).content.decode()
    assert "has changed since you opened it" not in calm
    assert "has changed since you opened it" in told
    assert 'hx-swap-oob="true"' in told
    assert not any(tag in told for tag in ("<textarea", "<form", "<input", "<html"))


@pytest.mark.parametrize("text", ["a\x07b", "x" * 4001])
def test_it_refuses_text_that_nobody_could_read(desk: Desk, text: str) -> None:
    """Control characters and novels get a clear error, and stay in the field."""
    answer = desk.press("item_note", note=text)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert last(desk).kind == Action.Kind.RAISED


def test_it_goes_back_to_the_list_but_nowhere_else(desk: Desk) -> None:
    """From the list one comes back to the list; an address elsewhere is not followed."""
    there = reverse("desk:worklist", args=["linden"]) + "?show=mine"
    assert desk.press("item_claim", next=there).headers["Location"] == there
    desk.item.refresh_from_db()
    assert desk.press("item_release", next="//evil.example/").headers["Location"] == desk.address()


def test_it_keeps_clinics_and_roles_apart(desk: Desk) -> None:
    """Another clinic finds nothing under either name; a coordinator judges no urgency, an administrator is out."""
    other = a_staff(a_clinic("ahorn"))
    buttons = ("item_claim", "item_release", "item_contact", "item_override", "item_note", "item_close")
    for name in ("item", *buttons):
        for slug in ("linden", "ahorn"):
            address = reverse(f"desk:{name}", args=[slug, desk.item.pk])
            assert at_screen(other).post(address, {"revision": 1, "note": "x"}).status_code == 404
    coordinator, admin = a_staff(desk.clinic, Role.COORDINATOR), a_staff(desk.clinic, Role.ADMIN)
    assert desk.press("item_override", coordinator, urgency="1", reason="x").status_code == 403
    assert "Change the urgency" not in at_screen(coordinator).get(desk.address()).content.decode()
    assert at_screen(admin).get(desk.address()).status_code == 403
    for name in buttons:
        assert desk.press(name, admin, note="x").status_code == 403
        assert at_screen(desk.doctor).get(desk.address(name)).status_code == 405


def test_it_shows_what_was_answered_before_a_session(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient without any procedure yet: the item says so in the list and on its page, and leads to the sessions."""
    doctor = a_staff(a_clinic())
    patient = a_patient(doctor)
    phone, _ = on_phone(doctor, patient)
    held = open_consultation(viewer=doctor, patient=patient, at=MONDAY, zones=["cheek"])
    said = {"otherwise": "no", "answers": {"smoker": "yes"}}
    answer_screening(viewer=phone, consultation=held, key=uuid4(), said=said, at=MONDAY)
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    assert doctor.staff is not None
    client.force_login(doctor.staff.user)
    told = "The screening was answered, and something in it has to be looked at."
    assert told in client.get("/desk/linden/").content.decode()
    page = client.get(f"/desk/linden/items/{WorkItem.objects.get().pk}/").content.decode()
    assert told in page
    assert "/desk/linden/consultations/" in page
    assert "Before a session" in client.get(f"/desk/linden/patients/{patient.pk}/").content.decode()
