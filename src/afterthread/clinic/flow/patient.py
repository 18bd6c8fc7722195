"""Enrolling a patient, correcting her details, and keeping a trace of who opened her record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic.cipher import fingerprint
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import Device, Patient
from afterthread.clinic.roles import Viewer

DETAILS = ("name", "email", "phone", "born", "language", "time_zone")


@verb("patient.enrolled")
def enrol_patient(*, viewer: Viewer, at: datetime, key: UUID | None = None, **details: Any) -> Patient:
    """A new patient of the viewer's clinic; `details` are those of `DETAILS`.

    With `key`, her id from now on, asking twice raises `Conflict`.
    """
    patient = Patient(pk=key or uuid4(), clinic=viewer.own_clinic, enrolled_at=at)
    return _keep(patient, details)


@verb("patient.corrected")
def correct_patient(*, viewer: Viewer, patient: Patient, revision: int, at: datetime, **details: Any) -> Patient:
    """Other details; raises `Conflict` when somebody else changed them since `revision` was read."""
    held: Patient = lock(patient, revision)
    return _keep(held, details)


def _keep(patient: Patient, details: dict[str, Any]) -> Patient:
    for name in DETAILS:
        if name in details:
            setattr(patient, name, details[name])
    patient.email_index = fingerprint(patient.email) if patient.email else ""
    patient.revision += 1
    patient.save()
    return patient


@verb("patient.opened")
def open_record(*, viewer: Viewer, patient: Patient, at: datetime) -> Patient:
    """Leave a trace that somebody of the staff looked."""
    return patient


@verb("language.chosen")
def choose_language(*, viewer: Viewer, patient: Patient, language: str, at: datetime) -> Patient:
    """The language that the patient reads."""
    Patient.objects.filter(pk=patient.pk).update(language=language)
    patient.language = language
    return patient


@verb("device.revoked")
def revoke_device(*, viewer: Viewer, device: Device, at: datetime) -> Device:
    """End a device's session; it is out with its next request."""
    return _end(device, at)


@verb("device.left")
def leave_device(*, viewer: Viewer, device: Device, at: datetime) -> Device:
    """The patient signs out where she is."""
    return _end(device, at)


def _end(device: Device, at: datetime) -> Device:
    Device.objects.filter(pk=device.pk, ended_at=None).update(ended_at=at)
    device.refresh_from_db()
    return device
