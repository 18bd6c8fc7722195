"""What a patient still has to sign, or may sign, and what she has signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import ConsentText, Consultation, Patient, ProcedureVersion, Signature
from afterthread.clinic.queries.consent.consent import (
    PROCEDURE,
    in_force,
    is_withdrawn,
    needed,
    regions_of,
    same_slot,
    signatures_of,
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
    signature: Signature | None = None
    """The last one on any version of it."""

    @property
    def waits(self) -> bool:
        """Whether somebody can, and has not yet, signed it."""
        return self.text is not None and self.state != "signed"


def _need(text: ConsentText | None, given: list[Signature], at: datetime, **about: str | Consultation | None) -> Need:
    if text is None:
        return Need(None, "no_text", **about)  # type: ignore[arg-type]  # the two that it has beside these
    alike = [one for one in given if same_slot(one.text, text)]
    standing = [one for one in alike if not is_withdrawn(one, at)]
    last = next(iter([*[one for one in standing if one.text_id == text.pk], *standing[::-1], *alike[::-1]]), None)
    if any(one.text_id == text.pk for one in standing):
        state = "signed"
    else:
        state = "outdated" if standing else "withdrawn" if alike else "missing"
    return Need(text, state, signature=last, **about)  # type: ignore[arg-type]


def regions_in(consultation: Consultation) -> set[str]:
    """The regions that a session is about, as it was agreed and as far as it is recorded."""
    zones = set(consultation.zones)
    records = ProcedureVersion.objects.filter(procedure__consultation=consultation).prefetch_related("threads")
    for version in records:
        zones |= {*version.zones, *(thread.zone for thread in version.threads.all())}
    return regions_of(protocol(consultation.protocol_id), zones)


def needs_of(consultation: Consultation, at: datetime) -> list[Need]:
    """The texts to be signed for one session, as they stand at the session if it is over."""
    done = ProcedureVersion.objects.filter(procedure__consultation=consultation, number=1).last()
    when = min(at, done.placed_at) if done else at
    given = list(signatures_of(consultation))
    texts = needed(consultation.clinic, regions_in(consultation), when)
    found = {
        text.pk if text else region: _need(text, given, at, region=region, consultation=consultation)
        for region, text in texts.items()
    }
    return list(found.values())


def offers_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Need]:
    """The texts that are not about one session, which a patient may sign or not."""
    rows = scope(viewer, Signature).filter(patient=patient, consultation=None).select_related("text", "withdrawal")
    given = list(rows)
    texts = in_force(viewer.own_clinic, at).exclude(purpose=PROCEDURE)
    order = list(ConsentText.Purpose)
    return sorted((_need(one, given, at) for one in texts), key=lambda one: order.index(_purpose(one)))


def _purpose(need: Need) -> ConsentText.Purpose:
    return ConsentText.Purpose(need.text.purpose if need.text else PROCEDURE)


def open_consultations(viewer: Viewer, patient: Patient) -> list[Consultation]:
    """Those of which no session is signed yet, the newest first."""
    rows = scope(viewer, Consultation).filter(patient=patient, closed_at=None).select_related("clinic", "patient")
    return list(rows.exclude(procedures__signed_at__isnull=False))


def waiting_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Need]:
    """What a patient is asked to read and sign now: of every session of which the zones are known."""
    before = [one for one in open_consultations(viewer, patient) if regions_in(one)]
    return [need for one in before for need in needs_of(one, at) if need.waits]


def signed_by(viewer: Viewer, patient: Patient, consultation: Consultation | None = None) -> list[Signed]:
    """Everything that a patient signed, or what she signed for one session and for none, the newest first."""
    rows = scope(viewer, Signature).filter(patient=patient)
    if consultation is not None:
        rows = rows.filter(consultation__in=[consultation]) | rows.filter(consultation=None)
    known = rows.select_related("text", "withdrawal__by__user", "witness__user", "consultation")
    return [signed(one) for one in known.order_by("-signed_at", "-pk")]
