"""Draws normal recoveries: who has which sign, from when to when and how strongly, and how patients report it.

Every number stands beside its source, an id of ``sources.toml``, or beside the word "assumption".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from afterthread.engine.case import TRENDS
from afterthread.engine.facts import Answer, Case, CheckIn, Procedure
from afterthread.engine.history import due_days
from afterthread.protocol import UNKNOWN, Protocol
from afterthread.protocol.entry import Question

LAST_DAY = 90


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that normal recoveries show: how often, from which day, at most how strong, and gone by when.

    `gone` is the median day on which it is gone and `spread` the sigma of its logarithm: the tail is
    `gone * exp(2.33 * spread)` for one patient in a hundred. `peaks` are the odds of mild, moderate and severe.
    """

    question: str
    often: float
    onset: tuple[int, int]
    peak: tuple[int, int]
    gone: float
    spread: float
    peaks: tuple[float, float, float]
    source: str
    modifier: str = ""
    with_modifier: tuple[float, float] = (1.0, 1.0)
    """With `modifier` present: how often, and how long, times this."""


SIGNS = (
    Sign("swelling", 0.80, (0, 0), (1, 3), 6.0, 0.55, (0.60, 0.33, 0.07),
         "reported by 16 % (zhou2025) to 35 % (niu2021): drawn as moderate or worse in 32 %; that most others are "
         "mildly swollen is an assumption. Peak day 1-3, most gone in 5-7 days (kataoka_swelling), faint rest to a "
         "month (glamrule_swelling, ringo)", "extensive", (1.1, 1.25)),
    Sign("bruise", 0.26, (0, 1), (2, 3), 8.0, 0.35, (0.50, 0.40, 0.10),
         "26 % (zhou2025); peak day 2-3 and 5-10 days to two weeks (kataoka_bruise, drvictoria, okazaki)",
         "bruise_prone", (2.0, 1.4)),
    Sign("pain", 0.70, (0, 0), (0, 1), 4.0, 0.45, (0.83, 0.17, 0.00),
         "11 % complain (zhou2025): drawn as moderate in 12 %; milder soreness in 58 % is an assumption. Two to three "
         "days of painkillers, a dull ache to day 5 (centreofwellness)"),
    Sign("pain", 0.15, (0, 2), (2, 4), 12.0, 0.45, (1.00, 0.00, 0.00),
         "pulling or stinging on movement for 2-4 weeks, gone by week 5 (kataoka_pain, glamrule_month); its frequency "
         "is an assumption", "barbed", (2.0, 1.2)),
    Sign("redness", 0.40, (0, 0), (0, 1), 2.5, 0.50, (0.80, 0.20, 0.00),
         "erythema 9 % (bertossi2019): drawn as moderate in 8 %; entry marks fade within a week (saps); mild redness "
         "of the others is an assumption", "extensive", (1.2, 1.25)),
    Sign("warmth", 0.15, (0, 0), (0, 1), 1.8, 0.45, (0.90, 0.10, 0.00), "assumption"),
    Sign("itching", 0.10, (1, 3), (2, 4), 5.0, 0.45, (0.90, 0.10, 0.00), "assumption: the itch of healing punctures"),
    Sign("mouth_opening", 0.30, (0, 1), (1, 3), 9.0, 0.50, (0.75, 0.22, 0.03),
         "one to three weeks (fujinka, antiaging_tokyo); its frequency is an assumption"),
    Sign("dimple", 0.07, (0, 2), (1, 4), 6.0, 0.65, (0.70, 0.25, 0.05),
         "7 % (zhou2025) to 10 % (niu2021), 6 % up to and 16 % above the age of 50 (niu2021); 16 of 17 gone in 3-7 "
         "days (guduk2018), leaflets 2-4 weeks (idhospital)", "age_over_50", (2.3, 1.0)),
    Sign("unevenness", 0.15, (0, 2), (1, 4), 7.0, 0.60, (0.70, 0.27, 0.03),
         "3-7 days (guduk2018) to 2-4 weeks (idhospital, hintpot); its frequency is an assumption"),
    Sign("lump", 0.08, (0, 3), (1, 5), 7.0, 0.50, (0.80, 0.18, 0.02), "up to two weeks (S022); frequency: assumption"),
    Sign("folds", 0.04, (0, 0), (0, 2), 4.0, 0.50, (0.75, 0.25, 0.00), "up to a week (S018); frequency: assumption"),
    Sign("asymmetry", 0.07, (0, 1), (1, 4), 7.0, 0.55, (0.80, 0.20, 0.00),
         "7 % together with dimpling (zhou2025); its course is an assumption"),
    Sign("overtight", 0.20, (0, 0), (0, 4), 8.0, 0.50, (0.70, 0.27, 0.03),
         "settles in two to three weeks (S109); frequency: assumption"),
    Sign("numbness", 0.08, (0, 1), (0, 3), 12.0, 0.60, (0.75, 0.23, 0.02),
         "6 % (niu2021) to 10 % (zhou2025); a week to a month (kataoka_numb, rumibeauty)",
         "non_absorbable", (2.0, 1.0)),
    Sign("thread_felt", 0.05, (3, 21), (10, 30), 40.0, 0.50, (1.00, 0.00, 0.00),
         "seen or felt in 4 % (niu2021) to 6 % (zhou2025); its course is an assumption"),
    Sign("expression", 0.20, (0, 0), (0, 0), 0.9, 0.01, (0.70, 0.30, 0.00),
         "the anaesthetic, for hours (S103, egger); its frequency is an assumption"),
    Sign("drooling", 0.05, (0, 0), (0, 0), 0.9, 0.01, (1.00, 0.00, 0.00), "as for expression; assumption"),
    Sign("discharge", 0.04, (0, 0), (0, 0), 1.2, 0.30, (1.00, 0.00, 0.00), "a clear drop at a puncture; assumption"),
    Sign("faintness", 0.01, (0, 0), (0, 0), 0.9, 0.01, (1.00, 0.00, 0.00), "light-headed on the day; assumption"),
)  # fmt: skip

MODIFIERS: Mapping[str, float] = {
    "diabetes": 0.04, "immunosuppressed": 0.015, "anticoagulants": 0.04, "autoimmune": 0.05,
    "abroad_or_non_medical": 0.05, "filler_same_session": 0.12, "previous_implant": 0.03, "nose_threads": 0.06,
    "neck_threads": 0.12,
    "periocular_threads": 0.05, "non_absorbable": 0.03, "bruise_prone": 0.15, "extensive": 0.20, "barbed": 0.60,
}  # fmt: skip
"""How many patients have each modifier; all assumptions, no source counts them."""
AGE_MEAN, AGE_SD = 46.0, 9.0
"""Assumption: 31 % are older than 50. The pooled series only say that both groups are common (niu2021)."""
ONE_SIDED = 0.065
"""Of those with swelling or pain, how many have it on one side only; assumption, 5-8 %."""
EVENTS: Mapping[str, float] = {
    "event_blow": 0.001, "event_massage": 0.003, "event_heat": 0.003, "event_dental": 0.002, "cold_sore": 0.0005,
}  # fmt: skip
"""Per patient-day; assumptions."""
FEVER_A_YEAR, FEVER_DAYS = 1.0, (1, 3)
"""A cold with fever that has nothing to do with the threads; assumption."""
DISLIKED = 0.02
"""Satisfaction is 98 % at once (niu2021); asked from day 30 on."""
WRITES, SKIPS, EXTRA, VOLUNTEERS, LEAVES_OPEN = 0.08, 0.10, 0.01, 0.60, 0.05
"""Assumptions: a remark in own words; a due check-in skipped; one more than due on a day; a sign mentioned although
it is not asked for; the closing "none of these" left out."""
WOBBLE = 0.15
"""How much the same sign varies from day to day, in levels (standard deviation); assumption."""
NOTICED, FELT_BETTER, FELT_WORSE = 0.15, 0.1, 0.3
"""Strengths, in levels, from which a sign is noticed and a change is called better or worse; assumptions."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """How truly patients report; all three shares are assumptions.

    `missing` of the questions asked stay unanswered. `noise` of the answers on a scale of severity are off by one, up
    or down; `ghosts` False spares the signs that are not there. `slip` of the other questions answered "no" say "yes".
    """

    missing: float = 0.05
    noise: float = 0.025
    ghosts: bool = True
    slip: float = 0.0


@dataclass(frozen=True, slots=True)
class Bout:
    """One sign in one patient: a rise to the peak and a steady fall until it is gone."""

    sign: Sign
    start: int
    top: int
    end: float
    height: float
    told: bool

    def strength(self, day: int) -> float:
        """How strong it truly is, on a scale where 1 is mild and 3 severe."""
        if not self.start <= day < self.end:
            return 0.0
        if day <= self.top:
            return self.height * (0.6 + 0.4 * (day - self.start + 1) / (self.top - self.start + 1))
        return self.height * (self.end - day) / (self.end - self.top)


@dataclass(frozen=True, slots=True)
class Patient:
    """One normal recovery, as it truly goes."""

    procedure: Procedure
    bouts: tuple[Bout, ...]
    sides: Mapping[str, str]
    fever: frozenset[int]
    disliked: bool


def draw_patient(protocol: Protocol, random: Random, missing: float) -> Patient:
    """One person with a procedure, and the bouts of a normal recovery."""
    age = round(min(max(random.gauss(AGE_MEAN, AGE_SD), 22), 78))
    present = {id: random.random() < share for id, share in MODIFIERS.items()}
    told = {id: "yes" if there else "no" for id, there in present.items() if random.random() >= missing}
    has = present | {"age_over_50": age >= protocol["modifier"]["age_over_50"].age_from}
    bouts = tuple(bout for sign in SIGNS if (bout := _bout(sign, has.get(sign.modifier, False), random)))
    fever: set[int] = set()
    for day in range(LAST_DAY + 1):
        if random.random() < FEVER_A_YEAR / 365:
            fever.update(range(day, day + random.randint(*FEVER_DAYS)))
    return Patient(
        procedure=Procedure(age=age, modifiers=told),
        bouts=bouts,
        sides={q: "one" if random.random() < ONE_SIDED else "both" for q in ("swelling", "pain")},
        fever=frozenset(fever),
        disliked=random.random() < DISLIKED,
    )


def _bout(sign: Sign, modified: bool, random: Random) -> Bout | None:  # noqa: FBT001 - a fact, not a switch
    more, longer = sign.with_modifier if modified else (1.0, 1.0)
    if random.random() >= sign.often * more:
        return None
    start = random.randint(*sign.onset)
    top = max(start, random.randint(*sign.peak))
    end = max(sign.gone * longer * random.lognormvariate(0.0, sign.spread), start + 0.9)
    height = random.choices((1.0, 2.0, 3.0), sign.peaks)[0]
    return Bout(sign, start, min(top, int(end)), end, height, told=random.random() < VOLUNTEERS)


@dataclass(slots=True)
class Diary:
    """What one patient says over the months, with silences and slips; the true recovery stays normal."""

    protocol: Protocol
    patient: Patient
    random: Random
    reporting: Reporting
    before: dict[str, float] = field(default_factory=dict)

    def checkins(self) -> Iterator[CheckIn]:
        """The check-ins that are due, some skipped, some doubled."""
        for day in sorted(due_days(self.protocol)):
            if day > LAST_DAY or self.random.random() < SKIPS:
                continue
            for _ in range(2 if self.random.random() < EXTRA else 1):
                now = self._felt(day)
                yield self._checkin(day, now)
                self.before = now

    def _felt(self, day: int) -> dict[str, float]:
        """The strength of every sign today; the strongest bout of a question counts."""
        felt: dict[str, float] = {}
        for bout in self.patient.bouts:
            if strength := bout.strength(day):
                strength += self.random.gauss(0.0, WOBBLE)
                felt[bout.sign.question] = max(felt.get(bout.sign.question, 0.0), strength)
        return felt

    def _checkin(self, day: int, now: Mapping[str, float]) -> CheckIn:
        silent = {bout.sign.question for bout in self.patient.bouts if not bout.told}
        answers = {}
        for id, question in self.protocol["question"].items():
            asked = any(day in days for days in question.asked)
            level = self._true_level(question, day, now.get(id, 0.0))
            if not asked and (not level or id in silent):
                continue
            if asked and self.random.random() < self.reporting.missing:
                answers[id] = Answer(level=UNKNOWN)
            else:
                answers[id] = self._answer(question, self._noisy(question, level), now)
        words = "…" if self.random.random() < WRITES else ""
        return CheckIn(day=day, answers=answers, otherwise_no=self.random.random() >= LEAVES_OPEN, words=words)

    def _true_level(self, question: Question, day: int, strength: float) -> int:
        """The position on the question's scale that an exact patient would choose."""
        if question.id == "fever":
            return int(day in self.patient.fever)
        if question.id == "result_disliked":
            return int(self.patient.disliked and day >= 30)
        if question.id in EVENTS:
            return int(self.random.random() < EVENTS[question.id])
        if strength < NOTICED:
            return 0
        return min(max(round(strength), 1), len(self.protocol.variables[question.id]) - 1)

    def _noisy(self, question: Question, level: int) -> int:
        """One graded answer in so many is off by one; another kind of "no" slips."""
        if question.scale != "severity":
            return 1 if not level and self.random.random() < self.reporting.slip else level
        if self.random.random() < self.reporting.noise and (level or self.reporting.ghosts):
            level += self.random.choice((-1, 1))
        return min(max(level, 0), 3)

    def _answer(self, question: Question, level: int, now: Mapping[str, float]) -> Answer:
        side = trend = UNKNOWN
        if question.side and level and self.random.random() >= self.reporting.missing:
            side = self.patient.sides.get(question.id, "both")
        if question.trend and level and self.random.random() >= self.reporting.missing:
            trend = TRENDS[self._trend(question.id, now)]
        return Answer(level=self.protocol.variables[question.id][level], side=side, trend=trend)

    def _trend(self, id: str, now: Mapping[str, float]) -> int:
        """Better, same or worse than the last time, off by one as often as any graded answer."""
        change = now.get(id, 0.0) - self.before.get(id, 0.0)
        position = 0 if change < -FELT_BETTER else 2 if change > FELT_WORSE and self.before else 1
        if self.random.random() < self.reporting.noise:
            position += self.random.choice((-1, 1))
        return min(max(position, 0), 2)


def recoveries(protocol: Protocol, patients: int, reporting: Reporting, seed: int) -> Iterator[Case]:
    """So many reported recoveries; the same patients for every way of reporting."""
    for number in range(patients):
        patient = draw_patient(protocol, Random(f"{seed} patient {number}"), reporting.missing)
        diary = Diary(protocol, patient, Random(f"{seed} report {number}"), reporting)
        yield Case(procedure=patient.procedure, checkins=tuple(diary.checkins()))
