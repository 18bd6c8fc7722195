"""The clinic's own silence: how long patients wait for a first answer, and how many get it in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from afterthread.clinic import clock
from afterthread.clinic.queries.complication.complication import counts
from afterthread.clinic.queries.figure import Line, Week, figures
from afterthread.clinic.roles import Viewer
from afterthread.desk.complication.count import tell_counts
from afterthread.desk.page import page
from afterthread.desk.row import URGENCIES, duration

PERIODS = {30: _("30 days"), 90: _("90 days"), 365: _("a year")}
BAR, GAP, HEIGHT, FOOT, SIDE = 26, 6, 120, 22, 8
"""The bars of the weeks, in units of the drawing."""


@dataclass(frozen=True)
class Bar:
    """One week as drawn: all its answers, and the part that was in time."""

    x: int
    width: int
    top: int
    height: int
    in_time_top: int
    in_time_height: int
    week: Week
    first: bool


@page("figures.read")
def show_figures(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The page, for a period that is chosen by a link."""
    at, asked = clock.now(), request.GET.get("days", "")
    days = next((one for one in PERIODS if str(one) == asked), min(PERIODS))
    found = figures(viewer, days, at)
    shown = {
        "clinic": viewer.own_clinic,
        "viewer": viewer,
        "days": days,
        "periods": PERIODS.items(),
        "figures": found,
        "waiting": found.waiting,
        "total": told(found.total),
        "lines": [(URGENCIES[urgency], urgency.word, told(line)) for urgency, line in found.by_urgency],
        "weeks": [(week.monday, told(week.line)) for week in reversed(found.weeks)],
        "bars": bars(found.weeks),
        "complications": tell_counts(counts(viewer)),
        "width": 2 * SIDE + len(found.weeks) * (BAR + GAP) - GAP,
        "height": HEIGHT + FOOT,
        "base": HEIGHT,
    }
    return render(request, "desk/figures.html", shown)


def told(line: Line) -> dict[str, str | int]:
    """One group of figures as people read it; a share never stands without its count and its interval."""
    low, high = line.interval or (0.0, 0.0)
    return {
        "answers": line.answers,
        "in_time": line.in_time,
        "asked": line.asked,
        "late_open": line.late_open,
        "share": percent(line.share),
        "interval": f"{low * 100:.0f}–{high * 100:.0f} %" if line.interval else "–",
        "median": length(line.median),
        "ninetieth": length(line.ninetieth),
    }


def percent(share: float | None) -> str:
    """A share in whole percent; all only when it is all."""
    if share is None:
        return "–"
    return f"{min(round(share * 100), 99) if share < 1 else 100} %"


def length(seconds: float | None) -> str:
    """A time that somebody waited."""
    return "–" if seconds is None else duration(timedelta(seconds=seconds))


def bars(weeks: tuple[Week, ...]) -> list[Bar]:
    """The weeks beside each other, as high as they had answers."""
    most = max((week.line.answers for week in weeks), default=0) or 1
    room = HEIGHT - FOOT
    drawn = []
    for number, week in enumerate(weeks):
        whole, good = (round(room * count / most) for count in (week.line.answers, week.line.in_time))
        x = SIDE + number * (BAR + GAP)
        drawn.append(Bar(x, BAR, HEIGHT - whole, whole, HEIGHT - good, good, week, first=number % 3 == 0))
    return drawn


urlpatterns = [path("<slug:clinic>/figures/", show_figures, name="figures")]
