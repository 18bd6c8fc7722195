"""What a hand-off freezes of one procedure, in the protocol's ids; and the pages that were issued of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from typing import Any

from afterthread.clinic.code.qr import qr
from afterthread.clinic.models import AuditRow, Clinic, Complication, Handoff, Patient, Procedure, Removal, Thread
from afterthread.clinic.queries.complication.judgement import About, grade_of
from afterthread.clinic.queries.complication.judgement import counting as judgements_that_count
from afterthread.clinic.queries.complication.removal import absorption
from afterthread.clinic.queries.complication.removal import counting as removals_that_count
from afterthread.clinic.queries.record.sheet import both_sheets
from afterthread.clinic.queries.recovery import Recovery, Said
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.engine.history import traits
from afterthread.engine.plan import today
from afterthread.protocol.model import UNKNOWN, Urgency

FORMAT = 1
LATEST = 6
"""So many check-ins that were more than ordinary healing are told one by one."""
MIND = ("imaging", "thread_card")
"""What whoever treats her next has to mind, for good."""
THREAD = (
    "zone", "side", "count", "kind", "material", "gauge", "length_mm", "fixation", "path", "layer", "product", "lot",
    "udi", "view", "entry_x", "entry_y", "exit_x", "exit_y",
)  # fmt: skip
MOST_FAILURES = 10
"""After so many wrong digits in a row a page is shut."""


def canonical(document: dict[str, Any]) -> str:
    """The one text of a document, whose digest is what was signed."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_of(procedure: Procedure, at: datetime) -> dict[str, Any]:
    """Everything that a page of this procedure would say on this day; raises `Missing` while nothing is signed."""
    recovery = Recovery(procedure, at)
    version, patient = recovery.version, recovery.patient
    numbers = {str(thread.key): number for number, thread in enumerate(version.threads.all(), 1)}
    return {
        "format": FORMAT,
        "language": patient.language,
        "on": recovery.date_of(recovery.day).isoformat(),
        "day": recovery.day,
        "patient": {"name": patient.name, "born": patient.born},
        "clinic": _clinic(patient.clinic),
        "procedure": {
            "placed": version.placed.isoformat(),
            "number": version.number,
            "signed_by": str(version.signed_by),
            "zones": version.zones,
        },
        "threads": [_thread(thread, numbers) for thread in version.threads.all()],
        "removals": [_removal(removal, recovery, numbers) for removal in removals_that_count(procedure.removals.all())],
        "course": _course(recovery),
        "complications": [_complication(one, recovery) for one in _open(procedure)],
        "traits": _known(recovery),
        **_dated(recovery),
        "danger": [id for id, question in recovery.protocol["question"].items() if question.red_flag],
        "protocol": {"digest": procedure.protocol_id, "id": recovery.protocol.id, "version": recovery.protocol.version},
    }


def sum_of(procedure: Procedure, at: datetime) -> tuple[dict[str, Any], str]:
    """What would be signed now, and its digest: handed back with the signature, it shows that nothing changed."""
    content = content_of(procedure, at)
    return content, digest_of(canonical(content))


def digest_of(text: str) -> str:
    """The digest of a document."""
    return hashlib.sha256(text.encode()).hexdigest()


def _clinic(clinic: Clinic) -> dict[str, str]:
    names = ("name", "country", "phone", "on_call_phone", "emergency", "out_of_hours")
    return {name: getattr(clinic, name) for name in names}


def _thread(thread: Thread, numbers: dict[str, int]) -> dict[str, Any]:
    told = {name: getattr(thread, name) for name in THREAD}
    expires = None if thread.expires is None else thread.expires.isoformat()
    return {"number": numbers[str(thread.key)], **told, "expires": expires}


def _removal(removal: Removal, recovery: Recovery, numbers: dict[str, int]) -> dict[str, Any]:
    told = {name: getattr(removal, name) for name in ("count", "extent", "found", "left_mm", "why")}
    on = removal.removed_at.astimezone(recovery.version.zone).date().isoformat()
    return {"number": numbers.get(str(removal.thread)), "on": on, **told}


def _course(recovery: Recovery) -> dict[str, Any]:
    """What the check-ins came to: how many of each urgency, the latest that were not ordinary, and the last."""
    said = recovery.said
    grave = [one for one in said if one.urgency > Urgency.SELF_CARE][-LATEST:]
    told = grave if not said or said[-1] in grave else [*grave, said[-1]]
    levels = Counter(one.urgency.word for one in said)
    return {"checkins": len(said), "levels": dict(sorted(levels.items())), "told": [_checkin(one) for one in told]}


def _checkin(said: Said) -> dict[str, Any]:
    """The decision that counts, and the signs that were answered with more than no."""
    answers = said.checkin.answers["answers"].items()
    signs = {id: str(answer["level"]) for id, answer in answers if answer["level"] not in ("no", UNKNOWN)}
    entries = [finding.entry for finding in said.decided.findings if finding.urgency == said.urgency]
    return {"day": said.checkin.day, "urgency": said.urgency.word, "signs": signs, "findings": entries}


def _open(procedure: Procedure) -> list[Complication]:
    found = Complication.objects.filter(procedure=procedure, closed_at=None).order_by("opened_at")
    return list(found.prefetch_related("judgements"))


def _complication(one: Complication, recovery: Recovery) -> dict[str, Any]:
    """An open one with the judgements that count."""
    judged = judgements_that_count(one.judgements.all())
    return {
        "began_day": one.began_day,
        "began_on": recovery.date_of(one.began_day).isoformat(),
        "zone": one.zone,
        "side": one.side,
        "signs": one.signs,
        **{about.value: judged[about].value if about in judged else "" for about in (About.PATHWAY, About.NATURE)},
        "grade": grade_of(judged),
    }


def _known(recovery: Recovery) -> dict[str, list[str]]:
    """What is a risk for certain, and what nobody knows."""
    found = traits(recovery.protocol, recovery.facts)
    return {answer: [id for id, value in found.items() if value == answer] for answer in ("yes", UNKNOWN)}


def _dated(recovery: Recovery) -> dict[str, Any]:
    """What is still forbidden, what is to be minded for good, and what goes on inside, each with its last day."""
    holds = today(recovery.plan, recovery.day, recovery.at)
    inside = [item for item in recovery.plan.items if item.kind == "window"]
    ahead = [item for item in inside if item.end_day is None or item.end_day > recovery.day]
    return {
        "avoid": [_step(item, recovery) for item in holds["forbidden"]],
        "mind": [item.step for item in holds["care"] if item.topic in MIND],
        "windows": [_step(item, recovery) for item in ahead],
        "materials": _materials(recovery),
    }


def _materials(recovery: Recovery) -> list[dict[str, Any]]:
    """Each material once, with the dates between which it should go; without dates it stays, or nobody knows."""
    found = {thread.material or "unknown_material": thread for thread in recovery.version.threads.all()}
    told = []
    for id, thread in sorted(found.items()):
        window = absorption(recovery.protocol, recovery.version, thread)
        span = (window.first, window.last) if window else (None, None)
        first, last = (None if day is None else day.isoformat() for day in span)
        told.append({"material": id, "first": first, "last": last})
    return told


def _step(item: Any, recovery: Recovery) -> dict[str, Any]:
    last = None if item.end_day is None else max(item.end_day - 1, item.first_day)
    return {
        "step": item.step,
        "first": recovery.date_of(item.first_day).isoformat(),
        "last": None if last is None else recovery.date_of(last).isoformat(),
    }


# -- The pages that were issued ---------------------------------------------------------------------------------------


def handoffs_of(viewer: Viewer, procedure: Procedure) -> list[Handoff]:
    """Every page of one procedure, the newest first."""
    rows = scope(viewer, Handoff).filter(procedure=procedure)
    return list(rows.select_related("patient", "issued_by__user", "revoked_by__user"))


def cards_of(viewer: Viewer, patient: Patient) -> list[Handoff]:
    """The pages in force, of every procedure of a patient, the newest first."""
    rows = scope(viewer, Handoff).filter(patient=patient, revoked_at=None)
    return list(rows.select_related("patient", "issued_by__user"))


def openings_of(viewer: Viewer, handoff: Handoff) -> list[datetime]:
    """When somebody opened it by its code, the latest first."""
    subject = f"{Handoff.__name__.lower()}:{handoff.pk}"
    rows = AuditRow.objects.filter(chain=str(viewer.own_clinic.pk), patient=str(handoff.patient_id), subject=subject)
    return list(rows.filter(verb="handoff.opened").order_by("-number").values_list("at", flat=True))


def tell_card(viewer: Viewer, held: Handoff, address: str) -> dict[str, Any]:
    """A page in force: its sheets in the patient's language, the picture that leads to it, its digits, its openings."""
    return {
        "card": held,
        "sheets": both_sheets(held, held.patient.language),
        "qr": qr(f"{address}#{held.code}"),
        "url": address,
        "pin": f"{held.pin[:3]} {held.pin[3:]}",
        "openings": openings_of(viewer, held),
        "shut": held.failures >= MOST_FAILURES,
    }
