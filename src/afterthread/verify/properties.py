"""What must always hold of a protocol: each property a sentence, proved or refuted by a case that can be run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from afterthread.engine.case import read_case
from afterthread.engine.history import silent
from afterthread.engine.triage import decide, triage
from afterthread.protocol.account import account
from afterthread.protocol.entry import Question
from afterthread.protocol.model import COURSES, SIDES, UNKNOWN, Days, Protocol, Urgency
from afterthread.verify.artefact import RISK, UNANSWERED, Artefact, Cell, compile_protocol
from afterthread.verify.cases import WorkedCase
from afterthread.verify.cover import Cover, Region
from afterthread.verify.witness import Case, case_of


@dataclass(frozen=True, slots=True)
class Refutation:
    """One way in which a property fails, and a case that shows it where there is one."""

    says: str
    case: Case | None = None


@dataclass(frozen=True)
class Subject:
    """What is examined: the protocol, its boxes, and its worked cases."""

    protocol: Protocol
    cases: tuple[WorkedCase, ...] = ()
    covers: dict[Urgency, Cover] = field(default_factory=dict)

    @cached_property
    def artefact(self) -> Artefact:
        """The protocol as boxes."""
        return compile_protocol(self.protocol)

    def at_least(self, urgency: Urgency) -> Cover:
        """The boxes of this urgency or a higher one."""
        if urgency not in self.covers:
            self.covers[urgency] = Cover(self.artefact, [b for b in self.artefact.boxes if b.urgency >= urgency])
        return self.covers[urgency]

    def present(self, question: str) -> frozenset[str]:
        """Every answer but "no"."""
        return frozenset(self.protocol.variables[question][1:])

    def refute(self, says: str, region: Region) -> Refutation:
        """A refutation with the first case of a region."""
        return Refutation(f"{says} (day {region.first}, {_told(region.where)})", case_of(self.protocol, region))


Property = Callable[[Subject], Iterator[Refutation]]


def every_finding_is_explained(subject: Subject) -> Iterator[Refutation]:
    """Whatever single thing a patient reports, on whatever day, a window or a rule speaks of it."""
    cover = Cover(subject.artefact, [box for box in subject.artefact.boxes if box.rule != UNANSWERED])
    for question in subject.protocol["question"]:
        for answer in subject.protocol.variables[question][1:]:
            missed = cover.misses(cover.region(Days(), {question: frozenset({answer})}))
            if missed:
                yield subject.refute(f"nothing speaks of {question} = {answer}", missed)


def worse_never_lowers_urgency(subject: Subject) -> Iterator[Refutation]:
    """A worse answer, one more sign, a risk or a longer silence never lowers the urgency."""
    yield from _never_lowers(subject, _worse)


def unknown_never_ranks_below_no(subject: Subject) -> Iterator[Refutation]:
    """An answer that is missing counts at least as much as the reassuring one."""
    yield from _never_lowers(subject, _silenced)


def _never_lowers(subject: Subject, steps: Callable[[Subject, str], list[tuple[str, str]]]) -> Iterator[Refutation]:
    """Move every box along every step of each of its variables; where it lands must be worth as much."""
    for box in subject.artefact.boxes:
        if not box.urgency:
            continue
        cover = subject.at_least(box.urgency)
        for name, values in box.where.items():
            for calm, worse in steps(subject, name):
                if calm in values:
                    missed = cover.misses(cover.region(box.days, _moved(subject, box, name, calm, worse)))
                    if missed and attainable(subject, missed):
                        says = f"{name}: {calm} -> {worse} lowers {box.urgency.word} of {box.rule}"
                        yield subject.refute(says, missed)


def _moved(subject: Subject, box: Cell, name: str, calm: str, worse: str) -> Mapping[str, frozenset[str]]:
    """Where a step leads: the worst answer given at last is one-sided and "worse"; the history says the rest."""
    where = {**box.where, name: frozenset({worse})}
    if calm == UNKNOWN and f"{name}.course" in where:
        trend = subject.protocol["question"][name].trend
        where[f"{name}.course"] = frozenset(COURSES[2:] if trend else COURSES)
    if calm == UNKNOWN and f"{name}.side" in where:
        where[f"{name}.side"] = frozenset(SIDES[1:])
    return where


def _worse(subject: Subject, name: str) -> list[tuple[str, str]]:
    """Pairs (calm, worse): along the scale, and from unknown to the worst answer."""
    protocol = subject.protocol
    if name in ("first_24h", RISK):
        return [("no", UNKNOWN), (UNKNOWN, "yes")] if name == RISK else []
    if name.endswith(".course"):
        return _worse_courses(protocol["question"][name.partition(".")[0]])
    order = SIDES if name.endswith(".side") else protocol.variables[name]
    if name in protocol["modifier"] and not protocol["modifier"][name].raises:
        return [("yes", "no")]  # it only lengthens windows, so having it is the calmer answer
    return [*itertools.pairwise(order), (UNKNOWN, order[-1])]


def _worse_courses(question: Question) -> list[tuple[str, str]]:
    """Along the courses that a worse answer climbs; the word "worse" also turns an unknown or a new sign into one."""
    said = [(UNKNOWN, "worse"), ("new", "worse")] if question.trend else []
    return [*itertools.pairwise(COURSES[:4]), *said]


def _silenced(subject: Subject, name: str) -> list[tuple[str, str]]:
    """Pairs (reassuring answer, unknown)."""
    protocol = subject.protocol
    if name in protocol["modifier"] and not protocol["modifier"][name].raises:
        return [("yes", UNKNOWN)]
    if name.endswith(".course"):
        return [("better", UNKNOWN)]
    if name.endswith(".side"):
        return [("both", UNKNOWN)]
    return [("no", UNKNOWN)] if name in protocol["question"] or name in protocol["modifier"] or name == RISK else []


def attainable(subject: Subject, region: Region) -> bool:
    """Whether some patient can stand in the region; a region of silence is always attainable."""
    silent_days = region.where.get("silence", frozenset({"no"})) != frozenset({"no"})
    return silent_days or case_of(subject.protocol, region) is not None


def silence_never_reassures(subject: Subject) -> Iterator[Refutation]:
    """Nobody is sent to self-care because something was not answered, and silence keeps what was said before."""
    protocol, empty = subject.protocol, {"procedure": {}, "checkins": [{"day": 0}]}
    for day in sorted({box.days.first for box in subject.artefact.boxes}):
        empty = {"procedure": {}, "checkins": [{"day": day}]}
        if triage(protocol, read_case(protocol, empty)).urgency == Urgency.SELF_CARE:
            yield Refutation(f"a check-in on day {day} without any answer is self-care", empty)
    cover = subject.at_least(Urgency.ROUTINE)
    for box in subject.artefact.boxes:
        if box.urgency and box.rule != UNANSWERED:
            wide = {name: values | {UNKNOWN} for name, values in box.where.items()}
            missed = cover.misses(cover.region(box.days, wide))
            if missed:
                yield subject.refute(f"{box.rule} may hold, nobody asked, and it is called self-care", missed)
    keeps = {"missed": Urgency.ROUTINE, "after_same_day": Urgency.SAME_DAY, "after_emergency": Urgency.EMERGENCY}
    for silence, least in keeps.items():
        for day in (1, protocol.horizon_days):
            if decide(protocol, silent(protocol, read_case(protocol, empty).procedure, day, silence)).urgency < least:
                yield Refutation(f"silence ({silence}) on day {day} is less than {least.word}")


def every_red_flag_alone_is_an_emergency(subject: Subject) -> Iterator[Refutation]:
    """Every red flag, with nothing else, is an emergency on every day of ten years."""
    flags = [q.id for q in subject.protocol["question"].values() if q.red_flag]
    if not flags:
        yield Refutation("no question is a red flag")
    cover = subject.at_least(Urgency.EMERGENCY)
    for flag in flags:
        missed = cover.misses(cover.region(Days(), {flag: subject.present(flag)}))
        if missed:
            yield subject.refute(f"{flag} alone is no emergency", missed)


def nothing_is_expected_past_its_window(subject: Subject) -> Iterator[Refutation]:
    """After the last expected day of every window, and for answers no window names, somebody looks."""
    cover = subject.at_least(Urgency.ROUTINE)
    for course in subject.protocol["course"].values():
        longest = {a: _longest(course, a) for a in course.until}
        scale = subject.protocol.variables[course.id][1:]
        for answer in scale:
            first = max(longest.get(answer, -1) + 1, 0)
            missed = cover.misses(cover.region(Days(first), {course.id: frozenset({answer})}))
            if missed:
                yield subject.refute(f"{course.id} = {answer} is past its window and still self-care", missed)
        named = [longest[answer] for answer in scale if answer in longest]
        if named != sorted(named, reverse=True):
            yield Refutation(f"{course.key}: a worse answer is expected for longer than a milder one")


def _longest(course: Any, answer: str) -> int:
    """The last expected day with every lengthening shift taken."""
    shifts = [s.days for s in course.shift if not s.answers or answer in s.answers]
    return int(course.until[answer] + sum(days for days in shifts if days > 0))


def order_of_rules_means_nothing(subject: Subject) -> Iterator[Refutation]:
    """Rules and windows in any other order give the same decision, to the letter."""
    reverse = {s: dict(reversed(list(entries.items()))) for s, entries in subject.protocol.entries.items()}
    other = replace(subject.protocol, entries=reverse)
    if compile_protocol(other).boxes != subject.artefact.boxes:
        yield Refutation("the compiled boxes depend on the order of the files")
    for case in _one_case_per_rule(subject):
        first, second = (triage(p, read_case(p, case)) for p in (subject.protocol, other))
        if first != second:
            yield Refutation(
                f"{first.urgency.word} becomes {second.urgency.word} when the rules are turned round", case
            )


def _one_case_per_rule(subject: Subject) -> Iterator[Case]:
    for rule in subject.protocol["rule"].values():
        box = rule.when[0]
        case = case_of(subject.protocol, subject.at_least(Urgency.SELF_CARE).region(box.days, box.where))
        if case is not None:
            yield case


def every_rule_can_fire(subject: Subject) -> Iterator[Refutation]:
    """Every alternative of every rule decides for some patient: none is impossible, none is swallowed unseen."""
    for rule in subject.protocol["rule"].values():
        higher = Cover(subject.artefact, [b for b in subject.artefact.boxes if b.urgency > rule.urgency])
        for box in rule.when:
            region = higher.misses(higher.region(box.days, box.where))
            if region is None:
                yield Refutation(f"{rule.key}: {_told(box.where)} is always swallowed by a higher rule")
            elif "silence" not in box.where:
                yield from _decides(subject, rule.key, rule.urgency, region)


def _decides(subject: Subject, key: str, urgency: Urgency, region: Region) -> Iterator[Refutation]:
    case = case_of(subject.protocol, region)
    if case is None:
        yield Refutation(f"{key}: no patient can reach {_told(region.where)}")
        return
    decision = triage(subject.protocol, read_case(subject.protocol, case))
    if key not in {f.entry for f in decision.findings} or decision.urgency != urgency:
        yield Refutation(f"{key} should decide here, and {decision.urgency.word} came out", case)


def every_rule_has_a_case(subject: Subject) -> Iterator[Refutation]:
    """Every rule, and every window inside and past, stands in a worked example; `load` checks sources and words."""
    named = {rule for case in subject.cases for rule in case.rules}
    calm = {rule for case in subject.cases if case.expect == Urgency.SELF_CARE for rule in case.rules}
    raised = {rule for case in subject.cases if case.expect > Urgency.SELF_CARE for rule in case.rules}
    for rule in subject.protocol["rule"].values():
        if rule.key not in named:
            yield Refutation(f"{rule.key} has no case")
    for course in subject.protocol["course"].values():
        if course.key not in calm or course.key not in raised:
            yield Refutation(f"{course.key} lacks a case inside or past its window")


def every_claim_is_accounted_for(subject: Subject) -> Iterator[Refutation]:
    """Every claim of the commissioning document is used, or set aside with a reason."""
    for line in account(subject.protocol):
        if line.wrong:
            yield Refutation(f"{line.claim} is {line.wrong}")


def no_day_both_forbids_and_allows(subject: Subject) -> Iterator[Refutation]:
    """At no moment does the plan forbid and allow the same thing in the same place."""
    steps = list(subject.protocol["step"].values())
    shut = [step for step in steps if step.kind == "forbidden"]
    open_ = [step for step in steps if step.kind in ("allowed", "care")]
    for forbidden, allowed in itertools.product(shut, open_):
        if forbidden.topic == allowed.topic and _same_place(forbidden, allowed) and _overlap(forbidden, allowed):
            yield Refutation(f"{forbidden.key} forbids what {allowed.key} allows")


def _same_place(one: Any, other: Any) -> bool:
    return not one.regions or not other.regions or bool({*one.regions} & {*other.regions})


def _overlap(one: Any, other: Any) -> bool:
    """Whether two spans meet; hours that end inside a day count that day whole, as the plan does without a clock."""
    return _span(one)[0] < _span(other)[1] and _span(other)[0] < _span(one)[1]


def _span(step: Any) -> tuple[float, float]:
    if step.days:
        return step.days[0] * 24.0, (step.days[-1] + 1) * 24.0
    return step.start.hours, float("inf") if step.end is None else step.end.hours


def every_complication_can_be_suspected(subject: Subject) -> Iterator[Refutation]:
    """Every pathway is named by some rule, window, danger area or piece of advice."""
    named = {pathway for entry in subject.protocol for pathway in getattr(entry, "suspects", ())}
    for pathway in subject.protocol["pathway"].values():
        if pathway.id not in named:
            yield Refutation(f"{pathway.key} is suspected by nothing")


def every_modifier_matters(subject: Subject) -> Iterator[Refutation]:
    """Every fact that is asked about a person or procedure changes something."""
    used = {name for box in subject.artefact.boxes for name in box.where}
    used |= {name for step in subject.protocol["step"].values() for name in step.modifiers}
    for modifier in subject.protocol["modifier"].values():
        if not modifier.raises and modifier.id not in used:
            yield Refutation(f"{modifier.key} is asked for nothing")


PROPERTIES: tuple[Property, ...] = (
    every_finding_is_explained, worse_never_lowers_urgency, unknown_never_ranks_below_no, silence_never_reassures,
    every_red_flag_alone_is_an_emergency, nothing_is_expected_past_its_window, order_of_rules_means_nothing,
    every_rule_can_fire, every_rule_has_a_case, every_claim_is_accounted_for, no_day_both_forbids_and_allows,
    every_complication_can_be_suspected, every_modifier_matters,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """A property and everything that speaks against it."""

    name: str
    sentence: str
    refutations: tuple[Refutation, ...]

    @property
    def holds(self) -> bool:
        """Proved."""
        return not self.refutations


def verify(protocol: Protocol, cases: list[WorkedCase] | None = None) -> list[Result]:
    """Every property, proved or refuted; without cases, the property about cases is left out."""
    subject = Subject(protocol, tuple(cases or ()))
    chosen = [p for p in PROPERTIES if cases is not None or p is not every_rule_has_a_case]
    return [Result(p.__name__, (p.__doc__ or "").strip(), tuple(p(subject))) for p in chosen]


def _told(where: Mapping[str, frozenset[str]]) -> str:
    return ", ".join(f"{name} = {'|'.join(sorted(values))}" for name, values in sorted(where.items()))
