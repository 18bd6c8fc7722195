"""From a lot to everybody who carries it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterthread.clinic.flow.message import read_messages, write_message
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.flow.record.recall import close_recall, record_answer, tell_patients
from afterthread.clinic.models import Delivery, Message, Notice, Procedure, Removal, Thread, WorkItem
from afterthread.clinic.queries.stock.recall import carriers, recalls_of, search, untold
from afterthread.clinic.roles import Conflict, Missing, Refused, Role, Viewer
from tests.lib.clinic import MONDAY, a_clinic, a_staff, agreed, on_phone, says, sign
from tests.lib.lots import a_carrier, a_lot, a_product, a_recall, a_row

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=1)
TEXTS = {"en": "Please call us.", "ru": "Позвоните нам."}


def removed(doctor: Viewer, procedure: Procedure, thread: Thread, extent: str, count: int = 1, **more: Any) -> Removal:
    """Somebody took threads out."""
    assert doctor.staff is not None
    return Removal.objects.create(
        clinic=procedure.clinic, patient=procedure.patient, procedure=procedure, thread=thread.key, count=count,
        removed_at=NOW, extent=extent, why="recall", recorded_at=NOW, by=doctor.staff, **more,
    )  # fmt: skip


def test_it_finds_everybody_who_carries_the_lot(doctor: Viewer) -> None:
    """However it was typed, from stock or not; other lots and drafts are not found."""
    anna, _ = a_carrier(doctor, "Anna", a_row(lot="pd-2291"), a_row("right", lot="X"))
    berta, _ = a_carrier(doctor, "Berta", a_row(stock=a_lot(doctor, a_product(doctor))))
    a_carrier(doctor, "Carla", a_row(lot="PD-22"))
    found = carriers(doctor, a_recall(doctor, at=NOW))
    assert {one.patient: one.left for one in found} == {anna: 4, berta: 4}


@pytest.mark.parametrize("typed", ["пд-2291", "Пд-2291", " ПД-2291 "])
def test_it_finds_a_lot_in_letters_that_are_not_latin(doctor: Viewer, typed: str) -> None:
    """Capitals are a matter of typing in every alphabet, also for a database that knows only the Latin one."""
    anna, _ = a_carrier(doctor, "Anna", a_row(lot="Пд-2291"))
    assert [one.patient for one in carriers(doctor, a_recall(doctor, typed, at=NOW))] == [anna]
    assert search(doctor, typed).patients == 1


def test_it_finds_a_thread_by_the_lot_in_stock_it_came_from(doctor: Viewer) -> None:
    """Whoever chose the lot from the shelf did not have to write it once more."""
    a_carrier(doctor, "Anna", a_row(lot="", stock=a_lot(doctor, a_product(doctor))))
    assert len(carriers(doctor, a_recall(doctor, at=NOW))) == 1


def test_it_reads_the_last_signed_version(doctor: Viewer) -> None:
    """A correction that says another lot takes her off the list, its draft does not."""
    _, procedure = a_carrier(doctor, "Anna", a_row())
    recall = a_recall(doctor, at=NOW)
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="mixed up", at=NOW)
    draft.threads.update(lot="Y")
    assert len(carriers(doctor, recall)) == 1
    agreed(draft)
    sign(doctor, draft, NOW)
    assert carriers(doctor, recall) == []
    assert len(carriers(doctor, a_recall(doctor, "Y", at=NOW))) == 1


def test_it_leaves_another_product_of_the_same_number_alone(doctor: Viewer) -> None:
    """A thread without stock may be of either, and is found."""
    product, other = a_product(doctor), a_product(doctor, name="Other", gtin="")
    a_carrier(doctor, "Anna", a_row(stock=a_lot(doctor, other)))
    berta, _ = a_carrier(doctor, "Berta", a_row())
    found = carriers(doctor, a_recall(doctor, product=product, at=NOW))
    assert [one.patient for one in found] == [berta]


def test_it_counts_what_was_taken_out(doctor: Viewer) -> None:
    """Whole threads are out, parts are told, and a removal that was corrected does not count."""
    _, procedure = a_carrier(doctor, "Anna", a_row(), a_row("right"))
    left, right = procedure.signed_version().threads.all()
    slip = removed(doctor, procedure, left, "whole", 4)
    removed(doctor, procedure, left, "whole", 1, supersedes=slip)
    removed(doctor, procedure, left, "part", 1)
    removed(doctor, procedure, right, "none", 4)
    rows = carriers(doctor, a_recall(doctor, at=NOW))[0].threads
    assert [(row.out, row.left, row.partly) for row in rows] == [(1, 3, True), (0, 4, False)]


def test_it_asks_as_many_questions_for_many_as_for_one(doctor: Viewer) -> None:
    """Patients, threads, removals, messages and answers of any number."""
    a_carrier(doctor, "Anna", a_row())
    recall = a_recall(doctor, at=NOW)

    def asked() -> int:
        tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW)
        with CaptureQueriesContext(connection) as questions:
            for one in carriers(doctor, recall):
                assert one.patient.name
                assert one.read_at is None
                assert one.notice
                assert str(one.notice.told_by)
                assert [(str(row.version.signed_by), row.thread.stock, row.left) for row in one.threads]
        return len(questions)

    one = asked()
    for name in ("Berta", "Carla", "Dora"):
        _, procedure = a_carrier(doctor, name, a_row(), a_row("right"))
        removed(doctor, procedure, procedure.signed_version().threads.all()[0], "whole")
    assert asked() == one == 4


def test_it_tells_everybody_once_in_her_language(doctor: Viewer) -> None:
    """A message and a letter that says nothing but that there is one; who came later is told later."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    berta, _ = a_carrier(doctor, "Berta", a_row())
    type(berta).objects.filter(pk=berta.pk).update(language="ru")
    recall = a_recall(doctor, at=NOW)
    for _ in range(2):
        tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW)
    assert {one.patient: one.text for one in Message.objects.all()} == {anna: TEXTS["en"], berta: TEXTS["ru"]}
    letters = [json.loads(one.letter) for one in Delivery.objects.filter(cause__startswith="message:")]
    assert letters == [{"kind": "message"}] * 2
    a_carrier(doctor, "Carla", a_row())
    assert len(tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW)) == 1


def test_it_answers_nothing_that_waits_by_telling(doctor: Viewer) -> None:
    """A patient who waits for an answer to her check-in goes on waiting for it."""
    anna, procedure = a_carrier(doctor, "Anna", a_row())
    phone, _ = on_phone(doctor, anna)
    says(phone, procedure, MONDAY + timedelta(hours=5), fever="yes")
    tell_patients(viewer=doctor, recall=a_recall(doctor, at=NOW), texts=TEXTS, at=NOW)
    assert WorkItem.objects.get().waiting_since is not None


def test_it_shows_when_she_read_it_and_what_she_wrote(doctor: Viewer) -> None:
    """Her first message after she was told is the answer; one from before is none."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    phone, _ = on_phone(doctor, anna)
    recall = a_recall(doctor, at=NOW)
    write_message(viewer=phone, patient=anna, key=uuid4(), text="May I run?", at=NOW - timedelta(hours=1))
    tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW)
    assert not carriers(doctor, recall)[0].answered
    read_messages(viewer=phone, patient=anna, at=NOW + timedelta(hours=1))
    for hours, text in ((2, "I will call."), (3, "Thank you.")):
        write_message(viewer=phone, patient=anna, key=uuid4(), text=text, at=NOW + timedelta(hours=hours))
    one = carriers(doctor, recall)[0]
    assert one.read_at == NOW + timedelta(hours=1)
    assert one.reply
    assert one.reply.text == "I will call."


def test_it_keeps_an_answer_by_phone(doctor: Viewer) -> None:
    """Who was reached by phone counts as told; the same words again change nothing, others are added."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    recall = a_recall(doctor, at=NOW)
    for answer in ("Comes on Friday.", "Comes on Friday.", "Came."):
        record_answer(viewer=doctor, recall=recall, patient=anna, answer=answer, at=NOW)
    assert Notice.objects.get().answer == "Comes on Friday.\n\nCame."
    assert untold(doctor, recall) == []
    assert carriers(doctor, recall)[0].answered


def test_it_keeps_no_answer_of_somebody_who_carries_none(doctor: Viewer) -> None:
    """Nobody is drawn into a recall by mistake."""
    other, _ = a_carrier(doctor, "Anna", a_row(lot="X"))
    with pytest.raises(Missing):
        record_answer(viewer=doctor, recall=a_recall(doctor, at=NOW), patient=other, answer="?", at=NOW)
    assert not Notice.objects.exists()


def test_it_calls_a_lot_back_once(doctor: Viewer) -> None:
    """A second recall of the same is a conflict, also when it names a product of it."""
    product = a_product(doctor)
    a_recall(doctor)
    for more in ({"code": "pd-2291 "}, {"product": product}):
        with pytest.raises(Conflict):
            a_recall(doctor, **more)


def test_it_widens_a_recall_of_one_product_to_all(doctor: Viewer) -> None:
    """The other way round it says more, and is opened."""
    a_recall(doctor, product=a_product(doctor))
    a_recall(doctor)
    assert len(recalls_of(doctor)) == 2


def test_it_closes_with_a_conclusion(doctor: Viewer) -> None:
    """Nobody is written to any more; an answer that comes late is still kept, and nothing closes twice."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    recall = a_recall(doctor, at=NOW)
    with pytest.raises(Conflict):
        close_recall(viewer=doctor, recall=recall, revision=7, conclusion="Done.", at=NOW)
    closed = close_recall(viewer=doctor, recall=recall, revision=0, conclusion="Done.", at=NOW)
    with pytest.raises(Conflict):
        close_recall(viewer=doctor, recall=recall, revision=closed.revision, conclusion="Again.", at=NOW)
    with pytest.raises(Conflict):
        tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW)
    record_answer(viewer=doctor, recall=recall, patient=anna, answer="Late.", at=NOW)
    assert recalls_of(doctor)[0].to_tell == 0


def test_it_asks_a_nurse_to_open_and_a_practitioner_to_close() -> None:
    """A coordinator calls and writes down."""
    clinic = a_clinic()
    nurse, office = a_staff(clinic, Role.NURSE), a_staff(clinic, Role.COORDINATOR)
    with pytest.raises(Refused):
        a_recall(office)
    recall = a_recall(nurse)
    with pytest.raises(Refused):
        close_recall(viewer=nurse, recall=recall, revision=0, conclusion="Done.", at=NOW)
    tell_patients(viewer=office, recall=recall, texts=TEXTS, at=NOW)


def test_it_reaches_nobody_who_had_her_name_taken_out(doctor: Viewer) -> None:
    """She is shown, and not written to."""
    anna, _ = a_carrier(doctor, "Anna", a_row())
    type(anna).objects.filter(pk=anna.pk).update(erased_at=NOW)
    recall = a_recall(doctor, at=NOW)
    assert tell_patients(viewer=doctor, recall=recall, texts=TEXTS, at=NOW) == []
    assert [one.reachable for one in carriers(doctor, recall)] == [False]


def test_it_shows_numbers_that_were_typed_almost_alike(doctor: Viewer) -> None:
    """A blank or a letter O is a slip that somebody should look at; it is not decided by itself."""
    a_carrier(doctor, "Anna", a_row(lot="PD 2291"), a_row("right", lot="PD-229I"))
    a_carrier(doctor, "Berta", a_row(lot="PD-2290"))
    found = search(doctor, "pd-2291")
    assert (found.patients, found.threads) == (0, 0)
    assert found.alike == (("PD 2291", 1), ("PD-229I", 1))


def test_it_finds_nothing_of_another_clinic(doctor: Viewer) -> None:
    """Neither people nor recalls nor what was typed alike."""
    a_carrier(a_staff(a_clinic("ahorn")), "Anna", a_row(), a_row(lot="PD 2291"))
    found = search(doctor, "PD-2291")
    assert (found.patients, found.alike) == (0, ())
    assert carriers(doctor, a_recall(doctor)) == []
