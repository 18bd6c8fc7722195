"""The guard at the door: who has no second step gets one first, and what verbs refuse is answered in plain words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from afterthread.clinic.models import User
from afterthread.clinic.roles import Conflict, Missing, Refused
from afterthread.server.account import has_second_step

Answer = Callable[[HttpRequest], HttpResponse]
DESK, ACCOUNTS = "/desk/", "/accounts/"
CLOSED = ", ".join(f"{what}=()" for what in ("camera", "geolocation", "microphone", "payment", "usb"))
"""What of a device no page of ours uses."""
FILES = "multipart/form-data"


class Careful:
    """Tells every browser to keep nothing, unless the page itself says otherwise, and to open nothing of its device."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Errors and the pages of the accounts pass here too, which no decorator of ours reaches."""
        response = self.answer(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Permissions-Policy"] = CLOSED
        return response


class Whole:
    """Refuses a form whose end was lost on its way: half of it could say less than the person did."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what arrived whole; the server in front hands on as much as came."""
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if request.content_type == FILES and _is_too_large(announced):
            return render(
                request, "413.html", status=413
            )  # its files would be written to the disk before anybody looks
        with suppress(RequestDataTooBig):  # said by whoever reads it
            if announced.isdigit() and int(announced) > 0 and len(request.body) < int(announced):
                return render(request, "400.html", status=400)
        return self.answer(request)


class Guard:
    """Speaks the language of staff, sends whoever has no second step to set one up, and puts refusals into words."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, unless somebody would see patients with nothing but a password."""
        if request.path.startswith((DESK, ACCOUNTS)) and isinstance(request.user, User):
            translation.activate(request.user.language)
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


def _is_too_large(announced: str) -> bool:
    return not announced.isdigit() or int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _is_half_in(request: HttpRequest) -> bool:
    return not settings.AFTERTHREAD_DEMO and isinstance(request.user, User) and not has_second_step(request.user)
