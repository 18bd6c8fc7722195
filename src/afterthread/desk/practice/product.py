"""What a clinic orders: a product described once, in the words of the protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.code.udi import read_udi
from afterthread.clinic.flow.record.stock import ARTICLE, keep_product
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Product
from afterthread.clinic.queries.scope import get, scope
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import LONGEST_NAME, Revised, line, whole
from afterthread.desk.page import page, words_of
from afterthread.desk.thread.row import BLANK, FIXATIONS, PATHS


class ProductForm(Revised):
    """One product; what is not known stays open."""

    name = line(gettext_lazy("Name"), LONGEST_NAME, required=True)
    maker = line(gettext_lazy("Maker"), LONGEST_NAME)
    gtin = line(gettext_lazy("Product number"), 40, help_text=gettext_lazy("The GTIN under the bars, or a scan."))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    material = forms.ChoiceField(label=gettext_lazy("Material"), required=False)
    fixation = forms.ChoiceField(label=gettext_lazy("Fixation"), required=False, choices=FIXATIONS)
    path = forms.ChoiceField(label=gettext_lazy("Path"), required=False, choices=PATHS)
    gauge = whole(gettext_lazy("Gauge"), 10, 40, help_text=gettext_lazy("Of the needle: 19 for 19G."))
    length_mm = whole(gettext_lazy("Length in mm"), 1, 1000)
    low_at = whole(
        gettext_lazy("Order when so many are left"), 0, 10_000,
        help_text=gettext_lazy("Empty: when none is left."),
    )  # fmt: skip
    retired = forms.BooleanField(label=gettext_lazy("Not ordered any more"), required=False)

    def __init__(self, *args: Any, viewer: Viewer, product: Product | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.viewer, self.product = viewer, product
        words = words_of(in_force(viewer.own_clinic))
        for name in ("kind", "material"):
            choice, stored = self.fields[name], getattr(product, name, "")
            options = [(id, words.of(f"{name}.{id}", "name")) for id in words.protocol[name]]
            if stored and stored not in words.protocol[name]:
                options.append((stored, stored))  # a word of an earlier protocol stays what it is
            if isinstance(choice, forms.ChoiceField):
                choice.choices = [BLANK, *options]

    def clean_gtin(self) -> str:
        """As 14 digits whose last one fits; nobody else's."""
        given = str(self.cleaned_data["gtin"])
        found = read_udi(given).gtin if given else ""
        if given and not found:
            raise ValidationError(_("This is no product number: 8, 12, 13 or 14 digits, of which the last one fits."))
        if found and self._others().filter(gtin=found).exists():
            raise ValidationError(_("Another product has this number."))
        return found

    def clean_name(self) -> str:
        """Nobody else's."""
        name = str(self.cleaned_data["name"])
        if self._others().filter(name=name).exists():
            raise ValidationError(_("Another product has this name."))
        return name

    def clean_low_at(self) -> int:
        """Nothing said is none left."""
        return int(self.cleaned_data["low_at"] or 0)

    def _others(self) -> QuerySet[Product]:
        """All but this one; one that was just made by the same form is this one."""
        own: UUID | None = self.product.pk if self.product else self.cleaned_data.get("key")
        rows = scope(self.viewer, Product)
        return rows.exclude(pk=own) if own else rows

    @property
    def article(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: self.cleaned_data[name] for name in (*ARTICLE, "retired")}


def describer(viewer: Viewer) -> Callable[[Product], str]:
    """What says a product in one line, in the language of whoever looks; what is not known is left out."""
    words = words_of(in_force(viewer.own_clinic))
    plain = {"fixation": dict(FIXATIONS), "path": dict(PATHS)}

    def tell(product: Product) -> str:
        said = [
            words.of(f"{name}.{value}", "name") if value in words.protocol[name] else value
            for name in ("kind", "material")
            if (value := getattr(product, name))
        ]
        more = {name: getattr(product, name) for name in plain}
        said += [str(plain[name].get(value, value)) for name, value in more.items() if value not in ("", "none")]
        said += [f"{product.gauge}G"] if product.gauge else []
        said += [f"{product.length_mm} mm"] if product.length_mm else []
        return " · ".join(said)

    return tell


def _stored(product: Product) -> dict[str, Any]:
    told = {name: getattr(product, name) for name in (*ARTICLE, "revision")}
    return {**told, "retired": product.retired_at is not None}


@page("product.kept", "GET", "POST")
def product_new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Describe a product; one that was scanned has its number already, and the delivery goes on afterwards."""
    code, slug = request.GET.get("code", "")[:400], viewer.own_clinic.slug
    form = ProductForm(request.POST or None, viewer=viewer, initial={"gtin": request.GET.get("gtin", "")[:14]})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            key = form.cleaned_data["key"]
            try:
                keep_product(viewer=viewer, key=key, at=clock.now(), **form.article)
            except Conflict:  # sent twice it is there once
                if not scope(viewer, Product).filter(pk=key).exists():
                    form.add_error(None, _("Somebody else has just made a product of this name or number."))
            if not form.errors:
                messages.success(request, _("%(name)s is kept.") % {"name": form.cleaned_data["name"]})
                return redirect(f"{reverse('desk:stock_receive', args=[slug])}?{urlencode(_next(code, key))}")
    return _show(request, viewer, form, None, status)


def _next(code: str, key: UUID | None) -> dict[str, Any]:
    return {"code": code} if code else {"product": key}


@page("product.kept", "GET", "POST")
def product(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Describe a product otherwise; records that were signed keep what they say."""
    held, status = get(viewer, Product, id), 200
    form = ProductForm(request.POST or None, viewer=viewer, product=held, initial=_stored(held))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                keep_product(viewer=viewer, product=held, revision=revision, at=clock.now(), **form.article)
            except Conflict:
                status = 409
            held.refresh_from_db()
            if all(_stored(held)[name] == value for name, value in form.article.items()):
                messages.success(request, _("%(name)s is kept.") % {"name": held.name})
                return redirect("desk:stock", viewer.own_clinic.slug)
            form.meet(held.revision, _stored(held))
    return _show(request, viewer, form, held, status)


def _show(request: HttpRequest, viewer: Viewer, form: ProductForm, held: Product | None, status: int) -> HttpResponse:
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "form": form, "product": held}
    return render(request, "desk/product.html", told, status=status)


urlpatterns = [
    path("<slug:clinic>/stock/products/new", product_new, name="product_new"),
    path("<slug:clinic>/stock/products/<uuid:id>/", product, name="product"),
]
