"""One recovery as it stands now: the procedure that counts, its plan, its check-ins and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from afterthread.clinic import case
from afterthread.clinic.models import CheckIn, Decision, Patient, Procedure, SignOff
from afterthread.clinic.queries.protocol.sign_off import sign_off_of
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Missing, Viewer
from afterthread.clinic.schedule import phone_now
from afterthread.engine import facts
from afterthread.engine.explain import Explanation, Words, explain
from afterthread.engine.history import due_days
from afterthread.engine.plain import read_decision
from afterthread.engine.plan import Plan, plan
from afterthread.engine.triage import Decision as Decided
from afterthread.protocol.model import Protocol, Urgency


@dataclass(frozen=True)
class Said:
    """One check-in with the decision that counts now."""

    checkin: CheckIn
    decision: Decision
    late: bool
    """Said on a later day than the one on which it was due."""

    @cached_property
    def decided(self) -> Decided:
        """The decision as the engine made it."""
        return read_decision(self.decision.document)

    @property
    def urgency(self) -> Urgency:
        """How urgent it is."""
        return Urgency(self.decision.urgency)

    @property
    def superseded(self) -> bool:
        """Whether a later fact changed what was decided first."""
        return self.decision.supersedes_id is not None


class Recovery:
    """Everything about one signed procedure, read once for one moment; nothing in it is kept fresh anywhere."""

    def __init__(self, procedure: Procedure, at: datetime) -> None:
        """Raises `Missing` for a procedure that nobody signed."""
        self.procedure, self.at, self.patient = procedure, at, procedure.patient
        self.version = procedure.signed_version()

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol that the plan is pinned to."""
        return case.protocol_of(self.procedure)

    @cached_property
    def sign_off(self) -> SignOff | None:
        """Who of this clinic vouches for exactly this protocol, if anybody does."""
        return sign_off_of(self.patient.clinic, self.procedure.protocol_id)

    @cached_property
    def facts(self) -> facts.Procedure:
        """What was done, as the engine knows it."""
        return case.procedure_of(self.version)

    @cached_property
    def plan(self) -> Plan:
        """The dated plan: the one that was kept when it was signed, unless it was moved to another protocol since."""
        return plan(self.protocol, self.facts)

    @property
    def day(self) -> int:
        """Today, counted in calendar days from the procedure where the patient is."""
        return min(max(case.day_of(self.version, self.at, self.patient.zone), 0), self.protocol.horizon_days)

    def date_of(self, day: int) -> date:
        """The date of a day number."""
        if self.facts.day is None:
            raise Missing
        return self.facts.day + timedelta(days=day)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """Every check-in with its decision, the oldest first."""
        rows = list(self.procedure.checkins.prefetch_related("decisions"))
        due, heard, said = sorted(due_days(self.protocol)), -1, []
        for row in rows:
            last = max((day for day in due if day <= row.day), default=row.day)
            said.append(Said(row, list(row.decisions.all())[-1], late=last > heard and row.day > last))
            heard = row.day
        return tuple(said)

    @property
    def last(self) -> Said | None:
        """The last check-in."""
        return self.said[-1] if self.said else None

    @property
    def due_now(self) -> int | None:
        """The day number of the check-in that is due and has not come, today's included."""
        heard = self.last.checkin.day if self.last else -1
        open_days = [day for day in due_days(self.protocol) if heard < day <= self.day]
        return max(open_days, default=None)

    @property
    def next_due(self) -> int | None:
        """The day number of the next check-in after today."""
        return min((day for day in due_days(self.protocol) if day > self.day), default=None)

    def words(self, language: str) -> Words:
        """The protocol's sentences in a language, with the clinic's own numbers; English where it does not speak it."""
        return Words(self._with_phones, speakable(self.protocol, language))

    def explain(self, decided: Decided, language: str) -> Explanation:
        """A decision in sentences, with the clinic's own numbers."""
        return explain(self._with_phones, decided, speakable(self.protocol, language))

    @cached_property
    def _with_phones(self) -> Protocol:
        clinic = self.patient.clinic
        return with_phones(self.protocol, clinic.emergency, phone_now(clinic, self.at))


def speakable(protocol: Protocol, language: str) -> str:
    """The language, if the protocol speaks it, or English."""
    return language if language in protocol.words else "en"


@lru_cache(maxsize=64)
def with_phones(protocol: Protocol, emergency: str, phone: str) -> Protocol:
    """The same protocol, saying these numbers."""
    return replace(protocol, phones={"emergency": emergency, "clinic": phone})


def recovery_of(viewer: Viewer, patient: Patient, at: datetime) -> Recovery:
    """The recovery that is running, or ran last; raises `Missing` while nothing is signed."""
    return recoveries_of(viewer, patient, at)[0]


def recoveries_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Recovery]:
    """Every signed procedure of a patient, the newest first; raises `Missing` when there is none."""
    signed = scope(viewer, Procedure).filter(patient=patient, signed_at__isnull=False)
    found = [Recovery(one, at) for one in signed.select_related("patient__clinic")]
    if not found:
        raise Missing
    return sorted(found, key=lambda one: one.version.placed_at, reverse=True)
