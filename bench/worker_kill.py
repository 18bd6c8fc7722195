"""Kills the worker while it sends urgent letters to a real mail server, and waits for every one of them (R6)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any
from uuid import uuid4

from bench import SEED, Row
from bench.scratch import installation, practice, told_by

KILLS = 50
LETTERS = 3
"""Urgent check-ins for each life of a worker."""
SHORTEST, LONGEST = 0.1, 1.0
RESTART = 1.0
"""Seconds until the next worker: it is started at once, and takes about so long to begin."""
SLOW = 0.05
"""Seconds that the mail server takes before and after it has a letter."""
LIMIT_S = 5.0


def figures() -> list[Row]:
    """R6."""
    with (
        _mail_server() as (port, arrived),
        installation("sqlite", AFTERTHREAD_MAIL=f"smtp://127.0.0.1:{port}") as where,
    ):
        found = told_by("bench.worker_kill", where)
    stored = {id: datetime.fromisoformat(at).timestamp() for id, at in found["stored"].items()}
    waits = sorted(arrived[id][0][0] - at for id, at in stored.items() if arrived.get(id))
    lost = len(stored) - len(waits)
    again = [marked for times in arrived.values() for _, marked in times[1:]]
    p99 = waits[min(len(waits) * 99 // 100, len(waits) - 1)] if waits else float("inf")
    return [
        Row(
            figure="R6 urgent letter, from stored to sent, while the worker is killed",
            target=f"at least once; p99 <= {LIMIT_S:g} s",
            measured=f"{lost} of {len(stored)} lost, p99 {p99:.1f} s",
            peer=f"{KILLS} kills",
            met=bool(stored) and not lost and p99 <= LIMIT_S and all(again),
            note=f"longest {waits[-1] if waits else 0:.1f} s; {len(again)} came twice, {sum(again)} of them marked so; "
            f"a killed worker is followed by the next after {RESTART:g} s",
        )
    ]


@contextmanager
def _mail_server() -> Iterator[tuple[int, dict[str, list[tuple[float, bool]]]]]:
    """A server that notes when each letter came, by the delivery that its Message-ID names."""
    from aiosmtpd.controller import Controller

    arrived: dict[str, list[tuple[float, bool]]] = {}

    class Sink:
        """Takes its time, so that a worker is often killed in the middle."""

        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            """Note the letter between two pauses: before it nothing has come, after it only we know."""
            await asyncio.sleep(SLOW)
            text = envelope.content.decode()
            id = text.partition("Message-ID: <")[2].partition(".")[0]
            arrived.setdefault(id, []).append((time.time(), "X-Possible-Repetition: yes" in text))
            await asyncio.sleep(SLOW)
            return "250 kept"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, arrived
    finally:
        controller.stop()


# -- Inside the installation ------------------------------------------------------------------------------------------


def measure() -> dict[str, Any]:
    """Urgent check-ins while workers come and go; the last one may finish."""
    import django

    django.setup()
    from django.db import connections

    from afterthread.clinic import clock
    from afterthread.clinic.models import Delivery

    random = Random(SEED)
    people = iter(practice(clock.now(), KILLS * LETTERS))
    for _ in range(KILLS):
        connections.close_all()
        worker = _start_worker()
        for _ in range(LETTERS):
            time.sleep(random.uniform(0, SHORTEST))
            _say_emergency(*next(people))
        time.sleep(random.uniform(0, LONGEST))
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        time.sleep(RESTART)
    connections.close_all()
    worker, end = _start_worker(), time.monotonic() + 90
    while Delivery.objects.filter(sent_at=None).exists() and time.monotonic() < end:
        time.sleep(0.2)
    os.kill(worker, signal.SIGTERM)
    os.waitpid(worker, 0)
    return {"stored": {str(one.pk): one.queued_at.isoformat() for one in Delivery.objects.filter(urgency=3)}}


def _start_worker() -> int:
    worker = os.fork()
    if worker == 0:
        from afterthread.server.upkeep.worker import work

        work()
        os._exit(0)
    return worker


def _say_emergency(viewer: Any, procedure: Any) -> None:
    from afterthread.clinic import clock
    from afterthread.clinic.flow.checkin import submit_checkin

    said = {"answers": {"vision": {"level": "yes"}}, "otherwise": "no"}
    submit_checkin(viewer=viewer, procedure=procedure, key=uuid4(), said=said, at=clock.now())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
