"""The clinic's clock for any hours, zone and moment: promises come in order, in time and while somebody is there."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from afterthread.clinic.hour import (
    LONGEST,
    Hours,
    OnCall,
    Promise,
    Span,
    covered,
    due,
    escalation_step,
    is_open,
    opens_next,
)
from afterthread.protocol.model import Urgency

NAMES = ("Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia", "Europe/Berlin", "Asia/Beirut")
ODD = ("Australia/Lord_Howe", "America/Havana", "America/Santiago", "Antarctica/Troll", "UTC")
INSTANT, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
CHANGES = (  # of the clocks, in UTC: Berlin, St John's past midnight, Casablanca, Apia's missing date, Beirut
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2026, 10, 24, 21, tzinfo=UTC),
)
zones = st.sampled_from(NAMES + ODD).map(ZoneInfo)
near_changes = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-3000, 3000)
)
anywhen = st.datetimes(datetime(2010, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
moments = near_changes | anywhen
Clinic = tuple[Promise, Hours, OnCall, datetime]
LOOKED_AT = (Urgency.ROUTINE, Urgency.SAME_DAY, Urgency.EMERGENCY)
promises = st.builds(
    lambda fast, more, routine: Promise(emergency_minutes=fast, same_day_minutes=fast + more, routine_hours=routine),
    st.integers(1, 90),
    st.integers(0, 600),
    st.none() | st.integers(1, 40),
)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """None to three spans of a day, the last perhaps to midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
    clocks = [time(edge // 60 % 24, edge % 60) for edge in edges]
    return tuple(zip(clocks[::2], clocks[1::2], strict=False))


@st.composite
def hours(draw: st.DrawFn, zone: ZoneInfo, around: date) -> Hours:
    """Any week, with closed and extra dates near a date."""
    weekly = draw(st.dictionaries(st.integers(0, 6), spans().filter(bool)))
    near = st.integers(-3, 40).map(lambda days: around + timedelta(days=days))
    extra = draw(st.dictionaries(near, spans().filter(bool), max_size=3))
    closed = draw(st.frozensets(near, max_size=8)) - extra.keys()
    return Hours(zone=zone, weekly=weekly, closed=closed, extra=extra)


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    """A clinic and a moment."""
    at, zone = draw(moments), draw(zones)
    kind: Literal["none", "always", "hours"] = draw(st.sampled_from(("none", "always", "hours")))
    own = draw(hours(zone, at.date())) if kind == "hours" else None
    return draw(promises), draw(hours(zone, at.date())), OnCall(kind=kind, hours=own), at


@given(clinics())
def test_it_is_due_after_it_was_opened_and_within_a_month(clinic: Clinic) -> None:
    """Never at once, never for ever."""
    promise, opening, oncall, at = clinic
    for urgency in LOOKED_AT:
        assert at < due(promise, opening, oncall, urgency, at) <= at + LONGEST


@given(clinics())
def test_it_never_lets_the_more_urgent_wait_longer(clinic: Clinic) -> None:
    """Emergency before same day before routine."""
    promise, opening, oncall, at = clinic
    routine, same_day, emergency = (due(promise, opening, oncall, urgency, at) for urgency in LOOKED_AT)
    assert emergency <= same_day <= routine


@given(clinics(), st.integers(0, 40 * 1440))
def test_it_never_overtakes(clinic: Clinic, minutes: int) -> None:
    """What was opened later is not due earlier."""
    promise, opening, oncall, at = clinic
    for urgency in LOOKED_AT:
        assert due(promise, opening, oncall, urgency, at) <= due(
            promise, opening, oncall, urgency, at + minutes * MINUTE
        )


@given(clinics())
def test_it_is_due_while_somebody_is_there(clinic: Clinic) -> None:
    """Up to the last moment before somebody leaves, unless nothing is regular or the clinic is closed too long."""
    promise, opening, oncall, at = clinic
    assume(opening.weekly)
    for urgency in (Urgency.ROUTINE, Urgency.SAME_DAY):
        found = due(promise, opening, oncall, urgency, at)
        assert found == at + LONGEST or covered(opening, oncall, found - INSTANT)
    found = due(promise, opening, oncall, Urgency.ROUTINE, at)
    assert found == at + LONGEST or is_open(opening, found - INSTANT)


@given(clinics())
def test_it_counts_what_a_minute_hand_would_count(clinic: Clinic) -> None:
    """Between opened and due lie as many covered minutes as promised, counted one by one."""
    promise, opening, _, at = clinic
    assume(opening.weekly)
    at, oncall = at.replace(second=0, microsecond=0), OnCall(kind="hours", hours=opening)
    found = due(promise, opening, oncall, Urgency.SAME_DAY, at)
    assume(found < due(promise, opening, oncall, Urgency.ROUTINE, at))
    wall = (at + minute * MINUTE for minute in range((found - at) // MINUTE))
    assert sum(covered(opening, oncall, moment) for moment in wall) == promise.same_day_minutes


@given(clinics())
def test_it_is_covered_whenever_it_is_open(clinic: Clinic) -> None:
    """On call only adds; and what opens next is open then and closed until then."""
    _, opening, oncall, at = clinic
    assert covered(opening, oncall, at) >= is_open(opening, at)
    assert covered(opening, oncall, at) or oncall.kind != "always"
    opens = opens_next(opening, at)
    assert (opens == at) is is_open(opening, at)
    if opens is not None:
        assert is_open(opening, opens)
        assert opens == at or not is_open(opening, opens - INSTANT)
        assert opens == at or not is_open(opening, at + (opens - at) / 2)


@given(clinics())
def test_it_opens_by_the_clock_on_the_wall(clinic: Clinic) -> None:
    """Away from nights on which the clocks change, open is what the wall clock says."""
    _, opening, _, at = clinic
    local = at.astimezone(opening.zone)
    near = [(at + timedelta(hours=h)).astimezone(opening.zone).utcoffset() for h in (-26, -13, 0, 13, 26)]
    assume(len({*near}) == 1)
    shown, wall = opening.on(local.date()), local.time()
    assert is_open(opening, at) is any(start <= wall and (wall < end or end == time()) for start, end in shown)


@given(clinics())
def test_it_reads_what_it_wrote(clinic: Clinic) -> None:
    """Hours, on call and promise as JSON and back are the same."""
    promise, opening, oncall, _ = clinic
    assert Hours.read(opening.plain(), opening.zone) == opening
    assert OnCall.read(oncall.plain(), opening.zone) == oncall
    assert Promise.read(promise.plain()) == promise


@given(moments, st.integers(-3000, 3000), st.integers(1, 240))
def test_it_escalates_step_by_step(at: datetime, minutes: int, pace: int) -> None:
    """Nobody before it is due, then never more than one further person per step."""
    before, after = (escalation_step(at, at + (minutes + more) * MINUTE, pace) for more in (0, pace))
    assert (before == 0) is (minutes < 0)
    assert after == (before + 1 if minutes >= 0 else int(minutes + pace >= 0))
