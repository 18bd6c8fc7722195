"""Local calendar days after a procedure, never elapsed hours divided by 24."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from afterthread.protocol.model import Offset


def day_number(procedure: date, at: date | datetime, zone: ZoneInfo | None = None) -> int:
    """Calendar days from the procedure's local date to the local date of `at`; day 0 is the procedure.

    An aware `at` is read on the wall calendar of `zone`, where the patient is now; without a zone, on its own.
    """
    if isinstance(at, datetime):
        at = (at.astimezone(zone) if zone and at.tzinfo else at).date()
    return (at - procedure).days


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day; 01:00 where the clocks skip midnight."""
    wall = datetime.combine(day, time(), zone)
    return wall.astimezone(UTC).astimezone(zone)


def moment(procedure: datetime, offset: Offset) -> datetime:
    """When `offset` after an aware procedure time begins: elapsed hours exactly, days at their local start."""
    zone = procedure.tzinfo
    if offset.unit == "h":
        return (procedure.astimezone(UTC) + timedelta(hours=offset.amount)).astimezone(zone)
    day = procedure.date() + timedelta(days=offset.amount)
    return start_of_day(day, zone) if isinstance(zone, ZoneInfo) else datetime.combine(day, time(), zone)


def hours_between(earlier: datetime, later: datetime) -> float:
    """Elapsed hours between two aware moments, whatever the clocks did in between."""
    return (later.astimezone(UTC) - earlier.astimezone(UTC)) / timedelta(hours=1)
