"""Worked examples: what a person says, and the decision that clinicians would expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterthread.engine.case import CaseError, read_case
from afterthread.engine.triage import triage
from afterthread.protocol.load import LIBRARY, ProtocolError, read_file
from afterthread.protocol.model import Protocol, Urgency
from afterthread.protocol.parse import Problem, suggest

KEYS = ("title", "sources", "expect", "rules", "absent", "suspects", "unanswered", "procedure", "checkins", "as_of")
REQUIRED = ("title", "sources", "expect", "rules", "checkins")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedCase:
    """One example: the case, and what must come of it.

    `rules` must be among the findings (an empty list: nothing is found), `absent` must not, and `suspects` and
    `unanswered` must be named.
    """

    id: str
    file: str
    title: str
    sources: tuple[str, ...]
    expect: Urgency
    rules: tuple[str, ...]
    absent: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    case: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A worked example that came out otherwise."""

    id: str
    file: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.file}: {self.id}: {self.wrong}"


def load_cases(protocol: Protocol, folder: Path | None = None) -> list[WorkedCase]:
    """Every worked example of a protocol folder; raises `ProtocolError` with all that is wrong in their form."""
    folder = LIBRARY / protocol.id if folder is None else folder
    problems: list[Problem] = []
    cases: list[WorkedCase] = []
    for path in sorted((folder / "cases").glob("*.toml")):
        name = f"cases/{path.name}"
        for id, table in read_file(path, name, problems).get("case", {}).items():
            cases += _read(protocol, name, id, table, problems)
    if problems:
        raise ProtocolError(problems)
    return cases


def _read(
    protocol: Protocol, file: str, id: str, table: Mapping[str, Any], problems: list[Problem]
) -> Iterator[WorkedCase]:
    before = len(problems)
    for key in table.keys() - set(KEYS):
        problems.append(Problem(file, id, key, "unknown key", suggest(key, KEYS)))
    for key in REQUIRED:
        if key not in table:
            problems.append(Problem(file, id, key, "missing", f"Add `{key} = …`"))
    for source in table.get("sources", []):
        if not any(source in protocol[section] for section in ("source", "claim", "choice")):
            problems.append(
                Problem(file, id, "sources", f"nothing is called `{source}`", suggest(source, protocol["source"]))
            )
    expect = next((u for u in Urgency if u.word == table.get("expect")), None)
    if expect is None:
        problems.append(Problem(file, id, "expect", "not an urgency", suggest("", (u.word for u in Urgency))))
    if expect is None or len(problems) > before:
        return
    case = {key: table[key] for key in ("procedure", "checkins", "as_of") if key in table}
    lists = {key: tuple(table.get(key, ())) for key in ("sources", "rules", "absent", "suspects", "unanswered")}
    yield WorkedCase(id=id, file=file, title=table["title"], expect=expect, case=case, **lists)


def run_cases(protocol: Protocol, cases: list[WorkedCase]) -> list[Failure]:
    """Every worked example whose decision is not as written."""
    return [Failure(one.id, one.file, wrong) for one in cases for wrong in _failures(protocol, one)]


def _failures(protocol: Protocol, one: WorkedCase) -> Iterator[str]:
    try:
        decision = triage(protocol, read_case(protocol, one.case))
    except CaseError as error:
        yield f"the case cannot be read: {error}"
        return
    found = {finding.entry for finding in decision.findings}
    if decision.urgency != one.expect:
        because = ", ".join(sorted(found)) or "nothing"
        yield f"expected {one.expect.word}, got {decision.urgency.word} because of {because}"
    for rule in one.rules:
        if rule not in found:
            yield f"`{rule}` did not fire"
    for rule in one.absent:
        if rule in found:
            yield f"`{rule}` fired and should not"
    if not one.rules and found:
        yield f"nothing should be found, but {', '.join(sorted(found))} was"
    for suspect in one.suspects:
        if suspect not in decision.suspects:
            yield f"`{suspect}` is not among what to consider"
    for question in one.unanswered:
        if question not in {change.variable for change in decision.unanswered}:
            yield f"`{question}` is not named as unanswered"
