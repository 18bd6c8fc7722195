"""What the commands do that run and keep an installation: read the settings, act, and say what came of it."""

from __future__ import annotations

import functools
import json
import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from afterthread.cli import UsageError, dump

Command = Callable[[Namespace], int]


def _with_settings(command: Command) -> Command:
    """Start Django first; a setting that is wrong, or a part that is not installed, is the caller's to mend."""

    @functools.wraps(command)
    def run(options: Namespace) -> int:
        _start()
        return command(options)

    return run


def _start() -> None:
    try:
        from afterthread.server.environment import SettingError
        from afterthread.server.upkeep.run import ready
    except ImportError as error:
        raise UsageError(
            f"{error.name} is missing. Install the pages too: pip install 'afterthread[clinic]'."
        ) from None
    try:
        ready()
    except SettingError as error:
        raise UsageError(f"{error}.") from None


def serve(options: Namespace) -> int:
    """Bring tables and files up to date, then serve until Ctrl-C."""
    if options.demo:
        os.environ["AFTERTHREAD_DEMO"] = "1"
        folder = os.environ.setdefault("AFTERTHREAD_DATA", "data/demo")
        os.environ.setdefault("AFTERTHREAD_MAIL", f"folder:{folder}/letters")
        os.environ.setdefault("AFTERTHREAD_URL", f"http://localhost:{options.port}")
    _require_free(options.address, options.port)
    _start()
    from afterthread.server.upkeep import run

    run.migrate()
    run.collect()
    print(_welcome(options), flush=True)
    run.serve(options.address, options.port, worker=not options.no_worker)
    return 0


def _require_free(address: str, port: int) -> None:
    """Say so now, not after everything else was started."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((address, port))
        except OSError as error:
            raise UsageError(
                f"port {port} of {address} cannot be used: {error.strerror}. Name another with --port"
            ) from None


def _welcome(options: Namespace) -> str:
    from afterthread.clinic import clock
    from afterthread.exchange.letter import address
    from afterthread.server.upkeep.opening import is_new, tell_demo

    lines = [f"Afterthread: {address('/')} (Ctrl-C ends it)"]
    if options.demo:
        from afterthread.server.demo import practice as demo

        if is_new():
            print("Telling the past of a made-up practice; this takes some seconds, once.", flush=True)
            tell_demo(clock.now())
        lines += ["", "Sign in as staff (what, address, password):"]
        lines += [f"  {what:<40} {email:<34} {password}" for email, password, what in demo.sign_ins()]
        lines += ["", "Come in as a patient, within ten minutes:", f"  {demo.patient_link(clock.now(), address(''))}"]
        lines += ["", f"Letters are not sent; they are kept in {os.environ['AFTERTHREAD_MAIL'].partition(':')[2]}"]
    elif is_new():
        lines += ["There is no clinic yet. Open one with `afterthread clinic new`."]
    return "\n".join(lines)


@_with_settings
def worker(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Work until told to stop."""
    from afterthread.server.upkeep.worker import work

    work()
    return 0


@_with_settings
def migrate(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Bring the tables up to date."""
    from afterthread.server.upkeep.run import migrate

    migrate()
    print("The tables are up to date.")
    return 0


# -- Keys -------------------------------------------------------------------------------------------------------------


def new_keys(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Write a key file where there is none."""
    from afterthread.clinic.key import new_keys, write_keys
    from afterthread.server.environment import key_file

    path = key_file(os.environ)
    if path.exists():
        raise UsageError(f"{path} exists. Without it nothing sealed so far can be read; move it away to start anew.")
    write_keys(path, new_keys())
    print(f"Wrote {path}. Keep a copy away from this machine and from your backups: nothing is readable without it.")
    return 0


@_with_settings
def rotate_keys(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Put a fresh key in front and seal everything with it."""
    from afterthread.server.upkeep.rotate import rotate

    for table, count in rotate():
        print(f"{table}: {count} sealed anew")
    print("Done. Copy the key file again; after a minute `afterthread keys retire` can drop the old key.")
    return 0


@_with_settings
def retire_keys(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Drop old keys."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.rotate import StillSealed, retire

    try:
        dropped = retire(clock.now())
    except StillSealed as error:
        print(f"Nothing was dropped: {error}.")
        return 1
    print(f"{dropped} old key(s) dropped. Copy the key file again.")
    return 0


# -- The log ----------------------------------------------------------------------------------------------------------


@_with_settings
def verify_audit(options: Namespace) -> int:
    """Whether the log is as it was written."""
    from afterthread.clinic.flow.audit import breaches

    found = list(breaches(_witness(options.witness)))
    for breach in found:
        print(breach)
    print("The log holds." if not found else f"The log does not hold: {len(found)} place(s).")
    return int(bool(found))


def _witness(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is not what `audit witness` printed ({error}).") from None
    return kept


@_with_settings
def witness_audit(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """Where the log ends now."""
    from afterthread.clinic.flow.audit import witness

    dump(witness())
    return 0


# -- Copies -----------------------------------------------------------------------------------------------------------


@_with_settings
def backup(options: Namespace) -> int:
    """Everything into one sealed file."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.backup import back_up

    print(f"{_copied(back_up(options.file, clock.now()))} in {options.file}")
    return 0


@_with_settings
def restore(options: Namespace) -> int:
    """An empty database filled again."""
    from afterthread.server.upkeep.backup import BackupError, restore

    try:
        counts = restore(options.file)
    except BackupError as error:
        raise UsageError(f"{error}. Nothing was written.") from None
    print(f"{_copied(counts)} restored; the log holds and the counts are those of the copy.")
    return 0


def _copied(counts: dict[str, int]) -> str:
    return f"{sum(counts.values())} rows of {len(counts)} tables"


# -- Clinics and health -----------------------------------------------------------------------------------------------


@_with_settings
def new_clinic(options: Namespace) -> int:
    """A clinic with its first administrator."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.opening import OpeningError, open_with_admin

    told = {name: getattr(options, name) for name in ("name", "country", "time_zone", "phone")}
    try:
        link = open_with_admin(
            slug=options.slug, email=options.admin, person=options.admin_name, at=clock.now(), **told
        )
    except OpeningError as error:
        raise UsageError(f"{error}.") from None
    print(f"The clinic is open. {options.admin} chooses a password here, once, within three days:\n  {link}")
    return 0


@_with_settings
def reset_staff(options: Namespace) -> int:
    """Let somebody in again who lost the second step."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.opening import OpeningError, remove_second_step

    try:
        name = remove_second_step(options.email, clock.now())
    except OpeningError as error:
        raise UsageError(f"{error}.") from None
    print(
        f"{name} signs in with the password and then sets up a new second step. Be sure that it was {name} who asked."
    )
    return 0


@_with_settings
def health(options: Namespace) -> int:  # noqa: ARG001 - it takes no options
    """The same as /health."""
    from afterthread.clinic import clock
    from afterthread.server.upkeep.health import health

    told: dict[str, Any] = health(clock.now())
    dump(told)
    return int(not told["ok"])
