"""The shelf: what is there, what expires, what is called back; receiving, counting and throwing away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from afterthread.clinic import clock
from afterthread.clinic.flow.record.stock import OtherExpiry, Short, move_lot, receive_lot
from afterthread.clinic.models import Lot, Movement, Product
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.stock.stock import Held, Shelf, held_of, history_of, products_of, shelves, today
from afterthread.clinic.roles import Viewer
from afterthread.desk.form import line, text, whole
from afterthread.desk.page import page
from afterthread.desk.practice.product import describer
from afterthread.desk.practice.scan import read

MOST = 10_000
MOVES = (
    (Movement.Kind.DISCARDED.value, gettext_lazy("Thrown away, lost or sent back")),
    (Movement.Kind.COUNTED.value, gettext_lazy("Counted: so many are there")),
)
KINDS = {
    Movement.Kind.RECEIVED: gettext_lazy("received"),
    Movement.Kind.USED: gettext_lazy("used"),
    Movement.Kind.DISCARDED: gettext_lazy("thrown away"),
    Movement.Kind.COUNTED: gettext_lazy("counted anew"),
}


class ReceiveForm(forms.Form):
    """A delivery: so many threads of a lot of a product."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    product: forms.ModelChoiceField[Product] = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=None, empty_label=gettext_lazy("choose one")
    )
    lot = line(gettext_lazy("Lot"), 60, required=True)
    expires = forms.DateField(
        label=gettext_lazy("Expires"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day on which it may be used; a month alone ends with its last day."),
        error_messages={"invalid": gettext_lazy("Write a date like 2027-03-31.")},
    )  # fmt: skip
    quantity = whole(gettext_lazy("How many threads"), 1, MOST, required=True)
    note = line(gettext_lazy("Note"), 200)
    settle = forms.ChoiceField(
        label=gettext_lazy("Which expiry is right? Look at the box."), required=False, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, viewer: Viewer, **more: Any) -> None:
        super().__init__(*args, **more)
        choice = self.fields["product"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = products_of(viewer)
        self.asked = False
        self._offer(gettext_lazy("the one on record"), gettext_lazy("the one above"))

    def ask(self, stored: date) -> None:
        """Two last days for one lot: somebody has to say which of them stands on the box."""
        self.asked = True
        given = date_format(self.cleaned_data["expires"])
        self._offer(_("%(day)s, as it is on record") % {"day": date_format(stored)}, given)
        self.add_error("settle", _("This lot is on record with another expiry. Nothing was kept yet."))

    def _offer(self, stored: Any, given: Any) -> None:
        choice = self.fields["settle"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [("stored", stored), ("given", given)]

    def clean_expires(self) -> date | None:
        """Of our time."""
        found: date | None = self.cleaned_data["expires"]
        if found and not 2000 <= found.year <= 2099:  # noqa: PLR2004 - what a label can say
            raise ValidationError(_("This is not a date of our time."))
        return found


class MoveForm(forms.Form):
    """What happened to threads of a lot, and why."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), choices=MOVES, widget=forms.RadioSelect)
    quantity = whole(gettext_lazy("How many threads"), 0, MOST, required=True)
    note = text(gettext_lazy("Reason"), required=True, rows=2, most=1000)


@dataclass(frozen=True)
class Stock:
    """Everything on the shelf, and what of it asks for something."""

    shelves: list[Shelf]

    @cached_property
    def active(self) -> list[Shelf]:
        """The products that are still ordered, or of which something is left."""
        return [one for one in self.shelves if one.product.retired_at is None or one.present]

    @cached_property
    def retired(self) -> list[Shelf]:
        """The products that are not ordered any more."""
        return [one for one in self.shelves if one not in self.active]

    def _present(self) -> Iterator[Held]:
        return (held for shelf in self.shelves for held in shelf.present if held.left > 0)

    @cached_property
    def counts(self) -> list[tuple[int, str]]:
        """What to look at, each with how many there are."""
        here = list(self._present())
        low, soon = sum(one.low for one in self.shelves), sum(one.soon and one.usable for one in here)
        late, back = sum(one.expired for one in here), sum(one.recalled for one in here)
        return [
            (low, ngettext("product is low", "products are low", low)),
            (soon, ngettext("lot expires within 60 days", "lots expire within 60 days", soon)),
            (late, ngettext("lot has expired and is still here", "lots have expired and are still here", late)),
            (back, ngettext("recalled lot is still here", "recalled lots are still here", back)),
        ]


@page("stock.read")
def stock(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the shelf."""
    found, tell = Stock(shelves(viewer, clock.now())), describer(viewer)
    rows = [(shelf, tell(shelf.product)) for shelf in found.active]
    told = {"stock": found, "rows": rows, "may_recall": viewer.may("recall.read")}
    return render(request, "desk/stock.html", _told(viewer) | told)


def _told(viewer: Viewer) -> dict[str, Any]:
    may = {"move": viewer.may("lot.moved"), "keep": viewer.may("product.kept")}
    return {"viewer": viewer, "clinic": viewer.own_clinic, "may": may}


@page("lot.moved", "GET", "POST")
def stock_receive(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take a delivery; a scanned label fills the form, and an unknown product is described first."""
    if request.method == "POST":
        return _receive(request, viewer)
    code, found = request.GET.get("code", ""), {}
    if code:
        found = read(viewer, code, today(viewer, clock.now()))
        if found["gtin"] and not found["product"] and viewer.may("product.kept"):
            there = urlencode({"gtin": found["gtin"], "code": code})
            return redirect(f"{reverse('desk:product_new', args=[viewer.own_clinic.slug])}?{there}")
    initial = {"product": found.get("product_id"), **{name: found.get(name) for name in ("lot", "expires")}}
    form = ReceiveForm(viewer=viewer, initial={**initial, "product": initial["product"] or request.GET.get("product")})
    if found and not found["problem"]:
        form.fields["quantity"].widget.attrs["autofocus"] = True  # the next thing that a hand with a scanner does
    return render(request, "desk/receive.html", _told(viewer) | {"form": form, "found": found, "code": code})


def _receive(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    form, status = ReceiveForm(request.POST, viewer=viewer), 422
    if form.is_valid():
        said = dict(form.cleaned_data)
        try:
            kept = receive_lot(viewer=viewer, code=said.pop("lot"), at=clock.now(), **said)
        except OtherExpiry as conflict:
            form.ask(conflict.lot.expires or said["expires"])
            status = 409
        else:
            about = {"lot": kept.lot.code, "product": kept.lot.product, "count": kept.quantity}
            messages.success(request, _("%(product)s, lot %(lot)s: %(count)s received.") % about)
            return redirect("desk:stock", viewer.own_clinic.slug)
    return render(request, "desk/receive.html", _told(viewer) | {"form": form}, status=status)


@page("stock.read", "POST")
def stock_read(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What a label says and what the clinic has of it, for a form that fills itself in; `on` is the day of use."""
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        on = today(viewer, clock.now())
    return JsonResponse(read(viewer, request.POST.get("code", ""), on))


@page("stock.read")
def lot(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show one lot and everything that came and went of it."""
    return _show(request, viewer, get(viewer, Lot, id, "product"), MoveForm())


def _show(request: HttpRequest, viewer: Viewer, held: Lot, form: MoveForm, status: int = 200) -> HttpResponse:
    told = {
        "held": held_of(viewer, held, clock.now()),
        "rows": [(row, left, KINDS[Movement.Kind(row.kind)]) for row, left in history_of(viewer, held)],
        "form": form,
        "may_find": viewer.may("patient.read"),
        "may_recall": viewer.may("recall.read"),
    }
    return render(request, "desk/lot.html", _told(viewer) | told, status=status)


@page("lot.moved", "POST")
def lot_move(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Write down that threads were thrown away, or that they were counted."""
    held, form, status = get(viewer, Lot, id, "product"), MoveForm(request.POST), 422
    if form.is_valid():
        said = form.cleaned_data | {"kind": Movement.Kind(form.cleaned_data["kind"])}
        try:
            move_lot(viewer=viewer, lot=held, at=clock.now(), **said)
        except Short as conflict:
            few = _("Only %(left)s are here as far as is known. If there are more, count them anew first.")
            form.add_error("quantity", few % {"left": max(conflict.left, 0)})
            status = 409
        else:
            messages.success(request, _("It is written down."))
            return redirect("desk:lot", viewer.own_clinic.slug, held.pk)
    return _show(request, viewer, held, form, status)


_AT = "<slug:clinic>/stock/"
urlpatterns = [
    path(_AT, stock, name="stock"),
    path(f"{_AT}receive", stock_receive, name="stock_receive"),
    path(f"{_AT}read", stock_read, name="stock_read"),
    path(f"{_AT}lots/<uuid:id>/", lot, name="lot"),
    path(f"{_AT}lots/<uuid:id>/move", lot_move, name="lot_move"),
]
