"""Sending what the outbox holds: words are found when a letter leaves, because links and languages can change."""

from __future__ import annotations

from datetime import datetime

from afterthread.clinic.models import Delivery
from afterthread.exchange.delivery.email import post
from afterthread.exchange.letter import letters_of


def send(delivery: Delivery, at: datetime) -> None:
    """Word and post one delivery; whatever fails is raised, so that the outbox keeps it and tries again."""
    for part, letter in enumerate(letters_of(delivery, at)):
        post(letter, name=f"{delivery.pk}.{part}", again=delivery.attempts > 1)
