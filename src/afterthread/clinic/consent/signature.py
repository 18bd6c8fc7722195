"""A signature: the form around it, its strokes as a page sends them, and as lines to draw again."""

from __future__ import annotations

import json

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_POINTS = 4_000
LONGEST_DRAWING = 60_000
"""Of the JSON in which the strokes are sent."""
FULL = 1_000
"""Points are told in per mille of the width and of the height of the field."""
Stroke = list[list[int]]


class SignatureForm(forms.Form):
    """What was shown, and that somebody agrees to it; the key makes sending it twice harmless.

    The name under it is asked for by each page in its own words.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    language = forms.CharField(widget=forms.HiddenInput, max_length=8)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    drawing = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)
    agree = forms.BooleanField(
        label=gettext_lazy("I have read the text, could ask my questions, and agree to it."),
        error_messages={"required": gettext_lazy("Tick this to agree; without it nothing is signed.")},
    )

    def clean_drawing(self) -> str:
        """Strokes as the field sends them, and nothing else."""
        try:
            return read_strokes(self.cleaned_data["drawing"])
        except ValueError:
            raise ValidationError(_("The drawing cannot be read. Draw it again, or leave it out.")) from None


def read_strokes(sent: str) -> str:
    """The strokes as they are kept, nothing for none; raises `ValueError` for anything that is no drawing."""
    if not sent.strip():
        return ""
    if len(sent) > LONGEST_DRAWING:
        raise ValueError("it is too long")
    try:
        strokes = json.loads(sent)
    except RecursionError:
        raise ValueError("it is no drawing") from None
    if not isinstance(strokes, list) or not all(_is_stroke(one) for one in strokes):
        raise ValueError("it is no list of strokes")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise ValueError("it has too many points")
    return json.dumps(strokes, separators=(",", ":")) if strokes else ""


def _is_stroke(one: object) -> bool:
    return isinstance(one, list) and bool(one) and all(_is_point(point) for point in one)


def _is_point(one: object) -> bool:
    inside = isinstance(one, list) and all(type(part) is int and 0 <= part <= FULL for part in one)
    return isinstance(one, list) and inside and len(one) == 2  # noqa: PLR2004 - across and down


def lines_of(drawing: str) -> list[str]:
    """Each stroke as the points of a line in a picture; a dot is a line that ends where it begins."""
    strokes: list[Stroke] = json.loads(drawing) if drawing else []
    return [" ".join(f"{x},{y}" for x, y in (stroke * 2 if len(stroke) == 1 else stroke)) for stroke in strokes]
