"""What speaks against signing a record, in words, each with the place where it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic import case
from afterthread.clinic.models import ProcedureVersion
from afterthread.clinic.queries.record.gate import Gate
from afterthread.clinic.queries.record.obstacle import Obstacle
from afterthread.desk.page import words_of

SAYS: Mapping[str, str | Promise] = {
    "consent_no_text": _("The clinic has published no consent text for this procedure."),
    "consent_missing": _("The consent to the procedure is not signed."),
    "consent_outdated": _("The consent that is signed is of an older text: the one in force has to be signed."),
    "consent_withdrawn": _("The consent to the procedure was withdrawn."),
    "consent_late": _("The consent was signed only after the session."),
    "screening_missing": _("Nobody answered the screening before the session."),
    "screening_unanswered": _("The screening leaves questions open."),
    "screening_no": _("The screening found a reason against threads:"),
    "screening_not_yet": _("The session lies too near to something else:"),
    "screening_clinician_decides": _("The screening found something that a clinician has to decide on:"),
    "lot_expired": _("Threads had expired on the day of the session."),
    "lot_recalled": _("Threads are of a lot that was recalled."),
}
"""What each code of an obstacle says."""


@dataclass(frozen=True, slots=True)
class Said:
    """One obstacle as it stands on the page."""

    says: str
    about: str = ""
    rows: tuple[int, ...] = ()
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole gate as it stands on the page."""

    shut: list[Said]
    held: list[Said]


def tell(gate: Gate, version: ProcedureVersion) -> Shown:
    """The gate before the signature of a record, in the language of whoever looks."""
    return Shown([_said(one, version) for one in gate.shut], [_said(one, version) for one in gate.held])


def _said(one: Obstacle, version: ProcedureVersion) -> Said:
    return Said(str(SAYS[one.code]), _about(one, version), one.rows, _mend(one, version))


def _about(one: Obstacle, version: ProcedureVersion) -> str:
    known = case.protocol_of(version.procedure)
    section, _dot, _id = str(one.about).partition(".")
    if section in ("condition", "timing"):
        return words_of(known).of(str(one.about), "because")
    return ""


def _mend(one: Obstacle, version: ProcedureVersion) -> str:
    """The page where it is mended, once there is one."""
    found: dict[str, Any] = {"clinic": version.clinic.slug}
    if one.code.startswith("lot"):
        return reverse("desk:procedure", kwargs={**found, "id": version.pk})
    if one.code.startswith("screening") and version.procedure.consultation_id:
        return reverse("desk:screening", kwargs={**found, "id": version.procedure.consultation_id})
    if one.code == "consent_no_text":
        return reverse("desk:consent_texts", kwargs=found)
    if one.code.startswith("consent") and version.procedure.consultation_id:
        return reverse("desk:consent", kwargs={**found, "id": version.procedure.consultation_id})
    return reverse("desk:patient", kwargs={**found, "id": version.patient_id})
