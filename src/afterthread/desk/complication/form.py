"""What is typed of a complication and of threads taken out: one form for a page, so that no button loses anything."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Removal
from afterthread.clinic.queries.complication.judgement import GRADES
from afterthread.desk.form import date_field, text, time_field, whole

Options = Iterable[tuple[str, Any]]
MOST_REASON = 1000
LATEST_DAY = 36500
NATURES: Mapping[str, str | Promise] = {
    "sequela": _("Sequela: belongs to the usual course"),
    "complication": _("Complication"),
    "dissatisfaction": _("Dissatisfaction with the result"),
}
TECHNIQUES: Mapping[str, str | Promise] = {
    "likely": _("Likely"),
    "possible": _("Possible"),
    "unlikely": _("Unlikely"),
    "cannot_say": _("Cannot be said"),
}
OUTCOMES: Mapping[str, str | Promise] = {
    "resolved": _("Resolved"),
    "resolved_with_trace": _("Resolved, with something left to see or feel"),
    "lasting": _("Lasting"),
    "referred": _("Went on with somebody else"),
    "lost": _("The patient was not reached any more"),
    "unknown": _("Not known"),
}
SIDES: Mapping[str, str | Promise] = {
    "": _("not said"),
    "right": _("right"),
    "left": _("left"),
    "middle": _("in the middle"),
}
EXTENTS: Mapping[str, str | Promise] = {
    "whole": _("Whole"),
    "part": _("A part"),
    "none": _("Nothing: tried in vain"),
}
WHYS: Mapping[str, str | Promise] = {
    "complication": _("A complication"),
    "dissatisfaction": _("The patient does not want it"),
    "recall": _("A recall of the lot"),
    "other": _("Something else"),
}
FOUND: Mapping[str, str | Promise] = {
    "": _("not said"),
    "free": _("Free"),
    "encapsulated": _("In a capsule"),
    "fragile": _("Fragile"),
    "not_found": _("Not found"),
}


def radio(label: Any, options: Options, **more: Any) -> forms.ChoiceField:
    """One of a few."""
    return forms.ChoiceField(label=label, choices=list(options), widget=forms.RadioSelect, **more)


def why(label: Any = None, **more: Any) -> forms.CharField:
    """A reason."""
    return text(label or _("Why?"), rows=2, most=MOST_REASON, **more)


def moment_of(said: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Day and time on the clinic's wall."""
    return datetime.combine(said["day"], said["time"], zone)


class OpeningForm(forms.Form):
    """What was seen, when it began and where."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    decision = forms.CharField(widget=forms.HiddenInput, required=False)
    signs = text(_("What was seen, or what does the patient say?"), required=True)
    began_day = whole(
        _("On which day did it begin?"), 0, LATEST_DAY, required=True,
        help_text=_("Counted from the procedure, which is day 0."),
    )  # fmt: skip
    zone = forms.ChoiceField(label=_("Where is it?"), required=False)
    side = radio(_("On which side?"), SIDES.items(), required=False)
    threads = forms.MultipleChoiceField(
        label=_("Which threads are near?"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, zones: Options, threads: Options, **more: Any) -> None:
        super().__init__(*args, **more)
        _offer(self, "zone", [("", _("not said")), *zones])
        _offer(self, "threads", threads)


class CaseForm(forms.Form):
    """Everything that can be said on the page of a case; which button is pressed decides what of it is kept."""

    use_required_attribute = False
    revision = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    pathway = forms.ChoiceField(label=_("What is it?"), required=False)
    pathway_why = why()
    nature = radio(_("What kind of event is it?"), NATURES.items(), required=False)
    nature_why = why()
    grade = forms.ChoiceField(
        label=_("Grade (Clavien-Dindo)"), required=False, choices=[("", "–"), *((one, one) for one in GRADES)],
        help_text=_("Only of a complication for which something was done."),
    )  # fmt: skip
    grade_why = why()
    technique = radio(_("Did the technique have to do with it?"), TECHNIQUES.items(), required=False)
    remarks = forms.MultipleChoiceField(
        label=_("Because of these remarks"), required=False, widget=forms.CheckboxSelectMultiple
    )
    technique_why = why()
    threads = forms.MultipleChoiceField(
        label=_("Which threads are concerned?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    threads_why = why()
    step = forms.ChoiceField(label=_("Which step?"), required=False)
    needed = radio(_("What became of it?"), [("yes", _("Done")), ("no", _("Not needed"))], required=False)
    day = date_field(_("On"), required=False)
    time = time_field(_("At"), required=False)
    step_note = text(_("What was found, or why it is not needed"), rows=2)
    note = text(_("Note for colleagues"), rows=3)
    outcome = radio(_("How did it end?"), OUTCOMES.items(), required=False)
    outcome_why = why()
    closing = why(_("Why is it closed now?"))
    reopening = why(_("Why is it opened again?"))

    def __init__(self, *args: Any, offers: Mapping[str, Options], **more: Any) -> None:
        """`offers`: the choices of the fields that hang on the case."""
        super().__init__(*args, **more)
        for name, options in offers.items():
            _offer(self, name, options)

    def typed(self) -> dict[str, Any]:
        """What was typed or chosen and differs from what counts."""
        return {name: self[name].data for name in self.changed_data if name in self.data}

    def leftover(self, used: Iterable[str]) -> dict[str, Any]:
        """What was typed or chosen for something else than the button that was pressed."""
        quiet = {"revision", "key", "day", "time", *used}
        return {name: value for name, value in self.typed().items() if name not in quiet}


class TakenForm(forms.Form):
    """One row of threads: what came out of it; left blank where nothing was touched."""

    extent = radio(_("What came out?"), [("", _("Not touched")), *EXTENTS.items()], required=False)
    count = whole(_("How many of them"), 1, 999)
    found = forms.ChoiceField(label=_("What it was like"), choices=list(FOUND.items()), required=False)
    punctures = whole(_("Punctures"), 0, 99)
    left_mm = whole(_("Still in (mm)"), 1, 999, help_text=_("Of a part, if it was measured."))

    def clean(self) -> dict[str, Any]:
        """What is left is said of a part only, and of something."""
        said = self.cleaned_data
        if not said.get("extent"):
            if any(said.get(name) is not None for name in ("punctures", "left_mm")):
                self.add_error("extent", _("Say what came out."))
        elif said.get("left_mm") and said["extent"] != Removal.Extent.PART:
            self.add_error("left_mm", _("Only of a part something is left. Choose “A part”, or leave this blank."))
        return said


class SittingForm(forms.Form):
    """What holds for all threads of one sitting."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)
    day = date_field(_("Date"))
    time = time_field(_("Time"))
    why = radio(_("What for?"), WHYS.items())
    complication = forms.ChoiceField(label=_("Because of which case?"), required=False)
    note = text(_("Note"), rows=3)

    def __init__(self, *args: Any, cases: Options, **more: Any) -> None:
        super().__init__(*args, **more)
        _offer(self, "complication", [("", _("none of them")), *cases])


class CorrectionForm(SittingForm, TakenForm):
    """A removal said anew."""

    thread = forms.ChoiceField(label=_("Which thread?"))
    field_order = ("thread", "extent", "count", "found", "punctures", "left_mm", "day", "time", "why", "complication")

    def __init__(self, *args: Any, threads: Options, **more: Any) -> None:
        super().__init__(*args, **more)
        _offer(self, "thread", threads)
        self.fields["note"].required, self.fields["extent"].required = True, True
        self.fields["count"].required = True
        self.fields["note"].label = _("What was wrong, and what is right?")


def _offer(form: forms.Form, name: str, options: Options) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = list(options)
