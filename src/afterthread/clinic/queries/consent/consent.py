"""Which consent is in force, which a session still needs, and who signed which words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from afterthread.clinic import case
from afterthread.clinic.models import Clinic, ConsentText, Consultation, ProcedureVersion, Signature
from afterthread.clinic.queries.record.obstacle import Obstacle
from afterthread.protocol.model import Protocol

PROCEDURE = ConsentText.Purpose.PROCEDURE


def digest_of(title: str, body: str) -> str:
    """What a signature is bound to: these very words."""
    return hashlib.sha256(json.dumps([title, body], ensure_ascii=False).encode()).hexdigest()


def digest_in(text: ConsentText, language: str) -> str:
    """The digest of a text in one language; nothing for a language that it does not speak."""
    words = text.words.get(language)
    return digest_of(words["title"], words["body"]) if words else ""


def in_force(clinic: Clinic, at: datetime) -> QuerySet[ConsentText]:
    """The texts that were in force at a moment."""
    still = Q(retired_at=None) | Q(retired_at__gt=at)
    return ConsentText.objects.filter(still, clinic=clinic, published_at__lte=at)


def is_in_force(text: ConsentText, at: datetime) -> bool:
    """Whether one text was in force at a moment."""
    begun = text.published_at is not None and text.published_at <= at
    return begun and (text.retired_at is None or text.retired_at > at)


def regions_of(protocol: Protocol, zones: Iterable[str]) -> set[str]:
    """The regions of some zones; a zone that is not known belongs to none."""
    return {protocol["zone"][zone].region for zone in zones if zone in protocol["zone"]}


def needed(clinic: Clinic, regions: Iterable[str], at: datetime) -> dict[str, ConsentText | None]:
    """For each region the text that has to be signed before a session there; the blank region when none is known."""
    texts = {text.region: text for text in in_force(clinic, at).filter(purpose=PROCEDURE)}
    return {region: texts.get(region) or texts.get("") for region in sorted(regions) or [""]}


def signatures_of(consultation: Consultation) -> QuerySet[Signature]:
    """Everything signed for one session, taken back or not."""
    return consultation.signatures.select_related("text", "withdrawal")


def is_withdrawn(signature: Signature, at: datetime) -> bool:
    """Whether it was taken back by then."""
    return hasattr(signature, "withdrawal") and signature.withdrawal.at <= at


def same_slot(one: ConsentText, other: ConsentText) -> bool:
    """Whether two texts are versions of the same one."""
    return (one.purpose, one.region) == (other.purpose, other.region)


def zones_of(version: ProcedureVersion) -> set[str]:
    """The zones of one record: those that were named, and those of its threads."""
    return {*version.zones, *(thread.zone for thread in version.threads.all())}


def state_of(text: ConsentText | None, given: Iterable[Signature], at: datetime) -> str:
    """How one text stood at a moment: "signed", "missing", "outdated", "withdrawn", or "no_text"."""
    if text is None:
        return "no_text"
    alike = [one for one in given if one.signed_at <= at and same_slot(one.text, text)]
    standing = [one for one in alike if not is_withdrawn(one, at)]
    if any(one.text_id == text.pk for one in standing):
        return "signed"
    return "outdated" if standing else "withdrawn" if alike else "missing"


def obstacles(version: ProcedureVersion) -> list[Obstacle]:
    """What is not agreed to at the moment of the session: no text, no signature, an outdated or withdrawn one."""
    at, consultation = version.placed_at, version.procedure.consultation
    regions = regions_of(case.protocol_of(version.procedure), zones_of(version))
    signed = list(signatures_of(consultation).filter(text__purpose=PROCEDURE)) if consultation else []
    found = [_missing(region, text, signed, at) for region, text in needed(version.clinic, regions, at).items()]
    return list({(one.code, getattr(one.about, "pk", None)): one for one in found if one}.values())


def _missing(region: str, text: ConsentText | None, signed: list[Signature], at: datetime) -> Obstacle | None:
    """What one region lacks; a signature that came only after the session opens with a written reason."""
    state = state_of(text, signed, at)
    if state == "signed":
        return None
    about = [one for one in signed if one.text.region in (region, "") and not hasattr(one, "withdrawal")]
    late = [one for one in about if one.signed_at > at]
    return Obstacle("consent_late", late[-1].text) if late else Obstacle(f"consent_{state}", text, shut=True)
