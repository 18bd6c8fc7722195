"""May this person have it, and when: conditions and timing weighed; an unanswered one never clears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from afterthread.protocol.entry import Condition, Timing
from afterthread.protocol.model import UNKNOWN, Protocol, Stamp

Verdict = Literal["clear", "ask", "clinician_decides", "not_yet", "no"]
VERDICTS: tuple[Verdict, ...] = ("clear", "ask", "clinician_decides", "not_yet", "no")
"""From best to worst; the worst finding wins."""
OF_KIND: Mapping[str, Verdict] = {
    "absolute": "no", "relative": "clinician_decides", "caution": "clinician_decides", "drug": "clinician_decides",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known before the procedure; `events` are the dates of what may clash, by timing id.

    `otherwise_no` is set when every other question and every other event was asked about and denied.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    age: int | None = None
    regions: tuple[str, ...] = ()
    planned: date | None = None
    events: Mapping[str, date] = field(default_factory=dict)
    otherwise_no: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One thing that forbids, limits or delays, and until when."""

    entry: str
    verdict: Verdict
    sources: tuple[str, ...]
    earliest: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The verdict with every objection; the conditions not answered, and the timings nobody was asked about."""

    verdict: Verdict
    objections: tuple[Objection, ...]
    unanswered: tuple[str, ...]
    undated: tuple[str, ...]
    earliest: date | None
    stamp: Stamp


def screen(protocol: Protocol, candidate: Candidate) -> Screening:
    """Weigh everything known of a candidate; order means nothing."""
    relevant = [c for c in protocol["condition"].values() if _concerns(c, candidate)]
    objections = [
        Objection(entry=c.key, verdict=OF_KIND[c.kind], sources=c.sources)
        for c in relevant
        if _answer(c, candidate) == "yes"
    ]
    unanswered = [c.id for c in relevant if _answer(c, candidate) == UNKNOWN]
    undated = () if candidate.otherwise_no else tuple(t for t in protocol["timing"] if t not in candidate.events)
    clashes = [_clash(timing, candidate) for timing in protocol["timing"].values()]
    objections += [clash for clash in clashes if clash is not None]
    verdicts: list[Verdict] = [o.verdict for o in objections] + (["ask"] if unanswered or undated else [])
    return Screening(
        verdict=max(verdicts, key=VERDICTS.index, default="clear"),
        objections=tuple(sorted(objections, key=lambda o: (-VERDICTS.index(o.verdict), o.entry))),
        unanswered=tuple(sorted(unanswered)),
        undated=tuple(sorted(undated)),
        earliest=max((o.earliest for o in objections if o.earliest), default=None),
        stamp=protocol.stamp,
    )


def _concerns(condition: Condition, candidate: Candidate) -> bool:
    """Whether the condition is about the regions to be treated; unknown regions concern all."""
    return not condition.regions or not candidate.regions or bool({*condition.regions} & {*candidate.regions})


def _answer(condition: Condition, candidate: Candidate) -> str:
    if condition.age_from:
        if candidate.age is None:
            return UNKNOWN
        return "yes" if candidate.age >= condition.age_from else "no"
    return candidate.answers.get(condition.id, UNKNOWN)


def _clash(timing: Timing, candidate: Candidate) -> Objection | None:
    """A planned day that lies too near an event; the earliest day that does not."""
    event = candidate.events.get(timing.id)
    if event is None or candidate.planned is None:
        return None
    if not timing.clash_from <= (candidate.planned - event).days <= timing.clash_to:
        return None
    earliest = event + timedelta(days=timing.clash_to + 1)
    return Objection(entry=timing.key, verdict="not_yet", sources=timing.sources, earliest=earliest)
