"""Letters as plain electronic mail, which a repetition does not turn into a second letter."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from afterthread.exchange.letter import Letter


def post(letter: Letter, *, name: str, again: bool) -> None:
    """Hand it to the mail server; raises whatever the server or the way to it says.

    `name` makes the Message-ID, so that the same letter sent twice is known for the same; `again` marks one that may
    have arrived before.
    """
    headers = {
        "Message-ID": f"<{name}@{urlsplit(settings.AFTERTHREAD_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": letter.language,
    }
    if again:
        headers["X-Possible-Repetition"] = "yes"
    EmailMessage(letter.subject, letter.text, None, [letter.to], headers=headers).send()
