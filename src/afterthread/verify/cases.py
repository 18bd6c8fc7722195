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
from afterthread.protocol.parse import Problem, shown, suggest

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


LISTS = ("sources", "rules", "absent", "suspects", "unanswered")


def load_cases(protocol: Protocol, folder: Path | None = None) -> list[WorkedCase]:
    """Every worked example of a protocol folder; raises `ProtocolError` with all that is wrong in their form."""
    folder = LIBRARY / protocol.id if folder is None else folder
    problems: list[Problem] = []
    cases: list[WorkedCase] = []
    for path in sorted((folder / "cases").glob("*.toml")):
        name = f"cases/{path.name}"
        file = read_file(path, name, problems)
        entries = file.get("case", {})
        for key in file.keys() - {"case"}:
            problems.append(Problem(name, "", key, "unknown section", "Write [case.<id>]"))
        if not isinstance(entries, dict):
            problems.append(Problem(name, "", "case", f"{shown(entries)} is not a table", "Write [case.<id>]"))
            continue
        for id, table in entries.items():
            found = [Problem(name, id, key, wrong, mend) for key, wrong, mend in _wrong(protocol, table)]
            problems += found
            if not found:
                cases.append(_read(name, id, table))
    if problems:
        raise ProtocolError(problems)
    return cases


def _wrong(protocol: Protocol, table: Any) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong and how to mend it, of everything amiss in the form of one example."""
    if not isinstance(table, dict):
        yield "", f"{shown(table)} is not a table", "Write [case.<id>]"
        return
    for key in table.keys() - set(KEYS):
        yield key, "unknown key", suggest(key, KEYS)
    for key in REQUIRED:
        if key not in table:
            yield key, "missing", f"Add `{key} = …`"
    if not isinstance(table.get("title", ""), str):
        yield "title", "it is not text", "Put it in quotes"
    if table.get("expect", "routine") not in [urgency.word for urgency in Urgency]:
        yield "expect", "not an urgency", suggest("", (urgency.word for urgency in Urgency))
    for key in LISTS:
        named = table.get(key, [])
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            yield key, f"{shown(named)} is not a list of names", 'Write ["…"]'
        else:
            yield from (
                (key, f"nothing is called `{one}`", "Name what exists") for one in _strange(protocol, key, named)
            )
    if table.get("sources") == []:
        yield "sources", "no source", "Say where the expectation comes from"


def _strange(protocol: Protocol, key: str, named: list[str]) -> list[str]:
    """The names that nothing has."""
    if key == "sources":
        known = {*protocol["source"], *protocol["claim"], *protocol["choice"]}
    elif key in ("rules", "absent"):
        known = {entry.key for section in ("rule", "course") for entry in protocol[section].values()}
    elif key == "suspects":
        known = {*protocol["pathway"]}
    else:
        known = {*protocol.variables}
    return [one for one in named if one not in known]


def _read(file: str, id: str, table: Mapping[str, Any]) -> WorkedCase:
    case = {key: table[key] for key in ("procedure", "checkins", "as_of") if key in table}
    lists = {key: tuple(table.get(key, ())) for key in LISTS}
    expect = next(urgency for urgency in Urgency if urgency.word == table["expect"])
    return WorkedCase(id=id, file=file, title=table["title"], expect=expect, case=case, **lists)


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
