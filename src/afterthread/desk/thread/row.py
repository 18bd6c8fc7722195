"""Rows of threads as they are typed and drawn: one thread each, or several alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Lot
from afterthread.clinic.queries.record.drawn import LARGEST, TITLES
from afterthread.desk.form import line, whole
from afterthread.desk.procedure.drawing import vector_of
from afterthread.desk.thread.cell import Carried, Choice, Day, Line, Number, cells

BLANK = ("", _("not recorded"))
SIDES = (BLANK, ("left", _("left")), ("right", _("right")), ("middle", _("middle")))
FIXATIONS = (
    BLANK, ("none", _("none")), ("barbs", _("barbs")), ("cones", _("cones")), ("knots", _("knots")),
    ("mesh", _("mesh")), ("anchor", _("anchor")),
)  # fmt: skip
PATHS = (BLANK, ("linear", _("linear")), ("loop", _("loop")))
PURPOSES = (BLANK, ("lift", _("lift")), ("reinforce", _("reinforce")), ("revitalise", _("revitalise")))
OVERCORRECTIONS = (BLANK, ("none", _("none")), ("slight", _("slight")), ("strong", _("strong")))
YES_NO = (BLANK, ("yes", _("yes")), ("no", _("no")))
DRAWN_ON = (("", _("not drawn")), *TITLES.items())
CHOICES = {
    "side": SIDES, "fixation": FIXATIONS, "path": PATHS, "purpose": PURPOSES, "overcorrection": OVERCORRECTIONS,
    "barb_near_exit": YES_NO, "paired_needles": YES_NO,
}  # fmt: skip
POINTS = ("entry_x", "entry_y", "exit_x", "exit_y")
ESSENTIAL = ("zone", "side", "kind", "material", "layer", "count", "lot")
"""What stands in the line of a row; the rest is in its fold."""
REST = (
    "fixation", "path", "purpose", "gauge", "length_mm", "overcorrection", "barb_near_exit", "paired_needles",
    "product", "expires", "udi",
)  # fmt: skip
OF_PRODUCT = ("kind", "material", "fixation", "path", "gauge", "length_mm")
"""What the stock knows of a product, and fills in where a row says nothing else."""
MOST_ROWS = 120
Lots = Callable[[Collection[UUID]], Mapping[UUID, Lot]]


def _choice(label: Any, choices: Iterable[Any] = ()) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=choices, widget=Choice)


def _point(label: Any) -> forms.IntegerField:
    outside = _("A thread outside the map: write a whole number from 0 to 1000.")
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=LARGEST, widget=Number,
        error_messages={"invalid": outside, "min_value": outside, "max_value": outside},
    )  # fmt: skip


class Known(forms.CharField):
    """An id that the page carries along and nobody types: what is none is as good as nothing."""

    widget = Carried

    def clean(self, value: Any) -> UUID | None:
        """The id."""
        try:
            return UUID(str(value))
        except ValueError:
            return None


class ThreadForm(forms.Form):
    """One row: one thread, or several alike."""

    zone = _choice(_("Zone"))
    side = _choice(_("Side"), SIDES)
    kind = _choice(_("Kind"))
    material = _choice(_("Material"))
    layer = _choice(_("Layer"))
    count = whole(_("How many"), 1, 500, widget=Number)
    lot = line(_("Lot"), 60, widget=Line)
    fixation = _choice(_("Fixation"), FIXATIONS)
    path = _choice(_("Path"), PATHS)
    purpose = _choice(_("Purpose"), PURPOSES)
    gauge = whole(_("Gauge"), 1, 40, widget=Number)
    length_mm = whole(_("Length in mm"), 1, 1000, widget=Number)
    overcorrection = _choice(_("Overcorrection"), OVERCORRECTIONS)
    barb_near_exit = _choice(_("Barb near the exit"), YES_NO)
    paired_needles = _choice(_("Paired needles"), YES_NO)
    product = line(_("Product"), 120, widget=Line)
    expires = forms.DateField(
        label=_("Expires"), required=False, widget=Day(format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a date like 2027-03-31.")},
    )  # fmt: skip
    udi = line(_("Device identification (UDI)"), 160, widget=Line)
    view = _choice(_("Drawn on"), DRAWN_ON)
    entry_x = _point(_("Entry, across"))
    entry_y = _point(_("Entry, down"))
    exit_x = _point(_("Exit, across"))
    exit_y = _point(_("Exit, down"))
    vector = whole(_("Direction in degrees"), 0, 359, widget=Number)
    stock = Known(required=False)
    key = Known(required=False)

    remarked: Any = None
    """What the protocol remarks on this row, once somebody asked."""

    def __init__(self, *args: Any, words: Mapping[str, Iterable[tuple[str, str]]], **more: Any) -> None:
        super().__init__(*args, **more)
        for name, options in words.items():
            choice = self.fields[name]
            if isinstance(choice, forms.ChoiceField):
                choice.choices = [BLANK, *options]

    def clean(self) -> dict[str, Any]:
        """A thread on the map has all of its line, and its direction follows from it."""
        said: dict[str, Any] = super().clean() or {}
        place: list[Any] = [said.get(name) for name in ("view", *POINTS)]
        wrong = {"view", *POINTS} & {*self.errors}
        if wrong or all(one in (None, "") for one in place):
            return said
        if any(one in (None, "") for one in place):
            self.add_error(
                "view", _("A thread on the map has a view, an entry and an exit: give all of it, or nothing.")
            )
        elif place[1:3] == place[3:5]:
            self.add_error("exit_x", _("Entry and exit are the same place."))
        else:
            view, x1, y1, x2, y2 = place
            said["vector"] = vector_of(view, said.get("side") or "", (x1, y1), (x2, y2))
        return said

    def _cells(self, names: Iterable[str]) -> SafeString:
        return cells(self[name] for name in names)

    @property
    def essential(self) -> SafeString:
        """What stands in its line."""
        return self._cells(ESSENTIAL)

    @property
    def rest(self) -> SafeString:
        """What stands in its fold."""
        return self._cells(REST)

    @property
    def place(self) -> SafeString:
        """Where it is drawn."""
        return self._cells(("view", *POINTS, "vector"))

    @property
    def in_hand(self) -> SafeString:
        """Of the thread in hand, what is chosen first."""
        return self._cells(("kind", "material", "layer", "path", "lot"))

    @property
    def in_bag(self) -> SafeString:
        """Of the thread in hand, the rest."""
        return self._cells(("product", "expires", "fixation", "purpose", "gauge", "length_mm", "udi"))

    @property
    def has_hidden_errors(self) -> bool:
        """Whether something is wrong in its fold."""
        return bool({*self.errors} - {*ESSENTIAL})

    @property
    def row(self) -> dict[str, Any] | None:
        """What the verbs take; none for a row in which nothing was said, or that was taken out."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in ("DELETE", "ORDER")}
        key = said.pop("key", None)
        if self.cleaned_data.get("DELETE") or is_blank(said):
            return None
        return {**said, "count": said.get("count") or 1, **({"key": key} if key else {})}


def is_blank(said: Mapping[str, Any]) -> bool:
    """Whether a row says nothing: how many of nothing, or which it is, are no news."""
    return all(value in (None, "") for name, value in said.items() if name not in ("count", "key"))


class ThreadRows(forms.BaseFormSet):  # type: ignore[type-arg]  # generic for the type checker alone
    """All rows of a record: each thread once, and from stock only what is in stock."""

    def __init__(self, *args: Any, lots: Lots = lambda _ids: {}, **more: Any) -> None:
        super().__init__(*args, **more)
        self.lots = lots

    def clean(self) -> None:
        """A key that stands twice is renewed; a lot that is not ours is not there."""
        rows = [form for form in self.forms if hasattr(form, "cleaned_data") and not form.cleaned_data.get("DELETE")]
        seen: set[UUID] = set()
        for form in rows:
            key = form.cleaned_data.get("key")
            form.cleaned_data["key"] = None if key in seen else key
            seen.add(key)
        asked = {form.cleaned_data["stock"] for form in rows if form.cleaned_data.get("stock")}
        found = self.lots(asked) if asked else {}
        for form in rows:
            _take(form, found)

    def get_context(self) -> dict[str, Any]:
        """Of a set that is never rendered by itself."""
        return {}


def _take(form: ThreadForm, found: Mapping[UUID, Lot]) -> None:
    """Put the lot in stock into a row; what was written down counts, so that another lot is none of the stock's."""
    said = form.cleaned_data
    wanted, said["stock"] = said.get("stock"), None
    if wanted is None:
        return
    lot = found.get(wanted)
    if lot is None:
        form.add_error("lot", ValidationError(_("There is no such lot in the stock.")))
    elif said.get("lot") in ("", lot.code):
        known = {"lot": lot.code, "product": lot.product.name, "expires": lot.expires}
        known |= {name: getattr(lot.product, name) for name in OF_PRODUCT}
        form.cleaned_data = said | {name: said.get(name) or value for name, value in known.items()} | {"stock": lot}


Rows = cast(
    "type[ThreadRows]",
    forms.formset_factory(
        ThreadForm, formset=ThreadRows, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 10, validate_max=True,
        can_delete=True,
    ),
)  # fmt: skip
