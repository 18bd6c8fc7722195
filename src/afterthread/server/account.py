"""How staff sign in: nobody signs up, secrets are sealed, and account letters leave by the same door as all others."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_factors
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils import translation

from afterthread.clinic import clock
from afterthread.clinic.cipher import seal, unseal
from afterthread.clinic.flow.link import request_password
from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.models import User

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by inviting people, never by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's own signature
        """Never."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """As it is: there is no second site to tell apart."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context_given: dict[str, Any]) -> None:
        """Queue it, so that a mail server that is down breaks no page; only staff are ever written to."""
        user = User.objects.filter(email=email.casefold(), is_active=True).first()
        if user is None:
            return
        with translation.override(user.language):
            told = {"request": context.request, "email": email, "current_site": None, **context_given}
            made = self.render_mail(template_prefix, email, told)
        queue(
            "account", f"account:{uuid4()}", clock.now(), to=email, language=user.language, subject=str(made.subject),
            text=str(made.body),
        )  # fmt: skip


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Asks for a new password; who has the address is looked up when the letter leaves, so that nobody learns it."""

    def clean_email(self) -> str:
        """As it was typed."""
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_: Any) -> str:  # noqa: ARG002 - allauth's own signature
        """Have the letter written."""
        request_password(self.cleaned_data["email"], clock.now())
        return str(self.cleaned_data["email"])


class Factors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Second steps, whose secrets are as unreadable in the database as everything else."""

    def encrypt(self, text: str) -> str:
        """Seal it."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open it."""
        return unseal(encrypted_text)


def has_second_step(user: User) -> bool:
    """Whether somebody signs in with more than a password; codes kept for a lost phone alone do not count."""
    return bool(get_factors().is_mfa_enabled(user, types=STRONG))
