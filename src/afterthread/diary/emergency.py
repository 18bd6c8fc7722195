"""The emergency page, which anybody can open at any time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from afterthread.clinic import clock
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Clinic
from afterthread.clinic.models.country import EVERYWHERE, NUMBERS
from afterthread.clinic.queries.recovery import speakable, with_phones
from afterthread.clinic.schedule import phone_now
from afterthread.diary.page import patient_of
from afterthread.engine.explain import Words
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Protocol, Urgency

COUNTRIES = {
    "AE": _("United Arab Emirates"), "AM": _("Armenia"), "AR": _("Argentina"), "AU": _("Australia"),
    "AZ": _("Azerbaijan"), "BR": _("Brazil"), "BY": _("Belarus"), "CA": _("Canada"), "CH": _("Switzerland"),
    "CL": _("Chile"), "CN": _("China"), "CO": _("Colombia"), "GB": _("United Kingdom"), "GE": _("Georgia"),
    "HK": _("Hong Kong"), "IL": _("Israel"), "IN": _("India"), "JP": _("Japan"), "KG": _("Kyrgyzstan"),
    "KR": _("South Korea"), "KZ": _("Kazakhstan"), "MD": _("Moldova"), "MX": _("Mexico"), "MY": _("Malaysia"),
    "NZ": _("New Zealand"), "PH": _("Philippines"), "RS": _("Serbia"), "RU": _("Russia"), "SG": _("Singapore"),
    "TH": _("Thailand"), "TR": _("Türkiye"), "TW": _("Taiwan"), "UA": _("Ukraine"), "US": _("United States"),
    "UZ": _("Uzbekistan"), "VN": _("Vietnam"), "ZA": _("South Africa"),
}  # fmt: skip


@never_cache
@require_safe
def emergency(request: HttpRequest) -> HttpResponse:
    """Whom to call and what to do, for a patient with her clinic's numbers, for everybody else by country."""
    viewer = patient_of(request)
    language = translation.get_language() or "en"
    protocol, clinic, numbers = shipped(), None, _by_country()
    if viewer is not None and viewer.patient is not None:
        clinic, language, numbers = viewer.patient.clinic, viewer.patient.language, []
        translation.activate(language)
        protocol = with_phones(in_force(clinic), clinic.emergency, phone_now(clinic, clock.now()))
    words = Words(protocol, speakable(protocol, language[:2]))
    context = {
        "clinic": clinic,
        "clinic_phone": _clinic_phone(clinic),
        "call": clinic.emergency if clinic else EVERYWHERE,
        "numbers": numbers,
        "title": words.of(f"urgency.{Urgency.EMERGENCY.word}", "name"),
        "do": words.actions(emergency_actions(protocol), by="patient"),
        "signs": [words.question(one.id) for one in protocol["question"].values() if one.red_flag],
        "notice": words.notice(protocol.stamp),
    }
    return render(request, "diary/emergency.html", context)


def emergency_actions(protocol: Protocol) -> tuple[str, ...]:
    """Everything that some emergency asks to be done, each once."""
    grave = [rule for rule in protocol["rule"].values() if rule.urgency is Urgency.EMERGENCY]
    return tuple(dict.fromkeys(action for rule in grave for action in rule.do))


def _clinic_phone(clinic: Clinic | None) -> str:
    return phone_now(clinic, clock.now()) if clinic else ""


def _by_country() -> list[tuple[str, str]]:
    """Country and number, by name; those with the number that works in most are not listed."""
    return sorted((str(COUNTRIES[code]), number) for code, number in NUMBERS.items() if number != EVERYWHERE)


urlpatterns = [path("emergency", emergency, name="emergency")]
