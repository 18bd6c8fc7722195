"""The worker: sends letters, notices silence, tells the next on the list, and shows that it is alive."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.contrib.sessions.models import Session
from django.db import close_old_connections

from afterthread.clinic import clock
from afterthread.clinic.flow.outbox import beat, free_leases, plan_anew, prune_sent, send_due
from afterthread.clinic.flow.record.consultation import remind
from afterthread.clinic.flow.record.outcome import remind_outcomes
from afterthread.clinic.flow.silence import escalate, notice_silences
from afterthread.clinic.models import Delivery
from afterthread.exchange.delivery import send
from afterthread.server.upkeep import PARENT
from afterthread.server.upkeep.health import CLOCK_SLACK, JUMP

log = logging.getLogger(__name__)
NAME = "worker"
PAUSE = 0.2
"""Seconds between two looks at the outbox."""
BEAT, SWEEP, ASK, PRUNE = timedelta(seconds=5), timedelta(seconds=20), timedelta(hours=1), timedelta(days=1)


class Worker:
    """What is done in turn; nothing is remembered but when it was last done, so that it can die at any moment."""

    def __init__(
        self, post: Callable[[Delivery, datetime], None] = send, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """`post` sends a letter; `steady` counts seconds, whatever is done to the clock."""
        self.post = post
        self.steady = steady
        self.ahead: float | None = None
        self.stop = threading.Event()
        self.last: dict[str, datetime] = {}
        self.failed = False

    def step(self, at: datetime) -> None:
        """One round: letters first, because somebody may be in danger, then whatever else is due at `at`."""
        self._try("clock", lambda: self._watch(at))
        self._try("letters", self._letters)
        self._beat(at)
        self._every("sweep", SWEEP, at, lambda: self._sweep(at))
        self._every("outcomes", ASK, at, lambda: self._ask(at))
        self._every("prune", PRUNE, at, lambda: _prune(at))

    def run(self) -> None:
        """Round after round, until told to stop; then the letter in hand is finished."""
        parent = int(os.environ.get(PARENT, "0"))
        self._try("leases", lambda: free_leases(clock.now()))
        while not self.stop.is_set() and (not parent or os.getppid() == parent):
            self.step(clock.now())
            if self.failed:
                self.failed = False
                close_old_connections()  # a database that came back is found again
            self.stop.wait(PAUSE)

    def _watch(self, at: datetime) -> None:
        """A clock that was set is told to health, and holds up no letter that was planned by the old one."""
        ahead = at.timestamp() - self.steady()
        if self.ahead is not None and abs(ahead - self.ahead) > CLOCK_SLACK.total_seconds():
            beat(JUMP, at)
            plan_anew(at)
        self.ahead = ahead

    def _letters(self) -> None:
        """All that is due, but not longer than until the next sweep: a slow mail server holds up nothing else."""
        begun = clock.now()
        for _ in send_due(lambda letter: self.post(letter, clock.now()), clock.now):
            now = clock.now()
            self._beat(now)
            if self.stop.is_set() or now - begun > SWEEP:
                return

    def _sweep(self, at: datetime) -> None:
        """Everything that became late; a sweep that finds much does not hold up the letters."""
        for _ in chain(escalate(at), notice_silences(at)):
            self._beat(clock.now())
            self._try("letters", self._letters)
            if self.stop.is_set():
                return

    def _ask(self, at: datetime) -> None:
        """Remind of what prepares a session, and ask what came of it; nobody is in a hurry about it."""
        for _ in chain(remind(at), remind_outcomes(at)):
            self._beat(clock.now())
            if self.stop.is_set():
                return

    def _beat(self, at: datetime) -> None:
        self._every("beat", BEAT, at, lambda: beat(NAME, at))

    def _every(self, what: str, wait: timedelta, at: datetime, act: Callable[[], Any]) -> None:
        """Do it unless it was done lately; a clock that was set back does not stop it."""
        last = self.last.get(what)
        if last is None or not last <= at < last + wait:
            self.last[what] = at
            self._try(what, act)

    def _try(self, what: str, act: Callable[[], Any]) -> None:
        """Whatever fails is said without its words, which can hold names, and tried again in the next round."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a worker that dies of one thing does none of the others
            log.error("%s failed: %s", what, type(error).__name__)  # noqa: TRY400 - a trace holds names
            self.last.pop(what, None)
            self.failed = True


def _prune(at: datetime) -> None:
    Session.objects.filter(expire_date__lt=at).delete()
    prune_sent(at)


def work() -> None:
    """Run a worker in this process until it is told to end (SIGTERM or Ctrl-C)."""
    worker = Worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop.set())
    worker.run()
