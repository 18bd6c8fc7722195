"""The application as a server loads it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterthread.server.settings")


def hold_open(path: str) -> sqlite3.Connection | None:
    """A connection that is never closed, so that the files beside the tables stay there.

    Whoever closes last takes them away, and on a full disk the next cannot make them again: then nobody could even
    read what to do.
    """
    with suppress(sqlite3.OperationalError):  # there are no tables yet
        held = sqlite3.connect(f"file:{path}?mode=rw", uri=True, check_same_thread=False)
        held.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return held
    return None


application = get_wsgi_application()
HELD = hold_open(str(connection.settings_dict["NAME"])) if connection.vendor == "sqlite" else None
