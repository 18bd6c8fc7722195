"""Times a recall over a million threads: from a lot to everybody who carries it, against the bare query."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench import Row
from bench.crowd import Copier, filling
from bench.worklist import attend, on_both, practices

if TYPE_CHECKING:  # tables can be imported only where Django was started
    from afterthread.clinic.models import Procedure, Recall
    from afterthread.clinic.roles import Viewer

PATIENTS, SMALL, EACH, CARRIERS, RUNS = 10_000, 250, 100, 100, 15
"""How many patients, how many in the small practice, rows of threads of each, who carries the lot, and how often."""
CODE = "PD-2291"
FACTOR, LIMIT = 2.0, 40.0
"""How much longer the large practice may take, and how much longer than the bare query, which opens no sealed name."""
BARE = """
SELECT t.*, v.placed_at, v.time_zone, p.* FROM clinic_thread t
JOIN clinic_procedureversion v ON v.id = t.version_id JOIN clinic_patient p ON p.id = v.patient_id
WHERE t.clinic_id = %s AND UPPER(t.lot) = UPPER(%s) AND v.signed_at IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM clinic_procedureversion l
  WHERE l.procedure_id = v.procedure_id AND l.signed_at IS NOT NULL AND l.number > v.number)
"""


# -- A practice with very many threads ---------------------------------------------------------------------------------


def fill(patients: int, each: int, carriers: int) -> dict[str, int]:
    """So many patients with so many rows of threads; of the lot that is called back two rows in each of `carriers`."""
    from django.db import transaction

    with filling() as dialect:
        with transaction.atomic():
            doctor, template = _tell(each)
        with transaction.atomic():
            counts = _copy(template, patients - 1, dialect.uuid)
            _call_back(doctor, carriers)
    return counts


def _tell(each: int) -> tuple[Viewer, Procedure]:
    from afterthread.clinic import clock
    from tests.lib.clinic import a_clinic, a_patient, a_procedure, a_staff
    from tests.lib.lots import a_row

    start = clock.now() - timedelta(days=90)
    doctor = a_staff(a_clinic(at=start), at=start)
    rows = [a_row("left" if number % 2 else "right", lot=f"L-{number}", count=1) for number in range(each)]
    return doctor, a_procedure(doctor, a_patient(doctor, start), start, threads=rows)


def _copy(template: Procedure, more: int, uuid: str) -> dict[str, int]:
    """The patient with her record, within the database; every copy of a row is of another lot."""
    from afterthread.clinic.models import ProcedureVersion

    copier = Copier(template, uuid)
    copier.people(more)
    copier.hanging(ProcedureVersion)
    threads = copier.threads(key=uuid, lot="'L-' || (row_number() OVER () %% 5000)")
    return {"patients": more + 1, "threads": threads + template.versions.get().threads.count()}


def _call_back(doctor: Viewer, carriers: int) -> None:
    """The lot in two rows of each who carries it; everybody is told, every second answers."""
    from afterthread.clinic import clock
    from afterthread.clinic.flow.message import write_message
    from afterthread.clinic.flow.record.recall import tell_patients
    from afterthread.clinic.models import ProcedureVersion, Thread
    from afterthread.clinic.roles import Role, Viewer
    from tests.lib.lots import a_recall

    now = clock.now()
    versions = ProcedureVersion.objects.order_by("pk").values_list("pk", flat=True)[:carriers]
    Thread.objects.filter(version__in=list(versions), position__lt=2).update(lot=CODE)
    recall: Recall = a_recall(doctor, CODE, at=now)
    told = tell_patients(viewer=doctor, recall=recall, texts={"en": "Please call us."}, at=now)
    for notice in told[::2]:
        hers = Viewer(role=Role.PATIENT, clinic=doctor.clinic, patient=notice.patient)
        at = now + timedelta(hours=1)
        write_message(viewer=hers, patient=notice.patient, key=uuid4(), text="I come.", at=at)


# -- Timing ------------------------------------------------------------------------------------------------------------


class Practice:
    """A filled practice and somebody who calls the lot back."""

    def __init__(self) -> None:
        from afterthread.clinic.models import Recall, Staff
        from afterthread.clinic.roles import Role, Viewer

        staff = Staff.objects.select_related("user", "clinic").get(role="practitioner")
        self.viewer = Viewer(role=Role.PRACTITIONER, clinic=staff.clinic, staff=staff)
        self.recall = Recall.objects.select_related("product").get()

    def carriers(self) -> int:
        """The recall as its page reads it; returns how many rows of threads."""
        from afterthread.clinic.queries.stock.recall import carriers

        found = carriers(self.viewer, self.recall)
        return sum(len(one.threads) for one in found if one.patient.name and one.told)

    def bare(self) -> int:
        """The rows alone."""
        from django.db import connection

        clinic = self.viewer.own_clinic.pk
        with connection.cursor() as cursor:
            cursor.execute(BARE, (clinic.hex if connection.vendor == "sqlite" else clinic, CODE))
            return len(cursor.fetchall())

    def plan(self) -> str:
        """How the database finds the rows."""
        from django.db import connection

        from afterthread.clinic.queries.stock.recall import threads_of

        with connection.cursor():
            return str(threads_of(self.viewer, CODE).explain())

    def timed(self, what: str) -> tuple[float, int]:
        """Seconds, and how many rows were found."""
        act: Callable[[], int] = {"carriers": self.carriers, "bare": self.bare}[what]
        start = time.perf_counter()
        found = act()
        return time.perf_counter() - start, found


@dataclass(slots=True)
class Found:
    """What was measured with one kind of database."""

    vendor: str
    counts: dict[str, int]
    small: list[float]
    large: list[float]
    bare: list[float]
    rows: set[int]
    plan: str


def measure(vendor: str, folder: Path, urls: Sequence[str]) -> Found:
    """Fill a small and a large practice, and call the lot back in turn; no `urls` is SQLite."""
    with practices("bench.recall", folder, urls) as (small, large):
        small.ask("fill", SMALL, EACH, CARRIERS)
        counts = large.ask("fill", PATIENTS, EACH, CARRIERS)
        turns = [(small.ask("carriers"), large.ask("carriers"), large.ask("bare")) for _ in range(RUNS + 1)][1:]
        plan = large.ask("plan")
    times_small, times_large, times_bare = ([float(turn[place][0]) for turn in turns] for place in range(3))
    found = {int(one[1]) for turn in turns for one in turn}
    return Found(vendor, counts, times_small, times_large, times_bare, found, plan)


def rows(found: Found) -> list[Row]:
    """The recall against the bare query, and against a small practice."""
    small, large, bare = (median(one) for one in (found.small, found.large, found.bare))
    whole = found.rows == {2 * CARRIERS}
    told = f"{found.counts['threads']:,} rows of threads, {2 * CARRIERS} of the lot in {CARRIERS} patients"
    return [
        Row(
            figure=f"recall over {found.counts['threads']:,} threads, {found.vendor}",
            target=f"<= {LIMIT:.0f}x the bare query for its rows",
            measured=f"{large / bare:.1f}x ({large * 1e3:.1f} ms)",
            peer=f"bare SQL {bare * 1e3:.2f} ms",
            met=whole and large / bare <= LIMIT,
            note=f"median of {len(found.large)} in turn; {told}; names, messages and answers opened, the bare query "
            f"leaves them sealed; found by the index: {'yes' if 'thread_lot' in found.plan else 'NO'}",
        ),
        Row(
            figure=f"recall, cost of what is stored, {found.vendor}",
            target=f"<= {FACTOR:.0f}x the time of a small practice",
            measured=f"{large / small:.2f}x",
            peer=f"{SMALL * EACH:,} threads {small * 1e3:.1f} ms",
            met=whole and large / small <= FACTOR and "thread_lot" in found.plan,
            note="the same lot in as many patients in both",
        ),
    ]


def figures() -> list[Row]:
    """Recall on both databases."""
    return on_both(lambda vendor, folder, urls: rows(measure(vendor, folder, urls)))


def _act(practice: Practice, words: Sequence[str]) -> Any:
    return practice.plan() if words[0] == "plan" else practice.timed(words[0])


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        attend(fill, Practice, _act)
    else:
        for figure in figures():
            print(figure)
