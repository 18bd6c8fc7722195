"""Letters: queued with the fact that causes them, leased, sent at least once, and given up in the open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from afterthread.clinic.flow.audit import record
from afterthread.clinic.models import Clinic, Delivery, Patient, Staff, WorkItem
from afterthread.clinic.roles import system
from afterthread.protocol.model import Urgency

LEASE = timedelta(seconds=60)
"""For so long one worker has a letter to itself; after that its death is assumed."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
Send = Callable[[Delivery], None]


def queue(
    kind: str,
    cause: str,
    at: datetime,
    *,
    clinic: Clinic | None = None,
    patient: Patient | None = None,
    staff: Staff | None = None,
    urgency: Urgency = Urgency.SELF_CARE,
    **said: Any,
) -> None:
    """Queue one letter inside the transaction of its cause; asking again for the same cause changes nothing."""
    Delivery.objects.get_or_create(
        cause=cause,
        defaults={
            "clinic": clinic,
            "patient": patient,
            "staff": staff,
            "urgency": urgency,
            "letter": json.dumps({"kind": kind, **said}),
            "queued_at": at,
            "next_at": at,
        },
    )


def call_staff(item: WorkItem, at: datetime, *, step: int) -> None:
    """Tell those whose turn it is: an emergency everybody on the list, a same-day item its first, later the next."""
    if step == 0 and item.urgency < Urgency.SAME_DAY:
        return
    turn = Q() if item.urgency == Urgency.EMERGENCY else Q(called__lte=max(step, 1))
    since = item.waiting_since or at
    for staff in Staff.objects.filter(turn, clinic=item.clinic, until=None, called__isnull=False):
        cause = f"call:{item.pk}:{since:%Y%m%dT%H%M%S}:{item.urgency}:{staff.pk}:{step}"
        queue(
            "call", cause, at, clinic=item.clinic, staff=staff, urgency=Urgency(item.urgency),
            item=str(item.pk), step=step,
        )  # fmt: skip


def lease_due(at: datetime, limit: int = 20) -> list[Delivery]:
    """Letters that are due and that nobody else is sending, the most urgent first; two workers never get the same."""
    waiting = Q(sent_at=None, gave_up_at=None, next_at__lte=at)
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    found = Delivery.objects.filter(waiting & free).order_by("-urgency", "next_at")[:limit]
    return [
        letter
        for letter in found
        if Delivery.objects.filter(free, pk=letter.pk, sent_at=None).update(
            leased_until=at + LEASE, attempts=F("attempts") + 1
        )
    ]


def send_due(send: Send, clock: Callable[[], datetime]) -> Iterator[Delivery]:
    """Send what is due, one by one; a failure is kept with the letter and tried again later."""
    for letter in lease_due(clock()):
        letter.refresh_from_db()
        try:
            send(letter)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the letter must not be lost
            _failed(letter, f"{type(error).__name__}: {error}"[:200], clock())
        else:
            Delivery.objects.filter(pk=letter.pk).update(sent_at=clock(), error="")
        yield letter


def _failed(letter: Delivery, error: str, at: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** min(letter.attempts - 1, 20), LONGEST_RETRY)
    late = at - letter.queued_at > GIVE_UP
    with transaction.atomic():
        Delivery.objects.filter(pk=letter.pk).update(
            error=error, next_at=at + wait, leased_until=None, gave_up_at=at if late else None
        )
        if late:
            record("delivery.failed", system(letter.clinic), letter, at)
