"""The table of who may do what."""

from __future__ import annotations

from afterthread.clinic.roles import MAY
from tests.lib.source import SRC


def test_it_has_no_row_that_nothing_asks_for() -> None:
    """Every row is a verb or a page: one that nobody asks for would look like a defence and be none."""
    home = SRC / "afterthread" / "clinic" / "roles.py"
    text = "".join(path.read_text() for path in SRC.rglob("*.py") if path != home and path.name != "setting.py")
    settings = (SRC / "afterthread" / "desk" / "practice" / "setting.py").read_text()
    unused = [row for row in MAY if f'"{row}"' not in text and f'page("{row}"' not in settings]
    assert unused == []
