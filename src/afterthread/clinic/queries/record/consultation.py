"""The way to one session: what was agreed, what is filled in and signed, what to prepare, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property

from django.db.models import Q, QuerySet

from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import Consultation, Patient, ProcedureVersion
from afterthread.clinic.queries.consent.need import needs_of
from afterthread.clinic.queries.record.screening import Screened, screened
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.engine.facts import Procedure
from afterthread.engine.plan import PlanItem, plan
from afterthread.protocol.model import Protocol

AGREED = ("indications", "zones", "expectation", "promised", "promises")
"""What a consultation is about: one of these makes it more than a form that was opened."""


@dataclass(frozen=True)
class Ahead:
    """One consultation as it stands at one moment; nothing of it is kept fresh anywhere."""

    consultation: Consultation
    at: datetime

    @property
    def patient(self) -> Patient:
        """Whose it is."""
        return self.consultation.patient

    @property
    def today(self) -> date:
        """The date on the clinic's calendar."""
        return self.at.astimezone(self.consultation.clinic.zone).date()

    @property
    def days(self) -> int | None:
        """How many days are left; negative once the planned day is over."""
        planned = self.consultation.planned_on
        return None if planned is None else (planned - self.today).days

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol that it is pinned to."""
        return protocol(self.consultation.protocol_id)

    @property
    def discussed(self) -> bool:
        """Whether anything was written down of it."""
        return any(getattr(self.consultation, name) for name in AGREED)

    @cached_property
    def screened(self) -> Screened | None:
        """The questionnaire that counts, weighed for the planned day."""
        return screened(self.consultation)

    @cached_property
    def consented(self) -> bool:
        """Whether everything that this session needs is signed, in the words that are in force."""
        return all(one.state == "signed" for one in needs_of(self.consultation, self.at))

    @property
    def papers_done(self) -> bool:
        """Whether nothing is left to be filled in or signed."""
        return self.screened is not None and self.consented

    @cached_property
    def version(self) -> ProcedureVersion | None:
        """The record of the session, once somebody has begun it: the last version."""
        rows = ProcedureVersion.objects.filter(procedure__consultation=self.consultation)
        return rows.select_related("procedure", "signed_by__user").order_by("number").last()

    @property
    def done(self) -> bool:
        """Whether the session has taken place and is signed."""
        return self.version is not None and self.version.procedure.signed_at is not None

    @property
    def editable(self) -> bool:
        """Whether anything can still be agreed."""
        return self.consultation.closed_at is None and not self.done

    @cached_property
    def preparation(self) -> tuple[PlanItem, ...]:
        """What prepares the session, dated from the planned day; nothing while there is none."""
        held = self.consultation
        if held.planned_on is None:
            return ()
        made = plan(self.protocol, facts_of(held, self.screened))
        return tuple(item for item in made.items if item.kind == "preparation")

    def by_now(self, today: date) -> tuple[list[PlanItem], list[PlanItem]]:
        """Of the preparation what holds today, and what is still to come."""
        planned = self.consultation.planned_on
        if planned is None or today > planned:
            return [], []
        day = (today - planned).days
        # what ends with the session itself still holds on its morning
        now = [one for one in self.preparation if one.first_day <= day < (one.end_day or 1)]
        return now, [one for one in self.preparation if one.first_day > day]


def facts_of(held: Consultation, known: Screened | None) -> Procedure:
    """A session that is still to come, as the engine knows it."""
    zone, day = held.clinic.zone, held.planned_on
    answers = known.screening.answers["answers"] if known else {}
    modifiers = {id: answers[id] for id in protocol(held.protocol_id)["modifier"] if id in answers}
    at = None if day is None else datetime.combine(day, held.planned_time or time(12), zone)
    return Procedure(at=at, day=day, zone=zone, zones=tuple(held.zones), modifiers=modifiers)


def ahead(consultation: Consultation, at: datetime) -> Ahead:
    """A consultation as it stands at `at`."""
    return Ahead(consultation, at)


def coming(viewer: Viewer) -> QuerySet[Consultation]:
    """Consultations whose session is ahead: neither closed nor signed, nor only there because a record was begun."""
    rows = scope(viewer, Consultation).filter(closed_at=None).exclude(procedures__signed_at__isnull=False)
    real = Q(planned_on__isnull=False) | Q(procedures=None)
    return rows.filter(real).distinct().select_related("patient", "clinic", "opened_by__user")


def ahead_of(viewer: Viewer, patient: Patient, at: datetime) -> Ahead | None:
    """The session that is next for a patient: the nearest planned one, or one that has no date yet."""
    today = at.astimezone(patient.clinic.zone).date()
    rows = [one for one in coming(viewer).filter(patient=patient) if one.planned_on is None or one.planned_on >= today]
    dated = sorted((one for one in rows if one.planned_on), key=lambda one: (one.planned_on or today, one.opened_at))
    found = next(iter([*dated, *rows]), None)
    return None if found is None else Ahead(found, at)


def consultations_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Ahead]:
    """Every consultation of a patient, the newest first; those that nobody wrote anything into are left out."""
    rows = scope(viewer, Consultation).filter(patient=patient).select_related("patient", "clinic", "opened_by__user")
    found = [Ahead(one, at) for one in rows]
    return [one for one in found if one.discussed or one.consultation.planned_on or not one.version]


def titled(items: Iterable[PlanItem]) -> dict[date, list[PlanItem]]:
    """Steps by the day on which they begin."""
    days: dict[date, list[PlanItem]] = {}
    for item in items:
        if item.on is not None:
            days.setdefault(item.on, []).append(item)
    return dict(sorted(days.items()))
