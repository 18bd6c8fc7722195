"""What the clinician does about a complication: steps in order, deadlines, and what removing a thread would mean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.day import hours_between
from afterthread.engine.facts import Procedure
from afterthread.engine.pathway import Removing, follow
from afterthread.protocol import Urgency, shipped
from tests.lib.diary import procedures

PROTOCOL = shipped()
PATHWAYS = st.sampled_from(sorted(PROTOCOL["pathway"]))
OPENED = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(PATHWAYS, procedures(PROTOCOL), st.none() | st.integers(0, 3650), OPENED)
def test_it_keeps_the_steps_of_the_pathway(id: str, raw: dict[str, Any], day: int | None, opened: datetime) -> None:
    """Every step stands in the pathway's order with its own deadline and a source; every thread has its line."""
    procedure = read_case(PROTOCOL, {"procedure": raw}).procedure
    found = follow(PROTOCOL, id, procedure, day=day, opened=opened)
    pathway = PROTOCOL["pathway"][id]
    assert [step.step for step in found.steps] == [step.id for step in pathway.steps]
    assert all(step.sources and step.due is not None and step.due >= opened.replace(hour=0, minute=0, second=0,
               microsecond=0) for step in found.steps)  # fmt: skip
    assert [thread.thread for thread in found.threads] == [*range(len(procedure.threads))]
    assert (found.urgency, found.stamp) == (pathway.urgency.word, PROTOCOL.stamp)
    assert found.usual_onset == (None if day is None else day in pathway.onset)


@given(PATHWAYS, OPENED)
def test_it_counts_deadlines_from_the_opening(id: str, opened: datetime) -> None:
    """Hours are counted as they pass, days to the beginning of that day."""
    for step, due in zip(PROTOCOL["pathway"][id].steps, follow(PROTOCOL, id, Procedure(), opened=opened).steps,
                         strict=True):  # fmt: skip
        assert due.due is not None
        if step.within.unit == "h":
            assert hours_between(opened, due.due) == step.within.amount
        else:
            assert due.due.date() == opened.date() + timedelta(days=step.within.amount)


def test_it_has_no_deadlines_before_it_is_opened() -> None:
    """Without an opening there is nothing to count from; the intervals stand all the same."""
    found = follow(PROTOCOL, "infection", Procedure())
    assert {step.due for step in found.steps} == {None}
    assert all(step.within for step in found.steps)
    assert found.usual_onset is None


def test_it_sees_an_emergency_at_once() -> None:
    """The first step of every emergency is due at once, and no later step of a same-day complication starts it late."""
    for pathway in PROTOCOL["pathway"].values():
        first = min(step.within.hours for step in pathway.steps)
        limit = {Urgency.EMERGENCY: 0, Urgency.SAME_DAY: 24}.get(pathway.urgency)
        assert limit is None or first <= limit, pathway.id


def test_it_knows_no_other_complication() -> None:
    """A complication that the protocol does not describe has no steps."""
    with pytest.raises(KeyError):
        follow(PROTOCOL, "bad_luck", Procedure())


def removing(day: int | None, **thread: Any) -> Removing:
    """What taking out one thread on a day would mean."""
    procedure = read_case(PROTOCOL, {"procedure": {"threads": [thread]}}).procedure
    (found,) = follow(PROTOCOL, "infection", procedure, day=day).threads
    return found


def test_it_counts_punctures_by_the_path_of_the_thread() -> None:
    """A line takes the punctures that a source names; of a loop, or of an unknown path, no number is known."""
    linear = PROTOCOL["removal"]["linear"].punctures
    assert linear is not None
    assert removing(5, path="linear").punctures == linear
    assert removing(5, path="loop").punctures is None
    assert removing(5).punctures is None


def test_it_expects_a_capsule_from_the_day_that_a_source_names() -> None:
    """A thread lies in a capsule from that day on, and not the day before."""
    day = PROTOCOL["removal"]["encapsulated"].after_days
    assert day is not None
    assert [removing(n).encapsulated for n in (day - 1, day)] == [False, True]
    assert removing(None).encapsulated is False


def test_it_says_what_is_left_of_a_thread() -> None:
    """Before, during and after its time of absorption; for ever; or nobody knows."""
    absorbed = PROTOCOL["material"]["pdo"].absorbed
    assert absorbed is not None
    assert absorbed.last is not None
    days = (absorbed.first - 1, absorbed.first, absorbed.last, absorbed.last + 1)
    assert [removing(day, material="pdo").absorbed for day in days] == ["no", "partly", "partly", "by_now"]
    assert removing(3000, material="gold").absorbed == "never"
    assert {removing(90).absorbed, removing(90, material="unknown_material").absorbed} == {"unknown"}
    assert removing(None, material="pdo").absorbed == "unknown"


def test_it_gives_a_day_its_24_hours() -> None:
    """A step due within a day of an evening is not due ten minutes later, at midnight."""
    opened = datetime(2026, 3, 21, 23, 50, tzinfo=UTC)
    for id, pathway in PROTOCOL["pathway"].items():
        found = follow(PROTOCOL, id, Procedure(), opened=opened)
        for step, due in zip(pathway.steps, found.steps, strict=True):
            assert due.due is not None
            assert hours_between(opened, due.due) == step.within.hours
