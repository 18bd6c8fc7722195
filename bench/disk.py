"""Fills the disk under a running installation, and makes it read-only: nothing promised is lost, advice stays (R16)."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from bench import Row
from bench.power import mounted, new_image, run
from bench.practice import COOKIE, Child, answer, environment, scratch, served

DISK_MB = 12
SENDERS = 4
REFUSED = 40
"""So many check-ins have to be refused before room is made again."""
PATIENCE = 60.0
PAGES = ("", "plan", "plan/leaflet", "checkin", "history", "messages", "emergency", "pack.json")
"""What a patient must be able to read while nothing can be written."""


@dataclass(slots=True)
class Phone:
    """One patient's phone: what it was promised, and what it keeps because nobody promised anything."""

    port: int
    secret: str
    promised: list[UUID] = field(default_factory=list)
    queue: list[dict[str, Any]] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
        """Status, text and cookies of one exchange."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            cookies = "; ".join(filter(None, [f"{COOKIE}={self.secret}", headers.pop("Cookie", "")]))
            connection.request(method, f"/p/{path}", body, {"Cookie": cookies, **headers})
            response = connection.getresponse()
            return response.status, response.read().decode(), response.headers.get("Set-Cookie", "")

    def say(self, item: dict[str, Any] | None = None) -> int:
        """Send a check-in, a new one or one from the queue; what is not taken stays in the queue."""
        said = item or {
            "key": str(uuid4()), "said_at": datetime.now(UTC).isoformat(), "otherwise": "no", "words": "w" * 2_000,
            "answers": {"redness": {"level": "moderate", "trend": "same"}},
        }  # fmt: skip
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        status, text, _ = self.ask("POST", "api/checkin", json.dumps(said), **headers)
        self.answers[status] += 1
        if status in (200, 201):
            self.promised.append(UUID(said["key"]))
        else:
            self.queue.append(said)
            told = json.loads(text) if text.startswith("{") else {}
            self.wrong["refusals without a number to call"] += not told.get("emergency")
            self.wrong["refusals that are not clear"] += "stored" not in told.get("says", "")
        return status

    def flush(self) -> None:
        """Send all that waits."""
        waiting, self.queue = self.queue, []
        for item in waiting:
            self.say(item)

    def read(self) -> None:
        """Open every page, and send a form; each must show advice, and the form that it was not stored."""
        for path in PAGES:
            status, text, _ = self.ask("GET", path)
            self.wrong[f"page `{path}` answers {status}"] += status != http.HTTPStatus.OK
            self.wrong["pages without a number to call"] += "112" not in text and path == "emergency"
        _, text, cookie = self.ask("GET", "checkin")
        token = text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {"csrfmiddlewaretoken": token, "key": str(uuid4()), "confirmed": "1", "q-vision": "yes"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie.partition(";")[0]}
        status, text, _ = self.ask("POST", "checkin", urlencode(form), **headers)
        self.wrong[f"the form answers {status}"] += status not in (503, 507)
        for words in ("not stored", "Call an ambulance now", "tel:112", 'name="q-vision" value="yes"'):
            self.wrong[f"the form does not say `{words}`"] += words not in text


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No byte is left on the disk until the block ends."""
    filler = disk / "filler"
    handle = os.open(filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    stop = threading.Event()

    def fill() -> None:
        """Again and again: what is freed by a checkpoint is taken as well."""
        size = 1 << 16
        while not stop.is_set():
            try:
                os.write(handle, b"x" * size)
            except OSError:
                size = max(size // 2, 1)
                time.sleep(0.001)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        os.close(handle)
        filler.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Nothing in the folder can be opened for writing until the block ends, not even by root."""
    run("chattr", "-R", "+i", disk)
    try:
        yield
    finally:
        run("chattr", "-R", "-i", disk)


def measure() -> dict[str, Any]:
    """A day with a disk that fills up, is freed, becomes read-only, and is freed again."""
    if os.geteuid() != 0:
        raise PermissionError("only root can mount the disk that is filled")
    with scratch() as folder, mounted(new_image(folder / "image", DISK_MB), folder / "disk") as disk:
        database = disk / "afterthread.sqlite3"
        where = {"DATABASE_URL": f"sqlite:///{database}"}
        with Child("bench.disk", "prepare", env=environment(folder / "installation", **where)) as child:
            secrets = child.ask(SENDERS)
        with served(folder / "installation", **where) as port:
            phones = [Phone(port, secret) for secret in secrets]
            _all(phones, 5)
            with full(disk):
                _until_refused(phones)
                phones[0].read()
            for phone in phones:
                phone.flush()
            left = sum(len(phone.queue) for phone in phones)
            with read_only(disk):
                _all(phones, 3)
                phones[1].read()
            for phone in phones:
                phone.flush()
            _all(phones, 1)
            left += sum(len(phone.queue) for phone in phones)
        return _found(database, phones, left)


def _all(phones: list[Phone], times: int) -> None:
    threads = [threading.Thread(target=lambda one=phone: [one.say() for _ in range(times)]) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _until_refused(phones: list[Phone]) -> None:
    end = time.monotonic() + PATIENCE
    while sum(len(phone.queue) for phone in phones) < REFUSED and time.monotonic() < end:
        _all(phones, 2)


def _found(database: Path, phones: list[Phone], left: int) -> dict[str, Any]:
    """What the tables say after the server has ended."""
    wrong, answers = Counter[str](), Counter[int]()
    for phone in phones:
        wrong += phone.wrong
        answers += phone.answers
    promised = [key for phone in phones for key in phone.promised]
    with closing(sqlite3.connect(database)) as tables:
        wrong["a damaged database"] += tables.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
        keys = Counter(UUID(key) for (key,) in tables.execute("SELECT key FROM clinic_checkin"))
        decided = {UUID(key) for (key,) in tables.execute(
            "SELECT key FROM clinic_checkin c JOIN clinic_decision d ON d.checkin_id = c.id")}  # fmt: skip
    wrong["lost"] += sum(key not in keys for key in promised)
    wrong["doubled"] += sum(keys.values()) - len(keys)
    wrong["without decision"] += len(keys.keys() - decided)
    wrong["never taken, though there was room again"] += left
    wrong["stored, though nobody was told"] += len(keys.keys() - set(promised))
    return {"promised": len(promised), "answers": dict(answers), "wrong": +wrong}


def prepare(phones: int) -> list[str]:
    """Tables and patients; returns the secrets of their phones."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.run import migrate
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff, on_phone

    migrate()
    then = clock.now() - timedelta(days=1)
    doctor = a_staff(a_clinic(at=then), at=then)
    secrets = []
    for number in range(phones):
        patient = a_patient(doctor, then, name=f"Patient {number}", email="")
        a_procedure(doctor, patient, then)
        secrets.append(on_phone(doctor, patient, then)[1])
    return secrets


def row(found: dict[str, Any]) -> Row:
    """The figure."""
    refused = sum(count for status, count in found["answers"].items() if int(status) >= 500)
    told = ", ".join(f"{count} x {status}" for status, count in sorted(found["answers"].items()))
    wrong = f"; wrong: {found['wrong']}" if found["wrong"] else ""
    return Row(
        figure="R16 disk full, then read-only, while check-ins are taken, SQLite",
        target="0 acknowledged lost; a clear answer, advice shown, goes on without a restart",
        measured=f"{sum(found['wrong'].values())} wrong, {found['promised']} acknowledged",
        peer=f"{refused} refused meanwhile",
        met=not found["wrong"] and found["promised"] > 0 and refused > 0,
        note=f"ext4 of {DISK_MB} MB in an image, filled to the last byte, and then made immutable; answers: {told}; "
        f"meanwhile every page of the diary is opened, and a check-in sent as a form{wrong}",
    )


def figures() -> list[Row]:
    """R16."""
    return [row(measure())]


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        answer(lambda words: prepare(int(words[0])))
    else:
        with suppress(KeyboardInterrupt):
            print(json.dumps(figures(), indent=2))
