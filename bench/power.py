"""Cuts the power under a writer: what was acknowledged must be on the disk as it stood at that moment (R3)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import selectors
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from bench import SEED, Row
from bench.practice import ROOT, Child, answer, environment, scratch

CUTS, CONTROLS = 20, 10
MODES = {"FULL": CUTS, "NORMAL": CONTROLS, "OFF": CONTROLS}
"""How often the power is cut with each setting of `PRAGMA synchronous`; only FULL is what installations run."""
OUTER_MB, DISK_MB = 160, 96
EARLIEST, LATEST = 0.2, 1.6
"""Seconds after the first acknowledgement between which the cut comes."""
DATABASE = "afterthread.sqlite3"
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878
MNT_DETACH = 2
PATIENTS = 8


# -- A disk whose power can be cut -------------------------------------------------------------------------------------


def run(*command: str | Path) -> None:
    """Run one of the system's tools; raises CalledProcessError with what it said."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """An image as a file system; leaving the block takes it away even while somebody still holds it."""
    at.mkdir(parents=True, exist_ok=True)
    run("mount", "-o", "loop", image, at)
    try:
        yield at
    finally:
        ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(at), MNT_DETACH)


def new_image(path: Path, megabytes: int) -> Path:
    """An empty file system in a file."""
    with path.open("wb") as stream:
        stream.truncate(megabytes << 20)
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", path)
    return path


def settle(path: Path) -> None:
    """See to it that a file and its name are on the disk."""
    for one in (path, path.parent):
        handle = os.open(one, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Nothing is written to this file system until the block ends: the moment of the cut, all blocks at once."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, FIFREEZE, 0)
        try:
            yield
        finally:
            fcntl.ioctl(handle, FITHAW, 0)
    finally:
        os.close(handle)


# -- One cut -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cut:
    """What was acknowledged before the power went, and what the disk says of it afterwards."""

    acknowledged: list[UUID]
    lost: list[UUID] = field(default_factory=list)
    partial: list[UUID] = field(default_factory=list)
    """Kept without a decision or without its row of the log, or kept twice."""
    corrupt: str = ""


class Writer:
    """A process that submits check-ins through the flow and names each one once it is kept."""

    def __init__(self, folder: Path, database: Path, mode: str) -> None:
        env = environment(folder, DATABASE_URL=f"sqlite:///{database}")
        command = [sys.executable, "-m", "bench.power", "write", mode]
        self.process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE)

    def acknowledged(self, seconds: float) -> list[UUID]:
        """Every key that arrives within so many seconds after the first."""
        if self.process.stdout is None:
            raise RuntimeError("the writer has no pipe")
        pipe, heard, end = self.process.stdout.fileno(), b"", 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not end or time.monotonic() < end:
                selector.select(max(end - time.monotonic(), 0) if end else None)
                piece = os.read(pipe, 1 << 16) if selector.select(0) else b""
                if not piece and self.process.poll() is not None:
                    raise RuntimeError("the writer ended by itself")
                heard += piece
                end = end or time.monotonic() + seconds
        return [UUID(line.decode().strip()) for line in heard.splitlines(keepends=True) if line.endswith(b"\n")]

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def cut(folder: Path, prepared: Path, mode: str, seconds: float) -> Cut:
    """Write, cut the power after some seconds, start the disk again and look.

    The database lies on a file system inside an image, and the image on another file system that can be frozen. What
    the inner one still keeps in memory has not reached the image; the frozen image is copied and mounted anew.
    """
    outer = new_image(folder / "outer", OUTER_MB)
    with mounted(outer, folder / "around") as around:
        disk = new_image(around / "disk", DISK_MB)
        with mounted(disk, folder / "disk") as inside:
            settle(Path(shutil.copy(prepared / DATABASE, inside / DATABASE)))
            writer = Writer(prepared, inside / DATABASE, mode)
            try:
                told = writer.acknowledged(seconds)
                with frozen(around):
                    shutil.copy(disk, folder / "after")
            finally:
                writer.end()
    with mounted(folder / "after", folder / "again") as again:
        return examined(again / DATABASE, told)


def examined(database: Path, acknowledged: Sequence[UUID]) -> Cut:
    """What a database says of check-ins that were acknowledged."""
    found = Cut(list(acknowledged))
    try:
        with closing(sqlite3.connect(database)) as tables:
            found.corrupt = "" if (said := tables.execute("PRAGMA integrity_check").fetchone()[0]) == "ok" else said
            for key in acknowledged:
                rows = tables.execute("SELECT id FROM clinic_checkin WHERE key = ?", [key.hex]).fetchall()
                if not rows:
                    found.lost.append(key)
                elif len(rows) > 1 or not _whole(tables, rows[0][0]):
                    found.partial.append(key)
    except sqlite3.DatabaseError as error:
        found.corrupt, found.lost = str(error), list(acknowledged)
    return found


def _whole(tables: sqlite3.Connection, id: str) -> bool:
    """Whether a check-in has its decision and its row of the log."""
    decisions = "SELECT count(*) FROM clinic_decision WHERE checkin_id = ?"
    logged = "SELECT count(*) FROM clinic_auditrow WHERE subject = ?"
    counts = tables.execute(decisions, [id]).fetchone(), tables.execute(logged, [f"checkin:{UUID(id)}"]).fetchone()
    return counts == ((1,), (1,))


# -- What runs in children ---------------------------------------------------------------------------------------------


def prepare(patients: int = PATIENTS) -> int:
    """A database with a few patients, closed and whole in one file."""
    from django.db import connection

    from afterthread.clinic import clock
    from afterthread.clinic.roles import Role
    from afterthread.server.upkeep.run import migrate
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff

    migrate()
    then = clock.now() - timedelta(days=1)
    doctor = a_staff(a_clinic(at=then), Role.PRACTITIONER, at=then)
    for number in range(patients):
        a_procedure(doctor, a_patient(doctor, then, name=f"Patient {number}", email=""), then)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return patients


def write(mode: str) -> None:
    """Submit check-ins without end; each is named when, and only when, it was acknowledged."""
    from django.conf import settings

    from afterthread.server.upkeep.run import ready

    ready()
    options = settings.DATABASES["default"]["OPTIONS"]
    if "synchronous=FULL" not in options["init_command"]:
        raise RuntimeError("an installation does not run synchronous=FULL")
    options["init_command"] = options["init_command"].replace("synchronous=FULL", f"synchronous={mode}")
    _submit_for_ever()


def _submit_for_ever() -> None:
    from afterthread.clinic import clock
    from afterthread.clinic.flow.checkin import submit_checkin
    from afterthread.clinic.models import Procedure
    from afterthread.clinic.roles import Role, Viewer

    procedures = list(Procedure.objects.select_related("patient", "clinic"))
    viewers = [Viewer(role=Role.PATIENT, clinic=one.clinic, patient=one.patient) for one in procedures]
    said = {"answers": {"redness": {"level": "moderate", "trend": "same"}}, "otherwise": "no"}
    while True:
        for viewer, procedure in zip(viewers, procedures, strict=True):
            key = uuid4()
            submit_checkin(viewer=viewer, procedure=procedure, key=key, said=said, at=clock.now())
            os.write(1, f"{key}\n".encode())


# -- The figures -------------------------------------------------------------------------------------------------------


def measure(cuts: dict[str, int]) -> dict[str, list[Cut]]:
    """So many cuts with each setting, the settings in turn."""
    if os.geteuid() != 0:
        raise PermissionError("only root can mount the disk whose power is cut")
    random, found = Random(SEED), {mode: list[Cut]() for mode in cuts}
    with scratch() as folder:
        with Child("bench.power", "prepare", env=environment(folder / "prepared")) as child:
            child.ask(PATIENTS)
        turns = [(number, mode) for mode, count in cuts.items() for number in range(count)]
        for number, mode in sorted(turns):
            place = folder / f"{mode}-{number}"
            place.mkdir()
            found[mode].append(cut(place, folder / "prepared", mode, random.uniform(EARLIEST, LATEST)))
            _remove(place)
    return found


def _remove(place: Path) -> None:
    """The images are large; the folders that were mounted are empty now."""
    for path in ("outer", "after"):
        (place / path).unlink()


def row(found: dict[str, list[Cut]]) -> Row:
    """What was lost; controls that lose nothing would mean that nothing was cut."""
    ours = found["FULL"]
    lost = sum(len(one.lost) + len(one.partial) for one in ours)
    kept = sum(len(one.acknowledged) for one in ours)
    controls = {mode: cuts for mode, cuts in found.items() if mode != "FULL"}
    losing = {mode: sum(bool(one.lost) for one in cuts) for mode, cuts in controls.items()}
    told = ", ".join(
        f"{mode} lost {sum(len(one.lost) for one in cuts):,} of {sum(len(one.acknowledged) for one in cuts):,} "
        f"in {losing[mode]} of {len(cuts)} cuts"
        for mode, cuts in controls.items()
    )
    broken = [mode for mode, cuts in found.items() if any(one.corrupt for one in cuts)]
    return Row(
        figure=f"R3 acknowledged check-ins lost in {len(ours)} power cuts, SQLite synchronous=FULL",
        target="0; the controls must lose some",
        measured=f"{lost} of {kept:,}",
        peer=told,
        met=not lost and kept > 0 and "FULL" not in broken and all(losing.values()),
        note="ext4 in an image on a file system that is frozen at a random moment between 0.2 and 1.6 s; the image is "
        "copied without what its file system still keeps in memory, and mounted anew; each check-in is looked for with "
        "its decision and its row of the log; a disk that lies about flushing is beyond this"
        + (f"; damaged databases with {', '.join(broken)}" if broken else ""),
    )


def figures() -> list[Row]:
    """R3."""
    return [row(measure(MODES))]


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        answer(lambda words: prepare(int(words[0])))
    elif sys.argv[1:2] == ["write"]:
        write(sys.argv[2])
    else:
        print(figures())
