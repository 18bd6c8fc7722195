"""The guard at the door: who has no second step gets one first, and what verbs refuse is answered in plain words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from afterthread.clinic.models import User
from afterthread.clinic.roles import Conflict, Missing, Refused
from afterthread.server.account import has_second_step

Answer = Callable[[HttpRequest], HttpResponse]
DESK = "/desk/"


class Whole:
    """Refuses a form whose end was lost on its way: half of it could say less than the person did."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what arrived whole; the server in front hands on as much as came."""
        announced = request.META.get("CONTENT_LENGTH") or "0"
        with suppress(RequestDataTooBig):  # said by whoever reads it
            if announced.isdigit() and int(announced) > 0 and len(request.body) < int(announced):
                return render(request, "400.html", status=400)
        return self.answer(request)


class Guard:
    """Sends staff without a second step to set one up, and turns `Missing`, `Refused` and `Conflict` into pages."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, unless somebody would see patients with nothing but a password."""
        if request.path.startswith(DESK) and _is_half_in(request):
            messages.warning(request, _("Set up your second step first. It takes a minute and keeps patients safe."))
            return redirect("mfa_index")
        return self.answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Elsewhere and nowhere are answered by the same page in the same way."""
        if isinstance(error, Missing):
            raise Http404
        if isinstance(error, Refused):
            return render(request, "403.html", status=403)
        if isinstance(error, Conflict):
            return render(request, "409.html", {"conflict": str(error)}, status=409)
        return None


def _is_half_in(request: HttpRequest) -> bool:
    return not settings.AFTERTHREAD_DEMO and isinstance(request.user, User) and not has_second_step(request.user)
