"""Starting everything: the tables, our own files, the pages, and beside them a worker that is kept alive."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from afterthread.server.upkeep import PARENT

SETTINGS = "afterthread.server.settings"
PROCESSES = min(os.cpu_count() or 1, 2)
"""Two, so that one slow page does not hold up a check-in; limits on guessing count in each by itself."""
THREADS = 4
PATIENCE = 30.0
"""Seconds that a worker gets to finish the letter in hand."""
LOOK, SHORT_LIFE, LONGEST_WAIT = 0.25, 10.0, 30.0
"""A worker is looked at so often; one that died within its short life is waited for, at last so long."""


def ready() -> None:
    """Read the settings and start Django; raises `SettingError` for a setting that cannot be used."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()


def migrate() -> None:
    """Bring the tables up to date."""
    call_command("migrate", interactive=False, verbosity=0)


def collect() -> None:
    """Put our own files where they are served from, once for each version of them."""
    mark = Path(settings.STATIC_ROOT, ".collected")
    state = _files_state()
    if not mark.exists() or mark.read_text(encoding="utf-8") != state:
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        mark.write_text(state, encoding="utf-8")


def _files_state() -> str:
    found = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            found.update(f"{name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return found.hexdigest()


class Keeper:
    """Keeps one worker alive beside the pages; a worker that dies at once again is waited for longer."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.ending = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        """Start it, and whenever it dies start it again."""
        self.thread.start()

    def end(self) -> None:
        """Let it finish the letter in hand, then end it."""
        self.ending.set()
        self.thread.join(PATIENCE + 1)

    def _keep(self) -> None:
        wait = 0.0
        while not self.ending.is_set():
            self.process = subprocess.Popen(self.command, env=os.environ | {PARENT: str(os.getpid())})  # noqa: S603 - ours
            lived = self._watch(self.process)
            wait = 0.0 if lived > SHORT_LIFE else min(max(wait * 2, LOOK), LONGEST_WAIT)
            self.ending.wait(wait)

    def _watch(self, process: subprocess.Popen[bytes]) -> float:
        """Until it dies or we end; returns about how many seconds that was."""
        lived = 0.0
        while process.poll() is None and not self.ending.wait(LOOK):
            lived += LOOK
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        return lived


def serve(address: str, port: int, *, worker: bool) -> None:
    """Serve the pages, with a worker beside them, until Ctrl-C or SIGTERM ends both."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    connections.close_all()
    multiprocessing.set_start_method("spawn", force=True)  # a fork would copy the thread that keeps the worker
    pages = Granian(
        "afterthread.server.wsgi:application",
        address=address, port=port, interface=Interfaces.WSGI, websockets=False,
        workers=PROCESSES, blocking_threads=THREADS, respawn_failed_workers=True, log_level=LogLevels.warning,
    )  # fmt: skip
    keeper = Keeper([sys.executable, "-m", "afterthread.cli", "worker"]) if worker else None
    if keeper:
        keeper.start()
    try:
        pages.serve()
    finally:
        if keeper:
            keeper.end()
