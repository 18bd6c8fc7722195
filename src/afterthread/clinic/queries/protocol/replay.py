"""What another protocol would have decided over a clinic's whole history, person by person and check-in by check-in.

Every check-in is held against what differs between the two versions; those that it could touch, and only those, are
decided by the engine under both. That this leaves out nothing is what the tests say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from afterthread.clinic import case
from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import CheckIn, Clinic, Procedure, ProcedureVersion
from afterthread.clinic.queries.protocol.differ import Difference
from afterthread.clinic.queries.protocol.shift import Redated, Shift, dates, decisions
from afterthread.protocol.entry import Course, Step
from afterthread.protocol.model import Protocol

BATCH = 200
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
    touched = _touched(clinic, signed, new, made)
    for ids in _batches(touched):
        said: dict[UUID, list[CheckIn]] = {}
        for row in CheckIn.objects.filter(procedure__in=ids):
            said.setdefault(row.procedure_id, []).append(row)
        for version in _versions(ids):
            rows, old = said.get(version.procedure_id, []), protocol(signed[version.procedure_id])
            for shift in decisions(old, new, case.case_of(version, rows)):
                made.take(version, rows, shift)
    made.rows.sort(key=lambda row: (_rank(row), row["said_at"]))
    return made


def _rank(row: Plain) -> int:
    order = ("self_care", "routine", "same_day", "emergency")
    step = order.index(row["after"]) - order.index(row["before"])
    return 0 if step < 0 else 1 if step > 0 else 2


def _touched(clinic: Clinic, signed: dict[UUID, str], new: Protocol, made: Replay) -> list[UUID]:
    """The procedures with a check-in that the two versions may decide differently; counts all others on the way."""
    differences = {digest: Difference(protocol(digest), new) for digest in set(signed.values())}
    rows = CheckIn.objects.filter(clinic=clinic).order_by().values_list("procedure_id", "patient_id", "day", "answers")
    people: set[UUID] = set()
    touched: set[UUID] = set()
    for procedure, patient, day, answers in rows.iterator(2000):
        made.checkins += 1
        people.add(patient)
        if procedure in signed and procedure not in touched and differences[signed[procedure]].touches(day, answers):
            touched.add(procedure)
    made.people = len(people)
    return sorted(touched)


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
    pairs = [(old["step"][id], new["step"][id]) for id in old["step"].keys() & new["step"].keys()]
    steps = [one for pair in pairs if _when(pair[0]) != _when(pair[1]) for one in pair]
    both = [(old["course"][id], new["course"][id]) for id in old["course"].keys() & new["course"].keys()]
    courses = [one for pair in both if pair[0].until != pair[1].until for one in pair]
    return max([-1, *(_last_day(one, new.horizon_days) for one in steps), *map(_longest, courses)])


def _when(step: Step) -> tuple[object, ...]:
    return step.start, step.end, step.days


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
