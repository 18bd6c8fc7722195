"""What is written as TOML is read back as it was."""

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.protocol.write import write

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = TEXT | st.booleans() | st.integers(-(2**62), 2**62)
TABLES = st.recursive(
    st.dictionaries(TEXT, PLAIN | st.lists(PLAIN, max_size=3), max_size=4),
    lambda below: st.dictionaries(TEXT, PLAIN | below, max_size=4),
    max_leaves=8,
)


@given(TABLES)
def test_it_is_read_back_as_it_was(table: dict[str, Any]) -> None:
    """Whatever letters keys and texts have, tomllib finds the same tables, and no table is lost."""
    assert tomllib.loads(write(table)) == table


@given(TABLES)
def test_it_writes_the_same_text_for_the_same_tables(table: dict[str, Any]) -> None:
    """The order in which a database gives keys back changes no letter, so no digest."""
    turned = dict(reversed(list(table.items())))
    assert write(turned) == write(table)


def test_it_can_be_read_by_people() -> None:
    """It looks as somebody would have written it."""
    table = {"step": {"sauna": {"end": "28d"}}, "id": "ahorn"}
    assert write(table) == 'id = "ahorn"\n[step.sauna]\nend = "28d"\n'


@pytest.mark.parametrize("value", [None, 1.5, date(2026, 1, 1), {1}])
def test_it_refuses_what_it_cannot_write(value: object) -> None:
    """What no overlay holds is an error, and not a guess."""
    with pytest.raises(TypeError, match="TOML has no way"):
        write({"key": value})
