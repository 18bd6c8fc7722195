"""What must hold before a clinic may adopt a protocol of its own, proved or refuted in plain data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from afterthread.protocol.load import ProtocolError, shipped
from afterthread.protocol.model import Protocol
from afterthread.verify.cases import WorkedCase, load_cases, run_cases
from afterthread.verify.compare import an_overlay_never_weakens_a_red_flag
from afterthread.verify.properties import Refutation, verify

RED_FLAGS = an_overlay_never_weakens_a_red_flag.__name__
"""The property that is held against the shipped protocol, and that no reason overrides."""
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """Every property with what refutes it, and the worked examples that come out otherwise than in the shipped one."""

    properties: list[Plain]
    examples: list[Plain]

    @property
    def holds(self) -> bool:
        """Whether nothing is refuted."""
        return all(one["holds"] for one in self.properties)


@lru_cache(maxsize=8)
def prove(protocol: Protocol) -> Proof:
    """Hold a protocol against all properties, the red flags of the shipped one, and the worked examples."""
    results = [(one.name, one.refutations) for one in verify(protocol, _examples())]
    results.append((RED_FLAGS, (*an_overlay_never_weakens_a_red_flag(shipped(), protocol),)))
    titles = {(one.file, one.id): one.title for one in _examples()}
    return Proof(
        properties=[
            {"name": name, "holds": not refuted, "refuted": [_plain(one) for one in refuted]}
            for name, refuted in results
        ],
        examples=[
            {"id": one.id, "title": titles[one.file, one.id], "wrong": one.wrong}
            for one in run_cases(protocol, _examples())
        ],
    )


def problems(error: ProtocolError) -> list[Plain]:
    """Everything that keeps a protocol from being built, with the entry that each concerns."""
    return [
        {"entry": one.id, "key": one.key, "wrong": one.wrong, "mend": one.mend} for one in error.problems
    ]  # fmt: skip


def _plain(refutation: Refutation) -> Plain:
    return {"says": refutation.says, "case": refutation.case}


@cache
def _examples() -> list[WorkedCase]:
    return load_cases(shipped())
