"""An installation of its own for a figure of the web floors: settings, children that answer, and the real server."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from afterthread.clinic.key import new_keys, write_keys

ROOT = Path(__file__).parents[1]
COOKIE = "afterthread_device"
START_SECONDS = 60.0


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on this machine's disk, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="afterthread-bench-") as folder:
        yield Path(folder)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings of an installation in a folder, with keys of its own; nothing of the caller's database."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "keys.json").exists():
        write_keys(folder / "keys.json", new_keys())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERTHREAD_", "DATABASE_URL"))}
    chosen = {
        "DJANGO_SETTINGS_MODULE": "afterthread.server.settings",
        "AFTERTHREAD_DATA": str(folder),
        "AFTERTHREAD_KEYS": str(folder / "keys.json"),
        "AFTERTHREAD_MAIL": f"folder:{folder / 'letters'}",
        "AFTERTHREAD_URL": "http://localhost:8000",
    }
    return kept | chosen | more


class Child:
    """A process of its own that answers lines with JSON; leaving the block ends it."""

    def __init__(self, module: str, *arguments: str, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.name = " ".join([module, *arguments])
        self.process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def ask(self, *words: object) -> Any:
        """Its answer to one line."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError(f"{self.name} has no pipes")
        stdin.write(" ".join(map(str, words)) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended without an answer")
        return json.loads(line)


def answer(act: Callable[[Sequence[str]], Any]) -> None:
    """What a child does: start Django, then answer line by line until its parent is gone."""
    from afterthread.server.upkeep.run import ready

    ready()
    for line in sys.stdin:
        print(json.dumps(act(line.split())), flush=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@contextmanager
def served(folder: Path, **more: str) -> Iterator[int]:
    """The application as an installation serves it, without the worker; yields its port."""
    port = free_port()
    env = environment(folder, **more) | {"AFTERTHREAD_URL": f"http://localhost:{port}"}
    command = [sys.executable, "-m", "afterthread.cli", "serve", "--no-worker", "--port", str(port)]
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/p/enter")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server does not answer")
