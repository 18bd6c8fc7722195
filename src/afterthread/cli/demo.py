"""One made-up recovery from screening to outcome: everything printed is computed, nothing is scripted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from afterthread.cli import show
from afterthread.engine.case import read_candidate, read_case
from afterthread.engine.explain import Words, explain
from afterthread.engine.pathway import follow
from afterthread.engine.plan import plan
from afterthread.engine.screen import screen
from afterthread.engine.technique import advise
from afterthread.engine.triage import triage
from afterthread.protocol.model import Protocol

CANDIDATE: dict[str, Any] = {
    "age": 44,
    "zones": ["cheek", "jawline"],
    "planned": "2026-03-09",
    "events": {"filler": "2026-02-27"},
    "answers": {"smoker": "yes"},
    "otherwise": "no",
}
_COG = {"kind": "cog", "material": "pdo", "layer": "subcutaneous", "fixation": "barbs", "path": "linear"}
CASE: dict[str, Any] = {
    "procedure": {
        "at": "2026-03-16T14:30",
        "timezone": "Europe/Berlin",
        "age": 44,
        "threads": [
            {**_COG, "zone": "cheek", "side": "left", "vector": 60, "count": 4, "lot": "PD-2291", "purpose": "lift"},
            {**_COG, "zone": "cheek", "side": "right", "vector": 60, "count": 4, "lot": "PD-2291", "purpose": "lift"},
            {**_COG, "zone": "jawline", "side": "left", "vector": 45, "count": 2, "lot": "", "purpose": "lift"},
        ],
        "modifiers": {"otherwise": "no"},
    },
    "checkins": [
        {
            "at": "2026-03-17T09:10",
            "answers": {
                "swelling": {"level": "moderate", "side": "both"},
                "bruise": "mild",
                "pain": {"level": "mild", "side": "both"},
            },
            "otherwise": "no",
        },
        {
            "at": "2026-03-19T20:05",
            "answers": {
                "swelling": {"level": "mild", "side": "both"},
                "bruise": "moderate",
                "pain": {"level": "mild", "side": "both"},
                "dimple": "mild",
            },
            "otherwise": "no",
        },
        {
            "at": "2026-03-21T08:40",
            "answers": {
                "swelling": {"level": "moderate", "side": "one", "zone": "cheek"},
                "pain": {"level": "moderate", "side": "one", "zone": "cheek"},
                "warmth": "mild",
                "redness": "mild",
                "bruise": "mild",
                "dimple": "mild",
                "fever": "unknown",
            },
            "otherwise": "no",
            "words": "The left cheek hurt all night.",
        },
        {
            "at": "2026-04-06T19:00",
            "answers": {"dimple": "mild"},
            "otherwise": "no",
        },
    ],
}
PATHWAY = "infection"


def tell(protocol: Protocol, words: Words) -> str:
    """The story as text."""
    case = read_case(protocol, CASE)
    made, at = plan(protocol, case.procedure), case.checkins[2].at
    parts = [show.screening(screen(protocol, read_candidate(protocol, CANDIDATE)), words)]
    later = {**CANDIDATE, "planned": "2026-03-16"}
    parts.append(show.screening(screen(protocol, read_candidate(protocol, later)), words))
    parts.append(show.remarks(advise(protocol, case.procedure, case.procedure.day), protocol, words))
    parts.append(show.plan_day(made, words, 1))
    for heard in range(1, len(case.checkins) + 1):
        decision = triage(protocol, replace(case, checkins=case.checkins[:heard]))
        parts.append(show.explanation(explain(protocol, decision, words.language), words, protocol.stamp))
        if decision.urgency.word == "same_day":
            opened = at + timedelta(minutes=25) if at else None
            parts.append(show.pathway(follow(protocol, PATHWAY, case.procedure, day=5, opened=opened), words))
    parts += ["", show.wrap(words.of("effect.pdo", "says"))]
    promises = [words.of(p.key, "says") for p in protocol["promise"].values() if p.honest]
    return "\n".join([*parts, show.bullets(promises)])
