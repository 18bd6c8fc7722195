"""The clinic's protocol: which version is in force, who signed it off, which there were, and what is drafted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock, knowledge
from afterthread.clinic.flow.record.overlay import sign_off, withdraw_sign_off
from afterthread.clinic.models import Overlay, SignOff
from afterthread.clinic.queries.protocol.sign_off import sign_offs_of
from afterthread.clinic.queries.protocol.version import adopted_of, draft_of, plans_elsewhere, running
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import LONGEST_NAME, line
from afterthread.desk.page import page
from afterthread.desk.protocol.entry import Difference, all_differences
from afterthread.protocol.load import shipped

MOST_PLANS, LONGEST_NUMBER = 50, 15
STATEMENT = gettext_lazy(
    "I have read this protocol as a whole, and I take responsibility for its use in this clinic."
)  # fmt: skip


class SignOffForm(forms.Form):
    """Vouching for a protocol; nothing is filled in beforehand."""

    protocol = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = line(gettext_lazy("Your name, with title"), LONGEST_NAME, required=True)
    profession = line(gettext_lazy("Profession"), LONGEST_NAME, required=True)
    agreed = forms.BooleanField(label=STATEMENT, error_messages={"required": gettext_lazy("Tick it to sign off.")})


@page("overlay.read")
def show_protocol(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show what is in force, and what there was."""
    return _show(request, viewer, None)


def _show(request: HttpRequest, viewer: Viewer, form: SignOffForm | None, status: int = 200) -> HttpResponse:
    clinic = viewer.own_clinic
    now, adopted = knowledge.in_force(clinic), adopted_of(viewer)
    offs = sign_offs_of(clinic, now.digest)
    mine = any(one.staff_id == getattr(viewer.staff, "pk", None) and not one.withdrawn_at for one in offs)
    told: dict[str, Any] = {
        "viewer": viewer, "clinic": clinic, "protocol": now, "own": clinic.protocol_id is not None,
        "differences": all_differences(shipped(), now) if clinic.protocol_id else [],
        "outdated": bool(adopted) and clinic.protocol_id and adopted[0].base != shipped().digest,
        "shipped": shipped(),
        "sign_offs": offs,
        "form": form or (None if mine else SignOffForm(initial={"protocol": now.digest})),
        "history": [(one, _changes(one)) for one in adopted],
        "draft": draft_of(viewer),
        "running": running(viewer),
        "elsewhere": _elsewhere(viewer),
        "may": {name: viewer.may(f"overlay.{name}") for name in ("drafted", "adopted")},
        "may_sign": viewer.may("protocol.signed_off"), "may_move": viewer.may("procedure.moved"),
    }  # fmt: skip
    return render(request, "desk/protocol/version.html", told, status=status)


def _changes(overlay: Overlay) -> list[Difference]:
    """What an adopted one changed in the protocol that it lies over."""
    try:
        return all_differences(knowledge.protocol(overlay.base), knowledge.protocol(overlay.protocol_id or ""))
    except Missing:
        return []


def _elsewhere(viewer: Viewer) -> list[tuple[Any, Any]]:
    """Running plans on another version, each with its signed record."""
    if not viewer.may("patient.read"):
        return []
    return [(one, one.signed_version()) for one in plans_elsewhere(viewer, MOST_PLANS)]


@page("protocol.signed_off", "POST")
def protocol_sign_off(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Vouch for what is in force."""
    form, clinic, at = SignOffForm(request.POST), viewer.own_clinic, clock.now()
    if not form.is_valid():
        return _show(request, viewer, form, 422)
    said, now = form.cleaned_data, knowledge.current(clinic, at)
    try:
        if said["protocol"] != now.pk:
            raise Conflict("protocol")  # noqa: TRY301 - the same answer as when the flow finds it
        told = {"name": said["name"], "profession": said["profession"], "statement": str(STATEMENT)}
        sign_off(viewer=viewer, protocol=now, at=at, **told)
    except Conflict:
        messages.warning(request, _("Nothing was signed: you signed it off already, or another version is in force."))
    else:
        messages.success(request, _("Signed off. Your name stands at the desk and on the leaflet."))
    return redirect("desk:protocol", clinic.slug)


@page("protocol.sign_off_withdrawn", "POST")
def protocol_sign_off_withdraw(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take a sign-off back."""
    number = request.POST.get("sign_off", "")
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        messages.warning(request, _("Choose which sign-off to withdraw."))
        return redirect("desk:protocol", viewer.own_clinic.slug)
    held = get_object_or_404(scope(viewer, SignOff), pk=int(number))
    try:
        withdraw_sign_off(viewer=viewer, sign_off=held, at=clock.now())
    except Conflict:
        messages.info(request, _("It was withdrawn already."))
    else:
        messages.success(request, _("Withdrawn. That it had been signed off stays written."))
    return redirect("desk:protocol", viewer.own_clinic.slug)


_AT = "<slug:clinic>/settings/protocol"
urlpatterns = [
    path(_AT, show_protocol, name="protocol"),
    path(f"{_AT}/sign-off", protocol_sign_off, name="protocol_sign_off"),
    path(f"{_AT}/sign-off/withdraw", protocol_sign_off_withdraw, name="protocol_sign_off_withdraw"),
]
