"""Times one decision with all its reasons against ZEN over the same rules, side by side (P1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

from afterthread.engine.facts import Case, Facts
from afterthread.engine.history import observe
from afterthread.engine.triage import decide, triage, weigh
from afterthread.protocol import Protocol, shipped
from afterthread.verify.artefact import compile_protocol
from bench import SEED, Row
from bench.recovery import Reporting, recoveries
from bench.zen_table import ZenTable

PATIENTS, BLOCK = 60, 50
RATIO = 0.25


def cases(protocol: Protocol, patients: int) -> list[Case]:
    """Every check-in of normal recoveries with its history, as it stood on that day."""
    return [
        Case(procedure=case.procedure, checkins=case.checkins[: number + 1])
        for case in recoveries(protocol, patients, Reporting(), SEED)
        for number in range(len(case.checkins))
    ]


def disagreements(protocol: Protocol, table: ZenTable, facts: list[Facts]) -> int:
    """On how many inputs ZEN finds another urgency."""
    return sum(table.urgency(table.values(one)) != weigh(protocol, one).urgency for one in facts)


def timed(runs: dict[str, Iterator[Callable[[], Any]]]) -> dict[str, float]:
    """Median microseconds per call of each run.

    The runs take turns by blocks, so that all see the same noise of the machine and none the other's cold caches.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    blocks = {name: batched(calls, BLOCK) for name, calls in runs.items()}
    for turn in zip(*blocks.values(), strict=True):
        for name, calls in zip(blocks, turn, strict=True):
            for call in calls:
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
    return {name: median(found) * 1e6 for name, found in times.items()}


def batched(calls: Iterator[Callable[[], Any]], size: int) -> Iterator[list[Callable[[], Any]]]:
    """Blocks of so many calls."""
    while block := list(islice(calls, size)):
        yield block


def _runs(protocol: Protocol, inputs: list[Case], facts: list[Facts]) -> dict[str, Iterator[Callable[[], Any]]]:
    artefact = compile_protocol(protocol)
    first, collect = ZenTable(artefact, "first"), ZenTable(artefact, "collect")
    values = [first.values(one) for one in facts]
    traced = {"trace": True}
    return {
        "decide": (partial(decide, protocol, one) for one in facts),
        "triage": (partial(triage, protocol, one) for one in inputs),
        "zen first": (partial(first.evaluate, one) for one in values),
        "zen first, trace": (partial(first.evaluate, one, traced) for one in values),
        "zen collect": (partial(collect.evaluate, one) for one in values),
        "zen collect, trace": (partial(collect.evaluate, one, traced) for one in values),
    }


def figures() -> list[Row]:
    """P1; the target is against the faster of ZEN's two policies with its trace on."""
    protocol = shipped()
    inputs = cases(protocol, PATIENTS)
    facts = [[*observe(protocol, case)][-1] for case in inputs]
    artefact = compile_protocol(protocol)
    wrong = sum(disagreements(protocol, ZenTable(artefact, policy), facts) for policy in ("first", "collect"))
    if wrong:
        raise RuntimeError(f"ZEN and the engine disagree on {wrong} inputs; their times cannot be compared")
    times = timed(_runs(protocol, inputs, facts))
    peer = min(times["zen first, trace"], times["zen collect, trace"])
    told = ", ".join(f"{name} {time:.0f} us" for name, time in times.items() if name.startswith("zen"))
    n = f"{len(facts):,} check-ins, {len(artefact.boxes)} boxes, same urgency on all"
    earlier = sum(len(case.checkins) for case in inputs) / len(inputs)
    return [
        Row(
            figure="P1 one decision with all reasons",
            target="<= 1/4 of ZEN with trace",
            measured=f"{times['decide']:.0f} us = 1/{peer / times['decide']:.1f}",
            peer=told,
            met=times["decide"] <= RATIO * peer,
            note=f"{n}; ZEN is given the facts ready-made, so ours is from the same facts; from a whole case, with the "
            f"history of {earlier:.0f} check-ins on average, {times['triage']:.0f} us",
        )
    ]


if __name__ == "__main__":
    for row in figures():
        print(row)
