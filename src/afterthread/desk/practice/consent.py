"""The clinic's consent texts: written, compared, put in force and retired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.flow.record.consent import (
    Unfinished,
    blanks_of,
    change_text,
    draft_text,
    publish_text,
    retire_text,
)
from afterthread.clinic.models import ConsentText
from afterthread.clinic.queries.consent import wording
from afterthread.clinic.queries.consent.consent import PROCEDURE
from afterthread.clinic.queries.consent.wording import Reading, Slot, Version
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import (
    LONGEST_NAME,
    TOO_LONG,
    Revised,
    languages,
    line,
    refuse_control_but_lines,
    revision_of,
)
from afterthread.desk.page import language, page

LONGEST = 20_000
BOTH = gettext_lazy("Write both, the title and the text.")
PURPOSES = {
    "procedure": gettext_lazy("The procedure"),
    "photo_record": gettext_lazy("Photos for the record"),
    "photo_shown": gettext_lazy("Photos shown to others"),
    "registry": gettext_lazy("Data for a registry"),
}
REGIONS = {
    "": gettext_lazy("everywhere"),
    "face": gettext_lazy("face"),
    "neck": gettext_lazy("neck"),
    "nose": gettext_lazy("nose"),
    "body": gettext_lazy("body"),
}
STATES = {
    "in_force": (gettext_lazy("in force"), "good"),
    "draft": (gettext_lazy("draft"), "warn"),
    "retired": (gettext_lazy("retired"), ""),
    "aside": (gettext_lazy("set aside"), ""),
}
"""What each state of a version is called, and the tone of its chip."""


class Paragraphs(forms.CharField):
    """A long text in plain paragraphs; the ends of its lines are simple, so that its digest is the same everywhere."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            required=False, max_length=LONGEST, validators=[refuse_control_but_lines],
            widget=forms.Textarea(attrs={"rows": 16, "dir": "auto"}), error_messages={"max_length": TOO_LONG}, **more,
        )  # fmt: skip
        self.widget.attrs.pop("maxlength", None)

    def to_python(self, value: Any) -> str:
        """What was typed, whatever the browser ends its lines with."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value) or ""


class TextForm(Revised):
    """The words of one version, a title and a body for each language."""

    def __init__(self, *args: Any, words: dict[str, dict[str, str]], revision: int = 0, **more: Any) -> None:
        super().__init__(*args, initial={"revision": revision, "key": uuid4(), **_flat(words)}, **more)
        for code, _name in languages():
            self.fields[f"title-{code}"] = line(gettext_lazy("Title"), LONGEST_NAME)
            self.fields[f"body-{code}"] = Paragraphs(
                label=gettext_lazy("Text"), help_text=gettext_lazy("Plain paragraphs, an empty line between them.")
            )
        for part in ("title", "body"):
            first = self.fields[f"{part}-en"]
            first.required, first.error_messages["required"] = True, BOTH

    def parts(self) -> list[tuple[str, str, forms.BoundField, forms.BoundField]]:
        """Each language with its fields."""
        return [(code, name, self[f"title-{code}"], self[f"body-{code}"]) for code, name in languages()]

    def clean(self) -> dict[str, Any]:
        """Of a language both, or neither; English always."""
        said = super().clean() or self.cleaned_data
        for code, _name in languages():
            title, body = (said.get(f"{part}-{code}", "") for part in ("title", "body"))
            for part, text in (("title", title), ("body", body)):
                if not text and f"{part}-{code}" not in self.errors and (title or body):
                    self.add_error(f"{part}-{code}", BOTH)
        return said

    @property
    def words(self) -> dict[str, dict[str, str]]:
        """What was typed, as the verbs take it."""
        told = {
            code: {part: self.cleaned_data[f"{part}-{code}"] for part in ("title", "body")} for code, _ in languages()
        }
        return {code: said for code, said in told.items() if said["title"]}

    def preview(self) -> list[Reading]:
        """Each language as a patient would read it."""
        draft = ConsentText(words=self.words)
        return [wording.read(draft, code) for code in self.words]


@dataclass(frozen=True)
class Row:
    """A version as the list shows it."""

    version: Version
    title: str
    state: str
    tone: str


# -- Pages -------------------------------------------------------------------------------------------------------------


@page("consent_text.read")
def consent_texts(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show every text with its versions, and who signed how many."""
    slots = [(slot, named(slot.purpose, slot.region), _rows(slot)) for slot in wording.slots_of(viewer)]
    told = {"slots": slots, "purposes": PURPOSES, "regions": REGIONS, "may": viewer.may("consent_text.drafted")}
    return _show(request, viewer, "desk/consent_texts.html", told)


def named(purpose: str, region: str) -> str:
    """What a text is about: "The procedure (neck)"."""
    name = str(PURPOSES.get(purpose, purpose))
    return f"{name} ({REGIONS.get(region, region)})" if region else name


def _rows(slot: Slot) -> list[Row]:
    return [
        Row(one, wording.read(one.text, language()).title, *(str(said) for said in STATES[one.state]))
        for one in slot.versions
    ]


def _show(request: HttpRequest, viewer: Viewer, template: str, told: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {"viewer": viewer, "clinic": viewer.own_clinic, **told}, status=status)


@page("consent_text.drafted", "GET", "POST")
def consent_text_new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Write the next version of a text, or the first one of a region; it starts as the words that count now."""
    purpose, region = (request.GET.get(name, "") for name in ("purpose", "region"))
    if purpose not in PURPOSES or region not in REGIONS:
        purpose, region = PROCEDURE, ""
    slots = [one for one in wording.slots_of(viewer) if one.purpose == purpose]
    own = next((one for one in slots if one.region == region), None) or next(iter(slots), None)
    before = own and (own.in_force or own.versions[0])
    form = TextForm(request.POST or None, words=before.text.words if before else {})
    if request.method == "POST" and form.is_valid() and request.POST.get("do") != "preview":
        key, words = form.cleaned_data["key"], form.words
        try:
            draft_text(viewer=viewer, purpose=purpose, region=region, words=words, key=key, at=clock.now())
        except Conflict:  # the same page was sent twice
            wording.text_of(viewer, key)
        messages.success(request, _("The draft is saved. Nobody sees it until it is published."))
        return redirect("desk:consent_text", viewer.own_clinic.slug, key)
    told = {"form": form, "about": named(purpose, region), "preview": form.is_bound and form.is_valid()}
    return _show(request, viewer, "desk/consent_text_form.html", told, 422 if form.errors else 200)


@page("consent_text.read", "GET", "POST")
def consent_text(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show one version, and change it while it is a draft."""
    text = wording.text_of(viewer, id)
    if request.method == "POST":
        viewer.require("consent_text.changed")
        return _change(request, viewer, text)
    return _text(request, viewer, text)


def _change(request: HttpRequest, viewer: Viewer, text: ConsentText) -> HttpResponse:
    form = TextForm(request.POST, words={})
    if not form.is_valid() or request.POST.get("do") == "preview":
        return _text(request, viewer, text, form, 422 if form.errors else 200)
    revision = form.cleaned_data["revision"] or 0
    try:
        change_text(viewer=viewer, text=text, revision=revision, words=form.words, at=clock.now())
    except Conflict:
        text = wording.text_of(viewer, text.pk)
        if text.words != form.words:  # otherwise the same page was sent twice
            form.meet(text.revision, _flat(text.words))
            return _text(request, viewer, text, form, 409)
    messages.success(request, _("The draft is saved. Nobody sees it until it is published."))
    return redirect("desk:consent_text", viewer.own_clinic.slug, text.pk)


def _flat(words: dict[str, dict[str, str]]) -> dict[str, str]:
    return {f"{part}-{code}": text for code, said in words.items() for part, text in said.items()}


def _text(
    request: HttpRequest, viewer: Viewer, text: ConsentText, form: TextForm | None = None, status: int = 200
) -> HttpResponse:
    """A version with everything that can be done with it."""
    standing = wording.standing_of(text)
    told = {
        "text": text, "about": named(text.purpose, text.region), "state": STATES[standing],
        "draft": standing == "draft",
        "form": form or TextForm(words=text.words, revision=text.revision),
        "preview": form is not None and form.is_valid(),
        "readings": [wording.read(text, code) for code in text.words],
        "blanks": blanks_of(text.words),
        "others": [one for one in wording.versions_of(viewer, text) if one.pk != text.pk],
        "again": wording.sign_again(viewer, text, clock.now()),
        "may": {verb: viewer.may(f"consent_text.{verb}") for verb in ("changed", "published", "retired")},
    }  # fmt: skip
    return _show(request, viewer, "desk/consent_text.html", told, status)


@page("consent_text.published", "POST")
def consent_text_publish(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Put a draft in force, once somebody confirmed what follows from it."""
    text = wording.text_of(viewer, id)
    if not request.POST.get("confirm"):
        messages.error(request, _("Confirm first that you read it."))
        return redirect("desk:consent_text", viewer.own_clinic.slug, id)
    try:
        publish_text(viewer=viewer, text=text, revision=revision_of(request), at=clock.now())
    except Unfinished:
        messages.error(request, _("It is not published: something is still missing, and stands below."))
    except Conflict:
        _tell_meanwhile(request, wording.text_of(viewer, id))
    else:
        messages.success(request, _("Published. From now on this version is signed."))
    return redirect("desk:consent_text", viewer.own_clinic.slug, id)


@page("consent_text.retired", "POST")
def consent_text_retire(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Take a text out of force, or set a draft aside."""
    text = wording.text_of(viewer, id)
    try:
        retire_text(viewer=viewer, text=text, revision=revision_of(request), at=clock.now())
    except Conflict:
        _tell_meanwhile(request, wording.text_of(viewer, id))
    else:
        messages.success(request, _("Retired. What was signed on it stays signed."))
    return redirect("desk:consent_text", viewer.own_clinic.slug, id)


def _tell_meanwhile(request: HttpRequest, text: ConsentText) -> None:
    """Somebody was faster, with the same or with something else; the page shows how it stands now."""
    state = str(STATES[wording.standing_of(text)][0])
    messages.warning(request, _("Somebody changed it meanwhile. It is now: %(state)s.") % {"state": state})


@page("consent_text.read")
def consent_text_compare(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show how a version differs from another one: the one named by `with`, or the one before."""
    text = wording.text_of(viewer, id)
    others = [one for one in wording.versions_of(viewer, text) if one.pk != text.pk]
    named_other = next((one for one in others if str(one.pk) == request.GET.get("with")), None)
    other = named_other or next((one for one in others if one.number < text.number), None)
    told = {
        "text": text,
        "other": other,
        "about": named(text.purpose, text.region),
        "differences": _between(other, text),
    }
    return _show(request, viewer, "desk/consent_text_compare.html", told)


def _between(before: ConsentText | None, after: ConsentText) -> list[dict[str, Any]]:
    """What differs, language by language; one that only one of them speaks counts as nothing in the other."""
    found = []
    for code, name in languages():
        if before is not None and (code in before.words or code in after.words):
            pieces = wording.changes(wording.read_only(before, code), wording.read_only(after, code))
            changed = any(one.kind in ("gone", "new") for one in pieces)
            found.append({"language": code, "name": name, "pieces": pieces, "changed": changed})
    return found


_AT = "<slug:clinic>/settings/consent"
urlpatterns = [
    path(_AT, consent_texts, name="consent_texts"),
    path(f"{_AT}/new", consent_text_new, name="consent_text_new"),
    path(f"{_AT}/<uuid:id>", consent_text, name="consent_text"),
    path(f"{_AT}/<uuid:id>/publish", consent_text_publish, name="consent_text_publish"),
    path(f"{_AT}/<uuid:id>/retire", consent_text_retire, name="consent_text_retire"),
    path(f"{_AT}/<uuid:id>/compare", consent_text_compare, name="consent_text_compare"),
]
