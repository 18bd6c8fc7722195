"""What is typed of a procedure: the record and its rows of threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from afterthread.desk.form import Revised, line, text, whole
from afterthread.engine.case import FIRST_YEAR, LAST_YEAR

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
