"""A made-up wish to be forgotten, for the administrator of a made-up clinic to answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from afterthread.clinic.flow.record.right import ask_erasure
from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Role, Viewer

if TYPE_CHECKING:
    from afterthread.server.demo.practice import Practice


def tell(practice: Practice) -> None:
    """Whoever was treated longest ago has moved away."""
    oldest = Procedure.objects.filter(clinic=practice.clinic, signed_at__isnull=False).earliest("signed_at")
    herself = Viewer(role=Role.PATIENT, clinic=practice.clinic, patient=oldest.patient)
    wish = "I have moved to another country and will not come back. Please erase what you do not need."
    ask_erasure(viewer=herself, patient=oldest.patient, wish=wish, at=practice.now - timedelta(days=2))
