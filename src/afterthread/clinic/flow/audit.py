"""Writing the audit log, and finding out whether anybody else wrote in it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import models

from afterthread.clinic.cipher import keys
from afterthread.clinic.models import AuditHead, AuditRow, Clinic, Patient
from afterthread.clinic.roles import Viewer

INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a chain does not hold."""

    chain: str
    number: int
    wrong: str

    def __str__(self) -> str:
        return f"chain {self.chain}, row {self.number}: {self.wrong}"


def record(verb: str, viewer: Viewer, subject: models.Model, at: datetime) -> AuditRow:
    """Add one row to the clinic's chain, inside the transaction of the act itself."""
    clinic = viewer.clinic or (subject if isinstance(subject, Clinic) else getattr(subject, "clinic", None))
    head = _take_turn(clinic)
    row = AuditRow(
        chain=head.chain,
        number=head.number + 1,
        verb=verb,
        role=viewer.role.value,
        actor=_actor(viewer),
        patient=_patient(subject),
        subject=f"{type(subject).__name__.lower()}:{subject.pk}",
        at=at,
    )
    row.seal = _seal(head.seal, row)
    row.save(force_insert=True)
    head.number, head.seal = row.number, row.seal
    head.save(update_fields=["number", "seal"])
    return row


def _take_turn(clinic: Clinic | None) -> AuditHead:
    chain = INSTALLATION if clinic is None else str(clinic.pk)
    held = AuditHead.objects.select_for_update().filter(chain=chain).first()
    if held is not None:
        return held
    AuditHead.objects.get_or_create(chain=chain, defaults={"clinic": clinic})
    return AuditHead.objects.select_for_update().get(chain=chain)


def _actor(viewer: Viewer) -> str:
    who = viewer.staff or viewer.patient
    return str(who.pk) if who else ""


def _patient(subject: models.Model) -> str:
    return str(subject.pk if isinstance(subject, Patient) else getattr(subject, "patient_id", None) or "")


def _seal(before: str, row: AuditRow) -> str:
    """The row and everything before it in one keyed digest."""
    told = (
        before, row.chain, str(row.number), row.verb, row.role, row.actor, row.patient, row.subject,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
    )  # fmt: skip
    return hmac.new(keys().audit.encode(), "\0".join(told).encode(), hashlib.sha256).hexdigest()


def witness() -> dict[str, str]:
    """Where every chain ends now, to be kept off this machine: chain -> "number:seal"."""
    return {head.chain: f"{head.number}:{head.seal}" for head in AuditHead.objects.order_by("chain")}


def breaches(kept: Mapping[str, str] | None = None) -> Iterator[Breach]:
    """Every edit, cut, gap and reorder; with a witness that was kept elsewhere, also a log rewritten as a whole."""
    heads = {head.chain: head for head in AuditHead.objects.all()}
    chains = {*heads, *AuditRow.objects.values_list("chain", flat=True).distinct(), *(kept or {})}
    for chain in sorted(chains):
        yield from _chain_breaches(chain, heads.get(chain), (kept or {}).get(chain, ""))


def _chain_breaches(chain: str, head: AuditHead | None, kept: str) -> Iterator[Breach]:
    number, seal, seen = 0, "", {"0:"}
    for row in AuditRow.objects.filter(chain=chain).order_by("number").iterator():
        number += 1
        if row.number != number:
            yield Breach(chain, number, f"it is missing; the next row is {row.number}")
            number = row.number
        elif not hmac.compare_digest(row.seal, _seal(seal, row)):
            yield Breach(chain, number, "it was changed, or stands in another's place")
        seal = row.seal
        seen.add(f"{number}:{seal}")
    if head is None or (head.number, head.seal) != (number, seal):
        yield Breach(chain, number, "the log ends here, but its head says otherwise: rows were cut off or added")
    if kept and kept not in seen:
        yield Breach(chain, number, "the witness kept elsewhere is not part of this log: it was rewritten or cut")
