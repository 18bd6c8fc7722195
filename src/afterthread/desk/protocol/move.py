"""Moving one running plan to the clinic's protocol of now, after it was seen what that changes for this person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock, knowledge
from afterthread.clinic.flow.record.overlay import move_plan
from afterthread.clinic.models import ProcedureVersion
from afterthread.clinic.queries import procedure as queries
from afterthread.clinic.queries.protocol.move import Preview, moves_of, preview
from afterthread.clinic.queries.protocol.sign_off import sign_off_of
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import text
from afterthread.desk.page import page, words_of
from afterthread.desk.protocol.entry import turn
from afterthread.desk.protocol.finding import Replayed, redated


class MoveForm(forms.Form):
    """Why a plan is moved, and to the version that was shown."""

    to = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = text(gettext_lazy("Why this plan is moved"), required=True, rows=2, most=1000)


@page("procedure.moved", "GET", "POST", of=ProcedureVersion)
def procedure_move(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show what moving would change for this person, and move."""
    version = queries.version_of(viewer, id)
    seen = preview(viewer, version.procedure, clock.now())
    if request.method != "POST":
        return _show(request, viewer, seen, MoveForm(initial={"to": seen.to}))
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _show(request, viewer, seen, form, 422)
    try:
        if form.cleaned_data["to"] != seen.to:  # another version came into force while this one was looked at
            raise Conflict("protocol")  # noqa: TRY301 - the same answer as when the flow finds it
        now, reason = knowledge.current(viewer.own_clinic, clock.now()), form.cleaned_data["reason"]
        move_plan(viewer=viewer, procedure=version.procedure, to=now, reason=reason, at=clock.now())
    except Conflict:
        messages.warning(request, _("Nothing was moved: it stands below how it is now."))
        return redirect("desk:procedure_move", viewer.own_clinic.slug, id)
    messages.success(request, _("Moved. What was said is decided anew, and the phone gets the new plan."))
    return redirect("desk:procedure", viewer.own_clinic.slug, seen.version.pk)


def _show(request: HttpRequest, viewer: Viewer, seen: Preview, form: MoveForm, status: int = 200) -> HttpResponse:
    words = words_of(seen.after)
    patient = seen.version.procedure.patient
    rows = [
        Replayed(
            patient, row.day, row.said_at, one.before, one.after,
            [turn(words, each.entry, each.was, each.now) for each in one.why],
        )
        for row, one in seen.shifts
    ]  # fmt: skip
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "version": seen.version, "patient": patient, "seen": seen,
        "dates": list(redated(seen.after, map(asdict, seen.dates), seen.version.day_zero)), "rows": rows, "form": form,
        "closed": seen.version.procedure.closed_at is not None, "moves": moves_of(viewer, seen.version.procedure),
    }  # fmt: skip
    return render(request, "desk/protocol/move.html", told, status=status)


def pinned(viewer: Viewer, version: ProcedureVersion) -> dict[str, Any]:
    """On which version a plan runs, who signed that off, and whether it could be moved; for the page of a record."""
    procedure = version.procedure
    elsewhere = procedure.protocol_id != knowledge.in_force(viewer.own_clinic).digest
    running = procedure.signed_at is not None and procedure.closed_at is None
    try:
        stamp = knowledge.protocol(procedure.protocol_id).stamp
    except Missing:
        stamp = None
    return {
        "version": stamp.version if stamp else "",
        "sign_off": sign_off_of(viewer.own_clinic, procedure.protocol_id),
        "moves": moves_of(viewer, procedure),
        "may_move": elsewhere and running and viewer.may("procedure.moved"),
        "elsewhere": elsewhere and running,
    }


urlpatterns = [path("<slug:clinic>/procedures/<uuid:id>/move", procedure_move, name="procedure_move")]
