"""Measures two promises on random cases: worse never lowers (T10), and nothing lost lowers silently (T10b)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from random import Random

from afterthread.engine.case import read_case
from afterthread.engine.facts import Case, CheckIn
from afterthread.engine.history import History
from afterthread.engine.triage import weigh
from afterthread.protocol import Protocol, Urgency, shipped
from bench import SEED, Row
from bench.loss import lose
from bench.wild import RawCase, draw_case
from bench.worse import STEPS, riskier

PAIRS, PAIRS_PER_CASE = 1_000_000, 20
SPOILT_CASES, FIELDS_PER_CASE = 6_000, 10
PARTS = 40
Tally = Counter[tuple[str, str]]
"""How often something ended in some way, by its name."""


def compare(protocol: Protocol, case: Case, random: Random, pairs: int) -> Iterator[tuple[str, bool]]:
    """So many steps to the worse from the last check-in of a case, and whether each lowered the urgency."""
    folded = History(protocol, case.procedure)
    for earlier in case.checkins[:-1]:
        folded.observe(earlier)
    last = case.checkins[-1]
    before = _urgency(folded, last)
    for _ in range(pairs - 1):
        step = random.choice(STEPS)
        worse = step(protocol, last, random)
        if worse is not None:
            yield step.__name__, _urgency(folded, worse) < before
    procedure = riskier(protocol, case.procedure, random)
    if procedure is not None:
        other = replace(folded, procedure=procedure)
        yield riskier.__name__, _urgency(other, last) < before


def _urgency(folded: History, last: CheckIn) -> Urgency:
    """The urgency of one more check-in; the history itself stays as it is."""
    copy = History(
        folded.protocol,
        folded.procedure,
        tracks={id: replace(track) for id, track in folded.tracks.items()},
        heard=[*folded.heard],
        extra=[*folded.extra],
    )
    return weigh(folded.protocol, copy.observe(last)).urgency


def compare_many(protocol: Protocol, pairs: int, seed: str) -> Tally:
    """At least so many pairs over random cases."""
    found: Tally = Counter()
    number = 0
    while found.total() < pairs:
        random = Random(f"{seed} {number}")
        case = read_case(protocol, draw_case(protocol, random))
        for step, lowered in compare(protocol, case, random, PAIRS_PER_CASE):
            found[step, "lower" if lowered else "not lower"] += 1
        number += 1
    return found


def is_closed(case: RawCase) -> bool:
    """Whether "otherwise: no" speaks for whatever is not named, so that a lost field becomes a "no"."""
    return "otherwise" in case["checkins"][-1] or "otherwise" in case["procedure"].get("modifiers", {})


def spoil_many(protocol: Protocol, cases: int, seed: str) -> Tally:
    """How spoilt fields ended, apart for cases that name every answer and for closed ones."""
    found: Tally = Counter()
    for number in range(cases):
        random = Random(f"{seed} {number}")
        case = draw_case(protocol, random)
        kind = "closed" if is_closed(case) else "named"
        for loss in lose(protocol, case, random, FIELDS_PER_CASE):
            found[kind, loss.end] += 1
    return found


def _compare_part(part: int) -> Tally:
    return compare_many(shipped(), PAIRS // PARTS, f"{SEED} worse {part}")


def _spoil_part(part: int) -> Tally:
    return spoil_many(shipped(), SPOILT_CASES // PARTS, f"{SEED} spoil {part}")


def figures() -> list[Row]:
    """T10 and T10b."""
    worse: Tally = Counter()
    spoilt: Tally = Counter()
    with get_context("spawn").Pool(2) as pool:
        for part in pool.imap_unordered(_compare_part, range(PARTS)):
            worse.update(part)
        for part in pool.imap_unordered(_spoil_part, range(PARTS)):
            spoilt.update(part)
    return [_worse_row(worse), _spoilt_row(spoilt, "named"), _spoilt_row(spoilt, "closed")]


def _worse_row(found: Tally) -> Row:
    lower = {step: count for (step, end), count in found.items() if end == "lower"}
    return Row(
        figure="T10 pairs in which a worse answer lowered the urgency",
        target="0 of 1,000,000",
        measured=f"{sum(lower.values())} of {found.total():,}",
        peer="-",
        met=not lower,
        note="by the engine itself, over random histories"
        + "".join(f"; {step}: {count}" for step, count in sorted(lower.items())),
    )


_KINDS = {"named": "every answer named", "closed": "closed with `otherwise`"}
_WHY = {
    "named": "",
    "closed": '; "otherwise: no" speaks for the lost answer, so that nothing in the case shows the loss',
}


def _spoilt_row(found: Tally, kind: str) -> Row:
    ends = {end: count for (of, end), count in found.items() if of == kind}
    tried, silent = sum(ends.values()), ends.get("silent", 0)
    return Row(
        figure=f"T10b fields missing, null or of a wrong type that lower silently: {_KINDS[kind]}",
        target="0 %",
        measured=f"{silent / max(tried, 1):.2%} of {tried:,}",
        peer="not measured here: ZEN and json-logic 20-34 % in an earlier trial",
        met=not silent,
        note=", ".join(f"{end} {count / max(tried, 1):.1%}" for end, count in sorted(ends.items())) + _WHY[kind],
    )
