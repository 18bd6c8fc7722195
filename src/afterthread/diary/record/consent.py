"""Consent in the diary: what waits to be read and signed, what was signed with its exact words, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.consent.signature import SignatureForm, lines_of
from afterthread.clinic.flow.record.consent import Superseded, sign_consent, withdraw_consent
from afterthread.clinic.models import ConsentText, Consultation, Signature
from afterthread.clinic.queries.consent import wording
from afterthread.clinic.queries.consent.consent import PROCEDURE
from afterthread.clinic.queries.consent.need import Need, offers_of, signed_by, waiting_of
from afterthread.clinic.queries.consent.wording import Piece, Reading, Signed
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.diary.message import TextField
from afterthread.diary.page import herself, page, show

LONGEST_NAME, LONGEST_REASON = 120, 1_000


class SignForm(SignatureForm):
    """Her signature, and the session for which she gives it."""

    consultation = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = TextField(
        max_length=LONGEST_NAME, label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("First name and family name, as you sign."),
        error_messages={"required": gettext_lazy("Write your name: it is your signature.")},
    )  # fmt: skip


class WithdrawForm(forms.Form):
    """Why, if she wants to say so."""

    reason = TextField(max_length=LONGEST_REASON, required=False)


@dataclass(frozen=True)
class Asked:
    """One text that is asked for, with its title in her language."""

    need: Need
    title: str


@dataclass(frozen=True)
class Given:
    """One signature of hers."""

    signed: Signed
    lines: list[str]


def asked_to_sign(viewer: Viewer, at: datetime) -> list[Asked]:
    """What waits for her signature now, for the first page."""
    return [_asked(viewer, one) for one in waiting_of(viewer, herself(viewer), at)]


def _asked(viewer: Viewer, need: Need) -> Asked:
    return Asked(need, wording.read(need.text, herself(viewer).language).title if need.text else "")


@page("GET", "HEAD")
def consents(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What waits, what may be signed freely, and everything that was signed."""
    at, patient = clock.now(), herself(viewer)
    told = {
        "waiting": asked_to_sign(viewer, at),
        "offers": [_asked(viewer, one) for one in offers_of(viewer, patient, at) if one.waits],
        "given": [Given(one, lines_of(one.signature.drawing)) for one in signed_by(viewer, patient)],
    }
    return show(request, viewer, "diary/consents.html", told)


@page("GET", "HEAD", "POST")
def consent(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """One text to read and sign; one that was replaced leads to the text in force."""
    at, text = clock.now(), wording.shown_to(viewer, id)
    if request.method == "POST":
        return _sign(request, viewer, text, at)
    now = wording.successor(viewer, text, at)
    if now is None:
        return _taken_back(request)
    if now.pk != text.pk:
        messages.info(request, _("There is a newer version of this text. This is it."))
        return redirect("diary:consent", now.pk)
    words = wording.read(text, request.GET.get("language", herself(viewer).language))
    need = _need(viewer, text, at)
    about = need.consultation.pk if need and need.consultation else None
    form = SignForm(initial={**_initial(words), "consultation": about})
    return _page(request, viewer, words, form, waits=need is not None)


def _taken_back(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("The clinic took this text back. There is nothing to sign."))
    return redirect("diary:consents")


def _need(viewer: Viewer, text: ConsentText, at: datetime) -> Need | None:
    """Why this text waits for her, if it does."""
    asked = [*waiting_of(viewer, herself(viewer), at), *offers_of(viewer, herself(viewer), at)]
    return next((one for one in asked if one.waits and one.text == text), None)


def _initial(words: Reading) -> dict[str, Any]:
    return {"language": words.language, "digest": words.digest, "key": uuid4()}


def _page(
    request: HttpRequest, viewer: Viewer, words: Reading, form: SignForm, *, waits: bool = True,
    changes: list[Piece] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    names = [(code, get_language_info(code)["name_local"]) for code, _ in settings.LANGUAGES if code in words.languages]
    told = {
        "words": words, "form": form, "names": names, "free": words.text.purpose != PROCEDURE,
        "waits": waits, "changes": changes,
    }  # fmt: skip
    return show(request, viewer, "diary/consent.html", told, status=status)


def _sign(request: HttpRequest, viewer: Viewer, text: ConsentText, at: datetime) -> HttpResponse:
    form = SignForm(request.POST)
    shown = wording.read(text, request.POST.get("language", ""))
    if not form.is_valid():
        return _page(request, viewer, shown, form, status=400)
    said = form.cleaned_data
    try:
        sign_consent(
            viewer=viewer, patient=herself(viewer), text=text, key=said["key"], at=at, language=said["language"],
            digest=said["digest"], name=said["name"], drawing=said["drawing"],
            consultation=_about(viewer, text, said["consultation"]),
        )  # fmt: skip
    except Superseded:
        return _changed(request, viewer, shown, said, at)
    except Conflict:
        messages.info(request, _("This is signed already."))
    else:
        messages.success(request, _("Signed. You can read the exact words here at any time."))
    return redirect("diary:consents")


def _about(viewer: Viewer, text: ConsentText, id: UUID | None) -> Consultation | None:
    """The session for which she signs; raises `Missing` where one is needed and none is hers."""
    if text.purpose != PROCEDURE:
        return None
    if id is None:
        raise Missing
    return get(viewer, Consultation, id)


def _changed(request: HttpRequest, viewer: Viewer, shown: Reading, said: dict[str, Any], at: datetime) -> HttpResponse:
    """The text as it is now, what changed in it, and her name as she typed it."""
    text = wording.successor(viewer, shown.text, at)
    if text is None:
        return _taken_back(request)
    words = wording.read(text, shown.language)
    form = SignForm(initial={**_initial(words), "name": said["name"], "consultation": said["consultation"]})
    return _page(request, viewer, words, form, changes=wording.changes(shown, words), status=409)


@page("POST")
def consent_withdraw(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Take a signature back, and tell the clinic; done twice, it is withdrawn once."""
    given = get(viewer, Signature, id, "text", "patient")
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("diary:consents")
    reason = form.cleaned_data["reason"]
    title = wording.read(given.text, given.language).title
    tell = "\n\n".join(part for part in (_("I take my consent back: %(title)s") % {"title": title}, reason) if part)
    withdraw_consent(viewer=viewer, signature=given, reason=reason, tell=tell, at=clock.now())
    messages.success(request, _("Withdrawn. The clinic has been told by a message."))
    return redirect("diary:consents")


urlpatterns = [
    path("consent", consents, name="consents"),
    path("consent/<uuid:id>", consent, name="consent"),
    path("consent/<uuid:id>/withdraw", consent_withdraw, name="consent_withdraw"),
]
