"""Times a check-in over HTTP against a bare commit of its four rows, and its delay when phones do not wait (P6)."""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import cycle
from queue import SimpleQueue
from random import Random
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from bench import SEED, Row
from bench.practice import COOKIE, Child, answer, environment, scratch, served

PATIENTS, BLOCK, TURNS, CONNECTIONS = 300, 150, 7, 4
"""How many phones take turns; check-ins in a block; blocks of each side; phones that speak at once."""
ARRIVALS, SECONDS, WAITING = 60.0, 60.0, 64
"""Check-ins that arrive in a second, for how long, and how many may be under way before one has to queue."""
SHARE, SLOWEST = 0.5, 0.5
DAY = 4
ANSWERS: dict[str, Any] = {"redness": {"level": "moderate", "trend": "same"}}
"""Said on day 4 it asks for a look within days, so that an item opens; no letter leaves."""
GROUPS = ("danger", "face", "shape", "infection", "thread", "nerve", "event")
CSRF = "a" * 32


# -- The phones --------------------------------------------------------------------------------------------------------


def queued() -> bytes:
    """What the phone's own script sends."""
    said = {"answers": ANSWERS, "otherwise": "no", "words": ""}
    return json.dumps({"key": str(uuid4()), "said_at": datetime.now(UTC).isoformat(), **said}).encode()


def form() -> bytes:
    """What a browser posts without scripts: the form of the day with one sign, and every group closed."""
    fields = {"csrfmiddlewaretoken": CSRF, "key": str(uuid4()), "again": "1", "words": "", "none-rest": "1"}
    fields |= {f"none-{group}": "1" for group in GROUPS}
    for id, said in ANSWERS.items():
        fields |= {f"q-{id}": said["level"]} | {
            f"q-{id}-{part}": said[part] for part in ("side", "trend") if part in said
        }
    return urlencode(fields).encode()


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which a check-in comes: to which address, as what, and the answers that say it is kept."""

    path: str
    type: str
    body: Callable[[], bytes]
    kept: tuple[int, ...]


SCRIPT = Way("/p/api/checkin", "application/json", queued, (HTTPStatus.OK, HTTPStatus.CREATED))
FORM = Way("/p/checkin", "application/x-www-form-urlencoded", form, (HTTPStatus.FOUND,))


@dataclass(slots=True)
class Phone:
    """One kept connection; whoever speaks through it shows her own device's cookie."""

    port: int
    way: Way = SCRIPT
    line: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def check_in(self, secret: str) -> int:
        """Send one check-in and read the answer whole; returns its status, 0 for a broken connection."""
        headers = {
            "Cookie": f"{COOKIE}={secret}; csrftoken={CSRF}",
            "Content-Type": self.way.type,
            "Host": "localhost",
            "Sec-Fetch-Site": "same-origin",
        }
        try:
            self.line.request("POST", self.way.path, self.way.body(), headers)
            response = self.line.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.line.close()
            return 0
        return response.status


def rate(phones: Sequence[Phone], secrets: Iterator[str], count: int) -> float:
    """Check-ins a second when every phone sends the next one as soon as the last is answered."""
    turns: SimpleQueue[str] = SimpleQueue()
    for _ in range(count):
        turns.put(next(secrets))

    def speak(phone: Phone) -> list[int]:
        statuses = []
        while not turns.empty():
            statuses.append(phone.check_in(turns.get()))
        return statuses

    start = time.perf_counter()
    with ThreadPoolExecutor(len(phones)) as pool:
        found = [status for statuses in pool.map(speak, phones) for status in statuses]
    took = time.perf_counter() - start
    if not set(found) <= set(phones[0].way.kept):
        raise RuntimeError(f"not every check-in was kept: {tally(found)}")
    return count / took


def tally(statuses: Sequence[int]) -> dict[int, int]:
    """How often each status came."""
    return {status: statuses.count(status) for status in sorted(set(statuses))}


# -- Arrivals that do not wait -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Delays:
    """How long each check-in took from when it arrived, and what was answered."""

    seconds: list[float]
    statuses: list[int]

    @property
    def p99(self) -> float:
        """Ninety-nine in a hundred were faster."""
        return quantiles(self.seconds, n=100, method="inclusive")[98]

    @property
    def failed(self) -> int:
        """How many were not kept."""
        return sum(status not in SCRIPT.kept for status in self.statuses)


def arrivals(a_second: float, seconds: float) -> list[float]:
    """When check-ins arrive: at random, as people do, never waiting for each other."""
    random, moments, moment = Random(SEED), [], 0.0
    while (moment := moment + random.expovariate(a_second)) < seconds:
        moments.append(moment)
    return moments


def delays(send: Callable[[int], int], moments: Sequence[float], at_once: int) -> Delays:
    """Send each at its moment; what queues behind slow ones counts as delay."""
    start = time.perf_counter() + 0.2

    def one(number: int) -> tuple[float, int]:
        due = start + moments[number]
        time.sleep(max(due - time.perf_counter(), 0))
        status = send(number)
        return time.perf_counter() - due, status

    with ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(one, range(len(moments))))
    return Delays([seconds for seconds, _ in found], [status for _, status in found])


def delayed(port: int, secrets: Sequence[str], a_second: float, seconds: float) -> Delays:
    """The delays of check-ins over HTTP."""
    free: SimpleQueue[Phone] = SimpleQueue()
    for _ in range(WAITING):
        free.put(Phone(port))

    def send(number: int) -> int:
        phone = free.get()
        try:
            return phone.check_in(secrets[number % len(secrets)])
        finally:
            free.put(phone)

    return delays(send, arrivals(a_second, seconds), WAITING)


# -- What runs in children ---------------------------------------------------------------------------------------------


def prepare(patients: int) -> list[str]:
    """A clinic whose patients are on day 4, each with a phone; returns the phones' secrets."""
    from django.db import transaction

    from afterthread.clinic import clock
    from afterthread.clinic.roles import Role
    from afterthread.server.upkeep.run import migrate
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff, on_phone

    migrate()
    now = clock.now()
    then = now - timedelta(days=DAY)
    secrets = []
    with transaction.atomic():
        doctor = a_staff(a_clinic(at=then), Role.PRACTITIONER, at=then)
        for number in range(patients):
            patient = a_patient(doctor, then, name=f"Patient {number}", email="")
            a_procedure(doctor, patient, then)
            secrets.append(on_phone(doctor, patient, now)[1])
    return secrets


class Bare:
    """The same rows and nothing else: one real check-in, copied again and again."""

    def __init__(self) -> None:
        from afterthread.clinic import clock
        from afterthread.clinic.flow.link import viewer_of
        from afterthread.clinic.models import AuditRow, Device, Procedure, WorkItem
        from afterthread.clinic.roles import Role, Viewer
        from tests.lib.clinic import says

        device = Device.objects.select_related("patient__clinic").latest("seen_at")
        procedure = Procedure.objects.get(patient=device.patient)
        viewer = Viewer(role=Role.PATIENT, clinic=device.patient.clinic, patient=device.patient, device=device)
        self.checkin = says(viewer, procedure, clock.now(), **ANSWERS)
        self.decision = self.checkin.decisions.get()
        self.item = WorkItem.objects.get(procedure=procedure)
        self.item.closed_at = clock.now()  # there is one open item of a kind
        self.audit = AuditRow.objects.latest("id")
        self.viewer_of = viewer_of

    def commit(self) -> None:
        """One transaction of four rows, written by the same ORM."""
        from django.db import transaction

        with transaction.atomic():
            self.checkin.pk, self.checkin.key = uuid4(), uuid4()
            self.checkin.save(force_insert=True)
            self.decision.pk, self.decision.checkin = None, self.checkin
            self.decision.save(force_insert=True)
            self.item.pk, self.item.decision = uuid4(), self.decision
            self.item.save(force_insert=True)
            self.audit.pk, self.audit.number = None, self.audit.number + 1
            self.audit.save(force_insert=True)

    def rate(self, count: int) -> float:
        """Commits a second."""
        start = time.perf_counter()
        for _ in range(count):
            self.commit()
        return count / (time.perf_counter() - start)


# -- The figures -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Found:
    """What was measured."""

    http: list[float]
    alone: float
    """With one connection."""
    form: float
    """By the form, for browsers without scripts."""
    bare: list[float]
    delays: Delays


def measure(patients: int, block: int, turns: int, seconds: float) -> Found:
    """Blocks of both sides in turn, on the same disk, and then the arrivals."""
    with scratch() as folder:
        given, other = folder / "http", folder / "bare"
        with Child("bench.submit", "prepare", env=environment(given)) as child:
            secrets = child.ask(patients)
        shutil.copytree(given, other)
        with served(given) as port, Child("bench.submit", "bare", env=environment(other)) as bare:
            phones, turn = [Phone(port) for _ in range(CONNECTIONS)], cycle(secrets)
            rate(phones, turn, block), bare.ask(block)
            found = [(rate(phones, turn, block), float(bare.ask(2 * block))) for _ in range(turns)]
            alone = rate(phones[:1], turn, block)
            by_form = rate([Phone(port, FORM) for _ in phones], turn, block)
            late = delayed(port, secrets, ARRIVALS, seconds)
    return Found([one for one, _ in found], alone, by_form, [one for _, one in found], late)


def figures(patients: int = PATIENTS, block: int = BLOCK, turns: int = TURNS, seconds: float = SECONDS) -> list[Row]:
    """P6."""
    return rows(measure(patients, block, turns, seconds), seconds)


def rows(found: Found, seconds: float) -> list[Row]:
    """The two figures as rows."""
    share = median(ours / bare for ours, bare in zip(found.http, found.bare, strict=True))
    late = found.delays
    server_errors = sum(status >= HTTPStatus.INTERNAL_SERVER_ERROR or not status for status in late.statuses)
    return [
        Row(
            figure="P6 a check-in over HTTP against a bare commit of its four rows, SQLite synchronous=FULL",
            target=">= 50 % of its rate",
            measured=f"{share:.0%} ({median(found.http):.0f}/s)",
            peer=f"bare commit {median(found.bare):.0f}/s",
            met=share >= SHARE,
            note=f"{len(found.http)} blocks of each in turn, {CONNECTIONS} kept connections; "
            f"{found.alone:.0f}/s with one; as the phone's script sends it, decided and promised; by the form without "
            f"scripts {found.form:.0f}/s",
        ),
        Row(
            figure=f"P6 delay of check-ins that arrive at random, {ARRIVALS:.0f}/s for {seconds:.0f} s",
            target="p99 <= 500 ms, no 5xx",
            measured=f"p99 {late.p99 * 1e3:.0f} ms, {server_errors} server errors",
            peer=f"median {median(late.seconds) * 1e3:.0f} ms",
            met=late.p99 <= SLOWEST and not late.failed,
            note=f"open loop: {len(late.seconds):,} check-ins, none waits for another; answers {tally(late.statuses)}",
        ),
    ]


def main(what: str) -> None:
    """One of the children."""
    if what == "prepare":
        answer(lambda words: prepare(int(words[0])))
    elif what == "bare":
        kept: list[Bare] = []

        def commit(words: Sequence[str]) -> float:
            if not kept:
                kept.append(Bare())
            return kept[0].rate(int(words[0]))

        answer(commit)


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1])
    else:
        for figure in figures():
            print(figure)
