"""Whoever reads Russian reads it everywhere: the catalogue is whole, and nothing is said outside it."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from afterthread.desk.row import duration
from tests.lib.source import PACKAGE
from tests.lib.words import (
    Entry,
    Key,
    compiled,
    marked_in_source,
    marked_in_template,
    read_catalogue,
    read_compiled,
    unmarked,
)

FLOORS = ("clinic", "desk", "diary", "exchange", "server")
CATALOGUE = PACKAGE / "server" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
HEAD, *ENTRIES = read_catalogue(CATALOGUE)
TEMPLATES = [
    path
    for floor in FLOORS
    for path in sorted((PACKAGE / floor).rglob("templates/**/*"))
    if path.suffix in (".html", ".svg", ".txt") and path.name != "gallery.html"  # its words are examples
]
SOURCES = [path for floor in FLOORS for path in sorted((PACKAGE / floor).rglob("*.py"))]
SCRIPTS = sorted(PACKAGE.glob("*/static/**/*.js"))
ALIKE = {"Afterthread"}
"""Names, which are the same in every language."""
DATES = re.compile(r"[DljEMYHi ,:]+")
PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|</?\w[^>]*>")
SHOWN = re.compile(r"(?:textContent|innerText|innerHTML|title|placeholder|ariaLabel)\s*=\s*[\"'`][^\"'`]*[A-Za-z]{2}")


def places(text: str) -> Counter[str]:
    return Counter(PLACES.findall(text))


def is_said(entry: Entry) -> bool:
    if entry.key[1] in ALIKE or DATES.fullmatch(entry.key[1]):
        return all(entry.said)
    return len(entry.said) == (3 if entry.is_plural else 1) and all(
        re.search("[а-яё]", said.lower()) for said in entry.said
    )


def keeps_places(entry: Entry) -> bool:
    wanted = places(entry.parts.get("msgid_plural", entry.key[1]))
    return all(places(said) == wanted for said in entry.said)


def test_it_says_everything_in_russian() -> None:
    """Every sentence has its Russian, every plural its three forms, and nothing is a guess."""
    assert [entry.key for entry in ENTRIES if entry.fuzzy or not is_said(entry)] == []
    assert "nplurals=3;" in HEAD.said[0]


def test_it_keeps_what_is_filled_in() -> None:
    """Names, numbers and tags stand in the Russian as often as in the English."""
    assert [entry.key for entry in ENTRIES if not keeps_places(entry)] == []


@pytest.mark.parametrize(
    "parts",
    [
        {"msgid": "Day %(day)s", "msgstr": "День"},
        {
            "msgid": "%(n)s day",
            "msgid_plural": "%(n)s days",
            "msgstr0": "день",
            "msgstr1": "%(n)s дня",
            "msgstr2": "%(n)s",
        },
    ],
)
def test_it_notices_what_is_not_filled_in(parts: dict[str, str]) -> None:
    """A translation without its number is found."""
    assert not keeps_places(Entry(parts))


def test_it_notices_a_missing_form() -> None:
    """Two plural forms are not enough, and English is no Russian."""
    assert not is_said(Entry({"msgid": "day", "msgid_plural": "days", "msgstr0": "день", "msgstr1": "дня"}))
    assert not is_said(Entry({"msgid": "Save", "msgstr": "Save"}))


@pytest.mark.parametrize(
    ("days", "says"), [(3, "3 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день"), (22, "22 дня"), (111, "111 дней")]
)
def test_it_counts_as_russian_does(days: int, says: str) -> None:
    """One, few and many have forms of their own."""
    with translation.override("ru"):
        assert duration(timedelta(days=days)) == says


def test_it_tells_dates_as_russian_does() -> None:
    """The month in its case, the weekday small and beside it, so that no case is wrong."""
    with translation.override("ru"):
        assert date_format(date(2026, 3, 5), gettext("l j E Y")) == "5 марта 2026 (четверг)"


def test_it_is_compiled() -> None:
    """What pages look up is what people read and correct."""
    assert read_compiled(CATALOGUE.with_suffix(".mo")) == compiled([HEAD, *ENTRIES])


def test_it_collects_what_is_marked() -> None:
    """The catalogue holds the sentences of templates and code, no more and no fewer; `make words` brings it there."""
    marked: set[Key] = set()
    for path in TEMPLATES:
        marked |= set(marked_in_template(path.read_text(encoding="utf-8")))
    for path in SOURCES:
        marked |= set(marked_in_source(path.read_text(encoding="utf-8")))
    assert marked ^ {entry.key for entry in ENTRIES} == set()


def test_it_names_no_day_of_collecting() -> None:
    """The catalogue changes with its words alone."""
    assert "POT-Creation-Date" not in HEAD.said[0]
    assert not re.search("^#: .*:[0-9]", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)


def test_it_marks_every_word_of_a_template() -> None:
    """Nothing that is read or read out stands outside a translation."""
    found = [(path.name, said) for path in TEMPLATES for said in unmarked(path.read_text(encoding="utf-8"))]
    assert [(name, said) for name, said in found if said not in ALIKE] == []


def test_it_notices_a_word_that_is_not_marked() -> None:
    """Between tags and in what is read out, but not in comments, variables and names of classes."""
    found = unmarked(
        '{% comment %}Why{% endcomment %}<p class="card" title="Help">{{ name }} waits</p>'
        "{% blocktranslate with n=n %}since {{ n }}{% endblocktranslate %}{% if a %}–{% endif %}"
    )
    assert found == ["Help", "waits"]


def test_it_leaves_the_words_of_scripts_to_templates() -> None:
    """A script shows what a template or the protocol gave it."""
    assert SHOWN.search('place.textContent = "Sent"')
    assert [path.name for path in SCRIPTS if SHOWN.search(path.read_text(encoding="utf-8"))] == []
