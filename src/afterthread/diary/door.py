"""Letting a patient in and out: links, codes, devices."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from afterthread.clinic import clock
from afterthread.clinic.code.tries import Tries
from afterthread.clinic.flow.link import exchange_link, request_link
from afterthread.clinic.flow.patient import choose_language, leave_device, revoke_device
from afterthread.clinic.models import Device
from afterthread.clinic.queries.patient import devices_of
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Missing, Viewer, system
from afterthread.diary.page import COOKIE, herself, page, patient_of, show

YEAR = 365 * 24 * 3600
OF_ONE, OF_ALL = 20, 3_000
"""So many codes may fail within a pause from one address, and from everywhere together."""
LETTERS_OF_ONE = 6
"""So many letters with a link are sent within a pause for one address of the internet."""


class CodeForm(forms.Form):
    """A code of four groups; where the link brings it, nobody types."""

    code = forms.CharField(
        max_length=60,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Sixteen letters and digits. Small letters and missing dashes do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class AddressForm(forms.Form):
    """The address to which the clinic writes."""

    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("Email address"),
        help_text=gettext_lazy("The one that your clinic has."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The door: a code opens it once, and looking at it uses nothing up."""
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return render(request, "diary/enter.html", {"form": form, "inside": patient_of(request) is not None})
    if not form.is_valid():
        return render(request, "diary/enter.html", {"form": form}, status=400)
    if not _codes().left(request):
        if patient_of(request):
            return redirect("diary:today")
        return render(request, "diary/enter.html", {"form": CodeForm(), "paused": True}, status=429)
    return _exchange(request, form.cleaned_data["code"])


def _exchange(request: HttpRequest, code: str) -> HttpResponse:
    """Used, expired, foreign and invented codes look the same from here."""
    secret = secrets.token_urlsafe(32)
    label = device_label(request.headers.get("User-Agent", ""))
    try:
        exchange_link(viewer=system(), code=code, secret=secret, label=label, at=clock.now())
    except Missing:
        _codes().count(request)
        return render(request, "diary/enter.html", {"form": CodeForm(), "shut": True}, status=404)
    response = redirect("diary:today")
    safe = request.is_secure() or settings.SESSION_COOKIE_SECURE  # also where the proxy forgot to say so
    response.set_cookie(COOKIE, secret, max_age=YEAR, path="/p/", secure=safe, httponly=True, samesite="Lax")
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new link; the answer is the same for every address."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        letters = Tries("door:letter", LETTERS_OF_ONE, OF_ALL)
        if letters.left(request):
            letters.count(request)
            request_link(form.cleaned_data["email"], clock.now())
        return render(request, "diary/request.html", {"asked": True})
    return render(request, "diary/request.html", {"form": form}, status=400 if form.errors else 200)


def _codes() -> Tries:
    """The codes that failed."""
    return Tries("door:code", OF_ONE, OF_ALL)


SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("EdgiOS", "Edge"), ("EdgA", "Edge"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("YaBrowser", "Yandex"),
    ("SamsungBrowser", "Samsung Internet"), ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
"""What is found first counts: many browsers name others as well."""


def device_label(agent: str) -> str:
    """A device in a few words, so that its owner knows it again: "iPhone · Safari"."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (SYSTEMS, BROWSERS))
    return " · ".join(name for name in found if name) or _("Unknown device")


@page("GET", "HEAD")
def devices(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every device that is in."""
    told = {"devices": devices_of(viewer, herself(viewer)), "this": viewer.device}
    return show(request, viewer, "diary/devices.html", told)


@page("POST")
def device_revoke(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """End another device, or this one."""
    device = get(viewer, Device, id)
    revoke_device(viewer=viewer, device=device, at=clock.now())
    messages.success(request, _("That device is out now."))
    return redirect("diary:devices")


@page("POST")
def leave(request: HttpRequest, viewer: Viewer) -> HttpResponse:  # noqa: ARG001 - every page is given its request
    """Sign out here."""
    if viewer.device is None:
        raise Missing
    leave_device(viewer=viewer, device=viewer.device, at=clock.now())
    response = redirect("diary:enter")
    response.delete_cookie(COOKIE, path="/p/", samesite="Lax")
    return response


@never_cache
@require_http_methods(["POST"])
def language(request: HttpRequest) -> HttpResponse:
    """Read on in another language: kept with the patient, or on this device for whoever is not in."""
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else reverse("diary:today"))
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        _keep_language(request, chosen, clock.now())
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax")
    return response


def _keep_language(request: HttpRequest, chosen: str, at: datetime) -> None:
    viewer = patient_of(request)
    if viewer is not None and viewer.patient is not None:
        choose_language(viewer=viewer, patient=viewer.patient, language=chosen, at=at)


urlpatterns = [
    path("enter", enter, name="enter"),
    path("request", request_new, name="request"),
    path("leave", leave, name="leave"),
    path("devices", devices, name="devices"),
    path("devices/<uuid:id>/revoke", device_revoke, name="device_revoke"),
    path("language", language, name="language"),
]
