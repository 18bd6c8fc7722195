"""The drawings that threads are drawn on: what each view shows, where the other side is, and which way a line runs.

A point is (x, y) in per mille of the drawing, y down. The drawings are templates, `parts/map/<view>.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import atan2, degrees
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from afterthread.clinic.queries.record.drawn import LARGEST

# needs_review: courses and lines of pull as drawn are general anatomy; an anatomist or surgeon must confirm them.
NOTE = _("Schematic general anatomy for orientation, not taken from a source we read; it differs between people.")
"""Stands beside every drawing that shows muscles or structures in danger."""

BOTH = ("right", "left")

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """One drawing: its zones with the sides that stand in it, and how the patient stands in the picture."""

    name: str
    zones: Mapping[str, tuple[str, ...]]
    mirrored: str
    """The view in which the other side of the patient stands."""
    picture_left: str = "right"
    """The patient's side on the left of the picture, where we see both."""
    profile: str = ""
    """The side of the patient that we look at, if from the side."""

    def shows(self, zone: str, side: str = "") -> bool:
        """Whether this place stands here; no side asks for the zone alone, and two halves meet in the middle."""
        sides = self.zones.get(zone, ())
        return side in sides or (bool(sides) and (not side or (side == "middle" and set(BOTH) <= set(sides))))


def _sides(zones: str, sides: Iterable[str] = BOTH, **more: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({**dict.fromkeys(zones.split(), tuple(sides)), **more})


PROFILE = "forehead brow temple periocular cheek nasolabial perioral mouth_corner jawline chin ear nose submental neck"
FACE = PROFILE.replace(" nose", "")
NOSE = ("right", "middle", "left")

VIEWS: Mapping[str, View] = MappingProxyType({
    view.name: view
    for view in (
        View("front", _sides(FACE, nose=NOSE), "front"),
        View("left", _sides(PROFILE, ["left"]), "right", profile="left"),
        View("right", _sides(PROFILE, ["right"]), "left", profile="right"),
        View("neck", _sides("cheek perioral mouth_corner jawline chin ear submental neck decollete"), "neck"),
        View("nose", _sides("brow periocular cheek nasolabial perioral mouth_corner", nose=NOSE), "nose"),
        View("body_front", _sides("decollete upper_arm abdomen hip thigh leg"), "body_front"),
        View("body_back", _sides("upper_arm hip buttock thigh leg"), "body_back", picture_left="left"),
    )
})  # fmt: skip
"""In the order in which they are offered."""


def other_side(view: str, x: int, y: int) -> tuple[str, int, int]:
    """The same place on the other side of the patient: its view and point."""
    return VIEWS[view].mirrored, LARGEST - x, y


def vector_of(view: str, side: str, entry: Point, end: Point) -> int | None:
    """The direction of a line from its entry in whole degrees: 0 away from the midline, 90 up.

    In a profile 0 is to the back of the head. A point has no direction. On the midline both ways lead away from it.
    """
    across, up = end[0] - entry[0], entry[1] - end[1]
    if not across and not up:
        return None
    return round(degrees(atan2(up, across * _outward(VIEWS[view], side, across)))) % 360


def _outward(view: View, side: str, across: int) -> int:
    """1 if the picture's right leads away from the midline, or to the back of the head; -1 if its left does."""
    if view.profile:
        return 1 if view.profile == "left" else -1
    if side not in BOTH:
        return 1 if across >= 0 else -1
    return -1 if side == view.picture_left else 1
