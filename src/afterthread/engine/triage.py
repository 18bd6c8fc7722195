"""How urgent, and because of what: the small, obvious meaning that anything faster must equal.

Every rule and every window is looked at by itself; the highest urgency wins; order means nothing. A rule that an
unanswered question could still make true is "possible": while one is, the answer is never self-care.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from afterthread.engine.facts import Answer, Case, Facts
from afterthread.engine.history import due_days, observe, silent
from afterthread.protocol.entry import Course, Rule
from afterthread.protocol.model import CONTEXT, UNKNOWN, Box, Days, Protocol, Stamp, Urgency

Names = tuple[str, ...]


class Finding(NamedTuple):
    """One reason: an expected sign, a sign past its window, or a rule that fired."""

    entry: str
    status: str
    urgency: Urgency
    about: Names
    until: int | None = None
    raised_by: Names = ()


class Change(NamedTuple):
    """One other answer, and the urgency it would lead to."""

    variable: str
    value: str
    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The urgency of one check-in with every reason for it; nothing in it is evaluated a second time.

    `unanswered` are the silences that could still raise it, `open` are all questions without an answer.
    """

    day: int
    urgency: Urgency
    findings: tuple[Finding, ...]
    suspects: Names
    do: Names
    sources: Names
    unanswered: tuple[Change, ...]
    open: Names
    would_raise: Change | None
    would_lower: Change | None
    silence: str
    stamp: Stamp
    answers: Mapping[str, Answer]

    @property
    def could_be(self) -> Urgency:
        """The highest urgency that an unanswered question leaves open."""
        return max((change.urgency for change in self.unanswered), default=self.urgency)


def triage(protocol: Protocol, case: Case) -> Decision:
    """The decision on the last check-in of a case, or on the silence since then."""
    facts = deque(observe(protocol, case), maxlen=1)
    last = decide(protocol, facts[0]) if facts else None
    silence, day = silence_of(protocol, case, last)
    if last is None or silence != "no":
        return decide(protocol, silent(protocol, case.procedure, day, silence))
    return last


def silence_of(protocol: Protocol, case: Case, last: Decision | None) -> tuple[str, int]:
    """Whether a check-in due before `as_of` did not come, and how bad the last one was; and the day judged."""
    heard = case.checkins[-1].day if case.checkins else -1
    day = max(heard, 0) if case.as_of is None else case.as_of
    if not any(heard < due < day for due in due_days(protocol)):
        return "no", day
    if last is None or last.urgency < Urgency.SAME_DAY:
        return "missed", day
    return f"after_{last.urgency.word}", day


def decide(protocol: Protocol, facts: Facts) -> Decision:
    """All that follows from the facts of one day."""
    weighed = weigh(protocol, facts)
    findings = tuple(sorted(weighed.findings.values(), key=lambda f: (-f.urgency, f.entry)))
    entries = [_entry(protocol, finding) for finding in findings]
    do = _do(protocol, weighed, zip(findings, entries, strict=True))
    troubled = [e for f, e in zip(findings, entries, strict=True) if f.status != "expected"]
    return Decision(
        day=facts.day,
        urgency=weighed.urgency,
        findings=findings,
        suspects=_unique(pathway for entry in troubled for pathway in entry.suspects),
        do=do,
        sources=_unique(source for entry in entries for source in entry.sources),
        unanswered=_unanswered(weighed),
        open=tuple(sorted(weighed.open)),
        would_raise=_would_raise(protocol, facts, weighed),
        would_lower=_would_lower(protocol, facts, weighed),
        silence=facts["silence"],
        stamp=protocol.stamp,
        answers=facts.answers,
    )


@dataclass(slots=True)
class Weighed:
    """The rules and windows of one day: those that hold, those that may, and those one answer short."""

    unanswered: Urgency
    risks: Names
    doubts: Names
    findings: dict[str, Finding] = field(default_factory=dict)
    held: list[tuple[Urgency, Box]] = field(default_factory=list)
    possible: list[tuple[Urgency, tuple[str, ...]]] = field(default_factory=list)
    near: list[tuple[Urgency, str, Box]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def fired(self) -> Urgency:
        """The maximum of all that holds."""
        return max((finding.urgency for finding in self.findings.values()), default=Urgency.SELF_CARE)

    @property
    def floor(self) -> Urgency:
        """What the silences are worth: as much as the worst rule they leave possible, up to the protocol's limit."""
        return min(max((urgency for urgency, _ in self.possible), default=Urgency.SELF_CARE), self.unanswered)

    @property
    def unproven(self) -> bool:
        """Whether a lower urgency would rest on a silence."""
        return self.floor > self.fired

    @property
    def urgency(self) -> Urgency:
        """The maximum, and never self-care by silence."""
        return max(self.fired, self.floor)

    def raised(self, urgency: Urgency, *, may: bool) -> tuple[Urgency, Names]:
        """A routine finding goes one level up with a risk modifier; one that nobody answered might raise it."""
        if not may or urgency != Urgency.ROUTINE:
            return urgency, ()
        if self.doubts:
            self.possible.append((Urgency.SAME_DAY, self.doubts))
        return (Urgency.SAME_DAY, self.risks) if self.risks else (urgency, ())

    def leave_open(self, urgency: Urgency, unknown: Names, *, may: bool) -> None:
        """Keep what the unknown answers could still make true, with the risks that are known."""
        raised = may and urgency == Urgency.ROUTINE and self.risks
        self.possible.append((Urgency.SAME_DAY if raised else urgency, unknown))

    def hold(self, finding: Finding, box: Box) -> None:
        """Keep a finding; several boxes of one rule are one finding."""
        known = self.findings.get(finding.entry)
        self.findings[finding.entry] = (
            finding if known is None else finding._replace(about=tuple(sorted({*known.about, *finding.about})))
        )
        self.held.append((finding.urgency, box))


class Look(NamedTuple):
    """One box of one rule, laid out for looking at it often."""

    position: int
    rule: Rule
    box: Box
    first: int
    last: float
    conditions: tuple[tuple[str, frozenset[str]], ...]
    about: Names


@dataclass(frozen=True, slots=True)
class Index:
    """Where to look: the quiet value of every question, the boxes that speak of it, and the raising modifiers.

    A box none of whose questions is present or unknown is refuted, so it need not be looked at.
    """

    quiet: dict[str, str]
    looks: dict[str, list[Look]]
    raising: Names


@lru_cache(maxsize=8)
def _index(protocol: Protocol) -> Index:
    quiet = dict.fromkeys(protocol["question"], "no") | {n: v[0] for n, v in CONTEXT.items() if n != "first_24h"}
    looks: dict[str, list[Look]] = {name: [] for name in quiet}
    every = ((rule, box) for rule in protocol["rule"].values() for box in rule.when)
    for position, (rule, box) in enumerate(every):
        about = tuple(sorted(name for name in box.where if "." not in name))
        last = math.inf if box.days.last is None else box.days.last
        look = Look(position, rule, box, box.days.first, last, tuple(box.where.items()), about)
        for name in box.where.keys() & quiet.keys():
            looks[name].append(look)
    return Index(quiet, looks, tuple(sorted(m.id for m in protocol["modifier"].values() if m.raises)))


def weigh(protocol: Protocol, facts: Facts) -> Weighed:
    """Look at every window and at every rule that speaks of something present or unknown."""
    index, values, courses, day = _index(protocol), facts.values, protocol["course"], facts.day
    risks = tuple(m for m in index.raising if values.get(m) == "yes")
    doubts = () if risks else tuple(m for m in index.raising if values.get(m, UNKNOWN) == UNKNOWN)
    weighed = Weighed(protocol.unanswered, risks, doubts)
    seen = set()
    for name, quiet in index.quiet.items():
        value = values.get(name, UNKNOWN)
        if value == quiet:
            continue
        if value == UNKNOWN:
            weighed.open.append(name)
        if name in courses:
            _weigh_course(courses[name], facts, weighed)
        for look in index.looks[name]:
            if look.position not in seen:
                seen.add(look.position)
                if look.first <= day <= look.last:
                    _weigh_rule(look, values, weighed)
    return weighed


def _weigh_course(course: Course, facts: Facts, weighed: Weighed) -> None:
    answer = facts[course.id]
    if answer == UNKNOWN:
        if any(facts.day > window(course, one, facts) for one in course.until):
            weighed.leave_open(course.past, (course.id,), may=course.raised)
    elif answer in course.until:
        until, about = window(course, answer, facts), (course.id,)
        box = Box({course.id: frozenset({answer})}, Days(max(until + 1, 0)))
        if facts.day <= until:
            weighed.hold(Finding(course.key, "expected", Urgency.SELF_CARE, about, until), box)
        else:
            urgency, raised_by = weighed.raised(course.past, may=course.raised)
            weighed.hold(Finding(course.key, "past", urgency, about, until, raised_by), box)


def _weigh_rule(look: Look, values: Mapping[str, str], weighed: Weighed) -> None:
    refuted, unknown = list[str](), list[str]()
    for name, allowed in look.conditions:
        value = values.get(name, UNKNOWN)
        if value not in allowed:
            (unknown if value == UNKNOWN else refuted).append(name)
    rule = look.rule
    if not refuted:
        if unknown:
            weighed.leave_open(rule.urgency, tuple(unknown), may=rule.raised)
        else:
            urgency, raised_by = weighed.raised(rule.urgency, may=rule.raised)
            weighed.hold(Finding(rule.key, "sign", urgency, look.about, None, raised_by), look.box)
    elif len(refuted) == 1 and not unknown:
        weighed.near.append((rule.urgency, refuted[0], look.box))


def window(course: Course, answer: str, facts: Facts) -> int:
    """The last expected day; an unknown modifier never lengthens it and always shortens it."""
    days = course.until[answer]
    for shift in course.shift:
        known = facts[shift.modifier]
        if (not shift.answers or answer in shift.answers) and (known == "yes" or (known == UNKNOWN and shift.days < 0)):
            days += shift.days
    return days


def _unanswered(weighed: Weighed) -> tuple[Change, ...]:
    """Unknown variables that could still raise the decision, worst first."""
    worst: dict[str, Urgency] = {}
    fired = weighed.fired
    for urgency, names in weighed.possible:
        if urgency > fired:
            for name in names:
                worst[name] = max(urgency, worst.get(name, urgency))
    ordered = sorted(worst.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Change(name, UNKNOWN, urgency) for name, urgency in ordered)


def _would_raise(protocol: Protocol, facts: Facts, weighed: Weighed) -> Change | None:
    """The one other answer nearest to a higher urgency: of the rule of which most is true, asked on this day."""
    questions, decided = protocol["question"], weighed.urgency
    higher = []
    for urgency, name, box in weighed.near:
        question = questions.get(name.partition(".")[0]) if urgency > decided else None
        if question is not None:
            asked = any(facts.day in days for days in question.asked)
            value = next(value for value in protocol.variables[name] if value in box.where[name])
            higher.append((-len(box.where), not asked, urgency, name, value))
    for _, _, _, name, value in sorted(higher)[:1]:
        return Change(name, value, weigh(protocol, facts.but(name, value)).urgency)
    return None


def _would_lower(protocol: Protocol, facts: Facts, weighed: Weighed) -> Change | None:
    """The one other answer that would calm the decision most; never offered for an emergency.

    A better answer can only take reasons away, so what stays held orders the candidates; the first is weighed anew.
    """
    decided = weighed.urgency
    if weighed.unproven or decided in (Urgency.EMERGENCY, Urgency.SELF_CARE):
        return None
    candidates = []
    for name in {name for urgency, box in weighed.held if urgency == decided for name in box.where}:
        if name.partition(".")[0] in protocol["question"]:
            scale = protocol.variables[name]
            value = scale[max(scale.index(facts[name]) - 1, 0)] if "." not in name else scale[0]
            left = [u for u, box in weighed.held if value in box.where.get(name, (value,))]
            candidates.append((max(left, default=Urgency.SELF_CARE), name, value))
    for urgency, name, value in sorted(candidates)[:1]:
        if urgency < decided:
            lower = weigh(protocol, facts.but(name, value)).urgency
            return Change(name, value, lower) if lower < decided else None
    return None


def _entry(protocol: Protocol, finding: Finding) -> Any:
    section, _, id = finding.entry.partition(".")
    return protocol[section][id]


def _do(protocol: Protocol, weighed: Weighed, reasons: Iterable[tuple[Finding, Any]]) -> Names:
    """What to do, the most urgent first; in an emergency nothing else, and nothing calmer than the decision."""
    urgency = weighed.urgency
    do = ["answer_missing"] if weighed.unproven else []
    for finding, entry in reasons:
        if finding.urgency == urgency or urgency != Urgency.EMERGENCY:
            do += entry.past_do if finding.status == "past" else entry.do
    return _unique(action for action in do if protocol["action"][action].up_to >= urgency)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
