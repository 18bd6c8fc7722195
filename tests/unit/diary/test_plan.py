"""The plan: every restriction with its end and its reason, and the sources behind each line."""

import pytest

from afterthread.protocol.load import shipped
from tests.unit.diary.conftest import Diary


def test_it_says_until_when_and_why(diary: Diary) -> None:
    """Intense sport stands under its first free day, with the sentence of the protocol."""
    page = diary.on(5).get("plan").content.decode()
    assert "Allowed from Monday 16 March" in page
    assert "Intense sport" in page
    assert "Clenched teeth" in page
    assert "/p/why/step.sport_intense" in page


def test_it_never_promises_an_end_that_is_none(diary: Diary) -> None:
    """What is never allowed has no date."""
    page = diary.on(300).get("plan").content.decode()
    assert "Never by yourself" in page
    assert "Pulling or cutting a thread yourself" in page


@pytest.mark.parametrize("day", [0, 1, 14, 45, 400, 3000, 9000])
def test_it_stands_on_any_day(diary: Diary, day: int) -> None:
    """From the first hours to years later every page opens."""
    diary.on(day)
    for path in ("", "plan", "plan/leaflet", "checkin", "history", "messages"):
        assert diary.get(path).status_code == 200


def test_it_prints_the_danger_signs_and_the_numbers(diary: Diary) -> None:
    """The leaflet is of use without a telephone screen."""
    page = diary.on(1).get("plan/leaflet").content.decode()
    assert "Is it hard to breathe" in page
    assert "112" in page
    assert "+49 30 5550100" in page
    assert "not clinically validated" in page


def test_it_names_who_says_so(diary: Diary) -> None:
    """Behind a step stand its sources with their kind, and where they disagree what is adopted."""
    page = diary.get("why/step.sport_intense").content.decode()
    assert "Here sources disagree" in page
    assert "What we follow" in page
    assert "clinic’s leaflet" in page


def test_it_explains_every_entry_it_links_to(diary: Diary) -> None:
    """No line of the protocol that a page can name leads nowhere."""
    protocol = shipped()
    for section in ("step", "rule", "course"):
        for id in protocol[section]:
            assert diary.get(f"why/{section}.{id}").status_code == 200, id


@pytest.mark.parametrize("entry", ["rule.nothing", "hazard.airway_lost", "nonsense", "pathway.infection", "."])
def test_it_explains_only_what_is_for_patients(diary: Diary, entry: str) -> None:
    """What does not exist and what is the clinic's own is not found."""
    assert diary.get(f"why/{entry}").status_code == 404


def test_it_reads_in_russian(diary: Diary) -> None:
    """The clinical sentences are those of the language."""
    diary.post("language", language="ru")
    page = diary.on(5).get("plan").content.decode()
    assert "Интенсивн" in page
    assert "Clenched teeth" not in page
