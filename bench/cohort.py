"""Measures false alarms (T7): how many days of normal recoveries are called same-day or worse, and by which rules."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

from afterthread.engine.history import observe
from afterthread.engine.triage import Decision, decide
from afterthread.protocol import Protocol, Urgency, shipped
from bench import SEED, Row
from bench.recovery import LAST_DAY, SIGNS, Reporting, recoveries

PATIENTS, FEWER = 20_000, 3_000
SAME_DAY_LIMIT, EMERGENCY_LIMIT = 0.02, 0.001
RAISED = " (raised)"
BANDS = ((0, 0), (1, 3), (4, 7), (8, 14), (15, 30), (31, LAST_DAY))


@dataclass(slots=True)
class Tally:
    """What became of the days of a cohort; each alarm is counted once per reason, and again when it is the only one."""

    urgency: Counter[Urgency] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    bands: Counter[tuple[tuple[int, int], bool]] = field(default_factory=Counter)
    silences: int = 0
    patients: int = 0
    alarmed: int = 0

    @property
    def days(self) -> int:
        """All days on which something was heard."""
        return self.urgency.total()

    def share(self, at_least: Urgency) -> float:
        """The share of days at this urgency or above."""
        return sum(count for urgency, count in self.urgency.items() if urgency >= at_least) / max(self.days, 1)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Count one patient's decisions."""
        worst = Urgency.SELF_CARE
        for decision in decisions:
            worst = max(worst, decision.urgency)
            self.urgency[decision.urgency] += 1
            alarm = decision.urgency >= Urgency.SAME_DAY
            self.bands[next(band for band in BANDS if decision.day <= band[1]), alarm] += 1
            self.silences += decision.urgency == Urgency.ROUTINE and not any(f.urgency for f in decision.findings)
            reasons = list(_reasons(decision))
            self.alarms.update(reasons)
            if len(reasons) == 1:
                self.alone.update(reasons)
            if reasons and all(reason.endswith(RAISED) for reason in reasons):
                self.raised.update({modifier for finding in decision.findings for modifier in finding.raised_by})
        self.patients += 1
        self.alarmed += worst >= Urgency.SAME_DAY

    def merge(self, other: Tally) -> None:
        """Take in the count of another part of the cohort."""
        for name in ("urgency", "alarms", "alone", "raised", "bands"):
            getattr(self, name).update(getattr(other, name))
        self.silences += other.silences
        self.patients += other.patients
        self.alarmed += other.alarmed


def _reasons(decision: Decision) -> Iterator[str]:
    """Every finding that alone would be an alarm; one raised by a modifier says so."""
    for finding in decision.findings:
        if finding.urgency >= Urgency.SAME_DAY:
            yield f"{finding.entry}{RAISED}" if finding.raised_by else finding.entry


def tally(protocol: Protocol, patients: int, reporting: Reporting, seed: int = SEED) -> Tally:
    """The count over so many normal recoveries."""
    found = Tally()
    for case in recoveries(protocol, patients, reporting, seed):
        found.add(decide(protocol, facts) for facts in observe(protocol, case))
    return found


def _part(job: tuple[int, Reporting, int]) -> Tally:
    patients, reporting, seed = job
    return tally(shipped(), patients, reporting, seed)


def measure(patients: int, reporting: Reporting, processes: int = 2) -> Tally:
    """The count over the shipped protocol, on several cores."""
    parts = [(patients // 10, reporting, SEED + part) for part in range(10)]
    whole = Tally()
    with get_context("spawn").Pool(processes) as pool:
        for part in pool.imap(_part, parts):
            whole.merge(part)
    return whole


REPORTINGS: tuple[tuple[str, Reporting], ...] = (
    ("no noise, nothing missing", Reporting(missing=0.0, noise=0.0)),
    ("noise 0 %", Reporting(noise=0.0)),
    ("noise 2 %", Reporting(noise=0.02)),
    ("noise 5 %", Reporting(noise=0.05)),
    ("noise 2.5 %, but only on signs that are there", Reporting(ghosts=False)),
    ("one yes/no answer in 100,000 slips", Reporting(slip=1e-5)),
    ("one yes/no answer in 10,000 slips", Reporting(slip=1e-4)),
)


def figures() -> list[Row]:
    """T7, and how it depends on the way patients report."""
    whole = measure(PATIENTS, Reporting())
    same_day, emergency = whole.share(Urgency.SAME_DAY), whole.share(Urgency.EMERGENCY)
    n = f"{whole.days:,} check-in days of {whole.patients:,} normal recoveries to day {LAST_DAY}"
    causes = ", ".join(f"{reason} {count / whole.days:.2%}" for reason, count in whole.alarms.most_common(5))
    days = f"routine {whole.urgency[Urgency.ROUTINE] / whole.days:.0%}, only for an unanswered question in "
    days += f"{whole.silences / whole.days:.0%}; a false alarm at some time in {whole.alarmed / whole.patients:.0%}"
    rows = [
        _row("T7 false same-day or worse", SAME_DAY_LIMIT, same_day, f"{n}; most by {causes}; {days} of patients"),
        _row("T7 false emergency", EMERGENCY_LIMIT, emergency, n),
    ]
    for name, reporting in REPORTINGS:
        part = measure(FEWER, reporting)
        rows.append(_row(f"T7 at {name}", SAME_DAY_LIMIT, part.share(Urgency.SAME_DAY), _emergencies(part)))
    return rows


def _emergencies(part: Tally) -> str:
    return f"emergency {part.share(Urgency.EMERGENCY):.3%}; {part.days:,} days"


def _row(figure: str, limit: float, measured: float, note: str) -> Row:
    return Row(
        figure=figure,
        target=f"<= {limit:.1%} of patient-days",
        measured=f"{measured:.2%}",
        peer="published: 2.2 % of app-days (Leiden)" if limit == SAME_DAY_LIMIT else "-",
        met=measured <= limit,
        note=note,
    )


def describe(whole: Tally) -> str:
    """The count as text, for whoever tunes the rules."""
    lines = [f"{whole.days:,} check-in days of {whole.patients:,} normal recoveries"]
    lines += [f"  {urgency.word:10} {whole.urgency[urgency] / whole.days:8.3%}" for urgency in Urgency]
    lines.append(f"  routine only because of an unanswered question {whole.silences / whole.days:.1%}")
    lines.append(f"  patients with at least one false alarm {whole.alarmed / whole.patients:.1%}")
    for band in BANDS:
        alarms, quiet = whole.bands[band, True], whole.bands[band, False]
        heard = alarms + quiet
        lines.append(f"  days {band[0]:2}-{band[1]:2}: {alarms / max(heard, 1):.2%} of {heard:,} days")
    lines.append("  false alarms by reason: share of all days, and alone")
    for reason, count in whole.alarms.most_common(15):
        lines.append(f"    {reason:52} {count / whole.days:7.3%} {whole.alone[reason] / whole.days:7.3%}")
    lines.append("  false alarms only because a modifier raised something routine: share of all days")
    lines += [f"    {name:52} {count / whole.days:7.3%}" for name, count in whole.raised.most_common()]
    return "\n".join(lines)


def assumptions() -> Iterator[str]:
    """Every sign of a normal recovery with its source, for the report."""
    for sign in SIGNS:
        yield f"{sign.question}: {sign.often:.0%} of patients, median to day {sign.gone:g}; {sign.source}"


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    print(describe(measure(asked, Reporting())))
    for name, reporting in REPORTINGS:
        part = measure(asked // 4, reporting)
        print(f"{name:50} same day or worse {part.share(Urgency.SAME_DAY):.2%}, {_emergencies(part)}")
