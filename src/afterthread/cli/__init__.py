"""The command line: describe a thread lift, get the plan, the urgency and every reason, and prove the knowledge."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from afterthread.cli.complete import script
from afterthread.engine.case import CaseError
from afterthread.protocol.load import ProtocolError

EPILOGUE = """\
exit codes:
  0  done, and what was asked about holds
  1  done, and it does not hold: a property refuted, a case failed, a looser protocol, a downgrade without approval
  2  the input or the call was wrong; nothing was decided
"""
SCHEMA_HELP = """\
case or candidate (what goes in); triage, plan, plan-day, screen, technique or pathway (what comes out); \
without it, all names are printed"""
FILE_HELP = "a JSON file, or - for standard input"


class UsageError(Exception):
    """Something the caller must put right."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no "•" shows "?" instead of failing
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except ProtocolError as error:
        return _complain(f"the protocol has {len(error.problems)} problem(s):", error.problems)
    except CaseError as error:
        return _complain(f"the input has {len(error.problems)} problem(s), so nothing was decided:", error.problems)
    except UsageError as error:
        return _complain(str(error), ())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has had enough
        return 0
    except OSError as error:
        return _complain(f"{error.filename} cannot be used: {error.strerror}. Check the path and its rights.", ())


def _complain(head: str, problems: Sequence[object]) -> int:
    with contextlib.suppress(BrokenPipeError):
        print(f"afterthread: {head}", file=sys.stderr)
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
    return 2


def _late(name: str, module: str = "command") -> Callable[[argparse.Namespace], int]:
    """A command of a module beside this one, imported when it runs, so that start-up stays fast."""

    def run(options: argparse.Namespace) -> int:
        from importlib import import_module

        return int(getattr(import_module(f"afterthread.cli.{module}"), name)(options))

    return run


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="afterthread", description=__doc__, epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, what: str, *, protocol: bool = True, json: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what)
        command.set_defaults(run=_late(name))
        if protocol:
            command.add_argument("--protocol", type=Path, metavar="FOLDER", help="a protocol folder (default: shipped)")
            command.add_argument("--overlay", type=Path, metavar="FILE", help="a clinic's own TOML laid over it")
        if json:
            command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    _add_knowledge(add)
    _add_answers(add)
    add("replay", "the same decisions over a stored history, and what another version would change").add_argument(
        "history", type=Path, help="NDJSON or Parquet, one row per check-in (docs/reference/history-format.md)"
    )
    replay = commands.choices["replay"]
    replay.add_argument("--against", type=Path, metavar="FOLDER", help="another version of the protocol")
    replay.add_argument("--approved-by", metavar="NAME", default="", help="who approves the downgrades listed")
    schema = add("schema", "the JSON Schema of an input or an answer", json=False)
    schema.add_argument("name", nargs="?", default="", help=SCHEMA_HELP)
    demo = add("demo", "a whole recovery told on the terminal, from screening to outcome", json=False)
    _add_language(demo)
    complete = add("completion", "a completion script for your shell", protocol=False, json=False)
    complete.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that reads it")
    complete.set_defaults(run=_complete)
    _add_serving(commands)
    return parser


def _complete(options: argparse.Namespace) -> int:
    print(script(options.shell, build_parser()))
    return 0


def _add_knowledge(add: Callable[..., argparse.ArgumentParser]) -> None:
    sources = add("sources", "the account of every claim: used by named entries, or set aside with a reason")
    sources.add_argument("--all", action="store_true", help="every claim, not only what is open")
    add("check", "read a protocol and run its worked cases; all errors at once")
    verify = add("verify", "prove every property of a protocol, or print the check-in that refutes it")
    verify.add_argument("--write", type=Path, metavar="FOLDER", help="write each refuting check-in as a case file")
    compare = add(
        "compare", "two protocols: equivalent, stricter, looser, or the check-ins that differ", protocol=False
    )
    compare.add_argument("old", type=Path, help="a protocol folder, or - for the shipped one")
    compare.add_argument("new", type=Path, help="a protocol folder, an overlay file, or - for the shipped one")
    add("compile", "the protocol as one JSON document: boxes over coded, finite domains", json=False)


def _add_answers(add: Callable[..., argparse.ArgumentParser]) -> None:
    screen = add("screen", "may this person have it, and when")
    screen.add_argument("file", help=FILE_HELP)
    technique = add("technique", "advice on the threads of a case as placed")
    technique.add_argument("file", help=FILE_HELP)
    plan = add("plan", "the dated recovery plan, or what is allowed on one day")
    plan.add_argument("file", help=FILE_HELP)
    plan.add_argument("--day", type=int, metavar="N", help="what holds on day N")
    triage = add("triage", "the urgency of the last check-in of a case, with every reason")
    triage.add_argument("file", help=FILE_HELP)
    pathway = add("pathway", "what a clinician does about a complication, with deadlines")
    pathway.add_argument("id", nargs="?", default="", help="the complication; without it, all are listed")
    pathway.add_argument("file", nargs="?", default="", help=FILE_HELP)
    pathway.add_argument("--day", type=int, metavar="N", help="the day on which it was noticed")
    pathway.add_argument("--opened", metavar="TIME", help="when it was opened, like 2026-03-09T10:00+01:00")
    for command in (screen, technique, plan, triage, pathway):
        _add_language(command)


def _add_language(command: argparse.ArgumentParser) -> None:
    command.add_argument("--language", default="en", metavar="CODE", help="en or ru (default en)")


def _add_serving(commands: Any) -> None:
    """The commands that run and keep an installation; settings come from the environment."""

    def add(name: str, what: str, group: Any = commands, run: str = "") -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = group.add_parser(name, help=what, description=what)
        command.set_defaults(run=_late(run or name, "serve"))
        return command

    def under(name: str, what: str, which: str) -> Any:
        command = commands.add_parser(name, help=what, description=what)
        return command.add_subparsers(dest="what", metavar="WHAT", required=True, help=which)

    serve = add("serve", "serve the pages of clinics and patients, with a worker beside them")
    serve.add_argument("--demo", action="store_true", help="with a made-up practice to try everything on")
    serve.add_argument("--address", default="127.0.0.1", help="where to listen (default 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="the port (default 8000)")
    serve.add_argument("--no-worker", action="store_true", help="pages only; `afterthread worker` runs elsewhere")
    add("worker", "send letters, notice silence and tell the next in line, until it is stopped")
    add("migrate", "bring the tables up to date")
    keys = under("keys", "the keys that names, texts and copies are sealed with", "new, rotate or retire")
    add("new", "make the key file of a new installation", keys, "new_keys")
    add("rotate", "seal everything with a fresh key", keys, "rotate_keys")
    add("retire", "drop old keys, once nothing is sealed with them", keys, "retire_keys")
    audit = under("audit", "the log of who did what", "verify, with --witness FILE if one was kept, or witness")
    verify = add("verify", "find every row that was changed, cut, added or put elsewhere", audit, "verify_audit")
    verify.add_argument("--witness", type=Path, metavar="FILE", help="what `audit witness` printed earlier")
    add("witness", "print where the log ends now, to be kept off this machine", audit, "witness_audit")
    add("backup", "write everything into one sealed file").add_argument("file", type=Path, help="the file to write")
    add("restore", "fill an empty database from a sealed file").add_argument("file", type=Path, help="the file to read")
    clinics = under(
        "clinic", "the clinics of this installation", "new, with the options that `clinic new --help` lists"
    )
    _add_clinic(add("new", "open a clinic and invite its administrator", clinics, "new_clinic"))
    staff = under("staff", "the people who sign in", "reset EMAIL")
    reset = add("reset", "take away a lost second step; a new one is set up at the next sign-in", staff, "reset_staff")
    reset.add_argument("email", help="the address with which that person signs in")
    add("health", "whether everything is well, as /health tells it")


def _add_clinic(clinic: argparse.ArgumentParser) -> None:
    for name, what in (
        ("slug", "short name in addresses, like linden"),
        ("name", "name as people read it"),
        ("country", "two letters, like DE: decides the emergency number"),
        ("time-zone", "like Europe/Berlin"),
        ("admin", "email address of the administrator"),
    ):
        clinic.add_argument(f"--{name}", required=True, metavar=name.upper(), help=what)
    clinic.add_argument("--phone", default="", help="number that patients call")
    clinic.add_argument("--admin-name", default="", metavar="NAME", help="name of the administrator")


def read_text(file: str) -> bytes:
    """The bytes of a file or of standard input, no more than a case can have; raises `UsageError` for none at all."""
    from afterthread.engine.case import LARGEST_TEXT

    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST_TEXT + 1)
        with Path(file).open("rb") as stream:
            return stream.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}. Check the path and its rights.") from None


def dump(value: Any) -> None:
    """Print JSON."""
    import json

    readable = (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
    print(json.dumps(value, ensure_ascii=not readable, indent=2))
