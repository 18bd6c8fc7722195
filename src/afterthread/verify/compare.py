"""Two protocols side by side: equivalent, stricter, looser, or the check-ins on which they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from afterthread.engine.case import CaseError
from afterthread.protocol.model import Protocol, Urgency
from afterthread.verify.artefact import UNANSWERED
from afterthread.verify.properties import Refutation, Subject, attainable
from afterthread.verify.witness import decide

Relation = Literal["equivalent", "stricter", "looser", "different"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the second protocol stands to the first, with a case for every rule that differs."""

    relation: Relation
    looser: tuple[Refutation, ...]
    stricter: tuple[Refutation, ...]


def compare(old: Protocol, new: Protocol) -> Comparison:
    """Over the whole finite domain: where `new` answers lower than `old`, and where higher."""
    looser = tuple(lowered(old, new))
    stricter = tuple(lowered(new, old))
    relation: Relation = "equivalent"
    if looser or stricter:
        relation = "different" if looser and stricter else "looser" if looser else "stricter"
    return Comparison(relation, looser, stricter)


def lowered(
    old: Protocol, new: Protocol, least: Urgency = Urgency.ROUTINE, of: frozenset[str] = frozenset()
) -> Iterator[Refutation]:
    """Every entry of `old` (all, or those named), of at least this urgency, that `new` answers lower, once."""
    before, after, seen = Subject(old), Subject(new), set()
    for box in before.artefact.boxes:
        if box.urgency < least or (of and box.rule not in of) or (box.rule, box.urgency) in seen:
            continue
        cover = after.at_least(box.urgency)
        missed = cover.misses(cover.region(box.days, box.where))
        if missed and attainable(before, missed):
            refutation = before.refute(f"{box.rule} is {box.urgency.word} in one and lower in the other", missed)
            if box.rule == UNANSWERED and not _shows(old, new, refutation):
                continue  # the silence of one question never comes alone: what it leaves open is asked of a whole case
            seen.add((box.rule, box.urgency))
            yield refutation


def _shows(old: Protocol, new: Protocol, refutation: Refutation) -> bool:
    """Whether the case of a refutation is answered lower."""
    if refutation.case is None:
        return False
    try:
        before, after = (decide(protocol, refutation.case) for protocol in (old, new))
    except CaseError:
        return True  # one of the two does not know the question at all
    return before.urgency > after.urgency


def an_overlay_never_weakens_a_red_flag(protocol: Protocol, overlaid: Protocol) -> Iterator[Refutation]:
    """What a clinic lays over may shift windows, but lower no emergency and no same-day sign."""
    signs = {rule.key for rule in protocol["rule"].values()}
    signs |= {course.key for course in protocol["course"].values() if course.past >= Urgency.SAME_DAY}
    yield from lowered(protocol, overlaid, Urgency.SAME_DAY, of=frozenset(signs))
