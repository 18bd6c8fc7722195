"""Decision -> sentences, from the protocol's words; never re-evaluates a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterthread.engine.facts import Answer
from afterthread.engine.triage import Change, Decision, Finding
from afterthread.protocol.model import UNKNOWN, Protocol, Stamp, Urgency

SIDE_WORDS = {"one": "one_side", "both": "both_sides"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One finding as a sentence, with the entries and sources behind it."""

    says: str
    entry: str
    urgency: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision as people read it, in one language."""

    day: str
    urgency: str
    meaning: str
    first: str
    reasons: tuple[Reason, ...]
    do: tuple[str, ...]
    clinic: tuple[str, ...]
    complications: tuple[str, ...]
    unanswered: str
    would_raise: str
    would_lower: str
    notice: str


class Words:
    """The sentences of one language."""

    def __init__(self, protocol: Protocol, language: str) -> None:
        """Raises KeyError for a language that the protocol does not speak."""
        self.protocol, self.language = protocol, language
        self.table: Mapping[str, Any] = protocol.words[language]

    @property
    def phones(self) -> dict[str, str]:
        """The numbers to call; a clinic without one is reached by what stands on the patient's papers."""
        return {name: number or self.say("no_phone") for name, number in self.protocol.phones.items()}

    def of(self, key: str, name: str, **values: object) -> str:
        """The sentence `name` of ``section.id``, with its blanks filled."""
        sentence = str(self.table[key][name])
        for blank, value in values.items():
            sentence = sentence.replace("{" + blank + "}", str(value))
        return sentence

    def say(self, sentence: str, **values: object) -> str:
        """One of the engine's own sentences."""
        return self.of(f"sentence.{sentence}", "says", **values)

    def question(self, id: str) -> str:
        """The short name of a question or modifier."""
        section = "question" if id in self.protocol["question"] else "modifier"
        return self.of(f"{section}.{id}", "name") if id in self.protocol[section] else id

    def answer(self, id: str, value: str) -> str:
        """An answer of a question in words; a plain yes needs none."""
        scale = self.protocol["question"][id].scale
        return "" if value in ("yes", UNKNOWN) else self.of(f"scale.{scale}", value)

    def variable(self, name: str, value: str) -> str:
        """A variable with its value: "fever", "swelling: none", "swelling, getting worse"."""
        id, _, part = name.partition(".")
        if id not in self.protocol["question"]:
            return self.question(id)
        if part:
            said = f"ask_{part}" if value == UNKNOWN else SIDE_WORDS.get(value, value)
            return f"{self.question(id)}, {self.say(said)}"
        word = self.answer(id, value)
        return f"{self.question(id)}: {word}" if word else self.question(id)

    def actions(self, ids: tuple[str, ...], *, by: str) -> tuple[str, ...]:
        """What the patient, or the clinic, is to do."""
        chosen = [id for id in ids if self.protocol["action"][id].by == by]
        return tuple(self.of(f"action.{id}", "do", **self.phones) for id in chosen)

    def notice(self, stamp: Stamp) -> str:
        """Whether a clinician has signed; shown wherever advice is shown."""
        if stamp.approval == "none":
            return self.say("not_validated")
        return self.say("approved", approval=stamp.approval)


def explain(protocol: Protocol, decision: Decision, language: str = "en") -> Explanation:
    """The decision in sentences."""
    words, urgency = Words(protocol, language), f"urgency.{decision.urgency.word}"
    reasons = tuple(_reason(words, decision, finding) for finding in decision.findings)
    return Explanation(
        day=words.say("day", day=decision.day),
        urgency=words.of(urgency, "name"),
        meaning=words.of(urgency, "meaning"),
        first=words.of(urgency, "do"),
        reasons=reasons or (_nothing(words, decision),),
        do=words.actions(decision.do, by="patient"),
        clinic=words.actions(decision.do, by="clinic"),
        complications=tuple(words.of(f"pathway.{id}", "name") for id in decision.suspects),
        unanswered=_unanswered(words, decision),
        would_raise=_change(words, "would_raise", decision.would_raise),
        would_lower=_change(words, "would_lower", decision.would_lower),
        notice=words.notice(decision.stamp),
    )


def _nothing(words: Words, decision: Decision) -> Reason:
    """Why there is no finding: all is well, or too little was said."""
    says = words.say("nothing" if decision.urgency == Urgency.SELF_CARE else "too_little")
    return Reason(says=says, entry="", urgency=decision.urgency.word, sources=())


def _unanswered(words: Words, decision: Decision) -> str:
    """What was left open: first what could still raise the decision, then the rest."""
    asked = {change.variable.partition(".")[0] for change in decision.unanswered}
    could = dict.fromkeys(words.variable(change.variable, change.value) for change in decision.unanswered)
    rest = [words.question(name) for name in decision.open if name not in asked]
    says = [words.say("unanswered", questions="; ".join(could))] if could else []
    says += [words.say("also_open", questions="; ".join(rest))] if rest else []
    return " ".join(says)


def _change(words: Words, sentence: str, change: Change | None) -> str:
    if change is None:
        return ""
    urgency = words.of(f"urgency.{change.urgency.word}", "name")
    return words.say(sentence, change=words.variable(change.variable, change.value), urgency=urgency)


def _reason(words: Words, decision: Decision, finding: Finding) -> Reason:
    section, _, id = finding.entry.partition(".")
    entry = words.protocol[section][id]
    if finding.status == "sign":
        says = words.of(finding.entry, "because")
    else:
        until = finding.until if finding.until is not None else 0
        name = _described(words, id, decision.answers.get(id))
        head = words.say(finding.status, finding=name, until=until, since=max(until + 1, 0))
        says = f"{head} {words.of(finding.entry, finding.status, until=until)}"
    if finding.raised_by:
        says += " " + words.say("raised", modifiers=", ".join(words.question(m) for m in finding.raised_by))
    return Reason(says=says, entry=finding.entry, urgency=finding.urgency.word, sources=entry.sources)


def _described(words: Words, id: str, answer: Answer | None) -> str:
    """A sign as it was answered: Swelling (clearly, only on one side)."""
    name = words.question(id)
    name = name[:1].upper() + name[1:]
    if answer is None:
        return name
    side = words.say(SIDE_WORDS[answer.side]) if answer.side != UNKNOWN else ""
    about = ", ".join(part for part in (words.answer(id, answer.level), side) if part)
    return f"{name} ({about})" if about else name
