"""What the clinic holds about a patient, in her own hands: to read, take along, have erased, and who saw it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.flow.record.right import ask_erasure, export_record
from afterthread.clinic.models import Erasure
from afterthread.clinic.queries.audit import DONE
from afterthread.clinic.queries.record.right import access_of, document_of, export_of, kept_until
from afterthread.clinic.queries.record.telling import tell
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.diary.message import TextField
from afterthread.diary.page import herself, page, show

LONGEST_WISH = 2000


class WishForm(forms.Form):
    """A wish to be forgotten, in her own words."""

    wish = TextField(
        max_length=LONGEST_WISH, required=False, label=gettext_lazy("Is there anything the clinic should know?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    sure = forms.BooleanField(
        label=gettext_lazy("I want the clinic to erase my data."),
        error_messages={"required": gettext_lazy("Tick it first, so that nothing happens by a slip.")},
    )


@page("GET", "HEAD", "POST")
def rights(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everything that she can do with her data; a POST asks for erasure."""
    patient, form = herself(viewer), WishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_erasure(viewer=viewer, patient=patient, wish=form.cleaned_data["wish"], at=clock.now())
        except Conflict:
            messages.info(request, _("Your data are erased already."))
        else:
            messages.success(request, _("The clinic has your wish and has to answer it. Until then nothing changes."))
        return redirect("diary:rights")
    asked = scope(viewer, Erasure).first()
    told = {"form": form, "asked": asked, "until": kept_until(patient)}
    return show(request, viewer, "diary/rights.html", told, status=400 if form.errors else 200)


@page()
def access(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Who read or changed her record, and when."""
    entries = access_of(viewer, herself(viewer), request.GET.get("page", "1"))
    told = [(one, DONE.get(one.row.verb, one.row.verb)) for one in entries]
    return show(request, viewer, "diary/access.html", {"entries": told, "pages": entries})


@page()
def export(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everything as pages to read and to print."""
    patient, at = herself(viewer), clock.now()
    export_record(viewer=viewer, patient=patient, at=at)
    told = {"chapters": tell(export_of(viewer, patient), patient), "at": at}
    return show(request, viewer, "diary/export.html", told)


@page()
def export_data(_request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everything as data for another system."""
    patient, at = herself(viewer), clock.now()
    export_record(viewer=viewer, patient=patient, at=at)
    answer = HttpResponse(document_of(viewer, patient, at), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="record-{at:%Y-%m-%d}.json"'
    return answer


urlpatterns = [
    path("data", rights, name="rights"),
    path("data/access", access, name="access"),
    path("data/record", export, name="export"),
    path("data/record.json", export_data, name="export_data"),
]
