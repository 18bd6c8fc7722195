"""The steps of a case: which are due by when, which are done, and which comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from afterthread.clinic.models import Clinic, Judgement, StepDone
from afterthread.clinic.queries.complication.judgement import pathway_since
from afterthread.engine.facts import Procedure
from afterthread.engine.pathway import follow
from afterthread.protocol.model import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pathway that counts."""

    id: str
    pathway: str
    due: datetime
    sources: tuple[str, ...]
    done: StepDone | None = None

    def late(self, at: datetime) -> bool:
        """Whether it was done after its time, or is past it and not done."""
        return self.due < (self.done.at if self.done else at)


def steps_of(
    protocol: Protocol, clinic: Clinic, judgements: Iterable[Judgement], done: Iterable[StepDone]
) -> list[Step]:
    """Every step of the pathway that counts, in its order; none before one is judged, or where it is not known.

    What is to be done at once is late after the minutes that the clinic has for an emergency.
    """
    pathway, since = pathway_since(judgements)
    if since is None or pathway not in protocol["pathway"]:
        return []
    kept = {row.step: row for row in done if row.pathway == pathway}
    course = follow(protocol, pathway, Procedure(), opened=since)
    soonest = since + timedelta(minutes=clinic.emergency_minutes)
    return [
        Step(one.step, pathway, max(one.due or since, soonest), one.sources, kept.get(one.step)) for one in course.steps
    ]


def coming(steps: Iterable[Step]) -> Step | None:
    """The step that is due first of those not done; in the order of the pathway where two are due at once."""
    return min((step for step in steps if step.done is None), key=lambda step: step.due, default=None)
