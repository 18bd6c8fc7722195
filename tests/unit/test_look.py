"""The look keeps its promises: small, readable in light and dark, nothing inline, every sign and every zone drawn."""

import re
from itertools import product
from pathlib import Path

import pytest

from afterthread.protocol.load import shipped

PACKAGE = Path(__file__).parents[2] / "src" / "afterthread"
STATIC = PACKAGE / "server" / "static" / "afterthread"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
STYLES = (STATIC / "app.css").read_text(encoding="utf-8")
PAGES = sorted(PACKAGE.glob("*/templates/**/*.html"))
MARKS = ("self", "routine", "day", "now")
PAIRS = [
    *product(("ink", "soft", "act", "thread"), ("ground", "paper")),
    *product(("ink", "soft"), ("sunken", "act-soft")),
    *((f"{mark}-ink", f"{mark}-bg") for mark in MARKS),
    *(("mark-on", f"{mark}-mark") for mark in MARKS),
    *(("ink", f"{mark}-bg") for mark in MARKS),
    *(("act", f"{mark}-bg") for mark in MARKS),
    ("act-on", "act"),
    ("thread", "thread-soft"),
    ("call-on", "call"),
    ("now-ink", "paper"),
]


def colours(block: str) -> dict[str, str]:
    return {name: _full(value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block)}


def _full(value: str) -> str:
    return value if len(value) == 6 else "".join(digit * 2 for digit in value)


def _light(value: str) -> float:
    parts = (int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


LIGHT, SYSTEM_DARK, CHOSEN_DARK = (colours(block) for block in re.split(r"\n@media screen", TOKENS))


def test_it_stays_small() -> None:
    """Both style sheets together weigh at most 30 kB before compression."""
    assert len(TOKENS.encode()) + len(STYLES.encode()) <= 30 * 1024


def test_it_has_one_dark() -> None:
    """Dark by the system and dark by choice are the same colours."""
    assert SYSTEM_DARK
    assert SYSTEM_DARK == CHOSEN_DARK


def test_it_names_every_token_it_uses() -> None:
    """No style asks for a token that does not exist."""
    known = set(re.findall(r"(--[\w-]+):", TOKENS + STYLES))
    assert set(re.findall(r"var\((--[\w-]+)\)", TOKENS + STYLES)) <= known


@pytest.mark.parametrize(("text", "ground"), PAIRS)
@pytest.mark.parametrize("theme", [LIGHT, LIGHT | SYSTEM_DARK], ids=["light", "dark"])
def test_it_is_readable(theme: dict[str, str], text: str, ground: str) -> None:
    """Text stands out from what it lies on by at least 4.5 to 1 (WCAG AA)."""
    assert contrast(theme[text], theme[ground]) >= 4.5


def test_it_draws_every_icon_that_a_page_names() -> None:
    """An icon that a template asks for stands in the sprite."""
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    asked = {
        name
        for page in PAGES
        for name in re.findall(r'icon\.html" with name="(\w+)"', page.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= drawn
    assert {"self_care", "routine", "same_day", "emergency"} <= drawn


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PACKAGE)))
def test_it_obeys_the_strict_policy(page: Path) -> None:
    """No page carries a style, a handler, a script of its own, or an address of somebody else."""
    text = re.sub(r"{%.*?%}", "", page.read_text(encoding="utf-8"))  # what a tag of ours is given is no attribute
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|(?:src|href)=\"(?:https?:)?//", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or "application/json" in script, script


def test_it_draws_every_zone_of_face_and_neck_on_both_sides() -> None:
    """Whatever zone the protocol knows on the face, the nose or the neck can be tapped, right and left."""
    drawing = (PACKAGE / "server/templates/parts/face_map.html").read_text(encoding="utf-8")
    drawn = sorted(re.findall(r'id="zone-(\w+-\w+)" data-zone', drawing))
    zones = [name for name, zone in shipped().entries["zone"].items() if zone.region != "body"]
    assert drawn == sorted(f"{zone}-{side}" for zone in zones for side in ("left", "right"))
