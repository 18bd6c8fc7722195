"""Her card: what is in her skin, in her language and in English, to show to whoever treats her next."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.code.qr import qr
from afterthread.clinic.flow.record.handoff import MOST_FAILURES, revoke_handoff
from afterthread.clinic.models import Handoff
from afterthread.clinic.queries.record.handoff import cards_of, openings_of
from afterthread.clinic.queries.record.sheet import both_sheets
from afterthread.clinic.roles import Viewer
from afterthread.diary.page import herself, page, show


@page("GET", "HEAD", "POST")
def card(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every page in force; a POST ends the one that it names."""
    cards = cards_of(viewer, herself(viewer))
    if request.method == "POST":
        named = next((one for one in cards if str(one.pk) == request.POST.get("card", "")), None)
        if named is not None:
            revoke_handoff(viewer=viewer, handoff=named, at=clock.now())
            messages.success(request, _("That card opens nothing any more. Your clinic can make a new one."))
        return redirect("diary:card")
    shown = [_shown(viewer, one) for one in cards]
    return show(request, viewer, "diary/card.html", {"cards": shown, "url": _address()})


def _address() -> str:
    return f"{settings.AFTERTHREAD_URL}{reverse('card:show')}"


def _shown(viewer: Viewer, held: Handoff) -> dict[str, Any]:
    """One card: its pages, the picture that leads to them, and who opened it."""
    return {
        "card": held,
        "sheets": both_sheets(held, herself(viewer).language),
        "qr": qr(f"{_address()}#{held.code}"),
        "pin": f"{held.pin[:3]} {held.pin[3:]}",
        "openings": openings_of(viewer, held),
        "shut": held.failures >= MOST_FAILURES,
    }


urlpatterns = [path("card", card, name="card")]
