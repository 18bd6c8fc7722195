"""What people type at the desk: the forms, and the plain errors beside their fields."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import HttpRequest, QueryDict
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.questionnaire import LONGEST_TEXT

LONGEST_NAME, OLDEST_YEAR = 120, 1900
TOO_LONG = _("Use at most %(limit_value)d characters; these are %(show_value)d.")
HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Letters that turn the direction of what follows: in a name they only ever deceive."""
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # drawn as nothing

phone_number = RegexValidator(
    r"^\+?[0-9 ()./-]{3,39}$", _("Write digits, with + and the country in front: +49 30 5550100.")
)


def refuse_control(text: str) -> None:
    """Raises `ValidationError` for letters that cannot be seen and change what is read, or if none can be seen."""
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") or letter in HIDDEN for letter in text):
        raise ValidationError(_("There is a hidden control character in it. Type it again instead of pasting it."))
    if not any(unicodedata.category(letter)[0] in "LNPS" and letter not in BLANKS for letter in text):
        raise ValidationError(_("There is nothing in it that can be seen. Type it again."))


def refuse_control_but_lines(text: str) -> None:
    """The same for longer text, which may have lines."""
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\r\t" for letter in text):
        raise ValidationError(_("There is a hidden control character in it. Type it again instead of pasting it."))


def line(label: Any, most: int, *, required: bool = False, **more: Any) -> forms.CharField:
    """One line of text; Django strips it and refuses NUL by itself."""
    return forms.CharField(
        label=label, max_length=most, required=required, validators=[refuse_control],
        error_messages={"max_length": TOO_LONG}, **more,
    )  # fmt: skip


def text(
    label: Any, *, required: bool = False, rows: int = 4, most: int = LONGEST_TEXT, **more: Any
) -> forms.CharField:
    """Several lines of text; the browser does not cut it off, so that nobody loses the end of a pasted text unseen."""
    field = forms.CharField(
        label=label, max_length=most, required=required, validators=[refuse_control_but_lines],
        widget=forms.Textarea(attrs={"rows": rows}), error_messages={"max_length": TOO_LONG}, **more,
    )  # fmt: skip
    field.widget.attrs.pop("maxlength", None)
    return field


def whole(label: Any, low: int, high: int, *, required: bool = False, **more: Any) -> forms.IntegerField:
    """A whole number within limits."""
    wrong = format_lazy(_("Write a whole number from {low} to {high}."), low=low, high=high)
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, required=required,
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong}, **more,
    )  # fmt: skip


def date_field(label: Any, **more: Any) -> forms.DateField:
    """A calendar day."""
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a date like 2026-03-02.")}, **more,
    )  # fmt: skip


def time_field(label: Any, **more: Any) -> forms.TimeField:
    """A time of day."""
    return forms.TimeField(
        label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time like 14:30.")}, **more,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _zones() -> tuple[tuple[str, str], ...]:
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return (*((name, name.replace("_", " ")) for name in places), ("UTC", "UTC"))


def zone_choice(label: Any, **more: Any) -> forms.ChoiceField:
    """A time zone by its place."""
    return forms.ChoiceField(label=label, choices=_zones, **more)


def languages() -> list[tuple[str, str]]:
    """The languages that a patient can read, each by its own name."""
    return [(code, str(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]


def revision_of(request: HttpRequest) -> int:
    """The revision that a page was made from; -1, which nothing ever has, for what is no number."""
    given = request.POST.get("revision", "")
    return int(given) if given.isdecimal() and len(given) < len("9" * 10) else -1


def id_of(given: str) -> uuid.UUID | None:
    """An id that a page or an address carries; none for what is no id."""
    try:
        return uuid.UUID(given)
    except ValueError:
        return None


class Revised(forms.Form):
    """A form on something that others may change meanwhile; `theirs` is what they stored, once that happened."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)
    """Of something new: sent twice, it is made once."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.theirs: list[tuple[str, str]] = []

    def meet_revision(self, revision: int) -> None:
        """Let the next attempt count, on what is stored now."""
        data = cast("QueryDict", self.data).copy()
        data["revision"] = str(revision)
        self.data = data

    def meet(self, revision: int, stored: Mapping[str, Any]) -> None:
        """Somebody was faster: keep what was typed, show what is stored, and let the next attempt count."""
        self.meet_revision(revision)
        self.theirs = [
            (str(self.fields[name].label), _shown(self.fields[name], value))
            for name, value in stored.items()
            if name in self.fields and not self[name].is_hidden and (value or "") != (self.cleaned_data.get(name) or "")
        ]
        self.add_error(
            None, _("Somebody else changed this meanwhile. Yours is still below; save again to put it over theirs.")
        )


def _shown(field: forms.Field, value: Any) -> str:
    """A stored value as people read it on the page."""
    names = {str(one): str(name) for one, name in getattr(field, "choices", ())}
    values = value if isinstance(value, list) else [value]
    return ", ".join(names.get(str(one), str(one)) for one in values if one not in (None, ""))


class MessageForm(forms.Form):
    """One message to the patient; its key makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = text(_("Message"), required=True)


class ReasonForm(forms.Form):
    """Why a signed record is corrected."""

    reason = text(_("What is wrong with it?"), required=True, rows=2, most=1000)
