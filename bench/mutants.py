"""Counts the mutants of the rule files that no worked case and no property notices (T11)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context

from afterthread.engine.case import read_case
from afterthread.engine.facts import Case, Procedure
from afterthread.engine.history import silent
from afterthread.engine.triage import Decision, decide, triage
from afterthread.protocol import Protocol, shipped
from afterthread.protocol.model import CONTEXT
from afterthread.verify.artefact import compile_protocol
from afterthread.verify.cases import WorkedCase, load_cases
from afterthread.verify.compare import compare
from afterthread.verify.properties import PROPERTIES, Subject, every_rule_has_a_case
from bench import Row
from bench.mutation import Mutant, mutants

LIMIT = 0.02
PROCESSES = 2
EQUAL = "nothing to notice"
"""The mutant answers every check-in with the same urgency."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant: who noticed it, or that nothing could or nobody did."""

    mutant: str
    by: str
    kill: str = ""
    """A case on which the mutant decides otherwise, and what the shipped protocol says to it."""

    @property
    def survived(self) -> bool:
        """Whether it decides differently and nobody noticed."""
        return self.by == "nobody"


@cache
def worked() -> Mapping[str, list[tuple[WorkedCase, Case]]]:
    """Every case once read, by entry it names; those that name nothing under "".

    One that the shipped protocol itself fails would notice every mutant, so it is left out.
    """
    protocol = shipped()
    found: dict[str, list[tuple[WorkedCase, Case]]] = {}
    for one in load_cases(protocol):
        case = read_case(protocol, one.case)
        if not differs(triage(protocol, case), one):
            for key in {*one.rules, *one.absent} or {""}:
                found.setdefault(key, []).append((one, case))
    return found


def fate(protocol: Protocol, mutant: Mutant) -> Fate:
    """Run cases until one fails, those that name the changed entry first; then the properties."""
    changed = mutant.of(protocol)
    near = worked().get(f"{mutant.section}.{mutant.id}", [])
    others = {id(one): (one, case) for group in worked().values() for one, case in group}
    for one, case in [*near, *others.values()]:
        if differs(triage(changed, case), one):
            return Fate(str(mutant), f"case {one.file.removeprefix('cases/')}")
    subject = Subject(changed)
    for sentence in PROPERTIES:
        if sentence is not every_rule_has_a_case and any(sentence(subject)):
            return Fate(str(mutant), f"property {sentence.__name__}")
    if compile_protocol(protocol).boxes == compile_protocol(changed).boxes:
        return Fate(str(mutant), EQUAL)
    relation = compare(protocol, changed)
    cases = [one.case for one in (*relation.looser, *relation.stricter)]
    told = next((case for case in cases if case), None)
    if told:
        urgency = triage(protocol, read_case(protocol, told)).urgency
        return Fate(str(mutant), "nobody", f"{json.dumps(told)} is {urgency.word}")
    silence = changed_silence(protocol, changed) if cases else ""
    return Fate(str(mutant), "nobody", silence) if silence else Fate(str(mutant), EQUAL)


def changed_silence(protocol: Protocol, changed: Protocol) -> str:
    """A silence that is worth something else, in words; boxes cannot say, as on a silent day nothing is answered."""
    for silence in CONTEXT["silence"][1:]:
        for risk in ("no", "yes"):
            person = Procedure(modifiers=dict.fromkeys(protocol["modifier"], risk))
            own, other = (decide(p, silent(p, person, 3, silence)).urgency for p in (protocol, changed))
            if own != other:
                return f"silence {silence} on day 3 with every modifier {risk} is {own.word}"
    return ""


def differs(decision: Decision, one: WorkedCase) -> bool:
    """Whether the decision is not as the worked example has it; the same questions as `verify.cases` asks."""
    found = {finding.entry for finding in decision.findings}
    return (
        decision.urgency != one.expect
        or not found.issuperset(one.rules)
        or not found.isdisjoint(one.absent)
        or (not one.rules and bool(found))
        or not {*decision.suspects}.issuperset(one.suspects)
        or not {change.variable for change in decision.unanswered}.issuperset(one.unanswered)
    )


def _fate(mutant: Mutant) -> Fate:
    return fate(shipped(), mutant)


def fates(protocol: Protocol) -> list[Fate]:
    """What became of every mutant."""
    with get_context("spawn").Pool(PROCESSES) as pool:
        return pool.map(_fate, mutants(protocol), chunksize=20)


def failing(protocol: Protocol) -> list[str]:
    """Cases that the shipped protocol itself fails."""
    used = {one.id for group in worked().values() for one, _ in group}
    return sorted(one.id for one in load_cases(protocol) if one.id not in used)


def figures() -> list[Row]:
    """T11."""
    protocol = shipped()
    found, broken = fates(protocol), failing(protocol)
    counts = Counter(one.by.partition(" ")[0] for one in found)
    equal = counts["nothing"]
    survivors = [one.mutant for one in found if one.survived]
    share = len(survivors) / max(len(found) - equal, 1)
    return [
        Row(
            figure="T11 mutants of the rule files that nobody notices",
            target="<= 2 %",
            measured=f"{share:.2%} ({len(survivors)} of {len(found) - equal:,})",
            peer="-",
            met=share <= LIMIT,
            note=f"noticed by a case {counts['case']:,}, by a property {counts['property']:,}; {equal} more change no "
            f"urgency of any check-in; {len(broken)} cases fail as shipped and were left out"
            + "".join(f"; {one}" for one in islice(survivors, 5)),
        )
    ]


def main() -> None:
    """Print the fate of every mutant that was not noticed, and the figure."""
    protocol = shipped()
    for id in failing(protocol):
        print(f"the shipped protocol fails its own case {id}", file=sys.stderr)
    found = fates(protocol)
    for one in found:
        if one.survived:
            print(f"survived  {one.mutant}\n          kill it with: {one.kill}")
    for by, count in Counter(one.by for one in found).most_common():
        print(f"{count:6,}  {by}")


if __name__ == "__main__":
    main()
