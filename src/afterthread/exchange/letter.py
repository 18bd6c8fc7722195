"""What letters say: where to read on, and nothing about health, a face or a name, because mailboxes are shared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic.flow.link import make_link, new_code, patients_of
from afterthread.clinic.flow.outbox import Undeliverable
from afterthread.clinic.models import Clinic, Consultation, Delivery, Patient, User
from afterthread.protocol.model import Urgency

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready to be posted."""

    to: str
    language: str
    subject: str
    text: str


def letters_of(delivery: Delivery, at: datetime) -> list[Letter]:
    """The letters that a delivery comes to, mostly one; raises `Undeliverable` for one that nobody can get."""
    said = json.loads(delivery.letter)
    word = KINDS.get(said["kind"])
    if word is None:
        raise Undeliverable(f"a letter of the unknown kind `{said['kind']}`")
    return word(delivery, said, at)


def address(path: str) -> str:
    """The full address of a page."""
    return f"{settings.AFTERTHREAD_URL}{path}"


# -- To patients ------------------------------------------------------------------------------------------------------


def _link(delivery: Delivery, _said: dict[str, Any], at: datetime) -> list[Letter]:
    return [_link_for(_patient(delivery), at)]


def _link_request(_delivery: Delivery, said: dict[str, Any], at: datetime) -> list[Letter]:
    """One letter for each clinic that knows the address, and none at all for an address that nobody knows."""
    return [_link_for(patient, at) for patient in patients_of(said["email"])]


def _link_for(patient: Patient, at: datetime) -> Letter:
    code = new_code()
    made = make_link(patient, code, at)
    until = made.expires_at.astimezone(patient.zone)
    with translation.override(patient.language):
        return _to_patient(
            patient,
            _("Your link"),
            _("Here is your link to %(clinic)s:") % {"clinic": patient.clinic},
            address(f"/p/enter#{code}"),
            _("It works once, until %(time)s. After that, ask for a new one here:") % {"time": f"{until:%H:%M}"},
            address("/p/request"),
            _("If you did not ask for it, do nothing. Please do not pass it on: whoever has it gets in."),
        )


def _message(delivery: Delivery, _said: dict[str, Any], _at: datetime) -> list[Letter]:
    told = gettext_lazy("%(clinic)s has written to you. Read it here:")
    return [_led(_patient(delivery), gettext_lazy("You have a message"), told, "/p/messages")]


def _reminder(delivery: Delivery, _said: dict[str, Any], _at: datetime) -> list[Letter]:
    """A reminder helps whoever has an address; for others the clinic has it on its list already."""
    told = gettext_lazy("%(clinic)s is waiting to hear from you. It takes two minutes:")
    return [_led(one, gettext_lazy("A short reminder"), told, "/p/") for one in _reachable(delivery)]


def _outcome(delivery: Delivery, _said: dict[str, Any], _at: datetime) -> list[Letter]:
    """It asks once; what about, she reads inside."""
    told = gettext_lazy("%(clinic)s would like to hear from you once more. It takes a minute:")
    return [_led(one, gettext_lazy("A short question"), told, "/p/outcome") for one in _reachable(delivery)]


def _preparation(delivery: Delivery, said: dict[str, Any], at: datetime) -> list[Letter]:
    """Something prepares a day, or has to be filled in before it; nothing for a day that was moved meanwhile."""
    held = Consultation.objects.filter(pk=said["consultation"], closed_at=None).first()
    planned = held.planned_on if held else None
    if planned is None or str(planned) != said["planned_on"] or planned < at.date() - DAY:
        return []
    if said["papers"]:
        told = gettext_lazy("%(clinic)s still needs something from you before your appointment. Read here what it is:")
    else:
        told = gettext_lazy("There is something to do now for your appointment at %(clinic)s. Read here what it is:")
    page = "/p/" if said["papers"] else "/p/preparation"
    return [_led(one, gettext_lazy("Before your appointment"), told, page) for one in _reachable(delivery)]


def _patient(delivery: Delivery) -> Patient:
    if delivery.patient is None or not delivery.patient.email:
        raise Undeliverable("no address")
    return delivery.patient


def _reachable(delivery: Delivery) -> list[Patient]:
    """The patient, if she has an address: of what only helps who has one, nobody is told that it cannot be sent."""
    if delivery.patient is None:
        raise Undeliverable("no address")
    return [delivery.patient] if delivery.patient.email else []


def _led(patient: Patient, subject: str | Promise, told: str | Promise, page: str) -> Letter:
    """A letter that says why, in the patient's language, and leads to a page."""
    with translation.override(patient.language):
        return _to_patient(patient, str(subject), str(told) % {"clinic": patient.clinic}, address(page))


def _to_patient(patient: Patient, subject: str, *lines: str) -> Letter:
    return Letter(patient.email, patient.language, subject, _text(lines, patient.clinic))


def _text(lines: Iterable[str], clinic: Clinic) -> str:
    urgent = _("In an emergency call %(number)s. Do not wait for an answer by email.") % {"number": clinic.emergency}
    ask = _("Questions? Call %(clinic)s: %(phone)s") % {"clinic": clinic, "phone": clinic.phone} if clinic.phone else ""
    return "\n\n".join([*lines, *filter(None, [ask]), urgent, _("Nobody reads answers to this address.")]) + "\n"


# -- To staff ---------------------------------------------------------------------------------------------------------


def _call(delivery: Delivery, said: dict[str, Any], _at: datetime) -> list[Letter]:
    user, clinic = _user(delivery), delivery.clinic
    with translation.override(user.language):
        now = delivery.urgency == Urgency.EMERGENCY
        subject = _("Please look NOW") if now else _("Please look today")
        late = _("Nobody has answered in time.") if said.get("step") else ""
        told = _("Somebody is waiting for an answer at %(clinic)s:") % {"clinic": clinic}
        page = address(f"/desk/{clinic.slug if clinic else ''}/items/{said['item']}/")
        return [Letter(user.email, user.language, subject, "\n\n".join(filter(None, [late, told, page])) + "\n")]


def _invitation(delivery: Delivery, _said: dict[str, Any], _at: datetime) -> list[Letter]:
    user = _user(delivery)
    with translation.override(user.language):
        told = _("You have been given a place at %(clinic)s.") % {"clinic": delivery.clinic}
        if user.has_usable_password():
            text = [told, _("Sign in as usual:"), address(reverse("account_login"))]
        else:
            again = _("If it has run out, ask for a new one with your address:")
            text = [
                told, _("Choose your password here, then set up your second step:"), invitation_link(user),
                _("The link works once and for three days."), again, address(reverse("account_reset_password")),
            ]  # fmt: skip
        return [Letter(user.email, user.language, _("Your place is ready"), "\n\n".join(text) + "\n")]


def _password(_delivery: Delivery, said: dict[str, Any], _at: datetime) -> list[Letter]:
    """A way to a new password for whoever works here, and nothing at all to anybody else."""
    user = User.objects.filter(email=said["email"].casefold(), is_active=True).first()
    if user is None:
        return []
    with translation.override(user.language):
        text = [
            _("Somebody asked for a new password for you. Choose it here:"), invitation_link(user),
            _("The link works once and for three days."),
            _("If it was not you, do nothing: your password still counts."),
        ]  # fmt: skip
        return [Letter(user.email, user.language, _("Choose a new password"), "\n\n".join(text) + "\n")]


def invitation_link(user: User) -> str:
    """The address at which somebody who was invited, or forgot it, chooses a password, once."""
    given = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return address(reverse("account_reset_password_from_key", kwargs=given))


def _user(delivery: Delivery) -> User:
    if delivery.staff is None or delivery.staff.until is not None or not delivery.staff.user.is_active:
        raise Undeliverable("no longer there")
    return delivery.staff.user


def _account(_delivery: Delivery, said: dict[str, Any], _at: datetime) -> list[Letter]:
    """What the accounts themselves write: worded when it was asked for, because the page that did so is gone."""
    return [Letter(said["to"], said["language"], said["subject"], said["text"])]


KINDS: dict[str, Callable[[Delivery, dict[str, Any], datetime], list[Letter]]] = {
    "link": _link,
    "link_request": _link_request,
    "message": _message,
    "reminder": _reminder,
    "outcome": _outcome,
    "preparation": _preparation,
    "call": _call,
    "invitation": _invitation,
    "password": _password,
    "account": _account,
}
