"""What the clinician does about a complication, in order and by when, and what is left of the time to undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterthread.engine.day import moment
from afterthread.engine.facts import Procedure, Thread
from afterthread.protocol.model import Offset, Protocol, Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One step of a pathway and its deadline."""

    step: str
    within: str
    due: datetime | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removing:
    """What taking out one recorded thread would mean on a given day."""

    thread: int
    zone: str
    punctures: int | None
    path: str
    encapsulated: bool
    absorbed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A pathway opened on one case."""

    pathway: str
    urgency: str
    nature: str
    removal: str
    usual_onset: bool | None
    steps: tuple[Due, ...]
    threads: tuple[Removing, ...]
    sources: tuple[str, ...]
    stamp: Stamp


def follow(
    protocol: Protocol, id: str, procedure: Procedure, *, day: int | None = None, opened: datetime | None = None
) -> Course:
    """The steps with their deadlines from `opened` (aware), and the threads near enough to matter.

    Raises KeyError for a pathway that the protocol does not know.
    """
    pathway = protocol["pathway"][id]
    return Course(
        pathway=pathway.key,
        urgency=pathway.urgency.word,
        nature=pathway.nature,
        removal=pathway.removal,
        usual_onset=None if day is None else day in pathway.onset,
        steps=tuple(
            Due(
                step=step.id,
                within=str(step.within),
                due=None if opened is None else moment(opened, Offset(step.within.hours, "h")),
                sources=step.sources or pathway.sources,
            )
            for step in pathway.steps
        ),
        threads=tuple(_removing(protocol, i, thread, day) for i, thread in enumerate(procedure.threads)),
        sources=pathway.sources,
        stamp=protocol.stamp,
    )


def _removing(protocol: Protocol, position: int, thread: Thread, day: int | None) -> Removing:
    facts = protocol["removal"].values()
    capsule = min((fact.after_days for fact in facts if fact.id == "encapsulated"), default=None)
    return Removing(
        thread=position,
        zone=thread.zone,
        punctures=next((fact.punctures for fact in facts if fact.path == thread.path and fact.punctures), None),
        path=thread.path,
        encapsulated=day is not None and capsule is not None and day >= capsule,
        absorbed=_absorbed(protocol, thread, day),
    )


def _absorbed(protocol: Protocol, thread: Thread, day: int | None) -> str:
    """Whether the material should still be there: "no", "partly", "by now", "never" or "unknown"."""
    material = protocol["material"].get(thread.material)
    if material is None or material.id == "unknown_material" or day is None:
        return "unknown"
    if material.absorbed is None:
        return "never"
    if day < material.absorbed.first:
        return "no"
    return "partly" if day in material.absorbed else "by_now"
