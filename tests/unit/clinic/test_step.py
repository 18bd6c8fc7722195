"""Which pathway counts since when, and which step comes next."""

from datetime import datetime, timedelta

import pytest

from afterthread.clinic.models import Clinic, Judgement, StepDone
from afterthread.clinic.queries.complication.judgement import About, allowed, pathway_since
from afterthread.clinic.queries.complication.step import coming, steps_of
from afterthread.protocol.load import shipped
from tests.lib.clinic import MONDAY

HOUR = timedelta(hours=1)
CLINIC = Clinic(emergency_minutes=20)


def said(about: str, value: str = "", hours: int = 0) -> Judgement:
    """Something judged so many hours later."""
    return Judgement(about=about, value=value, at=MONDAY + hours * HOUR)


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        ([], ("", None)),
        ([said("nature", "sequela")], ("", None)),
        ([said("pathway", "abscess", 1)], ("abscess", MONDAY + HOUR)),
        ([said("pathway", "abscess", 1), said("pathway", "abscess", 2)], ("abscess", MONDAY + HOUR)),
        ([said("pathway", "abscess", 1), said("pathway", "infection", 2)], ("infection", MONDAY + 2 * HOUR)),
        ([said("pathway", "abscess", 1), said("reopening", "", 5)], ("abscess", MONDAY + 5 * HOUR)),
        ([said("reopening", "", 5)], ("", None)),
    ],
)
def test_it_knows_since_when_the_clock_runs(judgements: list[Judgement], expected: tuple[str, datetime | None]) -> None:
    """Since another pathway was judged, or the case was opened again; the same pathway again changes nothing."""
    assert pathway_since(judgements) == expected


def test_it_gives_at_once_the_minutes_of_an_emergency() -> None:
    """What is to be done at once is late after the clinic's own minutes; everything else when the pathway says."""
    steps = {one.id: one for one in steps_of(shipped(), CLINIC, [said("pathway", "infection")], [])}
    assert steps["ask_spread"].due == MONDAY + timedelta(minutes=20)
    assert steps["see"].due == MONDAY + 8 * HOUR


def test_it_names_the_earliest_step_that_is_not_kept() -> None:
    """In the pathway's order where two are due at once; of another pathway nothing counts."""
    judged = [said("pathway", "infection")]
    kept = [StepDone(pathway="infection", step=step, at=MONDAY) for step in ("ask_spread", "sample")]
    other = StepDone(pathway="abscess", step="see", at=MONDAY)
    found = coming(steps_of(shipped(), CLINIC, judged, [*kept, other]))
    assert found is not None
    assert found.id == "see"
    assert coming([]) is None


def test_it_knows_no_steps_of_a_pathway_that_is_gone() -> None:
    """A plan moved to a protocol without the pathway has no deadlines that nobody could explain."""
    assert steps_of(shipped(), CLINIC, [said("pathway", "bad_luck")], []) == []


def test_it_offers_the_pathways_of_the_protocol() -> None:
    """And no words at all for what is not a question of judgement."""
    assert "infection" in allowed(shipped(), About.PATHWAY)
    assert allowed(shipped(), About.CLOSING) == ()
