"""The check-in: quick on a good day, loud on a bad one, and nothing is kept twice, lost or assumed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from afterthread.clinic.flow.worklist import contact_patient
from afterthread.clinic.models import Action, CheckIn, WorkItem
from afterthread.clinic.queries.recovery import recovery_of
from afterthread.clinic.questionnaire import questions_for
from afterthread.diary.ask import alarms
from afterthread.engine.case import read_case
from afterthread.engine.triage import triage
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency
from tests.lib.clinic import a_patient, a_procedure, on_phone, says
from tests.unit.diary.conftest import Diary


def closed(**more: Any) -> dict[str, Any]:
    """The form of a good day; names with two underlines are posted with a dash."""
    groups = [part.group for part in questions_for(shipped(), 1, ()).parts]
    return {"key": uuid4(), **{f"none__{group}": "1" for group in (*groups, "rest")}, **more}


def text(answer: Any) -> str:
    """A page as text."""
    return str(answer.content.decode())


def test_it_asks_the_danger_signs_first(diary: Diary) -> None:
    """They stand on top on every day, and one tap denies them all."""
    page = text(diary.on(1).get("checkin"))
    assert page.index("none-danger") < page.index("none-face")
    assert "Is it hard to breathe" in page


def test_it_takes_a_good_day(diary: Diary) -> None:
    """Everything closed is kept, decided and answered at once."""
    answer = diary.on(1).post("checkin", **closed())
    kept = CheckIn.objects.get()
    assert answer["Location"] == f"/p/checkin/{kept.pk}/"
    assert kept.answers["otherwise"] == "no"
    page = text(diary.client.get(answer["Location"]))
    assert "Care at home" in page
    assert "not clinically validated" in page
    assert not WorkItem.objects.exists()


def test_it_keeps_one_of_two_sendings(diary: Diary) -> None:
    """A double tap leads to the same answer."""
    form = closed()
    first, second = diary.on(1).post("checkin", **form), diary.post("checkin", **form)
    assert first["Location"] == second["Location"]
    assert CheckIn.objects.count() == 1


def test_it_says_when_one_page_was_sent_with_other_answers(diary: Diary) -> None:
    """Going back and changing something is a further check-in, with nothing lost on the way."""
    form = closed()
    diary.on(1).post("checkin", **form)
    answer = diary.post("checkin", **{**form, "words": "I forgot my cheek"})
    assert answer.status_code == 409
    page = text(answer)
    assert "already sent with other answers" in page
    assert "I forgot my cheek" in page
    assert str(form["key"]) not in page


def test_it_warns_before_anything_is_sent(diary: Diary) -> None:
    """A danger sign leads to the number to call; nothing is kept until it is confirmed, and nothing asked twice."""
    form = closed(q__vision="yes", words="it is blurred")
    page = text(diary.on(1).post("checkin", **form))
    assert page.index("tel:112") < page.index("Yes, it is so")
    assert "Call an ambulance now: 112" in page
    assert "it is blurred" in page
    assert not CheckIn.objects.exists()
    answer = diary.post("checkin", **form, confirmed="1")
    assert CheckIn.objects.get().words == "it is blurred"
    page = text(diary.client.get(answer["Location"]))
    assert "tel:112" in page
    assert "The clinic will look by 12:15 today." in page
    assert WorkItem.objects.get().urgency == Urgency.EMERGENCY


def test_it_does_not_cry_for_ever(diary: Diary) -> None:
    """Once the clinic has answered an emergency, its page is a page again, with the number and who answered."""
    answer = diary.on(1).post("checkin", **closed(q__vision="yes"), confirmed="1")
    assert "patient bare alarm" in text(diary.client.get(answer["Location"]))
    item, later = WorkItem.objects.get(), diary.at + timedelta(minutes=5)
    contact_patient(viewer=diary.doctor, item=item, revision=item.revision, outcome=Action.Outcome.REFERRED, at=later)
    page = text(diary.client.get(answer["Location"]))
    assert "patient bare alarm" not in page
    assert "tel:112" in page
    assert "answered today at 12:05" in page


def test_it_forgives_a_slip(diary: Diary) -> None:
    """Only the answer that was a slip is asked anew."""
    page = text(diary.on(1).post("checkin", **closed(q__vision="yes", q__bruise="mild"), slip="1"))
    assert "Nothing was sent" in page
    assert 'name="q-bruise" value="mild" checked' in page
    assert 'name="q-vision" value="yes" checked' not in page
    assert not CheckIn.objects.exists()


def test_it_knows_an_emergency_of_two_answers(diary: Diary) -> None:
    """Spreading redness with fever warns as one danger sign does, and the page knows it before it is sent."""
    form = closed(q__fever="yes", q__redness_spreading="yes")
    assert "Yes, it is so" in text(diary.on(1).post("checkin", **form))
    assert "redness_spreading" in text(diary.get("checkin")).split('data-alarms="')[1].split('"')[0]


def test_it_warns_of_every_emergency_that_answers_alone_can_tell(diary: Diary) -> None:
    """Whatever the page warns of is an emergency to the engine, and no danger sign is missing."""
    recovery = recovery_of(diary.phone, diary.patient, diary.on(1).at)
    found = alarms(recovery, recovery.words("en"), diary.at)
    for alarm in found:
        answers = {id: levels[0] for id, levels in alarm["where"].items()}
        checkin = {"day": 1, "answers": answers, "otherwise": "no"}
        decided = triage(recovery.protocol, read_case(recovery.protocol, {"procedure": {}, "checkins": [checkin]}))
        assert decided.urgency is Urgency.EMERGENCY
        assert alarm["do"]
    warned = {id for alarm in found for id in alarm["where"]}
    assert warned >= {one.id for one in recovery.protocol["question"].values() if one.red_flag}
    assert not any("periocular_threads" in alarm["where"] for alarm in found)


def test_it_asks_once_for_what_is_open(diary: Diary) -> None:
    """A group that was left out and matters comes back alone; the second sending is kept as it is."""
    form = closed(words="all fine")
    del form["none__infection"]
    page = text(diary.on(1).post("checkin", **form))
    assert "still open" in page
    assert 'name="none-infection"' in page
    assert 'id="g-danger"' not in page
    assert "all fine" in page
    assert not CheckIn.objects.exists()
    diary.post("checkin", **form, again="1")
    assert "fever" not in CheckIn.objects.get().answers["answers"]
    assert WorkItem.objects.get().urgency == Urgency.ROUTINE


def test_it_carries_everything_through_the_second_page(diary: Diary) -> None:
    """What the second page carries along and what is answered on it are one check-in."""
    form = closed(q__bruise="mild")
    del form["none__rest"]
    page = text(diary.on(1).post("checkin", **form))
    assert "One thing is still open" in page
    assert '<input type="hidden" name="none-danger" value="1">' in page
    assert '<input type="hidden" name="q-bruise" value="mild">' in page
    diary.post("checkin", **form, none__rest="1", again="1")
    assert CheckIn.objects.get().answers["otherwise"] == "no"


def test_it_believes_who_does_not_know(diary: Diary) -> None:
    """ "I don't know" is not asked again; it is kept, and somebody looks."""
    diary.on(1).post("checkin", **closed(q__fever="unknown"))
    assert CheckIn.objects.get().answers["answers"]["fever"] == {"level": "unknown"}
    assert WorkItem.objects.exists()


def test_it_goes_on_asking_for_what_was_there(diary: Diary) -> None:
    """A sign of the last check-in stands on the page although its days are over."""
    diary.on(60)
    says(diary.phone, diary.procedure, diary.at, bruise="mild")
    assert 'id="g-face"' in text(diary.on(70).get("checkin"))


def test_it_takes_no_endless_words(diary: Diary) -> None:
    """Too long is said beside the words, and nothing is lost."""
    answer = diary.on(1).post("checkin", **closed(words="ж" * 4001))
    assert answer.status_code == 400
    assert "ж" * 4001 in text(answer)
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("bad", [{"q__fever": "perhaps"}, {"q__swelling": "mild", "q__swelling__zone": "moon"}])
def test_it_refuses_answers_that_are_none(diary: Diary, bad: dict[str, str]) -> None:
    """What no form of ours sends is not guessed at."""
    answer = diary.on(1).post("checkin", **closed(**bad))
    assert answer.status_code == 400
    assert not CheckIn.objects.exists()


def test_it_mends_a_lost_key(diary: Diary) -> None:
    """A form without its key is still taken."""
    assert diary.on(1).post("checkin", **{**closed(), "key": "lost"}).status_code == 302


def test_it_says_that_the_answer_changed(diary: Diary) -> None:
    """A phone that had shown something calmer is contradicted in plain words."""
    answer = diary.on(1).post("checkin", **closed(q__fever="yes"), shown="self_care")
    assert "Your phone first said: Care at home" in text(diary.client.get(answer["Location"]))


def test_it_shows_reasons_with_their_sources(diary: Diary) -> None:
    """What is normal and what is not stand apart, each with a way to who says so."""
    answer = diary.on(1).post("checkin", **closed(q__fever="yes", q__bruise="mild"))
    page = text(diary.client.get(answer["Location"]))
    assert page.index("What is not as expected") < page.index("What is normal today")
    assert "/p/why/course.bruise" in page
    assert "expected until day 14" in page


def test_it_hides_the_answers_of_others(diary: Diary) -> None:
    """An id of nobody, or of somebody else of the same clinic, is not found."""
    other = a_patient(diary.doctor, email="other@patient.example")
    hers = says(on_phone(diary.doctor, other)[0], a_procedure(diary.doctor, other), diary.on(1).at)
    assert diary.get(f"checkin/{hers.pk}/").status_code == 404
    assert diary.get(f"checkin/{uuid4()}/").status_code == 404


def test_it_looks_back(diary: Diary) -> None:
    """The history holds every check-in in words, the newest first."""
    says(diary.phone, diary.procedure, diary.on(1).at, swelling={"level": "mild", "side": "one", "zone": "cheek"})
    says(diary.phone, diary.procedure, diary.on(2).at, fever="unknown", words="<b>sore</b>")
    page = text(diary.get("history"))
    assert page.index("Day 2") < page.index("Day 1 ")
    assert "Swelling: a little, only on one side, Cheek and midface" in page
    assert "&lt;b&gt;sore" in page
