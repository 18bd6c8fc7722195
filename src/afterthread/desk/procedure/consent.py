"""Consent for one session at the desk: what is needed, read and signed on screen, kept from paper, and withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.consent.signature import SignatureForm, lines_of
from afterthread.clinic.flow.record.consent import Superseded, sign_consent, withdraw_consent
from afterthread.clinic.models import ConsentText, Consultation, Patient, Signature
from afterthread.clinic.queries.consent import wording
from afterthread.clinic.queries.consent.consent import PROCEDURE
from afterthread.clinic.queries.consent.need import Need, needs_of, offers_of, open_consultations, signed_by
from afterthread.clinic.queries.consent.wording import Piece, Reading, Signed
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import LONGEST_NAME, id_of, languages, line, text
from afterthread.desk.page import page
from afterthread.desk.practice.consent import named

STATES: dict[str, tuple[str | Promise, str]] = {
    "signed": (gettext_lazy("signed"), "good"),
    "missing": (gettext_lazy("not signed"), "warn"),
    "outdated": (gettext_lazy("an older text is signed"), "bad"),
    "withdrawn": (gettext_lazy("withdrawn"), "bad"),
    "no_text": (gettext_lazy("there is no text"), "bad"),
}
"""How a text stands with a patient, and the tone of its chip."""
OFFERED = {"missing": (gettext_lazy("not agreed"), ""), "withdrawn": (gettext_lazy("withdrawn"), "")}
"""The same for what may be refused: no answer is an answer there."""


class SignForm(SignatureForm):
    """A signature on screen, on one of several texts."""

    text = forms.UUIDField(widget=forms.HiddenInput)
    name = line(
        gettext_lazy("Name of the patient"), LONGEST_NAME, required=True,
        help_text=gettext_lazy("As the patient writes it, instead of or under a signature."),
    )  # fmt: skip


class PaperForm(forms.Form):
    """A signature that was given on paper."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = forms.ChoiceField(label=gettext_lazy("The text on the paper"))
    name = line(gettext_lazy("Name of the patient"), LONGEST_NAME, required=True)
    on = forms.DateField(
        label=gettext_lazy("Date on the paper"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Write a date like 2026-03-31.")},
    )  # fmt: skip

    def __init__(self, *args: Any, texts: list[ConsentText], **more: Any) -> None:
        super().__init__(*args, **more)
        self.texts = {f"{one.pk}:{code}": (one, code) for one in texts for code in one.words}
        names = dict(languages())
        choice = self.fields["text"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [
                (value, f"{named(one.purpose, one.region)} · {one.number} · {names.get(code, code)}")
                for value, (one, code) in self.texts.items()
            ]


class WithdrawForm(forms.Form):
    """Why, if somebody said so."""

    reason = text(gettext_lazy("What the patient said"), rows=2, most=1000)


@dataclass(frozen=True)
class Shown:
    """A signature as it stands on the page."""

    signed: Signed
    about: str
    lines: list[str]


@dataclass(frozen=True)
class Asked:
    """One text that is asked for, with its state in words."""

    need: Need
    about: str
    state: str
    tone: str


def asked(need: Need, *, freely: bool = False) -> Asked:
    """How one text stands, in the language of whoever looks."""
    state, tone = (OFFERED if freely else STATES).get(need.state) or STATES[need.state]
    purpose, region = (need.text.purpose, need.text.region) if need.text else (PROCEDURE, need.region)
    return Asked(need, named(purpose, region or need.region), str(state), tone)


def consent_state(viewer: Viewer, patient: Patient, at: datetime) -> list[tuple[Consultation, list[Asked]]]:
    """What the patient's page shows: for every session that is not signed yet, how its texts stand."""
    return [(one, [asked(need) for need in needs_of(one, at)]) for one in open_consultations(viewer, patient)]


# -- Pages -------------------------------------------------------------------------------------------------------------


@page("patient.read", of=Consultation)
def consent(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show which texts a session needs, which may be signed beside them, and everything that was signed."""
    return _show(request, viewer, _consultation(viewer, id), clock.now())


def _consultation(viewer: Viewer, id: UUID) -> Consultation:
    return get(viewer, Consultation, id, "patient", "clinic")


def _show(
    request: HttpRequest,
    viewer: Viewer,
    before: Consultation,
    at: datetime,
    *,
    paper: PaperForm | None = None,
    status: int = 200,
) -> HttpResponse:
    needs, offers = needs_of(before, at), offers_of(viewer, before.patient, at)
    signatures = signed_by(viewer, before.patient, before)
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": before.patient, "consultation": before,
        "needs": [asked(one) for one in needs], "offers": [asked(one, freely=True) for one in offers],
        "signatures": [
            Shown(one, named(one.signature.text.purpose, one.signature.text.region), lines_of(one.signature.drawing))
            for one in signatures
        ],
        "paper": paper or PaperForm(texts=_on_paper(viewer, needs, offers), initial={"name": before.patient.name}),
        "withdraw": WithdrawForm(),
        "may": {"sign": viewer.may("consent.signed"), "withdraw": viewer.may("consent.withdrawn")},
    }  # fmt: skip
    return render(request, "desk/consent.html", told, status=status)


def _on_paper(viewer: Viewer, needs: list[Need], offers: list[Need]) -> list[ConsentText]:
    """Every version that was ever published of the texts that are asked for: a paper may be older than the last."""
    texts = [one.text for one in (*needs, *offers) if one.text]
    return [one for text in texts for one in wording.versions_of(viewer, text) if one.published_at]


@page("consent.signed", "GET", "POST", of=Consultation)
def consent_sign(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Let the patient read one text and sign it, on this screen."""
    before, at = _consultation(viewer, id), clock.now()
    if request.method == "POST":
        return _sign(request, viewer, before, at)
    known = id_of(request.GET.get("text", ""))
    text = wording.successor(viewer, wording.shown_to(viewer, known), at) if known else _next(viewer, before, at)
    if text is None:
        messages.warning(request, _("There is nothing to sign: no text waits, or the clinic took it out of force."))
        return redirect("desk:consent", viewer.own_clinic.slug, id)
    words = wording.read(text, request.GET.get("language", before.patient.language))
    return _page(request, viewer, before, words, SignForm(initial=_initial(words)))


def _next(viewer: Viewer, before: Consultation, at: datetime) -> ConsentText | None:
    """The text that waits first, if no other is named."""
    asked_for = [*needs_of(before, at), *offers_of(viewer, before.patient, at)]
    return next((one.text for one in asked_for if one.waits), None)


def _initial(words: Reading) -> dict[str, Any]:
    return {"text": words.text.pk, "language": words.language, "digest": words.digest, "key": uuid4()}


def _page(
    request: HttpRequest, viewer: Viewer, before: Consultation, words: Reading, form: SignForm, *,
    changes: list[Piece] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "patient": before.patient, "consultation": before,
        "words": words, "form": form, "about": named(words.text.purpose, words.text.region),
        "names": [one for one in languages() if one[0] in words.languages], "changes": changes,
    }  # fmt: skip
    return render(request, "desk/consent_sign.html", told, status=status)


def _sign(request: HttpRequest, viewer: Viewer, before: Consultation, at: datetime) -> HttpResponse:
    form = SignForm(request.POST)
    known = id_of(request.POST.get("text", ""))
    if known is None:
        messages.error(request, _("The page cannot be read. Open the text again."))
        return redirect("desk:consent", viewer.own_clinic.slug, before.pk)
    shown = wording.read(wording.shown_to(viewer, known), request.POST.get("language", ""))
    if not form.is_valid():
        return _page(request, viewer, before, shown, form, status=422)
    said = form.cleaned_data
    try:
        sign_consent(
            viewer=viewer, patient=before.patient, text=shown.text, key=said["key"], at=at, language=said["language"],
            digest=said["digest"], name=said["name"], drawing=said["drawing"], consultation=_about(shown.text, before),
        )  # fmt: skip
    except Superseded:
        return _changed(request, viewer, before, shown, name=said["name"], at=at)
    except Conflict:
        messages.info(request, _("It is signed already: somebody was faster. Both saw the same words."))
    else:
        messages.success(request, _("Signed. The exact words are kept with the signature."))
    return redirect("desk:consent", viewer.own_clinic.slug, before.pk)


def _about(text: ConsentText, before: Consultation) -> Consultation | None:
    return before if text.purpose == PROCEDURE else None


def _changed(
    request: HttpRequest, viewer: Viewer, before: Consultation, shown: Reading, *, name: str, at: datetime
) -> HttpResponse:
    """The text that took the place of the one that was read, what changed in it, and the name as it was typed."""
    text = wording.successor(viewer, shown.text, at)
    if text is None:
        messages.warning(request, _("The clinic took this text out of force. Nothing can be signed on it."))
        return redirect("desk:consent", viewer.own_clinic.slug, before.pk)
    words = wording.read(text, shown.language)
    form = SignForm(initial={**_initial(words), "name": name})
    return _page(request, viewer, before, words, form, changes=wording.changes(shown, words), status=409)


@page("consent.signed", "POST")
def consent_paper(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Keep that a paper was signed, with the date on it."""
    before, at = _consultation(viewer, id), clock.now()
    texts = _on_paper(viewer, needs_of(before, at), offers_of(viewer, before.patient, at))
    form = PaperForm(request.POST, texts=texts)
    if not form.is_valid():
        return _show(request, viewer, before, at, paper=form, status=422)
    text, language = form.texts[form.cleaned_data["text"]]
    try:
        sign_consent(
            viewer=viewer, patient=before.patient, text=text, key=form.cleaned_data["key"], at=at, language=language,
            digest=wording.read(text, language).digest, name=form.cleaned_data["name"],
            on_paper=form.cleaned_data["on"], consultation=_about(text, before),
        )  # fmt: skip
    except Superseded:
        form.add_error("on", _("On this date this version was not in force. Look at the paper: which text is it?"))
    except Conflict as conflict:
        future = str(conflict) == "future"
        form.add_error("on" if future else None, _("This date is ahead.") if future else _("It is signed already."))
    else:
        messages.success(request, _("Kept. Keep the paper too."))
        return redirect("desk:consent", viewer.own_clinic.slug, id)
    return _show(request, viewer, before, at, paper=form, status=409)


@page("consent.withdrawn", "POST")
def consent_withdraw(request: HttpRequest, viewer: Viewer, id: UUID, signature: UUID) -> HttpResponse:
    """Write down that the patient takes a signature back; done twice, it is withdrawn once."""
    before, given = _consultation(viewer, id), get(viewer, Signature, signature, "text", "patient")
    if given.patient_id != before.patient_id:
        raise Missing
    form = WithdrawForm(request.POST)
    if form.is_valid():
        withdraw_consent(viewer=viewer, signature=given, reason=form.cleaned_data["reason"], at=clock.now())
        messages.success(request, _("Withdrawn. What was done before stays allowed, nothing more is done after."))
    else:
        messages.error(request, " ".join(str(error) for error in form.errors["reason"]))
    return redirect("desk:consent", viewer.own_clinic.slug, id)


_AT = "<slug:clinic>/consultations/<uuid:id>/consent"
urlpatterns = [
    path(_AT, consent, name="consent"),
    path(f"{_AT}/sign", consent_sign, name="consent_sign"),
    path(f"{_AT}/paper", consent_paper, name="consent_paper"),
    path(f"{_AT}/<uuid:signature>/withdraw", consent_withdraw, name="consent_withdraw"),
]
