"""A clinic's own protocol: drafted, checked, adopted for new plans; vouched for; and running plans moved to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from afterthread.clinic import knowledge
from afterthread.clinic.flow.checkin import decide_again
from afterthread.clinic.flow.silence import expect_next
from afterthread.clinic.flow.verb import lock, require_own, verb
from afterthread.clinic.models import Clinic, Move, Overlay, Procedure, ProtocolVersion, SignOff
from afterthread.clinic.queries.protocol.proof import RED_FLAGS, problems, prove
from afterthread.clinic.queries.protocol.replay import plans, replay
from afterthread.clinic.queries.protocol.version import document_in_force, whole
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.protocol.load import ProtocolError

Document = Mapping[str, Any]


class Unfit(Conflict):
    """An overlay is not adopted; `because` holds everything that speaks against it, a word for each."""

    def __init__(self, because: tuple[str, ...]) -> None:
        super().__init__(", ".join(because))
        self.because = because


@verb("overlay.drafted")
def draft_overlay(*, viewer: Viewer, at: datetime, document: Document | None = None) -> Overlay:
    """Begin a draft that starts from what is in force, or from `document`; raises `Conflict` while there is one."""
    clinic = viewer.own_clinic
    last = Overlay.objects.filter(clinic=clinic).order_by("number").last()
    return Overlay.objects.create(
        clinic=clinic,
        number=last.number + 1 if last else 1,
        base=knowledge.adopt_shipped(at).digest,
        document=dict(document_in_force(viewer) if document is None else document),
        drafted_at=at,
        drafted_by=viewer.own_staff,
    )


@verb("overlay.changed")
def change_overlay(*, viewer: Viewer, overlay: Overlay, revision: int, document: Document, at: datetime) -> Overlay:
    """Put other changes into the draft; what was checked is checked no longer."""
    held = _open(overlay, revision)
    if held.document == document:
        return held
    held.document = dict(document)
    held.checked_at, held.checks = None, None
    held.revision += 1
    held.save()
    return held


@verb("overlay.discarded")
def discard_overlay(*, viewer: Viewer, overlay: Overlay, revision: int, at: datetime) -> Overlay:
    """Throw the draft away; what is in force stays."""
    held = _open(overlay, revision)
    kept = Overlay(pk=held.pk, clinic=held.clinic)
    held.delete()
    return kept


def check_overlay(*, viewer: Viewer, overlay: Overlay, at: datetime) -> Overlay:
    """Build the draft, prove it, and replay the clinic's whole history under it; keeps what came of it.

    Nothing is locked while it computes; raises `Conflict` when the draft was changed meanwhile.
    """
    viewer.require("overlay.checked")
    require_own(viewer, overlay)
    held = Overlay.objects.select_related("clinic").get(pk=overlay.pk)
    checks = _examine(held, at)
    return _keep_checks(viewer=viewer, overlay=held, revision=held.revision, checks=checks, at=at)


def _examine(overlay: Overlay, at: datetime) -> dict[str, Any]:
    begun = perf_counter()
    try:
        made = knowledge.build(whole(overlay))
    except ProtocolError as error:
        return {"digest": "", "problems": problems(error)}
    proof, history = prove(made), replay(overlay.clinic, made)
    running, redated = plans(overlay.clinic, made, at)
    return {
        "digest": made.digest,
        "version": made.version,
        "problems": [],
        "properties": proof.properties,
        "examples": proof.examples,
        "replay": vars(history),
        "plans": {"running": running, "rows": redated},
        "seconds": round(perf_counter() - begun, 1),
    }


@verb("overlay.checked")
def _keep_checks(
    *, viewer: Viewer, overlay: Overlay, revision: int, checks: dict[str, Any], at: datetime
) -> Overlay:  # fmt: skip
    held = _open(overlay, revision)
    held.base = knowledge.adopt_shipped(at).digest
    held.checked_at, held.checks = at, checks
    held.save(update_fields=["base", "checked_at", "checks"])
    return held


@verb("overlay.adopted")
def adopt_overlay(
    *, viewer: Viewer, overlay: Overlay, revision: int, at: datetime, read: bool = False, reason: str = ""
) -> Overlay:
    """Make new plans from it; running ones stay as they are. Raises `Unfit` with all that speaks against it.

    `read` says that the practitioner read the replay; `reason` answers for every urgency that it lowers.
    """
    held = _open(overlay, revision)
    because = (*_against(held, reason, read=read),)
    if because:
        raise Unfit(because)
    clinic: Clinic = lock(held.clinic)
    version = knowledge.adopt(whole(held), at) if held.document else knowledge.adopt_shipped(at)
    clinic.protocol = version if held.document else None  # without changes of its own it follows what is shipped
    clinic.save(update_fields=["protocol"])
    viewer.own_clinic.protocol = clinic.protocol
    held.adopted_at, held.adopted_by, held.protocol, held.reason = at, viewer.own_staff, version, reason
    held.revision += 1
    held.save()
    return held


def _against(held: Overlay, reason: str, *, read: bool) -> Iterator[str]:
    checks = held.checks
    if held.checked_at is None or checks is None:
        yield "unchecked"
        return
    if checks["problems"]:
        yield "problems"
        return
    if knowledge.build(whole(held)).digest != checks["digest"]:  # another protocol is shipped by now
        yield "unchecked"
    refuted = {one["name"] for one in checks["properties"] if not one["holds"]}
    if RED_FLAGS in refuted:
        yield "red_flag"
    if refuted - {RED_FLAGS}:
        yield "refuted"
    if not read:
        yield "unread"
    if checks["replay"]["lowered"] and not reason.strip():
        yield "unexplained"


@verb("procedure.moved")
def move_plan(
    *, viewer: Viewer, procedure: Procedure, to: ProtocolVersion, reason: str, at: datetime
) -> Procedure:  # fmt: skip
    """Move a running plan to the clinic's protocol of now: what was said is decided anew, and the phone hears of it.

    Raises `Conflict` when it is there already, has ended, or `to` is not in force any more.
    """
    held: Procedure = lock(procedure, None, "patient__clinic", "clinic", "protocol")
    version = held.signed_version()
    if held.closed_at is not None:
        raise Conflict("closed")
    if held.protocol_id == to.pk or to.pk != knowledge.current(held.clinic, at).pk:
        raise Conflict("protocol")
    Move.objects.create(
        clinic=held.clinic, patient=held.patient, procedure=held, before=held.protocol, after=to, reason=reason, at=at,
        by=viewer.own_staff,
    )  # fmt: skip
    held.protocol = to
    held.save(update_fields=["protocol"])
    version.procedure = held
    decide_again(held, version, at)
    expect_next(held, version, at)
    return held


@verb("protocol.signed_off")
def sign_off(
    *, viewer: Viewer, protocol: ProtocolVersion, name: str, profession: str, statement: str, at: datetime
) -> SignOff:
    """Vouch for the protocol that is in force in this clinic; raises `Conflict` for the second time, or another one."""
    clinic: Clinic = lock(viewer.own_clinic)
    staff = viewer.own_staff
    mine = SignOff.objects.filter(clinic=clinic, protocol=protocol, staff=staff, withdrawn_at=None)
    if protocol.pk != knowledge.current(clinic, at).pk or mine.exists():
        raise Conflict("signed off")
    return SignOff.objects.create(
        clinic=clinic, protocol=protocol, staff=staff, name=name, profession=profession, statement=statement, at=at
    )


@verb("protocol.sign_off_withdrawn")
def withdraw_sign_off(*, viewer: Viewer, sign_off: SignOff, at: datetime) -> SignOff:
    """From now on nobody is told that it was signed off; that it was stays written."""
    held: SignOff = lock(sign_off)
    if held.withdrawn_at is not None:
        raise Conflict("withdrawn")
    held.withdrawn_at = at
    held.save(update_fields=["withdrawn_at"])
    return held


def _open(overlay: Overlay, revision: int) -> Overlay:
    held: Overlay = lock(overlay, revision, "clinic")
    if held.adopted_at is not None:
        raise Conflict("adopted")
    return held
