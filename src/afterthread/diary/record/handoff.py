"""Her card: what is in her skin, in her language and in English, to show to whoever treats her next."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.flow.record.handoff import revoke_handoff
from afterthread.clinic.queries.record.handoff import cards_of, tell_card
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
    address = f"{settings.AFTERTHREAD_URL}{reverse('card:show')}"
    shown = [tell_card(viewer, one, address) for one in cards]
    return show(request, viewer, "diary/card.html", {"cards": shown, "url": address})


urlpatterns = [path("card", card, name="card")]
