"""Letters: queued with the fact that causes them, leased, sent at least once, and given up in the open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from afterthread.clinic.flow.audit import record
from afterthread.clinic.models import Clinic, Delivery, Heartbeat, Patient, Staff, WorkItem, call_list
from afterthread.clinic.roles import system
from afterthread.protocol.model import Urgency

LEASE = timedelta(seconds=60)
"""For so long one worker has a letter to itself; after that its death is assumed."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP, FEWEST_TRIES = timedelta(hours=24), 20
"""A letter is given up after so long and so many tries: a clock that jumps a day ahead gives up nothing."""
KEPT = timedelta(days=30)
Send = Callable[[Delivery], None]


class Undeliverable(Exception):
    """There is nobody to send it to; trying again cannot help."""


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
    listed = call_list(item.clinic)
    since = item.waiting_since or at
    for staff in listed if item.urgency == Urgency.EMERGENCY else listed[: max(step, 1)]:
        cause = f"call:{item.pk}:{since:%Y%m%dT%H%M%S}:{item.urgency}:{staff.pk}:{step}"
        queue(
            "call", cause, at, clinic=item.clinic, staff=staff, urgency=Urgency(item.urgency),
            item=str(item.pk), step=step,
        )  # fmt: skip


def lease_next(at: datetime) -> Delivery | None:
    """The most urgent letter that is due and that nobody else is sending; two workers never get the same."""
    waiting = Q(sent_at=None, gave_up_at=None, next_at__lte=at)
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    found = Delivery.objects.filter(waiting & free).order_by("-urgency", "next_at").values_list("pk", flat=True)
    for pk in found[:20]:  # ids only: one letter that cannot be opened must not hide the others
        mine = Delivery.objects.filter(waiting & free, pk=pk)
        if mine.update(leased_until=at + LEASE, attempts=F("attempts") + 1):
            return Delivery.objects.defer("letter").get(pk=pk)
    return None


def free_leases(at: datetime) -> int:
    """Let go of what a worker that died had in hand; at worst a letter goes twice and says so."""
    return Delivery.objects.filter(sent_at=None, gave_up_at=None, leased_until__gt=at).update(leased_until=None)


def plan_anew(at: datetime) -> None:
    """After a jump of the clock no time that was planned means anything: nobody has a letter, and every one is due."""
    free_leases(at)
    Delivery.objects.filter(sent_at=None, gave_up_at=None, next_at__gt=at).update(next_at=at)


def send_due(send: Send, clock: Callable[[], datetime]) -> Iterator[Delivery]:
    """Send what is due, one by one; a failure is kept with the letter and tried again later."""
    while (letter := lease_next(clock())) is not None:
        try:
            send(letter)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the letter must not be lost
            _failed(letter, error, clock())
        else:
            Delivery.objects.filter(pk=letter.pk).update(sent_at=clock(), leased_until=None, error="")
        yield letter


def _failed(letter: Delivery, error: Exception, at: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** min(letter.attempts - 1, 20), LONGEST_RETRY)
    old = at - letter.queued_at > GIVE_UP and letter.attempts >= FEWEST_TRIES
    late = old or isinstance(error, Undeliverable)
    code = getattr(error, "smtp_code", "")  # the error itself names the address, and this column is not sealed
    with transaction.atomic():
        Delivery.objects.filter(pk=letter.pk).update(
            error=f"{type(error).__name__} {code}".strip(),
            next_at=at + wait, leased_until=None, gave_up_at=at if late else None,
        )  # fmt: skip
        if late:
            record("delivery.failed", system(letter.clinic), letter, at)
            _say_so(letter, at)


def _say_so(letter: Delivery, at: datetime) -> None:
    """What did not reach a patient is something to look at; staff see their own items without a letter."""
    from afterthread.clinic.flow.worklist import promise_look  # the worklist itself queues letters

    if letter.patient is not None:
        promise_look(
            patient=letter.patient, procedure=letter.patient.procedures.order_by("opened_at").last(),
            kind=WorkItem.Kind.DELIVERY, urgency=Urgency.ROUTINE, at=at,
        )  # fmt: skip


def prune_sent(at: datetime) -> int:
    """Forget the letters that left long ago."""
    return Delivery.objects.filter(sent_at__lt=at - KEPT).delete()[0]


def beat(name: str, at: datetime) -> None:
    """Show that a part of the system is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})
