"""The application keeps open what reading needs on a disk that is full."""

import sqlite3
from contextlib import closing
from pathlib import Path

from afterthread.server.wsgi import hold_open


def test_it_keeps_the_files_beside_the_tables(tmp_path: Path) -> None:
    """Whoever closes last takes them away, and on a full disk they cannot be made again."""
    path, beside = tmp_path / "a.sqlite3", tmp_path / "a.sqlite3-shm"
    with closing(sqlite3.connect(path)) as tables:
        tables.execute("PRAGMA journal_mode = WAL")
        tables.execute("CREATE TABLE a (b)")
    assert not beside.exists()
    held = hold_open(str(path))
    assert held is not None
    with closing(sqlite3.connect(path)) as tables:
        tables.execute("INSERT INTO a VALUES (1)")
        tables.commit()
    assert beside.exists()
    held.close()


def test_it_makes_nothing_where_nothing_is(tmp_path: Path) -> None:
    """Before the tables are made there is nothing to hold."""
    assert hold_open(str(tmp_path / "none.sqlite3")) is None
    assert not list(tmp_path.iterdir())
