"""A lot is called back: who carries it, who was told, what each answered, and who is still to be reached."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from afterthread.clinic import clock
from afterthread.clinic.flow.record import recall as flow
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Clinic, Patient, Product, Recall, Thread
from afterthread.clinic.queries.scope import get, scope
from afterthread.clinic.queries.stock import recall as queries
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import languages, line, text
from afterthread.desk.page import page, words_of
from afterthread.desk.row import SIDES
from afterthread.desk.spreadsheet import spreadsheet

# -- What is typed ----------------------------------------------------------------------------------------------------


class OpenForm(forms.Form):
    """A lot to call back, and why."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    code = line(gettext_lazy("Lot"), 60, required=True)
    product: forms.ModelChoiceField[Product] = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=None, required=False, empty_label=gettext_lazy("whoever made it"),
        help_text=gettext_lazy("Only if another product has a lot of the same number, which is not called back."),
    )  # fmt: skip
    reason = text(gettext_lazy("Why it is called back, and by whom"), required=True, rows=3, most=1000)

    def __init__(self, *args: Any, viewer: Viewer, **more: Any) -> None:
        super().__init__(*args, **more)
        choice = self.fields["product"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = scope(viewer, Product)


class TellForm(forms.Form):
    """What is written to those who were not told yet, in each language that they read."""

    def __init__(self, *args: Any, recall: Recall, clinic: Clinic, to_tell: Iterable[Patient], **more: Any) -> None:
        super().__init__(*args, **more)
        known, read = dict(languages()), {patient.language for patient in to_tell}
        for code in sorted(read & known.keys()) or ["en"]:
            label = _("Message in %(language)s") % {"language": known[code]}
            self.fields[code] = text(label, required=True, rows=6, initial=_default(recall, clinic, code))

    @property
    def texts(self) -> Mapping[str, str]:
        """The text of each language."""
        return {name: str(self.cleaned_data[name]) for name in self.fields}


def _default(recall: Recall, clinic: Clinic, code: str) -> str:
    """Where whoever writes begins: what is known, and nothing about what it means for health."""
    with translation.override(code):
        told = [
            _("The lot %(lot)s of threads has been called back.") % {"lot": recall.code},
            _("Our records say that threads of this lot were used in your treatment. We would like to talk to you."),
            _("Please write to us here, or call %(clinic)s: %(phone)s") % {"clinic": clinic, "phone": clinic.phone}
            if clinic.phone
            else _("Please write to us here."),
        ]
        return "\n\n".join(told)


class AnswerForm(forms.Form):
    """What somebody said when she was called."""

    patient = forms.UUIDField(widget=forms.HiddenInput)
    answer = text(gettext_lazy("What was said"), required=True, rows=2, most=1000)


class CloseForm(forms.Form):
    """What came of it all."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    conclusion = text(gettext_lazy("What came of it"), required=True, rows=3, most=1000)
    lifted = forms.BooleanField(
        label=gettext_lazy("It was a mistake: the lot may be used again"), required=False
    )  # fmt: skip


# -- What is shown ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody who carries the lot, as she stands on the page."""

    carrier: queries.Carrier
    threads: list[tuple[queries.Carried, str]]
    form: AnswerForm


@dataclass(frozen=True)
class Standing:
    """How far a recall has come."""

    people: list[Person]

    @property
    def counts(self) -> list[tuple[int, str]]:
        """The numbers on top of the page."""
        carriers = [one.carrier for one in self.people]
        told, answered = sum(one.told for one in carriers), sum(one.answered for one in carriers)
        left = sum(one.left for one in carriers)
        return [
            (len(carriers), ngettext("patient carries it", "patients carry it", len(carriers))),
            (told, _("told")),
            (answered, _("answered")),
            (left, ngettext("thread still in", "threads still in", left)),
        ]

    @property
    def missing(self) -> list[Person]:
        """Those who did not answer yet, whether they were told or not."""
        return [one for one in self.people if one.carrier.reachable and not one.carrier.answered]

    @property
    def reached(self) -> list[Person]:
        """Those who answered, and those who cannot be reached any more."""
        return [one for one in self.people if one not in self.missing]


def placer(viewer: Viewer) -> Callable[[Thread], str]:
    """What says where a row of threads is, in the language of whoever looks."""
    words = words_of(in_force(viewer.own_clinic))

    def tell(thread: Thread) -> str:
        zone = words.of(f"zone.{thread.zone}", "name") if thread.zone in words.protocol["zone"] else thread.zone
        return ", ".join(filter(None, [zone, str(SIDES.get(thread.side, thread.side))])) or _("not recorded")

    return tell


@page("recall.read", "GET", "POST")
def recalls(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Look for a lot, open a recall of it, and list all there were."""
    if request.method == "POST":
        viewer.require("recall.opened")
        return _open(request, viewer)
    code = " ".join(request.GET.get("lot", "").replace("\0", "").split())[:60]
    form = OpenForm(viewer=viewer, initial={"code": code})
    return _list(request, viewer, form, code)


def _list(request: HttpRequest, viewer: Viewer, form: OpenForm, code: str, status: int = 200) -> HttpResponse:
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "form": form, "code": code,
        "search": queries.search(viewer, code) if code else None,
        "known": queries.same_call(viewer, code, None) if code else None,
        "recalls": queries.recalls_of(viewer), "may_open": viewer.may("recall.opened"),
    }  # fmt: skip
    return render(request, "desk/recalls.html", told, status=status)


def _open(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    form = OpenForm(request.POST, viewer=viewer)
    if not form.is_valid():
        return _list(request, viewer, form, request.POST.get("code", "").replace("\0", "")[:60], 422)
    said, slug = form.cleaned_data, viewer.own_clinic.slug
    try:
        made = flow.open_recall(viewer=viewer, at=clock.now(), **said)
    except Conflict:
        known = queries.same_call(viewer, said["code"], said["product"])
        if known is None:
            raise
        if known.pk != said["key"]:
            messages.info(request, _("This lot is called back already."))
        return redirect("desk:recall", slug, known.pk)
    messages.success(request, _("The recall is open. From now on the lot is refused."))
    return redirect("desk:recall", slug, made.pk)


@page("recall.read")
def recall(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Everything about one recall."""
    return _show(request, viewer, get(viewer, Recall, id, "product", "opened_by__user"))


def _show(
    request: HttpRequest, viewer: Viewer, held: Recall, *, status: int = 200, tell: TellForm | None = None,
    answer: AnswerForm | None = None, close: CloseForm | None = None,
) -> HttpResponse:  # fmt: skip
    carriers, place = queries.carriers(viewer, held), placer(viewer)
    typed = {answer["patient"].value(): answer} if answer else {}
    standing = Standing([_person(one, place, typed.get(str(one.patient.pk))) for one in carriers])
    to_tell = [one.patient for one in carriers if not one.told and one.reachable]
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "recall": held, "standing": standing, "to_tell": to_tell,
        "tell": tell or TellForm(recall=held, clinic=viewer.own_clinic, to_tell=to_tell),
        "close": close or CloseForm(initial={"revision": held.revision}), "may_close": viewer.may("recall.closed"),
    }  # fmt: skip
    return render(request, "desk/recall.html", told, status=status)


def _person(carrier: queries.Carrier, place: Callable[[Thread], str], form: AnswerForm | None) -> Person:
    id = carrier.patient.pk
    form = form or AnswerForm(initial={"patient": id}, auto_id=f"{id}-%s")
    return Person(carrier, [(one, place(one.thread)) for one in carrier.threads], form)


@page("recall.told", "POST")
def recall_tell(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Write to everybody who was not told yet."""
    held = get(viewer, Recall, id, "product", "opened_by__user")
    to_tell = queries.untold(viewer, held)
    form = TellForm(request.POST, recall=held, clinic=viewer.own_clinic, to_tell=to_tell)
    if to_tell and not form.is_valid():
        return _show(request, viewer, held, status=422, tell=form)
    try:
        told = flow.tell_patients(viewer=viewer, recall=held, texts=form.texts if to_tell else {}, at=clock.now())
    except Conflict:
        messages.error(request, _("The recall is closed: nobody else was written to."))
    else:
        few = ngettext("%(count)s patient was written to.", "%(count)s patients were written to.", len(told))
        messages.success(request, few % {"count": len(told)} if told else _("Everybody was told already."))
    return redirect("desk:recall", viewer.own_clinic.slug, id)


@page("recall.answered", "POST")
def recall_answer(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Keep what somebody said on the phone."""
    held, raw = get(viewer, Recall, id, "product", "opened_by__user"), request.POST.get("patient", "")
    form = AnswerForm(request.POST, auto_id=f"{raw[:36]}-%s")
    if not form.is_valid():
        return _show(request, viewer, held, status=422, answer=form)
    patient = get(viewer, Patient, form.cleaned_data["patient"], "clinic")
    said = form.cleaned_data["answer"].replace("\r\n", "\n").strip()
    flow.record_answer(viewer=viewer, recall=held, patient=patient, answer=said, at=clock.now())
    messages.success(request, _("The answer is kept."))
    return redirect("desk:recall", viewer.own_clinic.slug, id)


@page("recall.closed", "POST")
def recall_close(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Close it with what came of it, or lift it because it was a mistake."""
    held, form = get(viewer, Recall, id, "product", "opened_by__user"), CloseForm(request.POST)
    if not form.is_valid():
        return _show(request, viewer, held, status=422, close=form)
    try:
        flow.close_recall(viewer=viewer, recall=held, at=clock.now(), **form.cleaned_data)
    except Conflict:
        messages.error(request, _("Somebody else closed it already; what they wrote stands below."))
    else:
        messages.success(request, _("The recall is closed."))
    return redirect("desk:recall", viewer.own_clinic.slug, id)


@page("recall.exported")
def recall_export(_request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """All of it as a file, a row for each row of threads; that somebody took it along leaves a trace."""
    held = get(viewer, Recall, id, "product")
    flow.export_recall(viewer=viewer, recall=held, at=clock.now())
    place = placer(viewer)
    people = queries.carriers(viewer, held)
    rows = [_line(viewer, one, carried, place) for one in people for carried in one.threads]
    return spreadsheet(f"recall-{held.code}", HEAD, rows)


HEAD = (
    gettext_lazy("Patient"), gettext_lazy("Phone"), gettext_lazy("E-mail"), gettext_lazy("Procedure"),
    gettext_lazy("Place"), gettext_lazy("Lot"), gettext_lazy("Product"), gettext_lazy("Threads"),
    gettext_lazy("Still in"), gettext_lazy("Partly removed"), gettext_lazy("Placed by"), gettext_lazy("Told"),
    gettext_lazy("Message read"), gettext_lazy("Her message"), gettext_lazy("Answer written down"),
)  # fmt: skip


def _line(
    viewer: Viewer, one: queries.Carrier, carried: queries.Carried, place: Callable[[Thread], str]
) -> list[object]:
    thread, zone = carried.thread, viewer.own_clinic.zone
    moments = (one.notice.told_at if one.notice else None, one.read_at)
    told, read = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in moments)
    return [
        one.patient.name, one.patient.phone, one.patient.email, carried.version.day_zero, place(thread), thread.lot,
        thread.product or (thread.stock.product.name if thread.stock else ""), thread.count, carried.left,
        _("yes") if carried.partly else "", carried.version.signed_by, told, read,
        one.reply.text if one.reply else "", one.notice.answer if one.notice else "",
    ]  # fmt: skip


_AT = "<slug:clinic>/recalls/"
urlpatterns = [
    path(_AT, recalls, name="recalls"),
    path(f"{_AT}<uuid:id>/", recall, name="recall"),
    path(f"{_AT}<uuid:id>/tell", recall_tell, name="recall_tell"),
    path(f"{_AT}<uuid:id>/answer", recall_answer, name="recall_answer"),
    path(f"{_AT}<uuid:id>/close", recall_close, name="recall_close"),
    path(f"{_AT}<uuid:id>/export", recall_export, name="recall_export"),
]
