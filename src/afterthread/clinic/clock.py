"""The one clock: only pages and commands read it, and hand the time on."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present, aware; called as `clock.now()`, so that a story can be told at another time."""
    return timezone.now()
