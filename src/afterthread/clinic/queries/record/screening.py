"""What is known before a session, what the engine finds in it, and what a clinician has decided on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import Consultation, Override, Patient, ProcedureVersion, Screening
from afterthread.clinic.queries.consent.consent import regions_of, zones_of
from afterthread.clinic.queries.procedure import usual_age
from afterthread.clinic.queries.record.obstacle import Obstacle
from afterthread.clinic.sheet.screening import at_once
from afterthread.engine.screen import Candidate, Objection, screen
from afterthread.engine.screen import Screening as Found
from afterthread.protocol.model import UNKNOWN, Protocol

ADULT = 18


@dataclass(frozen=True)
class Screened:
    """The questionnaire that counts, as it reads for one planned day, with the decisions made on it."""

    screening: Screening
    found: Found
    overrides: dict[str, Override]

    @property
    def open(self) -> tuple[Objection, ...]:
        """The findings that nobody has decided on, or nobody can."""
        return tuple(one for one in self.found.objections if one.entry not in self.overrides)

    @property
    def unasked(self) -> tuple[str, ...]:
        """The timings about which nothing is known: neither a day nor a no."""
        return tuple(id for id in self.found.undated if id not in self.screening.answers.get("denied", ()))

    @property
    def left_open(self) -> tuple[str, ...]:
        """Everything without an answer, as entries; it is never taken for a no."""
        return (*(f"condition.{id}" for id in self.found.unanswered), *(f"timing.{id}" for id in self.unasked))

    @property
    def clear(self) -> bool:
        """Whether everything was asked and nothing is open."""
        return not (self.open or self.left_open)

    @property
    def at_once(self) -> tuple[str, ...]:
        """The conditions with a yes that cannot wait for the clinic."""
        return at_once(self.screening.answers)


def candidate_of(
    known: Protocol,
    answers: Mapping[str, Any],
    *,
    zones: Iterable[str] = (),
    planned: date | None = None,
    age: int | None = None,
) -> Candidate:
    """Stored answers as the engine takes them; `age` is what the record says, if it does."""
    told = {**dict.fromkeys(known["condition"], UNKNOWN), **answers["answers"]}
    years = answers.get("age") if age is None else age
    if years is not None and years < ADULT and "under_18" in told:
        told["under_18"] = "yes"  # the year of birth knows better than an answer
    return Candidate(
        answers=told,
        age=years,
        regions=tuple(sorted(regions_of(known, zones))),
        planned=planned,
        events={id: date.fromisoformat(day) for id, day in answers["events"].items()},
        otherwise_no={*answers["events"], *answers["denied"]} >= {*known["timing"]},
    )


def weigh(
    known: Protocol,
    said: Mapping[str, Any],
    patient: Patient,
    *,
    zones: Iterable[str],
    planned: date | None,
    filled: date,
) -> Found:
    """What the engine finds in answers, for these zones and this day; the age is that on the day."""
    age = usual_age(patient, planned or filled)
    return screen(known, candidate_of(known, said, zones=zones, planned=planned, age=age))


def screened(
    consultation: Consultation,
    *,
    zones: Iterable[str] | None = None,
    planned: date | None = None,
    until: datetime | None = None,
) -> Screened | None:
    """The last questionnaire (filled by `until`), evaluated for these zones and this day.

    Those of the consultation if none are given: a planned day that moved is weighed anew each time it is read.
    """
    rows = consultation.screenings.prefetch_related("overrides__by__user")
    last = (rows if until is None else rows.filter(filled_at__lte=until)).last()
    return None if last is None else read(consultation, last, zones=zones, planned=planned)


def read(
    consultation: Consultation, row: Screening, *, zones: Iterable[str] | None = None, planned: date | None = None
) -> Screened:
    """One questionnaire as it reads for the consultation, or for other zones and another day."""
    found = weigh(
        protocol(row.protocol_id),
        row.answers,
        consultation.patient,
        zones=list(consultation.zones if zones is None else zones),
        planned=planned or consultation.planned_on,
        filled=row.filled_at.astimezone(consultation.clinic.zone).date(),
    )
    return Screened(row, found, {one.entry: one for one in row.overrides.all()})


def first_free(consultation: Consultation, known: Screened, today: date) -> date | None:
    """The first day on which nothing clashes any more, if the planned one does; out of one clash not into the next."""
    day = known.found.earliest
    if day is None:
        return None
    for _each in known.screening.answers["events"]:  # every step leaves one of them behind
        further = read(consultation, known.screening, planned=max(day, today)).found.earliest
        if further is None:
            break
        day = further
    return max(day, today)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer that differs from the questionnaire before; blank where nothing was said."""

    entry: str
    before: str
    after: str


def history(consultation: Consultation) -> list[tuple[Screening, list[Told]]]:
    """Every questionnaire with what changed against the one before, the newest first."""
    rows = list(consultation.screenings.select_related("taken_by__user").prefetch_related("overrides__by__user"))
    before: list[Screening | None] = [None, *rows]
    return [(row, changes(old, row) if old else []) for old, row in zip(before, rows, strict=False)][::-1]


def changes(before: Screening, after: Screening) -> list[Told]:
    """What was answered differently."""
    was, now = flat(before.answers), flat(after.answers)
    return [
        Told(entry, was.get(entry, ""), now.get(entry, ""))
        for entry in sorted({*was, *now})
        if was.get(entry) != now.get(entry)
    ]


def flat(answers: Mapping[str, Any]) -> dict[str, str]:
    """Every answer of a questionnaire by entry: yes, no, unknown, or the date of what happens or happened."""
    found = {f"condition.{id}": word for id, word in answers["answers"].items()}
    found |= {f"timing.{id}": "no" for id in answers.get("denied", ())}
    found |= {f"timing.{id}": UNKNOWN for id in answers.get("unsure", ())}
    return found | {f"timing.{id}": day for id, day in answers["events"].items()}


def obstacles(version: ProcedureVersion) -> list[Obstacle]:
    """What the screening leaves open on the day of the session; each can be answered by the signer in writing.

    What was filled in after the session says nothing of what was known before it.
    """
    consultation = version.procedure.consultation
    day, until = version.day_zero, version.placed_at
    held = consultation and screened(consultation, zones=zones_of(version), planned=day, until=until)
    if not held:
        return [Obstacle("screening_missing")]
    found = [Obstacle(f"screening_{one.verdict}", one.entry) for one in held.open]
    return [*found, *([Obstacle("screening_unanswered", held.left_open)] if held.left_open else [])]
