"""What is typed of a consultation, and the protocol's words around it: what threads can do, what may be promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.flow.record.consultation import AGREED
from afterthread.clinic.models import Consultation
from afterthread.clinic.queries.procedure import titles_of
from afterthread.desk.form import Revised, text
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Indication
from afterthread.protocol.model import Days

REGIONS: dict[str, str | Promise] = {
    "face": _("Face"), "neck": _("Neck"), "nose": _("Nose"), "body": _("Body"), "": _("Any area"),
}  # fmt: skip
FITS: dict[str, tuple[str | Promise, str]] = {
    "yes": (_("threads can"), "good"),
    "limited": (_("only partly"), "warn"),
    "no": (_("threads cannot"), "bad"),
}
"""How a fit is said, and its tone."""
ORDER = tuple(FITS)
MOST_AHEAD = 731
"""Days; a session further ahead is a slip of the year."""


class ConsultationForm(Revised):
    """What was agreed; everything may stay open."""

    indications = forms.MultipleChoiceField(
        label=_("What the patient asks for"), required=False, widget=forms.CheckboxSelectMultiple
    )
    expectation = text(
        _("What the patient hopes for"), rows=3, help_text=_("In the patient’s own words, as close as you can.")
    )
    zones = forms.MultipleChoiceField(label=_("Planned zones"), required=False, widget=forms.CheckboxSelectMultiple)
    materials = forms.MultipleChoiceField(
        label=_("Planned materials"), required=False, widget=forms.CheckboxSelectMultiple
    )
    promises = forms.MultipleChoiceField(label=_("Said"), required=False, widget=forms.CheckboxSelectMultiple)
    promised = text(_("What else was said"), rows=3)
    planned_on = forms.DateField(
        label=_("Planned date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a date like 2027-03-31.")},
    )  # fmt: skip
    planned_time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time like 14:30.")},
    )  # fmt: skip

    def __init__(self, *args: Any, words: Words, today: date, stored: date | None = None, **more: Any) -> None:
        """`today` on the clinic's calendar; `stored` the planned day as it stands, which may be over by now."""
        super().__init__(*args, **more)
        self.words, self.today, self.stored = words, today, stored
        known = words.protocol
        for name, section in (("indications", "indication"), ("zones", "zone"), ("materials", "material")):
            self._offer(name, ((id, words.of(f"{section}.{id}", "name")) for id in known[section]))
        honest = (one for one in known["promise"].values() if one.honest)
        self._offer("promises", ((one.id, words.of(one.key, "says")) for one in honest))

    def _offer(self, name: str, options: Iterable[tuple[str, str]]) -> None:
        choice = self.fields[name]
        if isinstance(choice, forms.MultipleChoiceField):
            choice.choices = list(options)

    def clean_planned_on(self) -> date | None:
        """Not over, unless it stood there before."""
        day: date | None = self.cleaned_data["planned_on"]
        if day is not None and day != self.stored and day < self.today:
            raise ValidationError(_("This day is over. Choose a day from today on."))
        if day is not None and (day - self.today).days > MOST_AHEAD:
            raise ValidationError(_("This is more than two years ahead. Check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        """A time belongs to a day."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("planned_time") and not said.get("planned_on") and "planned_on" not in self.errors:
            self.add_error("planned_on", _("Choose the day as well."))
        return said

    @property
    def agreed(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        return {name: self.cleaned_data[name] for name in AGREED}

    # -- As it stands on the page --------------------------------------------------------------------------------------

    @property
    def areas(self) -> list[Area]:
        """The indications by region, what threads can do first; where something is ticked it stands open."""
        ticked = set(self["indications"].value() or ())
        options = {str(one.data["value"]): one for one in self["indications"]}
        known = self.words.protocol["indication"].values()
        found = [(str(title), region, _lines(self.words, known, region, options)) for region, title in REGIONS.items()]
        return [
            Area(title, lines, region == "face" or any(one.id in ticked for one in lines))
            for title, region, lines in found
            if lines
        ]

    @property
    def places(self) -> list[tuple[str, list[Any], bool]]:
        """The zones by region, and whether they stand open."""
        zones, ticked = self.words.protocol["zone"], set(self["zones"].value() or ())
        options = {str(one.data["value"]): one for one in self["zones"]}
        found = [
            (str(title), [id for id in zones if zones[id].region == region], region)
            for region, title in REGIONS.items()
        ]
        return [
            (title, [options[id] for id in ids], region == "face" or bool(ticked & {*ids}))
            for title, ids, region in found
            if ids
        ]


def stored(held: Consultation) -> dict[str, Any]:
    """What stands on the page of a consultation."""
    return {name: getattr(held, name) for name in AGREED} | {"revision": held.revision}


@dataclass(frozen=True)
class Line:
    """One indication: `option` the tick box, when there is one."""

    id: str
    name: str
    fit: str
    tone: str
    zones: str
    limit: str
    option: Any = None


@dataclass(frozen=True)
class Area:
    """The indications of one region."""

    title: str
    lines: list[Line]
    open: bool


def _lines(words: Words, known: Iterable[Indication], region: str, options: dict[str, Any]) -> list[Line]:
    zones = words.protocol["zone"]
    here = [one for one in known if (zones[one.zones[0]].region if one.zones else "") == region]
    return [line(words, one, options.get(one.id)) for one in sorted(here, key=lambda one: ORDER.index(one.fit))]


def line(words: Words, one: Indication, option: Any = None) -> Line:
    """One indication in words."""
    title, tone = FITS[one.fit]
    zones = ", ".join(words.of(f"zone.{zone}", "name") for zone in one.zones)
    return Line(one.id, words.of(one.key, "name"), str(title), tone, zones, words.of(one.key, "limit"), option)


@dataclass(frozen=True)
class Effect:
    """What one material does, and for how long, with what stands behind it."""

    name: str
    says: str
    shows: str
    lasts: str
    sources: list[tuple[str, str]]
    chosen: bool


def effects(words: Words, chosen: Iterable[str]) -> list[Effect]:
    """Onset and duration by material, the chosen ones first."""
    ticked = set(chosen)
    found = [
        Effect(
            words.of(f"material.{id}", "name"), words.of(one.key, "says"), _days(one.shows), _days(one.lasts),
            titles_of(words, one.sources), id in ticked,
        )
        for id, one in words.protocol["effect"].items() if id in words.protocol["material"]
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.chosen)


def _days(span: Days) -> str:
    """A range of days; blank where nothing reliable is known."""
    if span.last is None:
        return ""
    return str(span.last) if span.first == 0 else f"{span.first}–{span.last}"


def unsayable(words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """What must not be said, with what stands against it."""
    known = words.protocol["promise"].values()
    return [(words.of(one.key, "says"), titles_of(words, one.sources)) for one in known if not one.honest]
