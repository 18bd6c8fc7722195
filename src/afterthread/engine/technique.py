"""What may be said of a thread as placed: layer, vector, fixation, and the structures near it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from afterthread.engine.facts import Procedure, Thread
from afterthread.protocol.entry import Advice
from afterthread.protocol.model import UNKNOWN, Protocol

ACROSS_DEGREES = 60
"""A thread that meets a muscle's line of pull at this angle or more lies across it."""
SEVERAL_ZONES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One piece of advice on one thread (its position in the record), or a structure near it."""

    thread: int
    entry: str
    level: str
    suspects: tuple[str, ...]
    sources: tuple[str, ...]


LEVELS = ("stop", "warn", "note")


def advise(protocol: Protocol, procedure: Procedure, today: date | None = None) -> tuple[Remark, ...]:
    """Every remark on every thread, the gravest first."""
    remarks = []
    for position, thread in enumerate(procedure.threads):
        facts = thread_facts(protocol, procedure, thread, today)
        for advice in protocol["advice"].values():
            if _holds(advice, facts):
                remarks.append(_remark(position, advice.key, advice.level, advice.suspects, advice.sources))
        for id in protocol["zone"][thread.zone].dangers if thread.zone in protocol["zone"] else ():
            danger = protocol["danger"][id]
            remarks.append(_remark(position, danger.key, "note", danger.suspects, danger.sources))
    return tuple(sorted(remarks, key=lambda r: (LEVELS.index(r.level), r.thread, r.entry)))


def _remark(thread: int, entry: str, level: str, suspects: tuple[str, ...], sources: tuple[str, ...]) -> Remark:
    return Remark(thread=thread, entry=entry, level=level, suspects=suspects, sources=sources)


def _holds(advice: Advice, facts: dict[str, str]) -> bool:
    return all(facts.get(key, UNKNOWN) in wanted for key, wanted in advice.when.items())


def thread_facts(protocol: Protocol, procedure: Procedure, thread: Thread, today: date | None) -> dict[str, str]:
    """Everything an advice can ask about one thread."""
    zones = {*procedure.zones, *(one.zone for one in procedure.threads)} - {UNKNOWN}
    kind = protocol["kind"].get(thread.kind)
    return {
        "kind": thread.kind,
        "material": thread.material,
        "layer": thread.layer,
        "fixation": kind.fixation if thread.fixation == UNKNOWN and kind else thread.fixation,
        "path": thread.path,
        "zone": thread.zone,
        "region": protocol["zone"][thread.zone].region if thread.zone in protocol["zone"] else UNKNOWN,
        "purpose": thread.purpose,
        "overcorrection": thread.overcorrection,
        "barb_near_exit": thread.barb_near_exit,
        "paired_needles": thread.paired_needles,
        "layer_fits": _layer_fits(protocol, thread),
        "too_superficial": _too_superficial(protocol, thread),
        "across_muscle": _across_muscle(protocol, thread),
        "absorbable": _absorbable(protocol, thread),
        "lot_known": "yes" if thread.lot.strip() else "no",
        "expiry_passed": UNKNOWN if not (thread.expires and today) else "yes" if thread.expires < today else "no",
        "zones_at_once": "several" if len(zones) >= SEVERAL_ZONES else "few",
        **procedure.modifiers,
    }


def _layer_fits(protocol: Protocol, thread: Thread) -> str:
    if thread.kind not in protocol["kind"] or thread.layer == UNKNOWN:
        return UNKNOWN
    return "yes" if thread.layer in protocol["kind"][thread.kind].layers else "no"


def _too_superficial(protocol: Protocol, thread: Thread) -> str:
    if thread.kind not in protocol["kind"] or thread.layer == UNKNOWN:
        return UNKNOWN
    depth = {id: layer.depth for id, layer in protocol["layer"].items()}
    shallowest = min(depth[layer] for layer in protocol["kind"][thread.kind].layers)
    return "yes" if depth[thread.layer] < shallowest else "no"


def _across_muscle(protocol: Protocol, thread: Thread) -> str:
    """Angles are between lines: 0 to 90 degrees, whichever way either is drawn."""
    if thread.vector is None or thread.zone not in protocol["zone"]:
        return UNKNOWN
    muscles = [protocol["muscle"][id] for id in protocol["zone"][thread.zone].muscles]
    turns = [abs(thread.vector - muscle.direction) % 180 for muscle in muscles]
    return "yes" if any(min(turn, 180 - turn) >= ACROSS_DEGREES for turn in turns) else "no"


def _absorbable(protocol: Protocol, thread: Thread) -> str:
    if thread.material not in protocol["material"] or thread.material == "unknown_material":
        return UNKNOWN
    return "yes" if protocol["material"][thread.material].absorbed else "no"
