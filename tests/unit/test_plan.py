"""What is allowed, due and expected, and when: dated from one procedure, exact over clock changes, in doubt strict."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import read_case
from afterthread.engine.day import hours_between
from afterthread.engine.facts import Procedure
from afterthread.engine.plan import Plan, PlanItem, plan, today
from afterthread.engine.triage import triage
from afterthread.protocol import UNKNOWN, Protocol, shipped
from afterthread.protocol.entry import Step
from afterthread.protocol.model import Offset
from tests.lib.diary import PLACES, Raw, procedures
from tests.lib.edit import having
from tests.lib.story import HEALTHY, told

PROTOCOL = shipped()
STARTS = st.tuples(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(PLACES))  # noqa: DTZ001
DAYS = st.integers(-40, 120)


def read(raw: Raw) -> Procedure:
    """A procedure."""
    return read_case(PROTOCOL, {"procedure": raw}).procedure


def at_clock(raw: Raw, wall: datetime, place: str) -> Procedure:
    """A procedure at a time of day that exists in its place."""
    existing = wall.replace(microsecond=0, tzinfo=ZoneInfo(place)).astimezone(UTC).astimezone(ZoneInfo(place))
    return read(raw | {"at": existing.isoformat(), "timezone": place})


def items(made: Plan, step: str) -> list[PlanItem]:
    """The dates of one step."""
    return [item for item in made.items if item.step == f"step.{step}"]


def ours(*, start: str | None = None, end: str | None = None, **fields: object) -> Protocol:
    """The protocol with one step of ours, called odd."""
    offsets = {name: Offset(int(text[:-1]), "h" if text[-1] == "h" else "d")
               for name, text in (("start", start), ("end", end)) if text}  # fmt: skip
    given = {"kind": "forbidden", "topic": "odd", "sources": ("S001",)} | offsets | fields
    return having(PROTOCOL, Step(id="odd", **given))  # type: ignore[arg-type]


# -- For any procedure ------------------------------------------------------------------------------------------------


@given(procedures(PROTOCOL), DAYS)
def test_it_never_forbids_and_allows_the_same_on_one_day(raw: Raw, day: int) -> None:
    """What is shut today is neither allowed nor advised today."""
    now = today(plan(PROTOCOL, read(raw)), day)
    shut = {item.topic for item in now["forbidden"]}
    assert not shut & {item.topic for kind in ("allowed", "care") for item in now[kind]}


@given(procedures(PROTOCOL), STARTS, st.integers(0, 60 * 24 * 40))
def test_it_never_forbids_and_allows_the_same_at_one_moment(raw: Raw, start: tuple[datetime, str], later: int) -> None:
    """Nor at any minute, whatever the clocks do."""
    procedure = at_clock(raw, *start)
    assert procedure.at is not None
    at = procedure.at.astimezone(UTC) + timedelta(minutes=later)
    now = today(plan(PROTOCOL, procedure), (at.astimezone(procedure.zone).date() - procedure.at.date()).days, at)
    shut = {item.topic for item in now["forbidden"]}
    assert not shut & {item.topic for kind in ("allowed", "care") for item in now[kind]}


@given(procedures(PROTOCOL), STARTS)
def test_it_dates_every_step_by_its_offset(raw: Raw, start: tuple[datetime, str]) -> None:
    """Days begin on their calendar day, hours after as many hours; and the days written beside fit the moments."""
    procedure = at_clock(raw, *start)
    assert procedure.at is not None
    assert procedure.day is not None
    for item in plan(PROTOCOL, procedure).items:
        step = PROTOCOL["step"][item.step.removeprefix("step.")]
        assert item.starts is not None
        assert item.on == item.starts.date() == procedure.day + timedelta(days=item.first_day)
        if step.start is not None and step.start.unit == "h":
            assert hours_between(procedure.at, item.starts) == step.start.amount
        elif step.start is not None:
            assert item.first_day == step.start.amount


@given(procedures(PROTOCOL), STARTS)
def test_it_is_stricter_by_the_day_than_by_the_clock(raw: Raw, start: tuple[datetime, str]) -> None:
    """Whoever reads the plan by days is never allowed something that is still forbidden by the clock."""
    made = plan(PROTOCOL, at_clock(raw, *start))
    for item in made.items:
        if item.kind == "forbidden" and item.ends is not None and item.on is not None:
            last = (item.ends.astimezone(UTC) - timedelta(seconds=1)).astimezone(item.ends.tzinfo).date()
            assert item.end_day is not None
            assert item.on + timedelta(days=item.end_day - item.first_day) > last


@given(procedures(PROTOCOL), st.sampled_from(sorted(PROTOCOL["course"])), st.integers(0, 60))
def test_it_promises_what_triage_holds(raw: Raw, question: str, day: int) -> None:
    """Until the day that the plan calls expected, triage calls the sign expected too, and no longer."""
    (promised,) = (one for one in plan(PROTOCOL, read(raw)).expected if one.question == question)
    for answer, until in promised.until.items():
        case = {"procedure": raw, "checkins": [{"day": day, "answers": {question: answer}, "otherwise": "no"}]}
        found = {one.entry: one for one in triage(PROTOCOL, read_case(PROTOCOL, case)).findings}
        assert (found[f"course.{question}"].status == "expected") == (day <= until)


@given(procedures(PROTOCOL), DAYS)
def test_it_lists_every_step_of_the_day_once(raw: Raw, day: int) -> None:
    """Everything that holds today is in one of the lists, and the plan stands in order of time."""
    made = plan(PROTOCOL, read(raw))
    assert [*made.items] == sorted(made.items, key=lambda item: (item.first_day, item.step))
    assert made.stamp == PROTOCOL.stamp
    for kind, held in today(made, day).items():
        assert len({item.topic for item in held}) == len(held) or kind != "allowed"
        assert all(item.active(day, None) for item in held if kind != "allowed")


# -- Whom a step concerns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zones", "concerned"),
    [(["cheek"], True), (["thigh"], False), (["thigh", "cheek"], True), (["thigh", UNKNOWN], True), ([], True)],
)
def test_it_concerns_the_regions_that_were_treated(zones: list[str], *, concerned: bool) -> None:
    """A step of the face is left out for a thigh; where a place is not known, it stays."""
    face = ours(start="0d", end="9d", regions=("face",))
    assert bool(items(plan(face, read({"zones": zones})), "odd")) is concerned
    assert bool(items(plan(face, read({"threads": [{"zone": zone} for zone in zones]})), "odd")) is concerned


@pytest.mark.parametrize(("word", "concerned"), [("yes", True), ("no", False), (UNKNOWN, True)])
def test_it_concerns_the_persons_it_is_meant_for(word: str, *, concerned: bool) -> None:
    """A step for people who bruise easily is left out only for those of whom it is known that they do not."""
    prone = ours(start="0d", end="9d", modifiers=("bruise_prone",))
    assert bool(items(plan(prone, read({"modifiers": {"bruise_prone": word}})), "odd")) is concerned


# -- Edges ------------------------------------------------------------------------------------------------------------


def held(made: Plan, day: int, kind: str) -> bool:
    """Whether our step is listed under a kind on a day."""
    return any(item.step == "step.odd" for item in today(made, day)[kind])


def test_it_ends_on_the_day_named() -> None:
    """A restriction of fourteen days covers days 0 to 13 and is over on day 14."""
    made = plan(ours(start="0d", end="14d"), Procedure())
    assert [held(made, day, "forbidden") for day in (-1, 0, 13, 14)] == [False, True, True, False]
    assert [held(made, day, "allowed") for day in (-1, 0, 13, 14)] == [False, False, False, True]


def test_it_counts_a_started_day_whole_without_a_clock() -> None:
    """Forty-eight hours may end late on day 2, so without a clock all of day 2 still counts."""
    made = plan(ours(start="0h", end="48h"), Procedure())
    assert [held(made, day, "forbidden") for day in (0, 2, 3)] == [True, True, False]


def test_it_ends_by_the_hour_with_a_clock() -> None:
    """Forty-eight hours over the night on which the clocks go forward end an hour later by the wall."""
    procedure = read(HEALTHY | {"at": "2026-03-28T10:00", "timezone": "Europe/Berlin"})
    (item,) = items(plan(ours(start="0h", end="48h"), procedure), "odd")
    assert item.ends is not None
    assert f"{item.ends:%d %H:%M}" == "30 11:00"
    made = plan(ours(start="0h", end="48h"), procedure)
    for minutes, shut in ((-1, True), (0, False)):
        at = item.ends + timedelta(minutes=minutes)
        assert any(one.step == "step.odd" for one in today(made, 2, at)["forbidden"]) is shut


def test_it_never_ends_what_has_no_end() -> None:
    """What is never allowed is forbidden for ever, and never stands among what is allowed."""
    made = plan(ours(start="0d"), Procedure())
    assert [held(made, day, "forbidden") for day in (0, 365, 3650)] == [True, True, True]
    assert not held(made, 3650, "allowed")


def test_it_waits_for_the_last_of_several_restrictions() -> None:
    """A topic with two restrictions is allowed when the second has ended."""
    twice = having(
        ours(start="0d", end="3d"), Step(id="also", kind="forbidden", topic="odd", start=Offset(2, "d"),
                                         end=Offset(7, "d"), sources=("S001",)),
    )  # fmt: skip
    made = plan(twice, Procedure())
    free = [any(item.topic == "odd" for item in today(made, day)["allowed"]) for day in (1, 3, 6, 7)]
    assert free == [False, False, False, True]


def test_it_is_due_on_its_days() -> None:
    """A check-in on days 1 and 3 is due then and not between."""
    made = plan(ours(kind="checkin", days=(1, 3)), Procedure())
    assert [held(made, day, "due") for day in (0, 1, 2, 3, 4)] == [False, True, False, True, False]


def test_it_dates_what_comes_before_the_procedure() -> None:
    """Preparation has a date too."""
    made = plan(ours(kind="preparation", start="-7d", end="0d"), read({"date": "2026-03-09"}))
    (item,) = items(made, "odd")
    assert str(item.on) == "2026-03-02"
    assert [held(made, day, "care") for day in (-8, -7, -1, 0)] == [False, True, True, False]


def test_it_gives_no_dates_without_a_date() -> None:
    """A procedure without a date has day numbers only."""
    made = plan(PROTOCOL, read_case(PROTOCOL, told()).procedure)
    assert all(item.on is item.starts is item.ends is None for item in made.items)
