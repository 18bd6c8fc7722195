"""Who vouches for a protocol in a clinic; nobody does by default."""

from __future__ import annotations

from afterthread.clinic.models import Clinic, SignOff


def sign_off_of(clinic: Clinic, digest: str) -> SignOff | None:
    """The last sign-off of exactly this protocol in exactly this clinic that was not withdrawn."""
    return SignOff.objects.filter(clinic=clinic, protocol=digest, withdrawn_at=None).select_related("clinic").first()


def sign_offs_of(clinic: Clinic, digest: str) -> list[SignOff]:
    """Every one, withdrawn or not, the newest first."""
    return list(SignOff.objects.filter(clinic=clinic, protocol=digest).select_related("staff__user"))
