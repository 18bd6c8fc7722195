"""Before the session: the planned day, what prepares it and from when, and what is still to be filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path

from afterthread.clinic import clock
from afterthread.clinic.queries.record.consultation import Ahead, ahead_of, titled
from afterthread.clinic.queries.recovery import speakable
from afterthread.clinic.roles import Viewer
from afterthread.diary.page import herself, page, show
from afterthread.engine.explain import Words
from afterthread.engine.plan import PlanItem

AT_ONCE = 3
"""So many steps stand on the first page."""


@dataclass(frozen=True)
class Line:
    """One step of the preparation as it is read."""

    entry: str
    title: str
    why: str
    on: date | None


@dataclass(frozen=True)
class Before:
    """What a patient reads of a session that is ahead."""

    way: Ahead
    words: Words
    today: date

    @property
    def now(self) -> list[Line]:
        """What holds now, what began last first."""
        return _lines(self.words, self.way.by_now(self.today)[0][::-1])

    @property
    def first(self) -> list[Line]:
        """What stands on the first page."""
        return self.now[:AT_ONCE]

    @property
    def later(self) -> list[tuple[date, list[Line]]]:
        """What is still to come, by the day on which it begins."""
        return [(day, _lines(self.words, items)) for day, items in titled(self.way.by_now(self.today)[1]).items()]

    @property
    def screening_open(self) -> bool:
        """Whether nobody has answered the questions yet."""
        return self.way.screened is None

    @property
    def notice(self) -> str:
        """Whether a clinician has signed the protocol."""
        return self.words.notice(self.words.protocol.stamp)


def before_of(viewer: Viewer, at: datetime) -> Before | None:
    """The session that is ahead for the patient who looks, or none."""
    way = ahead_of(viewer, herself(viewer), at)
    return None if way is None else as_read(viewer, way)


def as_read(viewer: Viewer, way: Ahead) -> Before:
    """A session in the words and on the calendar of the patient who looks."""
    patient = herself(viewer)
    words = Words(way.protocol, speakable(way.protocol, patient.language))
    return Before(way, words, way.at.astimezone(patient.zone).date())


def _lines(words: Words, items: Iterable[PlanItem]) -> list[Line]:
    return [
        Line(one.step, words.of(one.step, "title"), words.of(one.step, "why", **words.phones), one.on) for one in items
    ]


@page("GET", "HEAD")
def preparation(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everything that prepares the session, with its dates and reasons."""
    return show(request, viewer, "diary/preparation.html", {"before": before_of(viewer, clock.now())})


urlpatterns = [path("preparation", preparation, name="preparation")]
