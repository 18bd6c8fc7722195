"""Today: what is due, what is normal, what is allowed, and what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from afterthread.clinic import clock
from afterthread.clinic.queries.promise import look_at, waiting_decision
from afterthread.clinic.queries.recovery import Recovery
from afterthread.clinic.roles import Viewer
from afterthread.clinic.schedule import is_covered
from afterthread.diary.page import herself, page, show
from afterthread.diary.plan import maybe_recovery, normal_now, today_of, visits
from afterthread.diary.record.consent import asked_to_sign
from afterthread.diary.record.outcome import asked_of
from afterthread.diary.record.preparation import before_of
from afterthread.engine.plain import read_decision
from afterthread.protocol.model import Urgency

AT_ONCE = 5
"""So many lines of a list stand open; the rest is one tap away."""


@page("GET", "HEAD")
def today(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The first page: one thing to do at most, then what is normal and what is not yet allowed."""
    at = clock.now()
    recovery = maybe_recovery(viewer, at)
    if recovery is None:
        told = {"now": at, "before": before_of(viewer, at), "to_sign": asked_to_sign(viewer, at)}
        return show(request, viewer, "diary/today.html", told)
    words = recovery.words(herself(viewer).language)
    holds, normal = today_of(recovery, words), normal_now(recovery, words)
    context = {
        "now": at,
        "before": before_of(viewer, at),
        "to_sign": asked_to_sign(viewer, at),
        "recovery": recovery,
        "asked": asked_of(viewer, at),
        "day_words": words.say("day", day=recovery.day),
        "alert": _alert(viewer, recovery, at),
        "answered": _answered(viewer, recovery, at),
        "normal_first": normal[:AT_ONCE],
        "normal_more": normal[AT_ONCE:],
        "holds": holds,
        "soonest": [one for one in holds["forbidden"] if one.again][:AT_ONCE],
        "few": AT_ONCE,
        "next": visits(recovery, words)[:2],
        "next_due": None if recovery.next_due is None else recovery.date_of(recovery.next_due),
        "corrected": recovery.version if recovery.version.number > 1 else None,
        "notice": words.notice(recovery.protocol.stamp),
    }
    return show(request, viewer, "diary/today.html", context)


def _alert(viewer: Viewer, recovery: Recovery, at: datetime) -> dict[str, Any] | None:
    """What still waits for the clinic: it stays on top until somebody has answered."""
    decision = waiting_decision(viewer, recovery.patient)
    if decision is None or decision.urgency <= Urgency.SELF_CARE:
        return None
    return {
        "urgency": Urgency(decision.urgency).word,
        "grave": decision.urgency >= Urgency.SAME_DAY,
        "said": recovery.explain(read_decision(decision.document), recovery.patient.language),
        "look": look_at(viewer, decision, at),
        "covered": is_covered(recovery.patient.clinic, at),
        "checkin": decision.checkin,
    }


def _answered(viewer: Viewer, recovery: Recovery, at: datetime) -> Any:
    """Who answered the last check-in, if somebody had to."""
    last = recovery.last
    look = look_at(viewer, last.decision, at) if last and last.urgency > Urgency.SELF_CARE else None
    return None if look is None or look.waits else look


urlpatterns = [path("", today, name="today")]
