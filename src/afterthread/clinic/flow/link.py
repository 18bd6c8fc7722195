"""Letting a patient in: a link that works once and soon ends is exchanged for a device that stays."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import InternalError, OperationalError
from django.db.models import Q

from afterthread.clinic.cipher import digest, fingerprint
from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.flow.verb import verb
from afterthread.clinic.models import Device, Link, Patient
from afterthread.clinic.roles import Conflict, Missing, Role, Viewer

LIFETIME = timedelta(minutes=10)
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Letters and digits that are not taken for each other, so that a code can be read aloud and typed."""
CODE_LENGTH = 16
SEEN_EVERY = timedelta(minutes=5)


def new_code() -> str:
    """A fresh secret of 78 bits, as read: four groups of four."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def _read(code: str) -> str:
    """The code as it is kept, however it was typed."""
    return digest("".join(letter for letter in code.upper() if letter in LETTERS))


@verb("link.issued")
def issue_link(*, viewer: Viewer, patient: Patient, code: str, at: datetime) -> Link:
    """A link for the counter, or for a letter that is about to leave; `code` is from `new_code` and is not kept."""
    if patient.erased_at is not None:
        raise Conflict("erased")
    return make_link(patient, code, at, viewer)


def make_link(patient: Patient, code: str, at: datetime, viewer: Viewer | None = None) -> Link:
    """One link, valid from now; part of the verb, or of the letter, that brings it."""
    return Link.objects.create(
        clinic=patient.clinic, patient=patient, secret=_read(code), issued_at=at, expires_at=at + LIFETIME,
        issued_by=viewer.staff if viewer else None,
    )  # fmt: skip


@verb("link.issued")
def send_link(*, viewer: Viewer, patient: Patient, at: datetime) -> Patient:
    """Have a link sent; it is made when the letter leaves, so that its ten minutes do not pass in a queue.

    Asked twice within a minute, it is sent once.
    """
    queue("link", f"link:{patient.pk}:{at:%Y%m%dT%H%M}", at, clinic=viewer.clinic, patient=patient)
    return patient


def request_link(email: str, at: datetime) -> None:
    """Somebody asks for a link by address. The answer and its time are the same whoever asks.

    Whether the address is known is looked up when the letter is sent; one request a minute for each address counts.
    """
    queue("link_request", f"request:{fingerprint(email)[:40]}:{at:%Y%m%dT%H%M}", at, email=email.strip())


def request_password(email: str, at: datetime) -> None:
    """The same for staff who forgot the password: what is done here does not depend on whether anybody has it."""
    queue("password", f"password:{fingerprint(email)[:40]}:{at:%Y%m%dT%H%M}", at, email=email.strip())


def patients_of(email: str) -> list[Patient]:
    """Everybody with this address, in whichever clinic."""
    return list(
        Patient.objects.filter(email_index=fingerprint(email)).select_related("clinic").order_by("clinic__name")
    )


@verb("link.exchanged")
def exchange_link(*, viewer: Viewer, code: str, secret: str, label: str, at: datetime) -> Device:
    """Let a device in and use the link up; raises `Missing` for a used, expired or invented one alike.

    `secret` is what the device will show from now on; only its digest is kept.
    """
    link = Link.objects.filter(secret=_read(code)).select_related("patient").first()
    if link is None or not Link.objects.filter(pk=link.pk, used_at=None, expires_at__gt=at).update(used_at=at):
        raise Missing
    return Device.objects.create(
        clinic=link.clinic, patient=link.patient, secret=digest(secret), label=label[:80], since=at, seen_at=at
    )


def viewer_of(secret: str, at: datetime) -> Viewer:
    """The patient behind a device's secret; raises `Missing` when it was ended or never was."""
    device = Device.objects.filter(Q(ended_at=None), secret=digest(secret)).select_related("patient__clinic").first()
    if device is None:
        raise Missing
    if at - device.seen_at > SEEN_EVERY:
        with suppress(OperationalError, InternalError):  # a full disk must not stand between a patient and her advice
            Device.objects.filter(pk=device.pk).update(seen_at=at)
    return Viewer(role=Role.PATIENT, clinic=device.patient.clinic, patient=device.patient, device=device)
