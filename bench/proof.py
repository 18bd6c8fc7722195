"""Times the proofs of the shipped protocol against z3 asked the same questions over the same boxes (P4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from afterthread.protocol import Protocol, shipped
from afterthread.verify.artefact import compile_protocol
from afterthread.verify.cases import load_cases
from afterthread.verify.properties import PROPERTIES, Subject, verify
from bench import Row
from tests.lib.judge import rulings

RUNS = 5
RATIO = 5.0


def seconds(run: Callable[[], Any]) -> tuple[float, Any]:
    """How long a call takes, and what it gives."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def proved(protocol: Protocol, names: tuple[str, ...]) -> dict[str, bool]:
    """The properties of these names by enumeration, from a fresh start."""
    subject = Subject(protocol)
    return {p.__name__: not any(p(subject)) for p in PROPERTIES if p.__name__ in names}


def judged(protocol: Protocol) -> dict[str, bool]:
    """The same by z3, its encoding included."""
    return {name: ask() for name, ask in rulings(protocol).items()}


def figures() -> list[Row]:
    """P4; the boxes are compiled before either side starts."""
    protocol = shipped()
    artefact = compile_protocol(protocol)
    names = tuple(rulings(protocol))
    ours, theirs = [], []
    for _ in range(RUNS):
        took, proof = seconds(lambda: proved(protocol, names))
        ours.append(took)
        took, ruling = seconds(lambda: judged(protocol))
        theirs.append(took)
        if proof != ruling:
            raise RuntimeError(f"the proofs and z3 disagree: {proof} against {ruling}")
    cases = load_cases(protocol)
    whole = median(seconds(lambda: verify(protocol, cases))[0] for _ in range(RUNS))
    ratio = median(theirs) / median(ours)
    return [
        Row(
            figure="P4 proofs of the shipped protocol",
            target=">= 5x faster than z3, both agree",
            measured=f"{median(ours) * 1e3:.0f} ms = {ratio:.1f}x faster",
            peer=f"z3 {median(theirs) * 1e3:.0f} ms",
            met=ratio >= RATIO,
            note=f"{len(names)} properties over {len(artefact.boxes)} boxes, the same verdict on each; all "
            f"{len(PROPERTIES)} properties of `verify` {whole * 1e3:.0f} ms",
        )
    ]


if __name__ == "__main__":
    print(figures())
