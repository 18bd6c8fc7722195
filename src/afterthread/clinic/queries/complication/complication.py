"""Complications as they stand: a clinic's cases, one case with all that speaks about it, and how many there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet

from afterthread.clinic import case
from afterthread.clinic.models import (
    Complication,
    Judgement,
    Patient,
    Procedure,
    ProcedureVersion,
    Removal,
    StepDone,
    Thread,
)
from afterthread.clinic.queries.complication.judgement import NATURES, About, concerned, counting, grade_of
from afterthread.clinic.queries.complication.removal import counting as removals_that_count
from afterthread.clinic.queries.complication.step import Step, coming, steps_of
from afterthread.clinic.queries.figure import Share
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Missing, Viewer
from afterthread.engine.plain import read_decision
from afterthread.engine.technique import Remark, advise
from afterthread.engine.triage import Decision as Decided
from afterthread.engine.triage import Finding
from afterthread.protocol.entry import Pathway
from afterthread.protocol.model import Protocol, Urgency

PAGE = 25


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing it could be: named by the findings of the decision, or usual at the day on which it began."""

    pathway: Pathway
    because: tuple[Finding, ...]
    usual: bool
    """Whether it usually begins around this day."""

    @property
    def urgency(self) -> Urgency:
        """How urgent the findings that name it are."""
        return max((one.urgency for one in self.because), default=Urgency.SELF_CARE)


class Case:
    """One case, read once for one moment; what hangs on the clock is computed."""

    def __init__(self, row: Complication, at: datetime) -> None:
        self.row, self.at = row, at
        self.judgements: list[Judgement] = list(row.judgements.all())
        self.judged = counting(self.judgements)

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol that the procedure is pinned to."""
        return case.protocol_of(self.row.procedure)

    def value(self, about: str) -> str:
        """The answer that counts, or nothing."""
        found = self.judged.get(about)
        return found.value if found else ""

    def history(self, about: str) -> list[Judgement]:
        """Every judgement about one question, the last first."""
        return [one for one in reversed(self.judgements) if one.about == about]

    @property
    def pathway(self) -> str:
        """What it is judged to be."""
        return self.value(About.PATHWAY)

    @property
    def grade(self) -> str:
        """The grade, as long as it is judged a complication."""
        return grade_of(self.judged)

    @property
    def threads(self) -> frozenset[str]:
        """The keys of the threads thought to be concerned, as judged last or as named at the opening."""
        return concerned(self.row, self.judged)

    @cached_property
    def steps(self) -> list[Step]:
        """Every step of the pathway that counts."""
        return steps_of(self.protocol, self.row.clinic, self.judgements, self.row.steps.all())

    @property
    def coming(self) -> Step | None:
        """The step that is due next."""
        return None if self.row.closed_at else coming(self.steps)

    @cached_property
    def version(self) -> ProcedureVersion:
        """The procedure as it counts now."""
        return self.row.procedure.signed_version()

    @property
    def placed(self) -> list[Thread]:
        """Every thread of the procedure."""
        return list(self.version.threads.all())

    @cached_property
    def removals(self) -> list[Removal]:
        """What was taken out because of it."""
        made = removals_that_count(self.row.procedure.removals.select_related("by__user"))
        return [one for one in made if one.complication_id == self.row.pk]

    @cached_property
    def decided(self) -> Decided | None:
        """The decision from which it was opened."""
        return read_decision(self.row.decision.document) if self.row.decision else None

    @cached_property
    def candidates(self) -> list[Candidate]:
        """What the findings name, the most urgent and the most often named first; then what is usual at this day."""
        because: dict[str, list[Finding]] = {}
        for finding in self.decided.findings if self.decided else ():
            section, _, id = finding.entry.partition(".")
            entry = self.protocol[section].get(id) if finding.status != "expected" else None
            for pathway in entry.suspects if entry else ():
                because.setdefault(pathway, []).append(finding)
        known = self.protocol["pathway"]
        named = [_candidate(known[id], found, self.row.began_day) for id, found in because.items() if id in known]
        named.sort(key=lambda one: (-one.urgency, -len(one.because), -one.pathway.urgency, one.pathway.id))
        usual = [one for one in known.values() if one.id not in because and self.row.began_day in one.onset]
        usual.sort(key=lambda one: (-one.urgency, one.id))
        return [*named, *(_candidate(one, [], self.row.began_day) for one in usual)]

    @cached_property
    def remarks(self) -> list[Remark]:
        """What the protocol says of the threads concerned; of all threads where none is named."""
        near = {n for n, row in enumerate(self.placed) if not self.threads or str(row.key) in self.threads}
        said = advise(self.protocol, case.procedure_of(self.version), self.version.day_zero)
        return [one for one in said if one.thread in near]

    def speaks_for(self, remark: Remark) -> bool:
        """Whether a remark names the pathway that counts, or before one does, any that the findings name."""
        wanted = {self.pathway} if self.pathway else {one.pathway.id for one in self.candidates if one.because}
        return bool(wanted & set(remark.suspects))


def _candidate(pathway: Pathway, because: Iterable[Finding], day: int) -> Candidate:
    return Candidate(pathway, tuple(because), day in pathway.onset)


def complication_of(viewer: Viewer, id: UUID, at: datetime) -> Case:
    """One case with everything around it; raises `Missing`."""
    viewer.require("patient.read")
    found = _whole(scope(viewer, Complication).filter(pk=id)).first()
    if found is None:
        raise Missing
    return Case(found, at)


def complications(viewer: Viewer, at: datetime, *, closed: bool = False, number: int | str = 1) -> Page[Case]:
    """One page of the clinic's cases, the open ones (or the closed ones) with the newest first."""
    viewer.require("patient.read")
    rows = scope(viewer, Complication).filter(closed_at__isnull=not closed)
    page: Page[Any] = Paginator(_listed(rows), PAGE).get_page(number)
    page.object_list = [Case(row, at) for row in page.object_list]
    return page


def complications_of(viewer: Viewer, patient: Patient, at: datetime) -> list[Case]:
    """The cases of one patient: the open ones first, then the newest."""
    rows = _listed(scope(viewer, Complication).filter(patient=patient))
    return sorted((Case(row, at) for row in rows), key=lambda one: one.row.closed_at is not None)


def _listed(rows: QuerySet[Complication]) -> QuerySet[Complication]:
    """Cases for a list, which shows nothing of what is sealed in them."""
    related = rows.defer("signs").select_related("clinic", "patient", "procedure")
    return related.prefetch_related(
        Prefetch("judgements", queryset=Judgement.objects.defer("reason")),
        Prefetch("steps", queryset=StepDone.objects.defer("note")),
    )


def _whole(rows: QuerySet[Complication]) -> QuerySet[Complication]:
    related = rows.select_related(
        "clinic", "patient__clinic", "procedure__patient__clinic", "decision__checkin", "opened_by__user",
        "closed_by__user",
    )  # fmt: skip
    return related.prefetch_related("judgements__by__user", "steps__by__user", "remarks__by__user")


COUNTED = (About.NATURE, About.PATHWAY)


# -- How many there were ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """One group of cases against the procedures in which they could have happened."""

    name: str
    cases: int
    procedures: int
    """In how many signed procedures there was at least one."""
    of: int
    """All signed procedures: the denominator."""

    @property
    def share(self) -> float | None:
        """The share of procedures with one; none when there is nothing to count."""
        return Share(self.procedures, self.of).share

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the share, 95 %."""
        return Share(self.procedures, self.of).interval


@dataclass(frozen=True, slots=True)
class Counts:
    """What was seen in a clinic ever since; what nobody judged is counted apart, and never as a no."""

    signed: int
    natures: tuple[Count, ...]
    pathways: tuple[Count, ...]
    """The most frequent first, by the id of the protocol."""
    unjudged: int
    """Cases whose nature nobody judged yet."""


def counts(viewer: Viewer) -> Counts:
    """The cases of a clinic by their nature and by what they were judged to be, each with its denominator."""
    viewer.require("figures.read")
    signed = scope(viewer, Procedure).filter(signed_at__isnull=False).count()
    told = scope(viewer, Judgement).filter(about__in=COUNTED).order_by("pk")
    last: dict[tuple[str, Any], tuple[str, Any]] = {}
    for about, id, value, procedure in told.values_list(
        "about", "complication_id", "value", "complication__procedure_id"
    ):
        last[about, id] = (value, procedure)
    judged = {id for about, id in last if about == About.NATURE}
    every = scope(viewer, Complication).count()
    natures, pathways = ([said for (kind, _), said in last.items() if kind == about] for about in COUNTED)
    return Counts(
        signed=signed,
        natures=tuple(_count(name, natures, signed) for name in NATURES),
        pathways=tuple(_count(name, pathways, signed) for name, _ in Counter(v for v, _ in pathways).most_common()),
        unjudged=every - len(judged),
    )


def _count(name: str, said: list[tuple[str, Any]], of: int) -> Count:
    found = [procedure for value, procedure in said if value == name]
    return Count(name, len(found), len(set(found)), of)
