"""Fields of a row written without templates: a map of a hundred threads has three thousand of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.forms.widgets import Input
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Choice(forms.Select):
    """A list of words."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - as Django calls it
        """The list with what was chosen."""
        options = _options(tuple((id, str(title)) for id, title in self.choices), "" if value is None else str(value))
        return format_html("<select{}>{}</select>", flatatt(self.build_attrs(attrs or {}, {"name": name})), options)


SELECTED = format_html(" {}", "selected")


@lru_cache(maxsize=1024)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    said = ((id, SELECTED if id == chosen else "", title) for id, title in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', said)


class _Plain(Input):
    """An input as it stands in a row."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - as Django calls it
        """The input with what was typed."""
        given = {"type": self.input_type, "name": name, **self.attrs, **(attrs or {})}
        shown = self.format_value(value)
        return format_html("<input{}>", flatatt(given if shown is None else {**given, "value": shown}))


class Line(_Plain, forms.TextInput):
    """One line of text."""

    input_type = "text"


class Number(_Plain, forms.NumberInput):
    """A whole number."""

    input_type = "number"


class Day(_Plain, forms.DateInput):
    """A date."""

    input_type = "date"


class Carried(_Plain, forms.HiddenInput):
    """What the page carries along."""

    input_type = "hidden"


def cells(fields: Iterable[forms.BoundField]) -> SafeString:
    """Fields with their labels; one that is wrong looks as it does everywhere."""
    return format_html_join("", "{}", ((_cell(field),) for field in fields))


def _cell(field: forms.BoundField) -> SafeString:
    if field.errors:
        return format_html("{}", render_to_string("desk/cell.html", {"field": field}))
    told = (field.id_for_label, field.label, field.as_widget())
    return format_html('<div class="field"><label class="label" for="{}">{}</label>{}</div>', *told)
