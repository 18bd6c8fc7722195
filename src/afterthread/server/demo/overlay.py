"""The protocol of its own that one of the two clinics of the demonstration works by; the other uses what is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from afterthread.clinic.flow.record.overlay import (
    adopt_overlay,
    change_overlay,
    check_overlay,
    draft_overlay,
    sign_off,
)
from afterthread.clinic.models import Overlay

if TYPE_CHECKING:
    from afterthread.server.demo.practice import Practice

OWN = "ahorn"
FIRST: Mapping[str, Any] = {"step": {"sauna": {"end": "28d"}}}
SECOND: Mapping[str, Any] = {**FIRST, "course": {"redness": {"until": {"mild": 5}}}}
PENDING: Mapping[str, Any] = {
    "step": {"sauna": {"end": "14d"}},
    "course": {"redness": {"until": {"mild": 5}}, "swelling": {"until": {"mild": 4, "moderate": 4, "severe": 4}}},
}
STATEMENT = "I have read this protocol as a whole, and I take responsibility for its use in this clinic."


def begin(practice: Practice, at: datetime) -> None:
    """Before the first patient: a longer time without sauna than shipped."""
    if practice.clinic.slug == OWN:
        _adopt(practice, FIRST, "Two of our patients burned without noticing; we wait a week longer.", at)


def tell(practice: Practice) -> None:
    """Lately: a stricter window, signed off; running plans stay where they are. And a draft that waits."""
    if practice.clinic.slug != OWN:
        return
    lately = practice.now - timedelta(days=2)
    made = _adopt(practice, SECOND, "We want to see redness that stays longer than five days.", lately)
    if made.protocol is not None:
        sign_off(
            viewer=practice.doctor, protocol=made.protocol, name="Dr Paul Wimmer", profession="Dermatologist",
            statement=STATEMENT, at=lately,
        )  # fmt: skip
    _draft(practice, PENDING, practice.now - timedelta(hours=3))


def _adopt(practice: Practice, document: Mapping[str, Any], reason: str, at: datetime) -> Overlay:
    checked = _draft(practice, document, at)
    return adopt_overlay(
        viewer=practice.doctor, overlay=checked, revision=checked.revision, read=True, reason=reason, at=at
    )


def _draft(practice: Practice, document: Mapping[str, Any], at: datetime) -> Overlay:
    begun = draft_overlay(viewer=practice.doctor, at=at)
    changed = change_overlay(
        viewer=practice.doctor, overlay=begun, revision=begun.revision, document=document, at=at
    )  # fmt: skip
    return check_overlay(viewer=practice.doctor, overlay=changed, at=at)
