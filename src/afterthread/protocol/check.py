"""What must hold between entries: references, sources, words, claims; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from afterthread.protocol.account import cited
from afterthread.protocol.model import CONTEXT, Entry, Protocol, Urgency
from afterthread.protocol.parse import Problem, suggest

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "question": {"group": "group", "scale": "scale"},
    "modifier": {"zones": "zone", "kinds": "kind", "materials": "material"},
    "course": {"do": "action", "past_do": "action", "suspects": "pathway", "hazard": "hazard"},
    "rule": {"do": "action", "suspects": "pathway", "hazard": "hazard"},
    "indication": {"zones": "zone"},
    "zone": {"muscles": "muscle", "dangers": "danger"},
    "kind": {"layers": "layer"},
    "danger": {"suspects": "pathway"},
    "advice": {"suspects": "pathway"},
    "step": {"modifiers": "modifier"},
}
"""Section -> key -> the section its ids must stand in."""
NAMED_LIKE: Mapping[str, str] = {"course": "question", "effect": "material"}
"""Sections whose ids are the ids of another."""
SOURCELESS = frozenset({"source", "claim", "scale", "group", "hazard"})
TAKEN = frozenset({*CONTEXT, "day", "risk", "otherwise", "words", "patient", "procedure"})
"""Names that mean something in a condition or a case, whatever a protocol says."""
URGENCY_WORDS = ("name", "meaning", "do")


def check(protocol: Protocol, homes: Mapping[str, str]) -> list[Problem]:
    """Every problem between entries; `homes` says in which file each stands, those that could not be read included."""
    found: list[Problem] = []
    for entry in protocol:
        named = [*_references(protocol, homes, entry), *_sources(protocol, homes, entry)]
        for key, wrong, mend in [*named, *_meaning(protocol, entry)]:
            found.append(Problem(homes[entry.key], entry.key, key, wrong, mend))
    found += _words(protocol, homes)
    return found


Finding = tuple[str, str, str]
"""Key, what is wrong, how to mend it."""


def _references(protocol: Protocol, homes: Mapping[str, str], entry: Entry) -> Iterator[Finding]:
    for key, section in REFERENCES.get(entry.section, {}).items():
        named = getattr(entry, key)
        for id in (named,) if isinstance(named, str) else named:
            if f"{section}.{id}" not in homes:
                yield key, f"no {section} is called `{id}`", suggest(id, protocol[section])
    like = NAMED_LIKE.get(entry.section)
    if like and f"{like}.{entry.id}" not in homes:
        yield "", f"no {like} is called `{entry.id}`", suggest(entry.id, protocol[like])
    for key in getattr(entry, "followed_by", ()):
        section, _, id = key.partition(".")
        if key not in homes:
            yield "followed_by", f"nothing is called `{key}`", suggest(id, protocol.entries.get(section, {}))


def _sources(protocol: Protocol, homes: Mapping[str, str], entry: Entry) -> Iterator[Finding]:
    if entry.section in SOURCELESS:
        return
    if not entry.sources:
        yield "sources", "no source", 'Cite a claim, a paper or a choice; a judgement of our own cites "judgement"'
    for id in cited(entry):
        if not any(f"{section}.{id}" in homes for section in ("source", "claim", "choice")):
            yield "sources", f"no source, claim or choice is called `{id}`", suggest(id, protocol["source"])
    if "judgement" in entry.sources and not entry.needs_review:
        yield "needs_review", "a judgement without a note", "Say what a clinician must look at"


def _meaning(protocol: Protocol, entry: Entry) -> Iterator[Finding]:
    """What one kind of entry must say to make sense."""
    match entry.section:
        case "scale":
            values = entry.values  # type: ignore[attr-defined]
            if values[:1] != ("no",) or values[1:] == () or len(set(values)) < len(values):
                yield "values", "a scale begins with `no`, and each worse answer stands once", 'Write ["no", "yes"]'
        case "course":
            yield from _course(protocol, entry)
        case "question" | "modifier":
            yield from _name(protocol, entry)
        case "claim":
            if bool(entry.set_aside) != bool(entry.why):  # type: ignore[attr-defined]
                yield "why", "set aside without a reason, or a reason without setting aside", "Give both or none"
        case "rule":
            if entry.urgency == Urgency.EMERGENCY and "call_ambulance" not in entry.do:  # type: ignore[attr-defined]
                yield "do", "an emergency that does not call for help", "Add call_ambulance"
        case "step":
            if bool(entry.days) == bool(entry.start):  # type: ignore[attr-defined]
                yield "start", "a step has either `start` (and `end`) or `days`", "Give one of the two"
            if entry.start and entry.end and entry.end.hours <= entry.start.hours:  # type: ignore[attr-defined]
                yield "end", "the step ends before it begins", "Give a later end"


def _name(protocol: Protocol, entry: Entry) -> Iterator[Finding]:
    if entry.id in TAKEN:
        yield "", "the engine has a meaning of its own for this name", "Rename it"
    if entry.section == "question" and (entry.id in protocol["modifier"] or "unknown" in protocol.variables[entry.id]):
        yield "", "a modifier has the same name, or `unknown` is an answer", "Rename it"


def _course(protocol: Protocol, entry: Any) -> Iterator[Finding]:
    present = protocol.variables.get(entry.id, ())[1:]
    for answer in entry.until:
        if present and answer not in present:
            yield f"until.{answer}", "no such answer", f"Use one of: {', '.join(present)}"
    for shift in entry.shift:
        if shift.modifier not in protocol["modifier"]:
            yield "shift", f"no modifier is called `{shift.modifier}`", suggest(shift.modifier, protocol["modifier"])


def _words(protocol: Protocol, homes: Mapping[str, str]) -> Iterator[Problem]:
    for language in protocol.languages:
        words = protocol.words.get(language, {})
        known = homes.keys() | {f"urgency.{u.word}" for u in Urgency}
        for entry in protocol:
            required = entry.values if entry.section == "scale" else entry.words  # type: ignore[attr-defined]
            yield from _sentences(language, entry.key, words.get(entry.key, {}), required, entry.optional_words)
            if entry.section == "pathway":
                steps = {step.id for step in entry.steps}  # type: ignore[attr-defined]
                yield from _sentences(language, f"{entry.key}.steps", words.get(entry.key, {}).get("steps", {}), steps)
        for urgency in Urgency:
            key = f"urgency.{urgency.word}"
            yield from _sentences(language, key, words.get(key, {}), URGENCY_WORDS)
        spoken = {key for said in protocol.words.values() for key in said if key.startswith("sentence.")}
        for key in spoken:
            yield from _sentences(language, key, words.get(key, {}), ("says",))
        for key in words.keys() - known - spoken:
            yield Problem(f"words/{language}", key, "", "words for nothing", suggest(key, known))


def _sentences(language: str, key: str, table: Any, required: Any, optional: Any = ()) -> Iterator[Problem]:
    table = table if isinstance(table, dict) else {}
    for name in required:
        if not table.get(name):
            yield Problem(f"words/{language}", key, name, "the sentence is missing", f"Write it in {language}")
    for name in table.keys() - set(required) - set(optional):
        yield Problem(f"words/{language}", key, name, "unknown key", suggest(name, [*required, *optional]))
