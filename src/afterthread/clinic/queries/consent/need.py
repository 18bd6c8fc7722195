"""What a patient still has to sign, or may sign, and what she has signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import ConsentText, Consultation, Patient, ProcedureVersion, Signature
from afterthread.clinic.queries.consent.consent import (
    PROCEDURE,
    in_force,
    needed,
    regions_of,
    signatures_of,
    state_of,
    zones_of,
)
from afterthread.clinic.queries.consent.wording import Signed, signed
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer


@dataclass(frozen=True)
class Need:
    """One text that is asked for, and how it stands: signed, missing, outdated, withdrawn, or there is no text."""

    text: ConsentText | None
    state: str
    region: str = ""
    consultation: Consultation | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody can, and has not yet, signed it."""
        return self.text is not None and self.state != "signed"


def needs_of(consultation: Consultation, at: datetime) -> list[Need]:
    """The texts to be signed for one session, as they stand at the session if it is over.

    Its regions are those that were agreed on and, as far as it is recorded, those of the record.
    """
    rows = ProcedureVersion.objects.filter(procedure__consultation=consultation).prefetch_related("threads")
    records = list(rows)
    zones = {*consultation.zones}.union(*map(zones_of, records))
    regions = regions_of(protocol(consultation.protocol_id), zones)
    when = min(at, max((one.placed_at for one in records if one.number == 1), default=at))
    given = list(signatures_of(consultation))
    texts = needed(consultation.clinic, regions, when).items()
    found = {text or region: Need(text, state_of(text, given, at), region, consultation) for region, text in texts}
    return list(found.values())


def offers_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Need]:
    """The texts that are not about one session, which a patient may sign or not."""
    rows = scope(viewer, Signature).filter(patient=patient, consultation=None).select_related("text", "withdrawal")
    given, order = list(rows), ConsentText.Purpose.values
    texts = in_force(viewer.own_clinic, at).exclude(purpose=PROCEDURE)
    return [Need(one, state_of(one, given, at)) for one in sorted(texts, key=lambda one: order.index(one.purpose))]


def open_consultations(viewer: Viewer, patient: Patient) -> list[Consultation]:
    """Those of which no session is signed yet, the newest first."""
    rows = scope(viewer, Consultation).filter(patient=patient, closed_at=None).select_related("clinic", "patient")
    return list(rows.exclude(procedures__signed_at__isnull=False))


def waiting_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Need]:
    """What a patient is asked to read and sign now: of every session of which the regions are known."""
    needs = [need for one in open_consultations(viewer, patient) for need in needs_of(one, at)]
    return [one for one in needs if one.waits and one.region]


def signed_by(viewer: Viewer, patient: Patient, consultation: Consultation | None = None) -> list[Signed]:
    """Everything that a patient signed, or what she signed for one session and for none, the newest first."""
    rows = scope(viewer, Signature).filter(patient=patient)
    if consultation is not None:
        rows = rows.filter(consultation__in=[consultation]) | rows.filter(consultation=None)
    known = rows.select_related("text", "withdrawal__by__user", "witness__user", "consultation")
    return [signed(one) for one in known.order_by("-signed_at", "-pk")]
