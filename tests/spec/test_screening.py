"""Who may have threads, and when."""

from datetime import date

import pytest

from afterthread.protocol import shipped
from tests.lib.story import screened

PROTOCOL = shipped()
DRUGS = sorted(condition.id for condition in PROTOCOL["condition"].values() if condition.kind == "drug")


def test_nothing_against_it_is_said_only_when_everything_was_answered() -> None:
    """Nothing is found against it only in somebody who answered every question with no and gave an age."""
    assert screened(zones=["cheek"]).verdict == "clear"


def test_nobody_is_cleared_by_silence() -> None:
    """With questions open the verdict is that answers are missing, and every one of them is listed."""
    found = screened(otherwise="unknown", answers={"pregnancy": "no"}, zones=["cheek"])
    assert found.verdict == "ask"
    assert "pregnancy" not in found.unanswered
    assert "keloid" in found.unanswered


def test_an_age_that_was_not_given_is_missing() -> None:
    """Somebody who answered everything but gave no age is asked for it."""
    found = screened(age=None)
    assert found.verdict == "ask"
    assert {*found.unanswered} == {"age_over_45", "age_over_50"}


@pytest.mark.parametrize("id", ["pregnancy", "skin_infection", "allergy_anaesthetic", "permanent_filler", "keloid"])
def test_some_things_forbid_it(id: str) -> None:
    """Pregnancy, infected skin, allergy to the anaesthetic, permanent filler and keloids: not suitable."""
    assert screened(answers={id: "yes"}).verdict == "no"


@pytest.mark.parametrize("id", ["autoimmune", "immunosuppressed", "body_image_distress"])
def test_some_things_are_for_the_clinician_to_weigh(id: str) -> None:
    """Autoimmune disease, weak defences and distress about one's looks do not forbid it; a clinician decides."""
    assert screened(answers={id: "yes"}).verdict == "clinician_decides"


def test_the_gravest_objection_decides() -> None:
    """However many small things are found, one that forbids it decides, and all are listed."""
    found = screened(answers={"smoker": "yes", "pregnancy": "yes"})
    assert found.verdict == "no"
    assert [objection.entry for objection in found.objections] == ["condition.pregnancy", "condition.smoker"]


@pytest.mark.parametrize("id", DRUGS)
def test_a_prescribed_medicine_is_never_stopped_here(id: str) -> None:
    """A medicine is a matter for the clinician and the prescriber; no medicine forbids the procedure by itself."""
    assert screened(answers={id: "yes"}).verdict == "clinician_decides"


def test_blood_thinners_are_never_stopped_for_threads() -> None:
    """Whoever takes blood thinners reads that they must never be stopped for a cosmetic procedure."""
    assert "Never stop" in PROTOCOL.words["en"]["condition.anticoagulants"]["do"]


def test_filler_needs_two_weeks_first() -> None:
    """After filler threads wait two weeks, and the answer names the earliest day."""
    found = screened(planned="2026-03-09", events={"filler": "2026-02-27"})
    assert (found.verdict, found.earliest) == ("not_yet", date(2026, 3, 13))
    assert screened(planned="2026-03-13", events={"filler": "2026-02-27"}).verdict == "clear"


def test_the_latest_clash_sets_the_day() -> None:
    """With several clashes the earliest day is the one on which none is left."""
    found = screened(planned="2026-03-09", events={"filler": "2026-02-27", "toxin": "2026-03-08"})
    assert found.earliest == date(2026, 3, 13)


def test_what_is_planned_afterwards_counts_too() -> None:
    """A massage booked for the month after threads clashes with them as well."""
    assert screened(planned="2026-03-09", events={"massage": "2026-03-20"}).verdict == "not_yet"


def test_a_nasal_implant_matters_for_the_nose() -> None:
    """An implant in the nose forbids threads in the nose and says nothing about the thigh."""
    assert screened(answers={"nasal_implant": "yes"}, zones=["nose"]).verdict == "no"
    assert screened(answers={"nasal_implant": "yes"}, zones=["thigh"]).verdict == "clear"
    assert screened(answers={"nasal_implant": "yes"}).verdict == "no"
