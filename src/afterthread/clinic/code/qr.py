"""An address as a picture for a camera."""

from __future__ import annotations

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage


def qr(url: str) -> SafeString:
    """The address as a picture, black on white in any theme."""
    drawn: str = qrcode.make(url, image_factory=SvgPathImage).to_string(encoding="unicode")
    return mark_safe(drawn)  # noqa: S308 - drawn here, from squares; the address itself is not in it
