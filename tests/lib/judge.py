"""An independent judge of the proofs: z3 asked the same questions about the same boxes, by other means.

Every method returns None, or the counterexample that z3 found: the day and the value of every variable that is not at
rest. The judge knows nothing of `verify.cover`; it only shares the compiled boxes with it.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import z3

from afterthread.protocol.entry import Course
from afterthread.protocol.model import CONTEXT, COURSES, UNKNOWN, Days, Protocol, Urgency
from afterthread.verify.artefact import RISK, UNANSWERED, Artefact, compile_protocol

Where = Mapping[str, frozenset[str]]
Counterexample = dict[str, int | str]
RISING = COURSES[:4]
"""The courses that form an order; "back" and "new" stand beside it."""


class State:
    """One person on one day as bit vectors: a code per variable, and whether each box holds."""

    def __init__(self, artefact: Artefact, mark: str) -> None:
        self.artefact = artefact
        self.day = z3.BitVec(f"{mark} day", 16)
        self.codes = {name: z3.BitVec(f"{mark} {name}", 4) for name in artefact.domains}
        self.fired = [z3.Bool(f"{mark} box {number}") for number in range(len(artefact.boxes))]
        self.least = {urgency: z3.Bool(f"{mark} {urgency.word}") for urgency in Urgency}

    def is_one_of(self, name: str, values: Iterable[str]) -> z3.BoolRef:
        """Whether a variable has one of these values."""
        domain = self.artefact.domains[name]
        return z3.Or([self.codes[name] == domain.index(value) for value in values])

    def within(self, days: Days) -> z3.BoolRef:
        """Whether the day is one of these."""
        last = self.artefact.horizon_days if days.last is None else days.last
        return z3.And(z3.UGE(self.day, days.first), z3.ULE(self.day, last))

    def inside(self, days: Days, where: Where) -> z3.BoolRef:
        """Whether a box holds."""
        return z3.And(self.within(days), *(self.is_one_of(name, values) for name, values in where.items()))

    def axioms(self) -> Iterator[z3.BoolRef]:
        """What every person is like, and what the boxes mean."""
        boxes, domains = self.artefact.boxes, self.artefact.domains
        yield self.within(Days())
        for name, domain in domains.items():
            yield z3.ULT(self.codes[name], len(domain))
        for number, box in enumerate(boxes):
            yield self.fired[number] == self.inside(box.days, box.where)
        for urgency, least in self.least.items():
            yield least == z3.Or([self.fired[n] for n, box in enumerate(boxes) if box.urgency >= urgency])
        yield from self._history()
        yield from self._risk()

    def _history(self) -> Iterator[z3.BoolRef]:
        """The clock and the history are always known; a sign that is absent has neither side nor course."""
        domains = self.artefact.domains
        for name in CONTEXT:
            yield self.codes[name] != domains[name].index(UNKNOWN)
        questions = {name.partition(".")[0] for name in domains if "." in name}
        for name in domains:
            question, dot, _ = name.partition(".")
            if dot:
                absent = self.is_one_of(question, (UNKNOWN, domains[question][1]))
                yield z3.Implies(absent, self.is_one_of(name, (UNKNOWN,)))
        silent = z3.Not(self.is_one_of("silence", ("no",)))
        yield z3.Implies(silent, z3.And([self.is_one_of(name, (UNKNOWN,)) for name in sorted(questions)]))
        yield z3.Implies(z3.UGE(self.day, 2), self.is_one_of("first_24h", ("no",)))
        yield z3.Implies(self.day == 0, self.is_one_of("first_24h", ("yes",)))

    def _risk(self) -> Iterator[z3.BoolRef]:
        raising = self.artefact.raising
        some = z3.Or([self.is_one_of(name, ("yes",)) for name in raising])
        doubt = z3.Or([self.is_one_of(name, (UNKNOWN,)) for name in raising])
        yield self.is_one_of(RISK, ("yes",)) == some
        yield self.is_one_of(RISK, (UNKNOWN,)) == z3.And(doubt, z3.Not(some))


class Judge:
    """Asks z3 about a compiled protocol."""

    def __init__(self, artefact: Artefact) -> None:
        self.artefact = artefact
        self.now, self.then = State(artefact, "now"), State(artefact, "then")
        self.questions = sorted({name.partition(".")[0] for name in artefact.domains if "." in name})
        self.solver = z3.SolverFor("QF_FD")
        self.solver.add(*self.now.axioms())
        self.pair = z3.SolverFor("QF_FD")
        self.pair.add(*self.now.axioms(), *self.then.axioms(), self.now.day == self.then.day)
        self.same = {name: z3.Bool(f"same {name}") for name in artefact.domains}
        for name, same in self.same.items():
            self.pair.add(z3.Implies(same, self.now.codes[name] == self.then.codes[name]))

    def finding_without_word(self, question: str) -> Counterexample | None:
        """A present sign of which no window and no rule speaks."""
        speaking = [
            self.now.fired[number]
            for number, box in enumerate(self.artefact.boxes)
            if box.rule != UNANSWERED and question in box.where
        ]
        present = self.now.is_one_of(question, self.artefact.domains[question][2:])
        return self._ask(present, z3.Not(z3.Or(speaking)))

    def red_flag_without_emergency(self, question: str) -> Counterexample | None:
        """A day and a person on which a red flag is not an emergency."""
        present = self.now.is_one_of(question, self.artefact.domains[question][2:])
        return self._ask(present, z3.Not(self.now.least[Urgency.EMERGENCY]))

    def self_care_from(self, question: str, answer: str, first: int) -> Counterexample | None:
        """A day from `first` on, on which this answer is self-care."""
        there = self.now.inside(Days(first), {question: frozenset({answer})})
        return self._ask(there, z3.Not(self.now.least[Urgency.ROUTINE]))

    def self_care_inside(self, days: Days, where: Where) -> Counterexample | None:
        """Somebody inside this box who is sent to self-care."""
        return self._ask(self.now.inside(days, where), z3.Not(self.now.least[Urgency.ROUTINE]))

    def decides(self, days: Days, where: Where, urgency: Urgency) -> Counterexample | None:
        """Somebody inside this box for whom nothing higher holds, so that it decides; None: it never does."""
        higher = self.now.least[Urgency(urgency + 1)] if urgency < max(Urgency) else z3.BoolVal(val=False)
        return self._ask(self.now.inside(days, where), z3.Not(higher))

    def worse_is_lower(self, name: str) -> Counterexample | None:
        """Somebody whose urgency falls when this variable goes one step to the worse."""
        return self._steps(name, self._worse(name))

    def unknown_is_lower(self, name: str) -> Counterexample | None:
        """Somebody whose urgency falls when the reassuring answer of this variable is not given."""
        reassuring = self._worse(name)[0][0] if self._worse(name) else UNKNOWN
        known = name in self.questions or name in self.artefact.modifiers or "." in name
        return self._steps(name, [(reassuring, UNKNOWN)]) if known else None

    def _worse(self, name: str) -> list[tuple[str, str]]:
        """Steps to the worse: along the domain; a modifier that raises nothing only lengthens windows."""
        if name in ("first_24h", RISK):
            return []
        if name in self.artefact.modifiers and name not in self.artefact.raising:
            return [("yes", "no")]
        if name.endswith(".course"):
            return [*itertools.pairwise(RISING)]
        order = self.artefact.domains[name][1:]
        return [*itertools.pairwise(order), (UNKNOWN, order[-1])]

    def _steps(self, name: str, steps: Iterable[tuple[str, str]]) -> Counterexample | None:
        follows = {name, RISK} if name in self.artefact.raising else {name}
        others = [same for other, same in self.same.items() if other not in follows]
        for calm, worse in steps:
            moved = self.now.is_one_of(name, (calm,)), self.then.is_one_of(name, (worse,))
            for urgency in (Urgency.ROUTINE, Urgency.SAME_DAY, Urgency.EMERGENCY):
                fallen = self.now.least[urgency], z3.Not(self.then.least[urgency])
                found = self._answer(self.pair, [*others, *moved, *fallen])
                if found is not None:
                    return {**found, "moved": f"{name}: {calm} -> {worse}"}
        return None

    def _ask(self, *conditions: z3.BoolRef) -> Counterexample | None:
        return self._answer(self.solver, conditions)

    def _answer(self, solver: z3.Solver, conditions: Iterable[z3.BoolRef]) -> Counterexample | None:
        solver.push()
        solver.add(*conditions)
        verdict = solver.check()
        found = self._read(solver.model()) if verdict == z3.sat else None
        solver.pop()
        if verdict == z3.unknown:
            raise RuntimeError(f"z3 cannot tell: {solver.reason_unknown()}")
        return found

    def _read(self, model: z3.ModelRef) -> Counterexample:
        day = model.eval(self.now.day, model_completion=True).as_long()
        codes = {
            name: domain[model.eval(self.now.codes[name], model_completion=True).as_long()]
            for name, domain in self.artefact.domains.items()
        }
        return {"day": day, **{name: value for name, value in codes.items() if value not in ("no", UNKNOWN)}}


Ruling = Iterator[Counterexample | None]


def rulings(protocol: Protocol) -> dict[str, Callable[[], bool]]:
    """Per property of `verify.properties` that speaks of boxes, whether z3 finds that it holds."""
    judge = Judge(compile_protocol(protocol))
    questions = {
        "every_finding_is_explained": _findings,
        "worse_never_lowers_urgency": _worse,
        "unknown_never_ranks_below_no": _unknown,
        "silence_never_reassures": _silence,
        "every_red_flag_alone_is_an_emergency": _red_flags,
        "nothing_is_expected_past_its_window": _windows,
        "every_rule_can_fire": _rules,
    }
    return {name: partial(_holds, ask, protocol, judge) for name, ask in questions.items()}


def _holds(ask: Callable[[Protocol, Judge], Ruling], protocol: Protocol, judge: Judge) -> bool:
    return all(found is None for found in ask(protocol, judge))


def _findings(protocol: Protocol, judge: Judge) -> Ruling:
    yield from map(judge.finding_without_word, protocol["question"])


def _worse(_protocol: Protocol, judge: Judge) -> Ruling:
    yield from map(judge.worse_is_lower, judge.artefact.domains)


def _unknown(_protocol: Protocol, judge: Judge) -> Ruling:
    yield from map(judge.unknown_is_lower, judge.artefact.domains)


def _silence(_protocol: Protocol, judge: Judge) -> Ruling:
    for box in judge.artefact.boxes:
        if box.urgency and box.rule != UNANSWERED:
            yield judge.self_care_inside(box.days, {name: values | {UNKNOWN} for name, values in box.where.items()})


def _red_flags(protocol: Protocol, judge: Judge) -> Ruling:
    flags = [question.id for question in protocol["question"].values() if question.red_flag]
    if not flags:
        yield {}
    yield from map(judge.red_flag_without_emergency, flags)


def _windows(protocol: Protocol, judge: Judge) -> Ruling:
    for course in protocol["course"].values():
        last = {answer: _last_expected(course, answer) for answer in protocol.variables[course.id][1:]}
        for answer, day in last.items():
            yield judge.self_care_from(course.id, answer, max(day + 1, 0))
        named = [last[answer] for answer in last if answer in course.until]
        if any(milder < worse for milder, worse in itertools.pairwise(named)):
            yield {}


def _last_expected(course: Course, answer: str) -> int:
    if answer not in course.until:
        return -1
    shifts = (shift for shift in course.shift if not shift.answers or answer in shift.answers)
    return course.until[answer] + sum(max(shift.days, 0) for shift in shifts)


def _rules(protocol: Protocol, judge: Judge) -> Ruling:
    for rule in protocol["rule"].values():
        for box in rule.when:
            yield {} if judge.decides(box.days, box.where, rule.urgency) is None else None
