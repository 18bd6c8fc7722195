"""The emergency page: open to anybody, in their language, with numbers that are right for them."""

import pytest
from django.test import Client

from afterthread.clinic.models.country import EVERYWHERE, NUMBERS
from afterthread.diary.emergency import COUNTRIES
from tests.unit.diary.conftest import Diary


@pytest.mark.django_db
def test_it_opens_for_anybody() -> None:
    """Without a session there are the numbers of the countries and what to do."""
    page = Client().get("/p/emergency").content.decode()
    assert "tel:112" in page
    assert "Japan" in page
    assert "Call an ambulance now: 112" in page
    assert "not clinically validated" in page


@pytest.mark.django_db
def test_it_speaks_to_strangers_in_their_language() -> None:
    """A browser that asks for Russian reads Russian."""
    page = Client(headers={"accept-language": "ru,en;q=0.5"}).get("/p/emergency").content.decode()
    assert "Вызовите скорую" in page or "скорую помощь" in page


def test_it_names_the_clinics_own_numbers(diary: Diary) -> None:
    """A patient reads her clinic's emergency number and telephone, and no list."""
    page = diary.get("emergency").content.decode()
    assert "+49 30 5550100" in page
    assert "Praxis am Ostkreuz." in page
    assert "Japan" not in page


def test_it_names_every_country_it_has_a_number_for() -> None:
    """No number stands without its country."""
    assert {code for code, number in NUMBERS.items() if number != EVERYWHERE} <= set(COUNTRIES)
