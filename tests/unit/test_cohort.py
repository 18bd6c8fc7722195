"""The simulated cohort is what it says it is, and the count of false alarms counts."""

from dataclasses import replace
from random import Random

import pytest

from afterthread.engine.facts import Answer, Case, CheckIn, Procedure
from afterthread.engine.history import observe
from afterthread.engine.triage import decide
from afterthread.protocol import UNKNOWN, Urgency, shipped
from bench import cohort
from bench.cohort import Tally, describe, tally
from bench.recovery import LAST_DAY, MODIFIERS, SIGNS, Bout, Reporting, draw_patient, recoveries

PROTOCOL = shipped()
EXACT = Reporting(missing=0.0, noise=0.0)
PATIENTS = [draw_patient(PROTOCOL, Random(f"test {number}"), 0.0) for number in range(1_500)]


def share(question: str) -> float:
    """How many patients ever have a sign."""
    return sum(any(b.sign.question == question for b in patient.bouts) for patient in PATIENTS) / len(PATIENTS)


@pytest.mark.parametrize(
    ("question", "least", "most"),
    [("bruise", 0.20, 0.34), ("numbness", 0.06, 0.11), ("dimple", 0.07, 0.13), ("thread_felt", 0.03, 0.07)],
)
def test_it_draws_signs_as_often_as_published(question: str, least: float, most: float) -> None:
    """The cohort as a whole, modifiers included, stays within the published rates."""
    assert least <= share(question) <= most


def test_it_draws_reported_swelling_as_often_as_published() -> None:
    """What studies count as swelling, moderate or worse, is between the two pooled rates."""
    strong = sum(any(b.sign.question == "swelling" and b.height > 1 for b in patient.bouts) for patient in PATIENTS)
    assert 0.16 <= strong / len(PATIENTS) <= 0.37


def test_it_dimples_more_often_after_fifty() -> None:
    """16 % against 5.6 %."""
    old = [p for p in PATIENTS if p.procedure.age is not None and p.procedure.age > 50]
    young = [p for p in PATIENTS if p not in old]
    rates = [
        sum(any(b.sign.question == "dimple" for b in p.bouts) for p in group) / len(group) for group in (old, young)
    ]
    assert rates[0] > 1.7 * rates[1]


def test_it_knows_only_signs_and_modifiers_of_the_protocol() -> None:
    """A renamed question would silently vanish from the cohort."""
    assert {sign.question for sign in SIGNS} <= set(PROTOCOL["question"])
    assert {*MODIFIERS, *(sign.modifier for sign in SIGNS if sign.modifier)} <= set(PROTOCOL["modifier"])


def test_it_names_a_source_or_an_assumption_for_every_sign() -> None:
    """Every word in brackets is a source of the protocol, and what has none says so."""
    for sign in SIGNS:
        words = {word for part in sign.source.split("(")[1:] for word in part.split(")")[0].replace(",", " ").split()}
        known = {*PROTOCOL["source"], *PROTOCOL["claim"]}
        assert words & known or "assumption" in sign.source
        assert all(word in known for word in words if "20" in word or "_" in word)


def test_it_rises_to_the_peak_and_falls_until_it_is_gone() -> None:
    """A bout has one peak."""
    bout = Bout(SIGNS[0], start=0, top=2, end=10.0, height=3.0, told=True)
    strengths = [bout.strength(day) for day in range(12)]
    assert strengths[:3] == sorted(strengths[:3])
    assert strengths[2:] == sorted(strengths[2:], reverse=True)
    assert strengths[2] == 3.0
    assert strengths[10] == 0.0


def test_it_repeats_itself() -> None:
    """The same seed gives the same diaries, and another one others."""
    assert [*recoveries(PROTOCOL, 5, EXACT, 1)] == [*recoveries(PROTOCOL, 5, EXACT, 1)]
    assert [*recoveries(PROTOCOL, 5, EXACT, 1)] != [*recoveries(PROTOCOL, 5, EXACT, 2)]


def test_it_leaves_nothing_out_when_told_so() -> None:
    """Without missing answers no question that was asked stays unknown; with them some do."""

    def unknown(reporting: Reporting) -> int:
        cases = recoveries(PROTOCOL, 20, reporting, 1)
        return sum(a.level == UNKNOWN for case in cases for c in case.checkins for a in c.answers.values())

    assert unknown(EXACT) == 0
    assert unknown(replace(EXACT, missing=0.05)) > 0


def test_it_stays_within_the_months_it_covers() -> None:
    """Check-ins come in order and end with the last day."""
    for case in recoveries(PROTOCOL, 20, EXACT, 1):
        days = [checkin.day for checkin in case.checkins]
        assert days == sorted(days)
        assert max(days) <= LAST_DAY


def test_it_finds_more_false_alarms_in_noise() -> None:
    """The measure moves with what it measures."""
    quiet, noisy = (tally(PROTOCOL, 150, Reporting(noise=noise)) for noise in (0.0, 0.3))
    assert noisy.share(Urgency.SAME_DAY) > quiet.share(Urgency.SAME_DAY)


def test_it_finds_false_emergencies_in_slips() -> None:
    """A "yes" by mistake on the danger page is an emergency, and is counted."""
    assert tally(PROTOCOL, 40, Reporting(slip=0.01)).share(Urgency.EMERGENCY) > 0.01


def diary(*answers: dict[str, str]) -> Case:
    """One check-in a day, everything else "no"."""
    checkins = [
        CheckIn(day=day, answers={id: Answer(level=level) for id, level in told.items()}, otherwise_no=True)
        for day, told in enumerate(answers)
    ]
    return Case(procedure=Procedure(modifiers=dict.fromkeys(PROTOCOL["modifier"], "no")), checkins=tuple(checkins))


def counted(*cases: Case) -> Tally:
    """The tally of some diaries."""
    found = Tally()
    for case in cases:
        found.add(decide(PROTOCOL, facts) for facts in observe(PROTOCOL, case))
    return found


def test_it_counts_days_patients_and_reasons() -> None:
    """Two patients, five days, one alarm with its only reason."""
    found = counted(diary({}, {}, {}), diary({}, {"discharge": "pus"}))
    assert found.days == 5
    assert (found.patients, found.alarmed) == (2, 1)
    assert found.share(Urgency.SAME_DAY) == 1 / 5
    assert found.alarms == found.alone == {"rule.pus": 1}
    assert found.bands[(1, 3), True] == 1


def test_it_says_when_only_a_risk_made_the_alarm() -> None:
    """A routine finding raised by a modifier is counted as such, under the modifier."""
    case = diary({"fever": "yes"})
    risky = replace(case, procedure=Procedure(modifiers={**case.procedure.modifiers, "diabetes": "yes"}))
    found = counted(risky)
    assert found.alarms == {"rule.fever_alone (raised)": 1}
    assert found.raised == {"diabetes": 1}


def test_it_adds_up_parts() -> None:
    """Two halves make the whole, and the text shows it."""
    halves = counted(diary({}, {})), counted(diary({"discharge": "pus"}))
    whole = Tally()
    for half in halves:
        whole.merge(half)
    assert (whole.days, whole.patients, whole.alarmed) == (3, 2, 1)
    assert "rule.pus" in describe(whole)


def test_it_reports_against_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the table say whether the share is within the limit."""
    quiet, loud = counted(diary(*[{}] * 80)), counted(diary({"vision": "yes"}))
    for part, met in ((quiet, True), (loud, False)):
        monkeypatch.setattr(cohort, "measure", lambda _patients, _reporting, part=part: part)
        assert [row["met"] for row in cohort.figures()][:2] == [met, met]
