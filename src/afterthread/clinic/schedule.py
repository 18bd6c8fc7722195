"""A clinic's own hours, on-call rule and promise, as its clock reads them."""

from __future__ import annotations

from datetime import datetime

from afterthread.clinic import hour
from afterthread.clinic.models import Clinic

Schedule = tuple[hour.Promise, hour.Hours, hour.OnCall]


def schedule_of(clinic: Clinic) -> Schedule:
    """What `hour.due` needs to know of a clinic, in its order."""
    zone = clinic.zone
    on_call = {"kind": clinic.on_call}
    if clinic.on_call == Clinic.OnCall.HOURS:
        on_call["hours"] = clinic.on_call_hours
    return (
        hour.Promise.read({"emergency_minutes": clinic.emergency_minutes, "same_day_minutes": clinic.same_day_minutes}),
        hour.Hours.read(clinic.hours, zone),
        hour.OnCall.read(on_call, zone),
    )


def is_covered(clinic: Clinic, at: datetime) -> bool:
    """Whether somebody answers now; if not, a patient who needs to be seen today is sent elsewhere."""
    _, hours, on_call = schedule_of(clinic)
    return hour.covered(hours, on_call, at)


def phone_now(clinic: Clinic, at: datetime) -> str:
    """The number at which somebody answers now, as far as the clinic gave one."""
    _, hours, _ = schedule_of(clinic)
    return clinic.phone if hour.is_open(hours, at) else clinic.on_call_phone or clinic.phone
