"""Whether an installation is well: what is asked from outside and once a minute, without a name or a secret."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from afterthread.clinic import clock
from afterthread.clinic.models import Delivery, Heartbeat
from afterthread.protocol.model import Urgency

BACKUP, JUMP = "backup", "clock"
"""What else leaves a heartbeat: the last copy, and the last time that the worker saw the clock being set."""
WORKER_LATE = timedelta(seconds=30)
CLOCK_SLACK, JUMP_TOLD = timedelta(seconds=10), timedelta(hours=1)
"""A jump is told for so long: whoever asks once a minute must not miss it."""
BACKUP_LATE = timedelta(hours=26)
URGENT_LATE = timedelta(minutes=2)
LEAST_FREE = 500_000_000
"""Bytes: room for a copy and for weeks of check-ins."""


def health(at: datetime) -> dict[str, Any]:
    """Everything that is watched, and under `problems` what is not well, in words."""
    free = min(shutil.disk_usage(folder).free for folder in _folders())
    told: dict[str, Any] = {"database": "answers", "disk_free_mb": free // 1_000_000}
    problems = [] if free > LEAST_FREE else ["the disk is nearly full"]
    try:
        problems += _of_database(at, told)
    except Exception as error:  # noqa: BLE001 - whatever a database raises, the answer must still be given
        told["database"] = "does not answer"
        problems.append(f"the database does not answer ({type(error).__name__})")
    return {"ok": not problems, "problems": problems, **told}


def _folders() -> set[Path]:
    """Where something is written: the installation's folder, and that of the tables, which may lie elsewhere."""
    tables = {Path(connection.settings_dict["NAME"]).parent} if connection.vendor == "sqlite" else set()
    return {Path(settings.AFTERTHREAD_DATA), *tables}


def _of_database(at: datetime, told: dict[str, Any]) -> list[str]:
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    worker, backup = (_age(beats.get(name), at) for name in ("worker", BACKUP))
    ahead = max([(one - at).total_seconds() for one in beats.values()] or [0.0])
    jumped = abs(at - beats[JUMP]) < JUMP_TOLD if JUMP in beats else False
    skew = max(abs((_database_time() - clock.now()).total_seconds()), ahead)
    unsent = _unsent(at).count()
    told |= {
        "worker_age_s": worker,
        "backup_age_s": backup,
        "clock_skew_s": round(max(skew, 0)),
        "unsent_urgent": unsent,
    }
    late = {
        "the worker does not run": worker is None or worker > WORKER_LATE.total_seconds(),
        "the clock jumps or differs from the database's": jumped or skew > CLOCK_SLACK.total_seconds(),
        "there is no backup of the last day": not settings.AFTERTHREAD_DEMO
        and (backup is None or backup > BACKUP_LATE.total_seconds()),
        "urgent letters are not sent": unsent > 0,
    }
    return [problem for problem, is_so in late.items() if is_so]


def _age(then: datetime | None, at: datetime) -> int | None:
    return None if then is None else round((at - then).total_seconds())


def _unsent(at: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        urgency__gte=Urgency.SAME_DAY, sent_at=None, gave_up_at=None, queued_at__lt=at - URGENT_LATE
    )


def _database_time() -> datetime:
    """What the database's own clock says."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()" if postgres else "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        found = cursor.fetchone()[0]
    return found if isinstance(found, datetime) else datetime.fromisoformat(found).astimezone(UTC)


@never_cache
def show(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - the answer is the same for everybody
    """The same as JSON: 200 when all is well, 503 when somebody should look."""
    told = health(clock.now())
    return JsonResponse(told, status=200 if told["ok"] else 503)
