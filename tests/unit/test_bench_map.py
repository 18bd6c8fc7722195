"""The figure of the map would notice a page that grows with its threads."""

import pytest

from bench.map import ASKED, Timed, rows


@pytest.mark.parametrize(("full", "met"), [(ASKED, True), (ASKED + 0.1, False)])
def test_it_misses_a_map_that_is_slow_when_it_is_full(full: float, met: bool) -> None:
    """As often as long as it may be, and no longer; opening and drawing have limits of their own."""
    found = {name: Timed([1.0], [1.0]) for name in ("opened", "drawn")} | {"asked": Timed([1.0], [full])}
    assert [row["met"] for row in rows(found)] == [met, True, True]
