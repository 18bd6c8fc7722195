"""A hand-off for whoever was given its code and its digits; without both, a page that says nothing of anybody."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.translation import get_language_info, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from afterthread.clinic import clock
from afterthread.clinic.code.tries import Tries
from afterthread.clinic.flow.record.handoff import open_handoff
from afterthread.clinic.queries.record.sheet import both_sheets
from afterthread.clinic.roles import Missing, system

WRONG = Tries("card", of_one=20, of_all=3_000)
HIDDEN = {"X-Robots-Tag": "noindex, nofollow, noarchive"}


def languages() -> list[tuple[str, str]]:
    """The languages in which it can be read, each by its own name."""
    return [(code, str(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]


class DoorForm(forms.Form):
    """The code, which the picture brings, the digits, which the patient says, and the language of the reader."""

    code = forms.CharField(
        max_length=80,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("The square brings it; printed below it, it can be typed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    pin = forms.CharField(
        max_length=12,
        label=gettext_lazy("The six digits"),
        help_text=gettext_lazy("The patient has them on the phone. Ask for them."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "code", "spellcheck": "false"}
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages, required=False)

    def clean_pin(self) -> str:
        """The digits, however they are grouped."""
        return "".join(sign for sign in str(self.cleaned_data["pin"]) if not sign.isspace())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Ask for code and digits; with both, the page. Looking at it uses nothing up."""
    response = _answer(request)
    for name, value in HIDDEN.items():
        response[name] = value
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    form = DoorForm(request.POST or None, initial={"language": translation.get_language()})
    if request.method != "POST":
        return render(request, "card/door.html", {"form": form})
    if not WRONG.left(request):
        return render(request, "card/door.html", {"form": DoorForm(), "paused": True}, status=429)
    if not form.is_valid():
        return render(request, "card/door.html", {"form": form}, status=400)
    told = form.cleaned_data
    try:
        found = open_handoff(viewer=system(), code=told["code"], pin=told["pin"], at=clock.now())
    except Missing:
        WRONG.count(request)
        again = DoorForm(initial={"code": told["code"], "language": told["language"]})
        return render(request, "card/door.html", {"form": again, "shut": True}, status=404)
    sheets = both_sheets(found, told["language"] or "en")
    return render(request, "card/page.html", {"card": found, "clinic": found.clinic, "sheets": sheets})


app_name = "card"
urlpatterns = [path("", show, name="show")]
