"""What people type at the desk: the forms, and the plain errors beside their fields."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.case import checkin_of
from afterthread.clinic.models import Clinic, Patient
from afterthread.clinic.queries.recovery import Recovery
from afterthread.clinic.questionnaire import Part, Shown, present_before, questions_for
from afterthread.engine.case import FIRST_YEAR, LAST_YEAR
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Question

MOST_LETTERS, LONGEST_NAME, OLDEST_YEAR = 4000, 120, 1900
TOO_LONG = _("Use at most %(limit_value)d characters; these are %(show_value)d.")
LANGUAGES = (("en", "English"), ("ru", "Русский"))
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
    label: Any, *, required: bool = False, rows: int = 4, most: int = MOST_LETTERS, **more: Any
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


@lru_cache(maxsize=1)
def _zones() -> tuple[tuple[str, str], ...]:
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return (*((name, name.replace("_", " ")) for name in places), ("UTC", "UTC"))


def zone_choice(label: Any, **more: Any) -> forms.ChoiceField:
    """A time zone by its place."""
    return forms.ChoiceField(label=label, choices=_zones, **more)


class Revised(forms.Form):
    """A form on something that others may change meanwhile; `theirs` is what they stored, once that happened."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)
    """Of something new: sent twice, it is made once."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.theirs: list[tuple[str, str]] = []

    def meet(self, revision: int, stored: Mapping[str, Any]) -> None:
        """Somebody was faster: keep what was typed, show what is stored, and let the next attempt count."""
        data = cast("QueryDict", self.data).copy()
        data["revision"] = str(revision)
        self.data = data
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


class PatientForm(Revised):
    """Who somebody is, and how she is reached."""

    name = line(_("Name"), LONGEST_NAME, required=True, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("E-mail"), required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("This is not an e-mail address. Write it like anna@example.org.")},
    )  # fmt: skip
    phone = line(_("Phone"), 40, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}))
    born = whole(_("Year of birth"), OLDEST_YEAR, 9999)
    language = forms.ChoiceField(
        label=_("Language"), choices=LANGUAGES, help_text=_("The language of the diary and of letters.")
    )
    time_zone = zone_choice(_("Time zone"), help_text=_("Where the patient lives: days are counted there."))

    def __init__(self, *args: Any, at: datetime, clinic: Clinic, **more: Any) -> None:
        super().__init__(*args, **more)
        self.at = at
        self.fields["phone"].validators.append(phone_number)
        self.fields["time_zone"].initial = clinic.time_zone

    def clean_born(self) -> int | None:
        """Not in the future."""
        born: int | None = self.cleaned_data["born"]
        if born is not None and born > self.at.year:
            raise ValidationError(_("This year has not begun yet."))
        return born

    @classmethod
    def stored(cls, patient: Patient) -> dict[str, Any]:
        """What is known of a patient, as the fields of this form."""
        return {name: getattr(patient, name) for name in ("name", "email", "phone", "born", "language", "time_zone")}

    @property
    def details(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("revision", "key")}


class MessageForm(forms.Form):
    """One message to the patient; its key makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = text(_("Message"), required=True)


# -- What was done ----------------------------------------------------------------------------------------------------

BLANK = ("", _("not recorded"))
SIDES = (BLANK, ("left", _("left")), ("right", _("right")), ("middle", _("middle")))
FIXATIONS = (
    BLANK, ("none", _("none")), ("barbs", _("barbs")), ("cones", _("cones")), ("knots", _("knots")),
    ("mesh", _("mesh")), ("anchor", _("anchor")),
)  # fmt: skip
PATHS = (BLANK, ("linear", _("linear")), ("loop", _("loop")))
PURPOSES = (BLANK, ("lift", _("lift")), ("reinforce", _("reinforce")), ("revitalise", _("revitalise")))
CHOICES = {"side": SIDES, "fixation": FIXATIONS, "path": PATHS, "purpose": PURPOSES}
ANSWERS = (("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known")))
MOST_ROWS = 60
OTHER_SIDE = {"left": "right", "right": "left"}


class ThreadForm(forms.Form):
    """One row: one thread, or several alike."""

    zone = forms.ChoiceField(label=_("Zone"), required=False)
    side = forms.ChoiceField(label=_("Side"), required=False, choices=SIDES)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    material = forms.ChoiceField(label=_("Material"), required=False)
    layer = forms.ChoiceField(label=_("Layer"), required=False)
    fixation = forms.ChoiceField(label=_("Fixation"), required=False, choices=FIXATIONS)
    path = forms.ChoiceField(label=_("Path"), required=False, choices=PATHS)
    purpose = forms.ChoiceField(label=_("Purpose"), required=False, choices=PURPOSES)
    count = whole(_("How many"), 1, 500)
    product = line(_("Product"), 120)
    lot = line(_("Lot"), 60)
    expires = forms.DateField(
        label=_("Expires"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a date like 2027-03-31.")},
    )  # fmt: skip

    def __init__(self, *args: Any, words: Mapping[str, Iterable[tuple[str, str]]], **more: Any) -> None:
        super().__init__(*args, **more)
        for name, options in words.items():
            choice = self.fields[name]
            if isinstance(choice, forms.ChoiceField):
                choice.choices = [BLANK, *options]

    @property
    def row(self) -> dict[str, Any] | None:
        """What the verbs take; none for a row in which nothing was said, or that was taken out."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in ("DELETE", "ORDER")}
        if self.cleaned_data.get("DELETE") or not any(value for name, value in said.items() if name != "count"):
            return None
        return {**said, "count": said["count"] or 1}


Rows = forms.formset_factory(
    ThreadForm, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 10, validate_max=True, can_delete=True
)


def grow(data: QueryDict, how: str) -> QueryDict:
    """The same page with rows added: an empty one, the last one again, or what is missing on the other side."""
    fields, grown, total = tuple(ThreadForm.base_fields), data.copy(), data.get("t-TOTAL_FORMS", "")
    count = min(int(total[:4]), MOST_ROWS) if total.isdecimal() else 0
    rows = [tuple(data.get(f"t-{n}-{name}", "") for name in fields) for n in range(count)]
    told = [row for n, row in enumerate(rows) if any(row) and not data.get(f"t-{n}-DELETE")]
    free = iter([n for n, row in enumerate(rows) if not any(row)] if how != "add" else [])
    for row in _added(told, how):
        n = next(free, count)
        count += n == count
        for name, value in zip(fields, row, strict=True):
            grown[f"t-{n}-{name}"] = value
    grown["t-TOTAL_FORMS"] = str(count)
    return grown


def _added(told: list[tuple[str, ...]], how: str) -> list[tuple[str, ...]]:
    """The rows to add; a row is not mirrored twice."""
    fields = tuple(ThreadForm.base_fields)
    if how == "repeat" and told:
        return told[-1:]
    if how == "mirror":
        side = fields.index("side")
        turned = [(*row[:side], OTHER_SIDE.get(row[side], ""), *row[side + 1 :]) for row in told]
        return [row for row in dict.fromkeys(turned) if row[side] and row not in told]
    return [("",) * len(fields)]


class ReasonForm(forms.Form):
    """Why a signed record is corrected."""

    reason = text(_("What is wrong with it?"), required=True, rows=2, most=1000)


class RecordForm(Revised):
    """When and where it was done, and what is known of the person; threads stand in a set of their own."""

    day = forms.DateField(
        label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a date like 2026-03-02.")},
    )  # fmt: skip
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time like 14:30.")},
    )  # fmt: skip
    age = whole(_("Age"), 1, 120, help_text=_("From the year of birth; correct it if the birthday is still to come."))
    zones = forms.MultipleChoiceField(label=_("Zones"), required=False, widget=forms.CheckboxSelectMultiple)
    note = text(_("Note for colleagues"))

    def __init__(
        self, *args: Any, zone: ZoneInfo, zones: list[tuple[str, str]], asked: Mapping[str, str],
        derived: Mapping[str, str], **more: Any,
    ) -> None:  # fmt: skip
        """`asked` and `derived` are modifiers with their question: the derived ones follow from the record."""
        super().__init__(*args, **more)
        self.zone = zone
        choice = self.fields["zones"]
        if isinstance(choice, forms.MultipleChoiceField):
            choice.choices = zones
        for id, question in asked.items():
            self.fields[f"m-{id}"] = forms.ChoiceField(
                label=question, choices=ANSWERS, widget=forms.RadioSelect, required=False, initial="unknown"
            )
        for id, question in derived.items():
            self.fields[f"m-{id}"] = forms.BooleanField(label=question, required=False)
        self.asked, self.derived = [f"m-{id}" for id in asked], [f"m-{id}" for id in derived]

    def clean_day(self) -> date:
        """Of our time."""
        found: date = self.cleaned_data["day"]
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(_("This is not a date of our time."))
        return found

    @property
    def questions(self) -> list[forms.BoundField]:
        """The modifiers that only the patient can tell."""
        return [self[name] for name in self.asked]

    @property
    def readings(self) -> list[forms.BoundField]:
        """The modifiers that are read off the record, to which a yes can be added."""
        return [self[name] for name in self.derived]

    @property
    def record(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        said = self.cleaned_data
        answers = {name.removeprefix("m-"): said[name] or "unknown" for name in self.asked}
        ticked = {name.removeprefix("m-"): "yes" for name in self.derived if said[name]}
        return {
            "placed_at": datetime.combine(said["day"], said["time"], self.zone),
            "time_zone": self.zone.key,
            "age": said["age"],
            "zones": said["zones"],
            "modifiers": {**answers, **ticked},
            "note": said["note"],
        }


LABELS = {
    **{name: ThreadForm.base_fields[name].label for name in ThreadForm.base_fields},
    "placed_at": _("When"),
    "age": RecordForm.base_fields["age"].label,
    "zones": RecordForm.base_fields["zones"].label,
    "note": RecordForm.base_fields["note"].label,
    "thread": _("Threads"),
}

# -- A check-in by phone ----------------------------------------------------------------------------------------------


def shown_to(recovery: Recovery) -> Shown:
    """The questions that stand on the page today."""
    before = present_before(recovery.protocol, (checkin_of(said.checkin) for said in recovery.said))
    return questions_for(recovery.protocol, recovery.day, before)


def checkin_form(recovery: Recovery, said: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The questions of today in words, with what was ticked so far."""
    shown, words = shown_to(recovery), recovery.words(language)

    def told(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        return [
            {
                "id": part.group,
                "title": words.of(f"group.{part.group}", "title"),
                "none": words.of(f"group.{part.group}", "none"),
                "closed": bool(said.get(f"none-{part.group}")),
                "questions": [_question(words, one, said) for one in part.questions],
            }
            for part in parts
        ]

    return {
        "asked": told(shown.parts),
        "rest": told(shown.rest),
        "rest_closed": bool(said.get("none-rest")),
        "words": said.get("words", ""),
        "notice": words.notice(recovery.protocol.stamp),
    }


def _question(words: Words, known: Question, said: Mapping[str, Any]) -> dict[str, Any]:
    """One question with its answers, and what more can be said about a sign."""
    more = {
        "side": [("both", words.say("both_sides")), ("one", words.say("one_side"))],
        "trend": [(one, words.say(one)) for one in ("better", "same", "worse")],
        "zone": [(zone, words.of(f"zone.{zone}", "name")) for zone in words.protocol["zone"]],
    }
    titles = {"side": gettext("Which side?"), "trend": gettext("Better or worse?"), "zone": gettext("Where?")}
    field = f"q-{known.id}"
    return {
        "field": field,
        "name": words.question(known.id),
        "ask": words.of(known.key, "ask"),
        "help": words.table[known.key].get("help", ""),
        "answers": [(value, words.of(f"scale.{known.scale}", value)) for value in words.protocol.variables[known.id]],
        "said": said.get(field, ""),
        "told_more": any(said.get(f"{field}-{part}") for part in more),
        "more": [
            {
                "field": f"{field}-{part}",
                "title": titles[part],
                "options": options,
                "said": said.get(f"{field}-{part}", ""),
            }
            for part, options in more.items()
            if getattr(known, part)
        ],
    }
