"""The worked cases of the protocol come out as clinicians would expect, and nothing dangerous is without one."""

from dataclasses import replace
from functools import cache

import pytest

from afterthread.engine.case import read_case
from afterthread.engine.triage import Decision, triage
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency
from afterthread.verify.cases import WorkedCase, load_cases, run_cases

GENERATED = "cases/edges.toml"
LEAST_WRITTEN = 120
FIRST_DAY, YEARS = 0, 1000

PROTOCOL = shipped()
CASES = load_cases(PROTOCOL)
WRITTEN = [case for case in CASES if case.file != GENERATED]
BY_ID = {case.id: case for case in WRITTEN}

# Every line of the evidence table, in our words, and the cases that carry it. Each emergency stands there on the first
# day, in between, and years later.
EMERGENCY_LINES = {
    "trouble breathing": ("breathing_day_0", "breathing_day_5", "breathing_day_1000", "breathing_day_3650"),
    "trouble swallowing; tongue, lips or throat swell": (
        "throat_day_0", "throat_day_8", "throat_day_1000", "throat_day_3650",
    ),
    "widespread hives with faintness": (
        "hives_faintness_day_0", "hives_faintness_day_12", "hives_faintness_day_1000", "hives_faintness_day_3650",
    ),
    "neck swells over hours": (
        "neck_growing_day_0", "neck_growing_day_8", "neck_growing_day_1000", "neck_growing_day_3650",
    ),
    "sight lost, blurred or double": ("vision_day_0", "vision_day_6", "vision_day_1000", "vision_day_3650"),
    "eye that does not move or bulges": (
        "eye_fixed_day_0", "eye_fixed_day_20", "eye_fixed_day_2190", "eye_fixed_day_3650",
    ),
    "stroke signs": ("stroke_day_0", "stroke_day_4", "stroke_day_1000", "stroke_day_3650"),
    "skin white, mottled or grey-black after filler": (
        "skin_colour_filler_day_0", "skin_colour_filler_painless_day_1", "skin_colour_day_1000",
    ),
    "skin white, mottled or grey-black without filler": (
        "skin_colour_no_filler_day_0", "skin_colour_no_filler_day_3", "skin_colour_day_1000", "skin_colour_day_3650",
    ),
    "redness spreads over the face with fever": (
        "spreading_fever_day_0", "spreading_fever_day_5", "spreading_fever_day_1000", "spreading_fever_day_3650",
    ),
    "confusion, rigors or racing heart": ("sepsis_day_0", "sepsis_day_6", "sepsis_day_1000", "sepsis_day_3650"),
    "bleeding that pressure does not stop": (
        "bleeding_day_0", "bleeding_day_9", "bleeding_day_1000", "bleeding_day_3650",
    ),
}  # fmt: skip
SAME_DAY_LINES = {
    "pus": ("pus_day_2", "pus_day_40", "pus_day_1000"),
    "fluctuant swelling": ("fluctuance_day_5", "fluctuance_day_30"),
    "hot red swelling": ("hot_red_swelling_day_2", "hot_red_swelling_mild_day_6"),
    "fever with local signs": (
        "fever_swelling_day_3", "fever_redness_day_5", "fever_warmth_day_2", "fever_pain_day_4",
        "fever_discharge_day_2", "fever_lump_day_20", "fever_thread_out_day_9", "fever_mouth_opening_day_6",
        "fever_nodules_day_45",
    ),
    "swelling that increases after day 3": (
        "swelling_rising_day_4", "swelling_worse_day_5", "swelling_relapse_day_8", "swelling_back_day_9",
        "swelling_new_day_20", "swelling_new_mild_day_5", "swelling_back_mild_day_6",
    ),
    "pain that increases after day 3": (
        "pain_increasing_day_5", "pain_worse_day_6", "pain_relapse_day_7", "pain_back_day_10", "pain_new_mild_day_5",
        "pain_back_mild_day_6",
    ),
    "one side that suddenly grows": (
        "growth_one_side_day_0", "growth_one_side_day_8", "growth_one_side_day_1000", "bruise_growing_firm_day_1",
    ),
    "new weakness of face or brow": (
        "expression_mild_day_1", "brow_weak_day_3", "smile_changed_day_20", "facial_weakness_day_3650",
    ),
    "eye that does not close": ("eye_closure_day_0", "eye_closure_day_3"),
    "drooling beyond the anaesthetic": ("drooling_day_1", "drooling_day_2", "clock_drooling_25_hours"),
    "pulsating lump": ("lump_pulsating_day_14", "lump_pulsating_day_90"),
    "thread out with redness or pus": ("thread_out_red_day_10", "thread_out_pus_day_12"),
    "swelling at ear or cheek, worse on eating": ("ear_swelling_day_14", "ear_swelling_day_1460"),
    "new numbness after filler": (
        "numb_after_filler_day_1", "numb_after_filler_new_day_5", "numb_after_filler_worse_day_6",
    ),
    "nose threads with redness that gets worse": ("nose_redness_worse_day_2", "nose_redness_new_day_3"),
}  # fmt: skip


def name_of(case: WorkedCase) -> str:
    return case.id if case.file == GENERATED else case.title


@cache
def decisions() -> dict[str, Decision]:
    return {case.id: triage(PROTOCOL, read_case(PROTOCOL, case.case)) for case in WRITTEN}


@cache
def statuses() -> dict[str, set[str]]:
    """For every rule and course, how the cases that name it find it: sign, expected, past."""
    found: dict[str, set[str]] = {}
    for case in WRITTEN:
        for finding in decisions()[case.id].findings:
            if finding.entry in case.rules:
                found.setdefault(finding.entry, set()).add(finding.status)
    return found


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_it_decides_as_expected(case):
    failures = run_cases(PROTOCOL, [case])
    assert not failures, "\n".join(map(str, failures))


def test_it_notices_a_wrong_expectation():
    wrong = replace(BY_ID["breathing_day_1000"], expect=Urgency.ROUTINE)
    assert [str(failure) for failure in run_cases(PROTOCOL, [wrong])] == [
        "cases/emergency.toml: breathing_day_1000: expected routine, got emergency because of rule.breathing"
    ]


def test_it_is_written_by_hand_often_enough():
    assert len(WRITTEN) >= LEAST_WRITTEN


def test_it_gives_every_case_an_id_and_a_title_of_its_own():
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({case.title for case in WRITTEN}) == len(WRITTEN)


@pytest.mark.parametrize("id", PROTOCOL["rule"])
def test_it_has_a_case_for_every_rule(id):
    assert "sign" in statuses().get(f"rule.{id}", set())


@pytest.mark.parametrize("id", PROTOCOL["course"])
def test_it_has_a_case_inside_and_past_every_window(id):
    assert statuses().get(f"course.{id}") == {"expected", "past"}


@pytest.mark.parametrize("id", [question.id for question in PROTOCOL["question"].values() if question.red_flag])
def test_it_has_an_emergency_for_every_red_flag(id):
    said = [case for case in WRITTEN if decisions()[case.id].answers.get(id) and case.expect == Urgency.EMERGENCY]
    assert any(decisions()[case.id].answers[id].level == "yes" and f"rule.{id}" in case.rules for case in said)


@pytest.mark.parametrize("id", PROTOCOL["pathway"])
def test_it_has_a_case_that_brings_every_complication_to_mind(id):
    assert any(id in case.suspects for case in WRITTEN)


@pytest.mark.parametrize("line", EMERGENCY_LINES)
def test_it_calls_the_ambulance_for_every_line_on_any_day(line):
    cases = [BY_ID[id] for id in EMERGENCY_LINES[line]]
    days = {decisions()[case.id].day for case in cases}
    assert {case.expect for case in cases} == {Urgency.EMERGENCY}
    assert FIRST_DAY in days
    assert any(FIRST_DAY < day < YEARS for day in days)
    assert any(day >= YEARS for day in days)


@pytest.mark.parametrize("line", SAME_DAY_LINES)
def test_it_is_seen_the_same_day_for_every_line(line):
    assert {BY_ID[id].expect for id in SAME_DAY_LINES[line]} == {Urgency.SAME_DAY}
