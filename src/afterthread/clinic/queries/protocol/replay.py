"""What another protocol would have decided over a clinic's whole history, person by person and check-in by check-in.

Every check-in is held against what differs between the two versions; those that it could touch, and only those, are
decided by the engine under both. That this leaves out nothing is what the tests say. Of a plan, only what differs is
dated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import CheckIn, Clinic, Procedure, ProcedureVersion
from afterthread.clinic.queries.protocol.differ import Difference
from afterthread.clinic.queries.protocol.shift import Redated, Shift, dates, decisions, redating
from afterthread.protocol.entry import Course, Step
from afterthread.protocol.model import Protocol

BATCH = 200
IN_TURN = ("said_at", "received_at")
SAID = ("procedure", "day", "said_at", "answers", "words")
"""All that is read of a check-in to decide it."""
MOST_KEPT = 1000
"""So many check-ins that become no less urgent, and so many plans, are kept by name; the less urgent ones all are."""
Plain = dict[str, Any]


@dataclass
class Replay:
    """How many check-ins there are, whose, and what becomes of them."""

    checkins: int = 0
    people: int = 0
    lowered: int = 0
    raised: int = 0
    otherwise: int = 0
    """As urgent as before, but for another reason."""
    rows: list[Plain] = field(default_factory=list)

    def take(self, version: ProcedureVersion, rows: list[CheckIn], shift: Shift) -> None:
        """Count one check-in that is decided differently, and keep it by name."""
        if shift.after < shift.before:
            self.lowered += 1
        elif shift.after > shift.before:
            self.raised += 1
        else:
            self.otherwise += 1
        if shift.after < shift.before or self.raised + self.otherwise <= MOST_KEPT:
            self.rows.append(_plain(version, rows, shift))


def _plain(version: ProcedureVersion, rows: list[CheckIn], shift: Shift) -> Plain:
    return {
        "patient": str(version.patient_id),
        "version": str(version.pk),
        "said_at": rows[shift.at].said_at.isoformat(),
        "day": shift.day,
        "before": shift.before.word,
        "after": shift.after.word,
        "why": [asdict(turn) for turn in shift.why],
    }


def replay(clinic: Clinic, new: Protocol) -> Replay:
    """Decide the whole history of a clinic under the version each plan is pinned to, and under another one."""
    signed = dict(_signed(clinic).values_list("pk", "protocol_id"))
    made = Replay()
    differences = {digest: Difference(protocol(digest), new) for digest in set(signed.values())}
    between = {procedure: differences[digest] for procedure, digest in signed.items()}
    for ids in _batches(_touched(clinic, between, made)):
        said: dict[UUID, list[CheckIn]] = {}
        for row in CheckIn.objects.filter(procedure__in=ids).order_by(*IN_TURN).only(*SAID):
            said.setdefault(row.procedure_id, []).append(row)
        for version in _versions(ids):
            rows, difference = said.get(version.procedure_id, []), between[version.procedure_id]
            places = difference.touched([(row.day, row.answers) for row in rows])
            heard = rows[: max(places, default=-1) + 1]  # what came later changes nothing
            for shift in decisions(difference.old, new, case.case_of(version, heard), among=places):
                made.take(version, rows, shift)
    made.rows.sort(key=lambda row: (_rank(row), row["said_at"]))
    return made


def _rank(row: Plain) -> int:
    order = ("self_care", "routine", "same_day", "emergency")
    step = order.index(row["after"]) - order.index(row["before"])
    return 0 if step < 0 else 1 if step > 0 else 2


def _touched(clinic: Clinic, between: dict[UUID, Difference], made: Replay) -> list[UUID]:
    """The procedures with a check-in that the two versions may decide differently; counts them all on the way."""
    rows = CheckIn.objects.filter(clinic=clinic).order_by("procedure", *IN_TURN)
    people: set[UUID] = set()
    touched: list[UUID] = []
    told = rows.values_list("procedure_id", "patient_id", "day", "answers").iterator(2000)
    for (procedure, patient), group in groupby(told, itemgetter(0, 1)):
        said = [(day, answers) for _, _, day, answers in group]
        made.checkins += len(said)
        people.add(patient)
        if procedure in between and between[procedure].touched(said):
            touched.append(procedure)
    made.people = len(people)
    return touched


def plans(clinic: Clinic, new: Protocol, at: datetime) -> tuple[int, list[Plain]]:
    """How many plans run, and those in which something from today on would have another date, if they were moved."""
    running = dict(_signed(clinic).filter(closed_at=None).values_list("pk", "protocol_id"))
    reach = {digest: _reach(protocol(digest), new) for digest in set(running.values())}
    found: list[Plain] = []
    for ids in _batches(running):
        for version in _versions(ids, since=at - timedelta(days=max(reach.values()) + 1)):
            today = case.day_of(version, at, version.zone)
            old = protocol(running[version.procedure_id])
            changed = [one for one in dates(old, new, case.procedure_of(version)) if one.last >= today]
            if changed and len(found) < MOST_KEPT:
                found.append(_dated(version, changed))
    return len(running), found


def _dated(version: ProcedureVersion, changed: list[Redated]) -> Plain:
    return {
        "patient": str(version.patient_id),
        "version": str(version.pk),
        "zero": version.day_zero.isoformat(),
        "changes": [asdict(one) for one in changed],
    }


def _reach(old: Protocol, new: Protocol) -> int:
    """The last day on which any plan can differ between the two; -1 when none does."""
    both = redating(old, new)
    steps = (_last_day(step, one.horizon_days) for one in both for step in one["step"].values())
    return max([-1, *steps, *(_longest(course) for one in both for course in one["course"].values())])


def _last_day(step: Step, horizon: int) -> int:
    if step.days:
        return max(step.days) + 1
    return horizon if step.end is None else step.end.hours // 24 + 2


def _longest(course: Course) -> int:
    return max(course.until.values(), default=0) + sum(max(shift.days, 0) for shift in course.shift)


def _signed(clinic: Clinic) -> Any:
    return Procedure.objects.filter(clinic=clinic, signed_at__isnull=False)


def _versions(ids: Iterable[UUID], since: datetime | None = None) -> Iterator[ProcedureVersion]:
    """The signed version that counts of each procedure, with its threads."""
    rows = ProcedureVersion.objects.filter(procedure__in=list(ids), signed_at__isnull=False)
    rows = rows.filter(placed_at__gte=since) if since else rows
    rows = rows.defer("note", "reason", "despite", "plan").prefetch_related("threads").order_by("number")
    yield from {row.procedure_id: row for row in rows}.values()


def _batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    waiting = list(ids)
    for first in range(0, len(waiting), BATCH):
        yield waiting[first : first + BATCH]
