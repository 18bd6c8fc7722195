"""Handing on: one signed page of one procedure, the code that opens it to whoever has the digits too, and its end."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from django.db.models import F

from afterthread.clinic.cipher import digest
from afterthread.clinic.flow.link import LETTERS
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import Handoff, Procedure
from afterthread.clinic.queries.record.handoff import MOST_FAILURES, canonical, digest_of, sum_of
from afterthread.clinic.roles import Conflict, Missing, Viewer

CODE_LENGTH, PIN_LENGTH = 28, 6
"""Twenty-eight of thirty letters are 137 bits: nobody meets a code by trying."""


def new_code() -> str:
    """A fresh code, as it is read: seven groups of four."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def new_pin() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**PIN_LENGTH):0{PIN_LENGTH}}"


def _secret(code: str) -> str:
    """The code as it is found, however it was typed."""
    return digest("".join(letter for letter in code.upper() if letter in LETTERS))


@verb("handoff.issued")
def issue_handoff(
    *, viewer: Viewer, procedure: Procedure, at: datetime, seen: str = "", before: Handoff | None = None
) -> Handoff:
    """Sign one page as everything stands now; the page in force until now opens nothing any more.

    `seen` is the digest of what the signer looked at, `before` the page that it takes the place of. Raises `Conflict`
    "changed" when something else would be signed, "issued" when another page is in force.
    """
    held: Procedure = lock(procedure)
    version, (content, now) = held.signed_version(), sum_of(held, at)
    if seen and not hmac.compare_digest(seen, now):
        raise Conflict("changed")
    old = Handoff.objects.select_for_update().filter(procedure=held, revoked_at=None).first()
    if old != before:
        raise Conflict("issued")
    if old is not None:
        Handoff.objects.filter(pk=old.pk).update(revoked_at=at)
    text = canonical({**content, "issued": {"at": at.isoformat(), "by": str(viewer.own_staff)}})
    code = new_code()
    return Handoff.objects.create(
        clinic=held.clinic, patient=held.patient, procedure=held, version=version, document=text,
        digest=digest_of(text), issued_at=at, issued_by=viewer.own_staff, secret=_secret(code), code=code,
        pin=new_pin(),
    )  # fmt: skip


@verb("handoff.revoked")
def revoke_handoff(*, viewer: Viewer, handoff: Handoff, at: datetime) -> Handoff:
    """End a page: from now on its code opens nothing."""
    held: Handoff = lock(handoff)
    if held.revoked_at is None:
        held.revoked_at, held.revoked_by = at, viewer.staff
        held.save(update_fields=["revoked_at", "revoked_by"])
    return held


def open_handoff(*, viewer: Viewer, code: str, pin: str, at: datetime) -> Handoff:
    """The page behind a code, for whoever has the digits too; raises `Missing` for anything else, always alike.

    A try is counted before it is compared, so that many at once have no more tries than one after the other.
    """
    open_ones = Handoff.objects.filter(revoked_at=None, failures__lt=MOST_FAILURES, patient__erased_at=None)
    counted = open_ones.filter(secret=_secret(code)).update(failures=F("failures") + 1)
    held = Handoff.objects.filter(secret=_secret(code)).defer("document").first()
    right = hmac.compare_digest((held.pin if held else new_pin()).encode(), pin.strip().encode())
    if held is None or not counted or not right:
        raise Missing
    return _open(viewer=viewer, handoff=held, at=at)


@verb("handoff.opened")
def _open(*, viewer: Viewer, handoff: Handoff, at: datetime) -> Handoff:
    held: Handoff = lock(handoff)
    if held.revoked_at is not None:  # in this very moment
        raise Missing
    held.failures = 0
    held.save(update_fields=["failures"])
    return held
