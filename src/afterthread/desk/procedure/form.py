"""What is typed of a procedure, beside its rows of threads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from afterthread.desk.form import Revised, date_field, text, time_field, whole
from afterthread.desk.thread.row import ThreadForm
from afterthread.engine.case import FIRST_YEAR, LAST_YEAR

ANSWERS = (("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known")))


class DespiteForm(forms.Form):
    """Why a record is signed although something speaks against it."""

    despite = text(_("Why it was done all the same"), most=1000)


class RecordForm(Revised):
    """When and where it was done, and what is known of the person; threads stand in a set of their own."""

    day = date_field(_("Date"))
    time = time_field(_("Time"))
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
    def placed(self) -> datetime | None:
        """When it was done, once date and time can be read."""
        day, time = self.cleaned_data.get("day"), self.cleaned_data.get("time")
        return datetime.combine(day, time, self.zone) if day and time else None

    @property
    def known(self) -> dict[str, Any]:
        """What was typed of person and place, as far as it can be read."""
        said = self.cleaned_data
        answers = {name.removeprefix("m-"): said.get(name) or "unknown" for name in self.asked}
        ticked = {name.removeprefix("m-"): "yes" for name in self.derived if said.get(name)}
        return {"age": said.get("age"), "zones": said.get("zones", []), "modifiers": {**answers, **ticked}}

    @property
    def record(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        note = self.cleaned_data["note"]
        return {"placed_at": self.placed, "time_zone": self.zone.key, "note": note, **self.known}


LABELS = {
    **{name: ThreadForm.base_fields[name].label for name in ThreadForm.base_fields},
    "placed_at": _("When"),
    "age": RecordForm.base_fields["age"].label,
    "zones": RecordForm.base_fields["zones"].label,
    "note": RecordForm.base_fields["note"].label,
    "thread": _("Threads"),
}
