"""Messages: kept once, read once, and never the way for an emergency."""

from datetime import timedelta
from uuid import uuid4

from afterthread.clinic.flow.message import write_message
from afterthread.clinic.models import AuditRow, Message
from tests.unit.diary.conftest import Diary


def test_it_keeps_a_message_once(diary: Diary) -> None:
    """A double tap writes one message, and the page says by when the clinic answers."""
    key = uuid4()
    diary.post("messages", key=key, text="Is this normal?")
    diary.post("messages", key=key, text="Is this normal?")
    assert Message.objects.count() == 1
    page = diary.get("messages").content.decode()
    assert "Is this normal?" in page
    assert "The clinic answers by Tuesday 3 March, 18:00." in page


def test_it_says_to_call_in_an_emergency(diary: Diary) -> None:
    """The number stands above the form."""
    page = diary.get("messages").content.decode()
    assert "For emergencies do not write, call:" in page
    assert page.index("tel:112") < page.index("<textarea")


def test_it_loses_no_text(diary: Diary) -> None:
    """Too long or empty is said beside the field, with the text still there."""
    long = "я" * 4001
    answer = diary.post("messages", key=uuid4(), text=long)
    assert answer.status_code == 400
    assert long in answer.content.decode()
    assert diary.post("messages", key=uuid4(), text=" ").status_code == 400
    assert not Message.objects.exists()


def test_it_counts_a_line_as_it_was_typed(diary: Diary) -> None:
    """Browsers send an end of line as two signs; the limit is that of the field."""
    assert diary.post("messages", key=uuid4(), text="\r\n".join("x" * 1_000)).status_code == 302
    assert diary.post("messages", key=uuid4(), text="a" + "\r\n" * 3_998 + "b").status_code == 302


def test_it_marks_what_is_new_once(diary: Diary) -> None:
    """An answer of the clinic is new on the first look, with who wrote it, and leaves one trace."""
    write_message(viewer=diary.doctor, patient=diary.patient, key=uuid4(), text="Come by", at=diary.at)
    diary.on(0.1)
    assert ">new<" in diary.get("messages").content.decode()
    page = diary.get("messages").content.decode()
    assert "practitioner linden" in page
    assert ">new<" not in page
    assert AuditRow.objects.filter(verb="message.read").count() == 1


def test_it_shows_text_as_text(diary: Diary) -> None:
    """What was written is never markup."""
    text = "<img src=x onerror=alert(1)>"
    write_message(viewer=diary.phone, patient=diary.patient, key=uuid4(), text=text, at=diary.at - timedelta(hours=1))
    assert "<img src=x" not in diary.get("messages").content.decode()
