"""Sends queued check-ins through a line that keeps breaking, and counts what the server kept (R4)."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from bench import SEED, Row

PHONES, QUEUED = 60, 20
SENDERS = 5
"""So many send the same queue at once, as tabs, workers and impatient fingers would."""
CUT = 0.3
AT_ONCE = 24
PATIENCE = 60.0
FATES = ("before", "middle", "after", "answer")
SIGNS = ("fever", "swelling", "pain", "breathing")


@dataclass(slots=True)
class Line:
    """A proxy that cuts exchanges: before the request, in the middle of it, and after it."""

    port: int
    draws: random.Random
    cuts: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    """Requests that reached the server in full, whether or not their answer came back."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One exchange, or as much of it as gets through."""
        fate = self.draws.choice(FATES) if self.draws.random() < CUT else "carried"
        self.cuts[fate] += 1
        try:
            if fate != "before":
                await self._forward(await _request(reader), writer, fate)
        except (OSError, asyncio.IncompleteReadError):
            self.cuts["broken by itself"] += 1
        finally:
            writer.transport.abort() if fate != "carried" else writer.close()

    async def _forward(self, request: bytes, writer: asyncio.StreamWriter, fate: str) -> None:
        upstream, server = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if fate == "middle":
                server.write(request[: self.draws.randrange(1, len(request))])
                await server.drain()
                return
            server.write(request)
            await server.drain()
            self.whole += 1
            if fate == "after":  # the sender is gone while the server still works
                server.write_eof()
            answer = await upstream.read()
            if fate in ("carried", "answer"):
                writer.write(answer if fate == "carried" else answer[: len(answer) // 2])
                await writer.drain()
        finally:
            server.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """A whole request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(size)


async def send(port: int, device: str, item: dict[str, Any]) -> tuple[int, Any]:
    """One try: the status and the answer, or 0 when the line broke."""
    body = json.dumps(item).encode()
    head = (
        f"POST /p/api/checkin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n"
        f"Cookie: afterthread_device={device}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            answer = await asyncio.wait_for(reader.read(), PATIENCE)
        finally:
            writer.close()
        top, _, text = answer.partition(b"\r\n\r\n")
        return int(top.split(b" ", 2)[1]), json.loads(text)
    except (OSError, TimeoutError, IndexError, ValueError):
        return 0, None


@dataclass(slots=True)
class Storm:
    """Every queue, sent by several at once until each of them has its answers."""

    port: int
    exchanges: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    async def flush(self, gate: asyncio.Semaphore, device: str, queue: list[dict[str, Any]]) -> None:
        """As the phone does: in order, and again until the server names the key."""
        for item in queue:
            while True:
                async with gate:
                    status, answer = await send(self.port, device, item)
                self.exchanges += 1
                self.statuses[status] += 1
                if status in (200, 201) and answer["key"] == item["key"]:
                    break
                if status not in (0, 500, 503):
                    raise RuntimeError(f"the server answered {status}: {answer}")


async def rage(server: int, phones: list[str]) -> tuple[Line, Storm, set[str]]:
    """All phones at once, through the line."""
    draws, gate = random.Random(SEED), asyncio.Semaphore(AT_ONCE)
    line = Line(server, draws)
    proxy = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    storm = Storm(proxy.sockets[0].getsockname()[1])
    queues = {device: queue_of(draws) for device in phones}
    async with proxy:
        work = [storm.flush(gate, device, queues[device]) for device in phones for _ in range(SENDERS)]
        await asyncio.gather(*work)
    return line, storm, {item["key"] for queue in queues.values() for item in queue}


def queue_of(draws: random.Random) -> list[dict[str, Any]]:
    """What one phone has to send: some days of a recovery, most of them calm."""
    now = datetime.now(UTC)
    return [
        {
            "key": str(UUID(int=draws.getrandbits(128), version=4)),
            "said_at": (now - timedelta(hours=4 * (QUEUED - number))).isoformat(),
            "answers": {draws.choice(SIGNS): {"level": "no"}} if draws.random() < 0.9 else {"fever": {"level": "yes"}},
            "otherwise": "no",
            "words": "",
            "shown": "self_care",
        }
        for number in range(QUEUED)
    ]


# -- The server, in processes of its own


def fill() -> None:
    """Make the tables and the patients, and print the secret of every phone."""
    import django

    django.setup()
    from afterthread.server.upkeep import run
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff, on_phone

    run.migrate()
    at = datetime.now(UTC) - timedelta(days=5)
    doctor = a_staff(a_clinic(at=at), at=at)
    secrets = []
    for number in range(PHONES):
        patient = a_patient(doctor, at, name=f"Patient {number}", email=f"p{number}@patient.example")
        a_procedure(doctor, patient, at)
        secrets.append(on_phone(doctor, patient, at)[1])
    print(json.dumps(secrets))


def serve(port: int) -> None:
    """The real application, as `afterthread serve` starts it, without its worker."""
    import django

    django.setup()
    from afterthread.server.upkeep import run

    run.serve("127.0.0.1", port, worker=False)


@contextmanager
def serving(environment: dict[str, str], port: int) -> Iterator[None]:
    """A server that is up, until the end of the block."""
    command = [sys.executable, "-m", "bench.cut", "serve", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield
        finally:
            server.terminate()


def kept(folder: Path) -> tuple[Counter[str], int, int]:
    """How often each key stands in the tables, and how many decisions and rows of the log there are for them."""
    with sqlite3.connect(folder / "afterthread.sqlite3") as tables:
        keys = Counter(str(UUID(key)) for (key,) in tables.execute("SELECT key FROM clinic_checkin"))
        (first,) = tables.execute("SELECT count(DISTINCT checkin_id) FROM clinic_decision").fetchone()
        (logged,) = tables.execute("SELECT count(*) FROM clinic_auditrow WHERE verb = 'checkin.submitted'").fetchone()
    return keys, first, logged


def figures() -> list[Row]:
    """R4."""
    with TemporaryDirectory(prefix="afterthread-cut-") as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        chosen = {"DEMO": "1", "DATA": name, "URL": f"http://localhost:{port}"}
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AFTERTHREAD_")}
        environment |= {f"AFTERTHREAD_{key}": value for key, value in chosen.items()}
        environment |= {"DJANGO_SETTINGS_MODULE": "afterthread.server.settings", "PYTHONWARNINGS": "ignore"}
        environment.pop("DATABASE_URL", None)
        made = subprocess.run(
            [sys.executable, "-m", "bench.cut", "fill"], env=environment, capture_output=True, check=True
        )
        start = time.perf_counter()
        with serving(environment, port):
            line, storm, sent = asyncio.run(rage(port, json.loads(made.stdout)))
        took = time.perf_counter() - start
        return [row(line, storm, sent, kept(Path(name)), took)]


def row(line: Line, storm: Storm, sent: set[str], found: tuple[Counter[str], int, int], took: float) -> Row:
    """The figure."""
    keys, decided, logged = found
    lost, doubled = len(sent - keys.keys()), sum(keys.values()) - len(keys)
    strange = len(keys.keys() - sent)
    broken = storm.exchanges - storm.statuses[200] - storm.statuses[201]
    how = ", ".join(f"{number:,} {fate}" for fate, number in sorted(line.cuts.items()) if fate != "carried")
    return Row(
        figure=f"R4 offline queue, {len(sent):,} check-ins, {CUT:.0%} of exchanges cut, each sent by {SENDERS} at once",
        target=f"exactly {len(sent):,} stored",
        measured=f"{sum(keys.values()):,} stored, {lost} lost, {doubled} doubled",
        peer=f"{line.whole:,} whole requests reached the server",
        met=(lost, doubled, strange) == (0, 0, 0)
        and len(sent) == decided == logged
        and all(line.cuts[fate] for fate in FATES),
        note=f"the real application under granian on SQLite with synchronous=FULL, through a proxy that cuts: {how} "
        f"(before the request, in the middle of it, after it, in the middle of the answer); {broken:,} of "
        f"{storm.exchanges:,} exchanges broke and were repeated; every check-in has one decision or more and one row "
        f"in the log; {took:.0f} s",
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill"]:
            fill()
        case ["serve", number]:
            serve(int(number))
        case _:
            print(figures())
