"""Kills a process that takes check-ins, again and again, and looks for one that was promised and is not there (R1)."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from bench import SEED, Row
from bench.scratch import installation, practice, told_by

KILLS = 100
LONGEST = 0.3
"""Seconds that a process lives at most; a check-in takes some milliseconds, so most die in the middle of one."""
SAME_DAY = 2
"""From this urgency on somebody of the staff is called."""
URGENT, CALM = {"vision": {"level": "yes"}}, {"swelling": {"level": "mild", "side": "both"}}


def figures() -> list[Row]:
    """R1, on both databases."""
    return [_row(name, told_by("bench.kill", environment)) for name, environment in _installations()]


def _installations() -> Iterator[tuple[str, dict[str, str]]]:
    for name in ("sqlite", "postgresql"):
        with installation(name) as environment:
            yield name, environment


def _row(database: str, found: dict[str, Any]) -> Row:
    wrong = found["wrong"]
    return Row(
        figure=f"R1 kill -9 while check-ins are taken, {database}",
        target="0 acknowledged check-ins lost, doubled or partial",
        measured=f"{sum(wrong.values())} of {found['acknowledged']} acknowledged, {found['kills']} kills",
        peer=f"{found['unfinished']} kills inside a check-in",
        met=not wrong and found["acknowledged"] > 0,
        note=f"each is looked for with its decision, work item, letter and row in the log, whose chain must hold; "
        f"{found['stored']} were stored{'; wrong: ' + str(wrong) if wrong else ''}",
    )


# -- Inside the installation ------------------------------------------------------------------------------------------


def measure() -> dict[str, Any]:
    """Kill so many processes, then look."""
    import django

    django.setup()
    from django.db import connections

    from afterthread.clinic import clock
    from afterthread.clinic.models import CheckIn

    random, at = Random(SEED), clock.now()
    people = practice(at, KILLS)
    connections.close_all()
    begun, told = 0, []
    for viewer, procedure in people:
        lines = _live_and_die(viewer, procedure, random.uniform(0.02, LONGEST))
        begun += sum(line.startswith("begin") for line in lines)
        told += [line.partition(" ")[2] for line in lines if line.startswith("done")]
    return {
        "kills": KILLS,
        "acknowledged": len(told),
        "unfinished": begun - len(told),
        "stored": CheckIn.objects.count(),
        "wrong": dict(wrong_of(told)),
    }


def _live_and_die(viewer: Any, procedure: Any, seconds: float) -> list[str]:
    """Fork a process that takes check-ins, kill it after so long, and return what it had told by then."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _take_checkins(viewer, procedure, write)
    os.close(write)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(read, encoding="utf-8") as stream:
        return [line.strip() for line in stream if line.endswith("\n")]


def _take_checkins(viewer: Any, procedure: Any, pipe: int) -> None:
    """Check-in after check-in, each told when it begins and when its patient would be told that it arrived."""
    from uuid import uuid4

    from afterthread.clinic import clock
    from afterthread.clinic.flow.checkin import submit_checkin

    at = clock.now()
    for number in range(10_000):
        key, answers = uuid4(), URGENT if number % 2 else CALM
        os.write(pipe, f"begin {key}\n".encode())
        said = {"answers": answers, "otherwise": "no"}
        submit_checkin(viewer=viewer, procedure=procedure, key=key, said=said, at=at + timedelta(seconds=number))
        os.write(pipe, f"done {key}\n".encode())
    os._exit(0)


def wrong_of(told: list[str]) -> Counter[str]:
    """What is not as it was promised: of those acknowledged, and of whatever else is there."""
    from afterthread.clinic.flow.audit import breaches
    from afterthread.clinic.models import AuditRow, CheckIn, Delivery, Staff, WorkItem

    wrong, stored = Counter[str](), {row.key: row for row in CheckIn.objects.prefetch_related("decisions")}
    wrong["lost"] = sum(UUID(key) not in stored for key in told)
    wrong["doubled"] = CheckIn.objects.count() - len(stored)
    logged = Counter(AuditRow.objects.filter(verb="checkin.submitted").values_list("subject", flat=True))
    due = set(WorkItem.objects.filter(kind="decision").values_list("procedure_id", flat=True))
    causes = Delivery.objects.filter(cause__startswith="call:").values_list("cause", flat=True)
    calls = {cause.split(":")[1] for cause in causes}
    called = set(WorkItem.objects.filter(kind="decision", pk__in=calls).values_list("procedure_id", flat=True))
    if not Staff.objects.filter(called__isnull=False).exists():
        called = due  # there is nobody to write to
    for row in stored.values():
        decided = [decision.urgency for decision in row.decisions.all()]
        wrong["without decision"] += not decided
        wrong["without work item"] += max(decided, default=0) > 0 and row.procedure_id not in due
        wrong["without letter"] += max(decided, default=0) >= SAME_DAY and row.procedure_id not in called
        wrong["without one row in the log"] += logged[f"checkin:{row.pk}"] != 1
    wrong["breaches of the log"] = sum(1 for _ in breaches())
    return +wrong


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
