"""What only the person at the machine does: open a clinic, and let somebody in who lost the second step."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from afterthread.clinic.flow.audit import record
from afterthread.clinic.flow.clinic import appoint_first, open_clinic
from afterthread.clinic.models import Clinic, Staff, User
from afterthread.clinic.roles import Conflict, Role, system
from afterthread.exchange.letter import invitation_link
from afterthread.server.demo.practice import fill

COUNTRY = 2
"""Letters of a country's code."""


class OpeningError(Exception):
    """What was given cannot be a clinic."""


def open_with_admin(*, slug: str, email: str, person: str, at: datetime, **told: str) -> str:
    """A clinic with its first administrator; returns the link with which she chooses her password.

    `told` is the clinic's name, country, time zone and phone. Raises `OpeningError`.
    """
    _check(slug, email, told)
    told["country"] = told["country"].upper()
    try:
        with transaction.atomic():
            clinic = open_clinic(viewer=system(), slug=slug, at=at, **told)
            staff = appoint_first(
                viewer=system(clinic), clinic=clinic, email=email, name=person, role=Role.ADMIN, at=at
            )
    except Conflict:
        raise OpeningError(f"there is a clinic `{slug}` already; choose another --slug") from None
    return invitation_link(staff.user)


def _check(slug: str, email: str, told: dict[str, str]) -> None:
    try:
        validate_slug(slug)
        validate_email(email)
    except ValidationError as error:
        raise OpeningError(f"`{slug}` or `{email}` cannot be used: {' '.join(error.messages)}") from None
    if len(told["country"]) != COUNTRY or not told["country"].isalpha():
        raise OpeningError(f"`{told['country']}` is no country; write its two letters, like DE")
    if told["time_zone"] not in available_timezones():
        raise OpeningError(f"`{told['time_zone']}` is no time zone; write it like Europe/Berlin")


def remove_second_step(email: str, at: datetime) -> str:
    """Take away the second step of somebody who lost it; she sets up a new one before she sees anything.

    Every clinic's log tells of it. Returns the person's name; raises `OpeningError` for an address that nobody has.
    """
    user = User.objects.filter(email=email.strip().casefold()).first()
    if user is None:
        raise OpeningError(f"nobody of the staff has the address `{email}`")
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        for place in Staff.objects.filter(user=user, until=None).select_related("clinic"):
            record("staff.second_step_removed", system(place.clinic), place, at)
    return str(user)


def tell_demo(at: datetime) -> None:
    """The made-up practice, whole or not at all."""
    with transaction.atomic():
        fill(at)


def is_new() -> bool:
    """Whether there is no clinic yet."""
    return not Clinic.objects.exists()
