"""The commands that run an installation, from outside: as somebody types them on a new machine."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lib.mail import free_port

Run = Callable[..., subprocess.CompletedProcess[str]]
CLINIC = ("clinic", "new", "--slug", "linden", "--name", "Linden", "--country", "de", "--time-zone", "Europe/Berlin",
          "--admin", "ada@linden.example")  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine on which nothing is set up."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERTHREAD_", "DJANGO_"))}
    return kept | {"AFTERTHREAD_DATA": str(tmp_path / "data"), "DATABASE_URL": "", "AFTERTHREAD_MAIL": "console:"}


@pytest.fixture
def run(machine: dict[str, str]) -> Run:
    """Runs one command there."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "afterthread.cli", *arguments]
        return subprocess.run(command, env=machine | more, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_it_names_what_is_missing(run: Run) -> None:
    """Without keys, with a bad address or without a mail server it says so in a line, and what to do."""
    assert run("migrate").returncode == 2
    assert "afterthread keys new" in run("migrate").stderr
    run("keys", "new")
    assert "AFTERTHREAD_URL" in run("migrate", AFTERTHREAD_URL="care.example.org").stderr
    assert "AFTERTHREAD_MAIL" in run("health", AFTERTHREAD_URL="https://care.example.org", AFTERTHREAD_MAIL="").stderr
    again = run("keys", "new")
    assert (again.returncode, "exists" in again.stderr) == (2, True)


def test_it_sets_up_a_clinic(run: Run, tmp_path: Path) -> None:
    """Keys, tables, a clinic, a copy put back elsewhere: the life of an installation, command by command."""
    assert run("keys", "new").returncode == 0
    assert run("migrate").returncode == 0
    opened = run(*CLINIC)
    assert "/accounts/password/reset/key/" in opened.stdout, opened.stderr
    assert "already" in run(*CLINIC).stderr
    (tmp_path / "witness").write_text(run("audit", "witness").stdout, encoding="utf-8")
    assert "holds" in run("audit", "verify", "--witness", str(tmp_path / "witness")).stdout
    assert run("keys", "rotate").returncode == 0
    assert "less than a minute" in run("keys", "retire").stdout
    assert run("backup", str(tmp_path / "copy")).returncode == 0
    assert "not empty" in run("restore", str(tmp_path / "copy")).stderr
    elsewhere = {"AFTERTHREAD_DATA": str(tmp_path / "new"), "AFTERTHREAD_KEYS": str(tmp_path / "data" / "keys.json")}
    assert "restored" in run("restore", str(tmp_path / "copy"), **elsewhere).stdout
    assert "already" in run(*CLINIC, **elsewhere).stderr
    sick = run("health")
    assert (sick.returncode, json.loads(sick.stdout)["problems"]) == (1, ["the worker does not run"])


@pytest.fixture
def served(machine: dict[str, str], run: Run) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server with its worker, as Ctrl-C would find it."""
    run("keys", "new")
    port = free_port()
    command = [sys.executable, "-m", "afterthread.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=machine, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        yield process, port
        if process.poll() is None:
            process.kill()


def test_it_serves_until_it_is_told_to_end(served: tuple[subprocess.Popen[str], int]) -> None:
    """Pages and worker come up together; a worker that is killed comes back; Ctrl-C ends all of it."""
    process, port = served
    until(lambda: health(port)["worker_age_s"] is not None)
    (first,) = workers_of(process.pid)
    os.kill(first, signal.SIGKILL)
    until(lambda: workers_of(process.pid) not in ([], [first]))
    os.kill(process.pid, signal.SIGINT)
    process.wait(20)
    until(lambda: not workers_of(process.pid))
    assert "There is no clinic yet" in str(process.stdout and process.stdout.read())


def health(port: int) -> dict[str, object]:
    """What /health says, whatever its status; nothing while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            told: dict[str, object] = json.load(answer)
    except urllib.error.HTTPError as sick:
        told = json.load(sick)
    except OSError:
        return {"worker_age_s": None}
    return told


def workers_of(parent: int) -> list[int]:
    """The workers that a server keeps."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    return [
        int(pid) for pid, ppid, args in rows if args.endswith("afterthread.cli worker") and int(ppid) in (parent, 1)
    ]


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Look again and again, until it holds or time is up."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.1)
