"""The plan: what is forbidden until when and why, the leaflet, and the sources behind every line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from afterthread.clinic import clock
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.queries.recovery import Recovery, recovery_of, speakable
from afterthread.clinic.roles import Missing, Viewer
from afterthread.diary.page import herself, page, show
from afterthread.diary.record.outcome import asked_of
from afterthread.engine import plan as engine
from afterthread.engine.explain import Words
from afterthread.engine.plan import PlanItem
from afterthread.protocol.entry import Choice, Claim, Source
from afterthread.protocol.model import Protocol, Urgency

EXPLAINED = ("step", "rule", "course", "action", "question", "modifier", "choice")
"""The sections about which a patient may ask why."""
SOON, AHEAD = 14, 400
"""What comes next stands open for so many days, and is told for so many."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step as it is read: `again` is the first day, or the moment `again_at`, on which it holds no longer."""

    entry: str
    kind: str
    title: str
    why: str
    first: date
    last: date | None
    again: date | None
    again_at: datetime | None
    again_day: int | None


@dataclass(frozen=True, kw_only=True)
class Normal:
    """A sign that is expected today; `until` holds answers in words, their last day and its date."""

    entry: str
    name: str
    says: str
    until: tuple[tuple[str, int, date], ...]


def maybe_recovery(viewer: Viewer, at: datetime) -> Recovery | None:
    """The recovery of the patient who looks, or none while nothing is signed."""
    try:
        return recovery_of(viewer, herself(viewer), at)
    except Missing:
        return None


def line(recovery: Recovery, words: Words, item: PlanItem) -> Line:
    """A dated step with its words."""
    step = recovery.protocol.entries["step"][item.step.partition(".")[2]]
    by_hour = step.end is not None and step.end.unit == "h"
    return Line(
        entry=item.step,
        kind=item.kind,
        title=words.of(item.step, "title"),
        why=words.of(item.step, "why", **words.phones),
        first=recovery.date_of(item.first_day),
        last=None if item.end_day is None else recovery.date_of(max(item.end_day - 1, item.first_day)),
        again=None if item.end_day is None else recovery.date_of(item.end_day),
        again_at=item.ends if by_hour else None,
        again_day=item.end_day,
    )


def lines(recovery: Recovery, words: Words, items: Iterable[PlanItem]) -> list[Line]:
    """Steps with their words; what ends first comes first, what never ends last."""
    made = [line(recovery, words, item) for item in items]
    return sorted(made, key=lambda one: (one.again is None, one.again or one.first, one.title))


def today_of(recovery: Recovery, words: Words) -> dict[str, list[Line]]:
    """What holds now, by kind."""
    now = engine.today(recovery.plan, recovery.day, recovery.at)
    return {kind: lines(recovery, words, items) for kind, items in now.items()}


def normal_now(recovery: Recovery, words: Words) -> list[Normal]:
    """The signs that may be there today, in the order of the protocol."""
    return [
        Normal(
            entry=f"course.{one.question}",
            name=words.question(one.question),
            says=words.of(f"course.{one.question}", "expected", until=max(one.until.values())),
            until=_until(recovery, words, one.question, one.until),
        )
        for one in recovery.plan.expected
        if recovery.protocol["course"][one.question].onset <= recovery.day <= max(one.until.values(), default=-1)
    ]


def _until(recovery: Recovery, words: Words, question: str, until: dict[str, int]) -> tuple[tuple[str, int, date], ...]:
    """Answers that are expected equally long together: "a little, clearly"."""
    days = sorted({day for day in until.values() if day >= recovery.day}, reverse=True)
    return tuple(
        (", ".join(words.answer(question, one) for one in until if until[one] == day), day, recovery.date_of(day))
        for day in days
    )


@dataclass(frozen=True)
class Coming:
    """One date of the timeline: appointments that begin on it, and how much is allowed from it."""

    on: date
    day: int
    due: list[Line]
    allowed: int
    now: bool


def timeline(recovery: Recovery, words: Words) -> list[Coming]:
    """What comes next, by date."""
    marks: list[tuple[int, bool, PlanItem]] = []
    for item in recovery.plan.items:
        if item.kind in ("visit", "photo", "checkin", "window") and item.first_day >= recovery.day:
            marks.append((item.first_day, False, item))
        if item.kind == "forbidden" and item.end_day is not None and item.end_day > recovery.day:
            marks.append((item.end_day, True, item))
    near = sorted((mark for mark in marks if mark[0] <= recovery.day + AHEAD), key=lambda mark: mark[0])
    coming = []
    for day, group in groupby(near, key=lambda mark: mark[0]):
        found = list(group)
        due = [line(recovery, words, item) for _, ended, item in found if not ended]
        allowed = sum(ended for _, ended, _ in found)
        coming.append(Coming(recovery.date_of(day), day, due, allowed, now=day == recovery.day))
    return coming


def visits(recovery: Recovery, words: Words) -> list[Line]:
    """The visits that come or are open now, the next one first."""
    items = (item for item in recovery.plan.items if item.kind == "visit")
    return [line(recovery, words, item) for item in items if item.end_day is None or item.end_day > recovery.day]


def _whole(recovery: Recovery, words: Words) -> dict[str, Any]:
    """Everything that plan and leaflet show."""
    holds, coming = today_of(recovery, words), timeline(recovery, words)
    return {
        "recovery": recovery,
        "holds": holds,
        "not_yet": [(first, list(same)) for first, same in groupby(holds["forbidden"], key=lambda one: one.again)],
        "normal": normal_now(recovery, words),
        "soon": [one for one in coming if one.day <= recovery.day + SOON],
        "later": [one for one in coming if one.day > recovery.day + SOON],
        "day_words": words.say("day", day=recovery.day),
        "notice": words.notice(recovery.protocol.stamp),
        "phones": words.phones,
    }


@page("GET", "HEAD")
def show_plan(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """All that is not allowed yet with its end and its reason, what is normal when, and what comes next."""
    recovery = maybe_recovery(viewer, clock.now())
    if recovery is None:
        return show(request, viewer, "diary/plan.html")
    told = _whole(recovery, recovery.words(herself(viewer).language))
    return show(request, viewer, "diary/plan.html", {**told, "asked": asked_of(viewer, recovery.at)})


@page("GET", "HEAD")
def leaflet(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The same on paper: two sides with the danger signs and the numbers to call."""
    recovery = maybe_recovery(viewer, clock.now())
    if recovery is None:
        return redirect("diary:plan")
    words = recovery.words(herself(viewer).language)
    known = recovery.protocol["question"].values()
    context = {
        **_whole(recovery, words),
        "danger": [words.of(one.key, "ask") for one in known if one.red_flag],
        "emergency": words.of(f"urgency.{Urgency.EMERGENCY.word}", "do"),
        "visits": visits(recovery, words),
    }
    return show(request, viewer, "diary/leaflet.html", context)


@dataclass(frozen=True)
class Origin:
    """A source as it is shown: a paper or page, or a line of the commissioning document."""

    title: str
    says: str
    grade: str = ""
    url: str = ""
    lines: str = ""


@page("GET", "HEAD")
def why(request: HttpRequest, viewer: Viewer, entry: str) -> HttpResponse:
    """The sources behind one line, and where they disagree what each says and what is adopted."""
    recovery = maybe_recovery(viewer, clock.now())
    protocol = recovery.protocol if recovery else in_force(viewer.own_clinic)
    section, _, id = entry.partition(".")
    if section not in EXPLAINED or id not in protocol[section]:
        raise Missing
    language = speakable(protocol, herself(viewer).language)
    words = recovery.words(language) if recovery else Words(protocol, language)
    found = protocol[section][id]
    context = {
        "title": _title(words, section, id),
        "sentences": [] if section == "choice" else _sentences(words, entry),
        "choices": [_choice(words, one) for one in _choices(protocol, found)],
        "origins": [one for source in found.sources if (one := _origin(protocol, source))],
        "notice": words.notice(protocol.stamp),
    }
    return show(request, viewer, "diary/why.html", context)


def _title(words: Words, section: str, id: str) -> str:
    """What the page is about, in the words of the protocol."""
    key = f"{section}.{id}"
    if section in ("step", "choice"):
        return words.of(key, "title")
    if section == "action":
        return ""
    name = words.question(id)
    return "" if name == id else name[:1].upper() + name[1:]


def _sentences(words: Words, entry: str) -> list[str]:
    """What the protocol says of it to a patient; a window's days differ from person to person and stand on the plan."""
    names = ("why", "because", "do", "ask")
    return [words.of(entry, name, **words.phones) for name in names if name in words.table[entry]]


def _choices(protocol: Protocol, found: Any) -> list[Choice]:
    """Where sources disagree about it."""
    if isinstance(found, Choice):
        return [found]
    return [one for one in protocol["choice"].values() if found.key in one.followed_by or one.id in found.sources]


def _choice(words: Words, choice: Choice) -> dict[str, str]:
    """What each says, what is adopted, and why."""
    return {name: words.of(choice.key, name) for name in Choice.words}


def _origin(protocol: Protocol, id: str) -> Origin | None:
    """A source by its id; choices are shown by themselves."""
    source: Source | None = protocol["source"].get(id)
    if source is not None:
        return Origin(source.title, source.says, source.grade.name.lower(), source.url)
    claim: Claim | None = protocol["claim"].get(id)
    return None if claim is None else Origin("", claim.says, "document", "", claim.lines)


urlpatterns = [
    path("plan", show_plan, name="plan"),
    path("plan/leaflet", leaflet, name="leaflet"),
    path("why/<str:entry>", why, name="why"),
]
