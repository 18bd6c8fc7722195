"""The clinic's own protocol: one that is adopted and signed off, a plan that was moved to it, and a draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from afterthread.clinic.flow.record.overlay import (
    adopt_overlay,
    change_overlay,
    check_overlay,
    draft_overlay,
    move_plan,
    sign_off,
)
from afterthread.clinic.models import Overlay, Procedure
from afterthread.clinic.queries.protocol.version import draft_of
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row

NOW = MONDAY + timedelta(hours=2)
STRICTER: dict[str, Any] = {"step": {"sauna": {"end": "28d"}}}
"""Sauna a week later than shipped."""
SHORT: dict[str, Any] = {"course": {"bruise": {"until": {"mild": 9, "moderate": 9, "severe": 9}}}}
"""A bruise is expected until day 9 instead of 14."""


def drafted(doctor: Viewer, document: dict[str, Any]) -> Overlay:
    """A draft that says this."""
    begun = draft_of(doctor) or draft_overlay(viewer=doctor, at=NOW)
    return change_overlay(viewer=doctor, overlay=begun, revision=begun.revision, document=document, at=NOW)


def adopted(doctor: Viewer, document: dict[str, Any], reason: str = "ours") -> Overlay:
    """An overlay that is in force for new plans."""
    checked = check_overlay(viewer=doctor, overlay=drafted(doctor, document), at=NOW)
    return adopt_overlay(
        viewer=doctor, overlay=checked, revision=checked.revision, read=True, reason=reason, at=NOW
    )  # fmt: skip


def _make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    if draft_of(doctor) is None:
        told = {"en": {"step": {"sauna": {"title": words[:900] or "Sauna", "why": words[:900] or "Heat."}}}}
        made = adopted(doctor, {**STRICTER, "words": told}, words)
        assert made.protocol is not None
        sign_off(
            viewer=doctor, protocol=made.protocol, name=words[:120], profession=words[:120], statement=words, at=NOW
        )
        move_plan(viewer=doctor, procedure=procedure, to=made.protocol, reason=words, at=NOW)
        check_overlay(viewer=doctor, overlay=drafted(doctor, {}), at=NOW)
    return {"step": cast("UUID", "step.sauna")}


PART = Part(
    desk={
        "protocol": Row(get="PNCA"),
        "protocol_draft": Row(get="PNCA", post="P"),
        "protocol_entry": Row(get="PNCA", post="P", also={"entry": "step"}),
        "protocol_check": Row(get="PNCA", post="P"),
        "protocol_adopt": Row(post="P"),
        "protocol_discard": Row(post="P"),
        "protocol_sign_off": Row(post="P"),
        "protocol_sign_off_withdraw": Row(post="P"),
        "procedure_move": Row(get="P", post="P", about="version"),
    },
    make=_make,
)
