"""What came of it, on her phone: asked when it is time, remembered, and open to be said late or anew."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from afterthread.clinic.flow.record.handoff import issue_handoff
from afterthread.clinic.models import Handoff, Outcome
from tests.unit.diary.conftest import Diary


def say(diary: Diary, point: str = "2w", **said: Any) -> Any:
    """What the form sends."""
    told = {"key": uuid4(), "session": diary.procedure.pk, "point": point, **said}
    return diary.post("outcome", **told)


def text(response: Any) -> str:
    """A page without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_it_is_asked_when_it_is_time(diary: Diary) -> None:
    """Today and the plan say so from the day on which it is due, until she has answered."""
    for path in ("", "plan"):
        assert "what came of it?" not in text(diary.on(13).get(path))
        assert "Two weeks: what came of it?" in text(diary.on(14).get(path))
    say(diary, improvement="4")
    assert "what came of it?" not in text(diary.get())
    assert "One month: what came of it?" in text(diary.on(31).get())


def test_it_asks_with_what_may_be_expected(diary: Diary) -> None:
    """The protocol's honest words about the material stand above the questions."""
    page = diary.on(92).get("outcome")
    assert "gone by twelve" in text(page)
    assert page.content.decode().count('type="radio"') == 5 + 5 + 3 + 3


def test_it_remembers_what_she_said(diary: Diary) -> None:
    """In her words and grades; said anew, the form holds what she said the last time."""
    assert say(diary.on(14), improvement="4", satisfaction="5", words="Lovely <b>").status_code == 302
    page = text(diary.get("outcome"))
    assert "Clearly better" in page
    assert "Lovely" in page
    again = diary.get("outcome?point=2w").content.decode()
    assert re.search(r'name="improvement" value="4"[^>]* checked', again)
    assert "Lovely &lt;b&gt;" in again


def test_it_takes_a_missed_point_late(diary: Diary) -> None:
    """What was not answered can be answered, and is marked."""
    page = diary.on(120).get("outcome?point=1m")
    assert "late is fine" in text(page)
    say(diary, "1m", improvement="3")
    assert "said late" in text(diary.get("outcome"))


def test_it_offers_help_to_whoever_is_unhappy(diary: Diary) -> None:
    """Worse than before, or very dissatisfied: to write or to check in stands above all else; else it does not."""
    for said, offered in (({"improvement": "1"}, True), ({"satisfaction": "1"}, True), ({"improvement": "2"}, False)):
        say(diary.on(15), **said)
        assert ("Would you like to tell the clinic more?" in text(diary.get("outcome"))) is offered


def test_it_loses_nothing_that_was_typed(diary: Diary) -> None:
    """An empty answer, a grade that is none and a point too early are said plainly; her words stay."""
    assert "at least one" in text(say(diary.on(15)))
    wrong: list[dict[str, Any]] = [{"improvement": "9"}, {"point": "3m"}, {"session": uuid4()}]
    for said in wrong:
        response = say(diary, **{"words": "Kept here.", **said})
        assert response.status_code == 400
        assert "Kept here." in text(response)
    assert not Outcome.objects.exists()


def test_it_says_that_nothing_is_asked_yet(diary: Diary) -> None:
    """Before the first point there is nothing to fill in."""
    page = diary.on(3).get("outcome")
    assert "Nothing is asked now" in text(page)
    assert 'type="radio"' not in page.content.decode()


# -- The card ---------------------------------------------------------------------------------------------------------


def issue(diary: Diary) -> Handoff:
    """A signed page."""
    return issue_handoff(viewer=diary.doctor, procedure=diary.procedure, at=diary.at)


def test_it_shows_her_card(diary: Diary) -> None:
    """The page, the digits on the screen only, and the picture; without a card what to do."""
    assert "There is no card yet" in text(diary.on(4).get("card"))
    card = issue(diary)
    page = diary.get("card").content.decode()
    assert f"{card.pin[:3]} {card.pin[3:]}" in page
    printed = re.sub(r'<section class="card no-print".*?</section>', "", page, flags=re.DOTALL)
    assert f"{card.pin[:3]} {card.pin[3:]}" not in printed
    assert card.pin not in printed
    assert "L-1" in printed


def test_it_prints_both_languages(diary: Diary) -> None:
    """Her own and English, on paper both."""
    diary.patient.language = "ru"
    diary.patient.save()
    issue(diary.on(4))
    page = diary.get("card").content.decode()
    for language in ("ru", "en"):
        assert f'<article class="leaflet hand-sheet" lang="{language}"' in page
        assert f'<section class="implant" lang="{language}"' in page


def test_she_ends_her_card(diary: Diary) -> None:
    """One tap, and it opens nothing; a page that was sent twice ends nothing else."""
    card = issue(diary.on(4))
    for _ in range(2):
        assert diary.post("card", card=card.pk).status_code == 302
    card.refresh_from_db()
    assert card.revoked_at == diary.at
    assert card.revoked_by is None
    assert "There is no card yet" in text(diary.get("card"))


def test_the_phone_fetches_a_new_card(diary: Diary) -> None:
    """The card is one of the pages that stay on the phone; a new one changes what the phone compares."""
    before = diary.on(4).get("pack.json")["ETag"]
    issue(diary)
    assert diary.get("pack.json")["ETag"] != before
    worker = diary.get("worker.js").content.decode()
    assert '"/p/card"' in worker
    assert "card.css" in worker
