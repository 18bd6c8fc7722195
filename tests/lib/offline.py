"""A phone without a server: one node process that runs the diary's engine, and what our own engine says instead."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from afterthread.diary import offline
from afterthread.engine.case import read_case
from afterthread.engine.explain import Explanation, explain
from afterthread.engine.facts import Case, Procedure
from afterthread.engine.history import observe
from afterthread.engine.triage import Finding, decide
from afterthread.protocol import shipped
from afterthread.protocol.model import Protocol
from afterthread.verify.artefact import compile_protocol
from tests.lib.diary import Raw

PROTOCOL = shipped()
PACKS = {language: offline.pack(PROTOCOL, Procedure(), (), language) for language in PROTOCOL.languages}
SOURCE = (Path(offline.__file__).with_name("static") / "diary" / "engine.js").read_text(encoding="utf-8")
HARNESS = Path(__file__).with_name("offline.mjs")


class Exchange(NamedTuple):
    """Check-ins for a phone with what differs from the pack it holds, and what it must answer."""

    language: str
    but: Raw
    checkins: list[Raw]
    expected: list[Raw]


class Phone:
    """One node process with one engine in it, asked line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, task: str, **about: Any) -> Any:
        """What it answers; a refusal is text that begins with the name of the error."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"task": task, **about}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "node ended; its own words stand above"
        reply = json.loads(line)
        return reply.get("done", reply.get("refused"))

    def answers(self, exchange: Exchange) -> Any:
        """What it says to check-ins that follow each other."""
        said = self.ask("answer", name=exchange.language, but=exchange.but, checkins=exchange.checkins)
        for one in said if isinstance(said, list) else []:
            del one["decision"]["answers"]
        return said


@contextmanager
def phone_with(source: str = SOURCE) -> Iterator[Phone]:
    """A phone that runs this engine and holds the shipped protocol in every language."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("`node` is not on the PATH, so the answer offline cannot be compared. Install Node 20 or newer")
    command = [node, str(HARNESS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as run:
        phone = Phone(run)
        assert phone.ask("start", source=source) == ["asked", "dayOf", "decide", "explain", "follow"]
        for language, pack in PACKS.items():
            assert phone.ask("keep", name=language, pack=pack) == len(pack)
        yield phone


def differing(pack: Raw) -> Raw:
    """What a pack holds beside the one that the phone has already."""
    kept = PACKS[pack["language"]]
    return {key: value for key, value in pack.items() if kept[key] != value}


def exchange(
    raw: Raw, language: str, *, known: int = 0, sent: list[Raw] | None = None, protocol: Protocol = PROTOCOL
) -> Exchange:
    """A case as it is told to a phone: `known` check-ins came from the server, the others are `sent` offline."""
    case = read_case(protocol, raw)
    pack = offline.pack(protocol, case.procedure, case.checkins[:known], language)
    checkins = (sent or raw["checkins"])[known:]
    return Exchange(language, differing(pack), checkins, engine_says(protocol, case, language)[known:])


def engine_says(protocol: Protocol, case: Case, language: str) -> list[Raw]:
    """Every decision and its sentences as the server has them, those for the patient."""
    said = []
    for facts in observe(protocol, case):
        decision = decide(protocol, facts)
        urgency, rule = compile_protocol(protocol).decide(facts.day, facts.values)
        assert urgency == decision.urgency
        decided = {
            "day": decision.day,
            "urgency": int(urgency),
            "word": decision.urgency.word,
            "decidedBy": rule,
            "findings": [_found(one) for one in decision.findings],
            "unanswered": [{"variable": one.variable, "urgency": int(one.urgency)} for one in decision.unanswered],
            "open": list(decision.open),
            "do": [id for id in decision.do if protocol["action"][id].by == "patient"],
        }
        said.append({"decision": decided, "told": _sentences(explain(protocol, decision, language))})
    return said


def _found(finding: Finding) -> Raw:
    plain = finding._asdict() | {"urgency": int(finding.urgency), "raisedBy": list(finding.raised_by)}
    return {key: plain[key] for key in ("entry", "status", "urgency", "until", "raisedBy")}


def _sentences(told: Explanation) -> Raw:
    reasons = [{"says": one.says, "entry": one.entry, "urgency": one.urgency} for one in told.reasons]
    plain = {key: getattr(told, key) for key in ("day", "urgency", "meaning", "first", "unanswered", "notice")}
    return plain | {"reasons": reasons, "do": list(told.do)}
