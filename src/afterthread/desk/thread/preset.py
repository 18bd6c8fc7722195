"""Ready-made maps for a quick start: places and kinds of our own, for convenience, and no recommendation.

Only one side is written down; the other one mirrors it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.desk.thread.move import Row, mirrored
from afterthread.desk.thread.row import POINTS

Points = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Preset:
    """Some threads at once: what they have in common, and where each of them runs."""

    title: Promise
    shared: Mapping[str, str]
    lines: tuple[Points, ...]

    @property
    def view(self) -> str:
        """The drawing on which it begins."""
        return self.shared["view"]

    @property
    def rows(self) -> list[Row]:
        """The rows as they are sent, both sides."""
        told = [{**self.shared, "count": "1", **_placed(line)} for line in self.lines]
        if self.shared["side"] == "middle":
            return told
        return told + [{name: value for name, value in mirrored(row).items() if name != "key"} for row in told]


def _placed(line: Points) -> Row:
    return dict(zip(POINTS, map(str, line), strict=True))


LIFTING = {"kind": "cog", "layer": "subcutaneous", "fixation": "barbs", "path": "linear", "purpose": "lift"}
SMOOTH = {"kind": "mono", "layer": "subdermis", "fixation": "none", "path": "linear", "purpose": "revitalise"}
PRESETS: Mapping[str, Preset] = {
    "cheek": Preset(
        _("Cheek: four cogs on each side"), {**LIFTING, "view": "front", "zone": "cheek", "side": "right"},
        ((292, 470, 418, 548), (288, 478, 400, 590), (285, 488, 376, 622), (282, 500, 344, 634)),
    ),
    "jawline": Preset(
        _("Jawline: three cogs on each side"), {**LIFTING, "view": "front", "zone": "jawline", "side": "right"},
        ((296, 606, 388, 716), (290, 612, 368, 740), (286, 622, 346, 752)),
    ),
    "brow": Preset(
        _("Brow: two cogs on each side"), {**LIFTING, "view": "front", "zone": "brow", "side": "right"},
        ((356, 222, 330, 372), (394, 212, 372, 362)),
    ),
    "nose": Preset(
        _("Nose: a ladder of six smooth threads"), {**SMOOTH, "view": "nose", "zone": "nose", "side": "middle"},
        tuple((455, y, 545, y) for y in range(280, 600, 60)),
    ),
    "neck": Preset(
        _("Neck: four smooth threads on each side"), {**SMOOTH, "view": "neck", "zone": "neck", "side": "right"},
        tuple((300, y, 430, y + 12) for y in range(480, 660, 50)),
    ),
}  # fmt: skip
