"""Plain data becomes a case: dates or day numbers mean the same, nothing is guessed, and all mistakes come at once."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from afterthread.engine.case import CaseError, parse_json, read_candidate, read_case
from afterthread.engine.facts import Answer
from afterthread.engine.triage import triage
from afterthread.protocol import UNKNOWN, shipped
from tests.lib.diary import Raw, cases, signs

PROTOCOL = shipped()
START = date(2026, 3, 2)


def problems_of(data: Any) -> list[str]:
    """Every message about a case."""
    with pytest.raises(CaseError) as caught:
        read_case(PROTOCOL, data)
    assert str(caught.value).splitlines() == [str(one) for one in caught.value.problems]
    return str(caught.value).splitlines()


@given(cases(PROTOCOL, most=3) | signs(PROTOCOL))
def test_it_reads_days_and_dates_alike(raw: Raw) -> None:
    """A diary in day numbers and the same diary in dates are one case, but for the dates."""
    if not {"at", "date"} & raw["procedure"].keys():
        dated = {"procedure": raw["procedure"] | {"date": str(START)}, "checkins": [
            {key: value for key, value in one.items() if key != "day"}
            | {"date": str(START + timedelta(days=one["day"]))} for one in raw["checkins"]
        ]}  # fmt: skip
        if "as_of" in raw:
            dated["as_of"] = str(START + timedelta(days=raw["as_of"]))
        assert triage(PROTOCOL, read_case(PROTOCOL, dated)) == triage(PROTOCOL, read_case(PROTOCOL, raw))


@given(cases(PROTOCOL, most=3))
def test_it_puts_check_ins_in_order(raw: Raw) -> None:
    """In whatever order check-ins are sent, they are judged in the order in which they were made."""
    read = read_case(PROTOCOL, raw).checkins
    clocks = [one.at for one in read if one.at]
    assert clocks == sorted(clocks)
    assert len(clocks) in (0, len(read))
    if not clocks:
        assert [one.day for one in read] == sorted(one.day for one in read)


def test_it_reads_what_toml_calls_dates() -> None:
    """Dates and times that are no text, as in TOML, are read as what they are."""
    text = """
        procedure = { at = 2026-03-02T10:00:00+01:00, timezone = "Europe/Berlin", threads = [{ expires = 2027-01-01 }] }
        checkins = [{ date = 2026-03-05 }, { at = 2026-03-06T09:00:00 }]
        as_of = 2026-03-07
    """
    read = read_case(PROTOCOL, tomllib.loads(text))
    assert read.procedure.day == START
    assert read.procedure.threads[0].expires == date(2027, 1, 1)
    assert [one.day for one in read.checkins] == [3, 4]
    assert read.as_of == 5


def test_it_guesses_nothing() -> None:
    """Of an empty case nothing is known, and every modifier is unknown."""
    read = read_case(PROTOCOL, {})
    assert (read.checkins, read.as_of, read.procedure.at, read.procedure.age) == ((), None, None, None)
    assert set(read.procedure.modifiers.values()) == {UNKNOWN}
    (checkin,) = read_case(PROTOCOL, {"checkins": [{"day": 1, "answers": {"swelling": {}}}]}).checkins
    assert checkin.answers == {"swelling": Answer(level=UNKNOWN)}
    assert not checkin.otherwise_no


def test_it_names_every_mistake_at_once() -> None:
    """However much is wrong, every mistake is named with its path and how to mend it."""
    broken = {
        "procedure": {"age": "44", "zones": ["chek"], "threads": [{"knid": "cog"}, 5], "modifiers": {"diabets": "yes"}},
        "checkins": [{"day": 1, "answers": {"swelling": {"side": "left"}, "swelin": "mild"}}, {"day": 2, "at": "x"}],
        "asof": 3,
    }
    assert [line.partition(" Use one of: ")[0] for line in problems_of(broken)] == [
        "$.asof: unknown key.",
        "$.procedure.age: '44' is not a whole number from 1 to 120. Write digits without quotes.",
        "$.procedure.zones[0]: 'chek' is not an answer here.",
        "$.procedure.threads[0].knid: unknown key.",
        "$.procedure.threads[1]: 5 is not an object. Write { … }.",
        "$.procedure.modifiers.diabets: unknown key.",
        "$.checkins[0].answers.swelin: unknown key.",
        "$.checkins[0].answers.swelling.side: 'left' is not an answer here.",
        "$.checkins[1].at: 'x' is not a date of our time. Write it like \"2026-03-02T14:30\".",
        "$.checkins[1]: a check-in needs exactly one of `day`, `date` and `at`. Give one of them.",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"as_of": 1, "checkins": [{"day": 2}]}, "$.as_of: it lies before the last check-in. Give a later day"),
        (
            {"checkins": [{"date": datetime(2026, 3, 2, tzinfo=UTC)}]},
            "$.checkins[0].date: datetime.datetime(2026, 3, 2",
        ),
        ({"as_of": "2026-03-02"}, "$.as_of: a date needs the date of the procedure. Add procedure.date"),
        ({"procedure": {"date": "2026-03-03", "at": "2026-03-02T10:00+01:00"}}, "it is not the local day of `at`"),
        ({"procedure": {"modifiers": {"otherwise": "yes"}}}, "modifiers.otherwise: 'yes' is not an answer here"),
        (
            {"checkins": [{"day": 1, "answers": {}, "otherwise": "yes"}]},
            "$.checkins[0].otherwise: 'yes' is not an answer here",
        ),
        ({"checkins": [{"day": 1, "answers": {"fever": {"trend": "worse"}}}]}, "fever.trend: unknown key"),
        ({"checkins": [{"day": 1, "answers": {"pain": {"since": -1}}}]}, "pain.since: -1 is not a whole number from 0"),
        ({"procedure": {"threads": [{"count": 501}]}}, "threads[0].count: 501 is not a whole number from 1 to 500"),
        ({"procedure": {"threads": [{"vector": True}]}}, "threads[0].vector: True is not a whole number"),
        ({"procedure": {"threads": [{"lot": 5}]}}, "threads[0].lot: it is not text"),
        ({"procedure": {"threads": [{"material": "silk"}]}}, "threads[0].material: 'silk' is not an answer here"),
        ({1: 2}, "$.1: unknown key"),
    ],
)
def test_it_says_what_is_wrong(data: Any, message: str) -> None:
    """One mistake gives one message."""
    (problem,) = problems_of(data)
    assert message in problem


def test_it_closes_only_what_was_not_answered() -> None:
    """None of these speaks for every question that has no answer, and for no other."""
    data = {"checkins": [{"day": 1, "answers": {"fever": "unknown", "pain": "mild"}, "otherwise": "no"}]}
    (checkin,) = read_case(PROTOCOL, data).checkins
    assert checkin.otherwise_no
    assert {id: answer.level for id, answer in checkin.answers.items()} == {"fever": UNKNOWN, "pain": "mild"}


def test_it_reads_a_person_to_be_screened() -> None:
    """Conditions, age, zones and dates are read; what is not said stays unknown."""
    data = {"age": 30, "zones": ["thigh"], "planned": "2026-03-02", "events": {"filler": "2026-02-02"}}
    read = read_candidate(PROTOCOL, data)
    assert (read.age, read.regions, read.planned, read.events) == (30, ("body",), START, {"filler": date(2026, 2, 2)})
    assert set(read.answers.values()) == {UNKNOWN}
    assert set(read_candidate(PROTOCOL, {"otherwise": "no"}).answers.values()) == {"no"}


def test_it_parses_json_strictly() -> None:
    """Plain JSON is read as it stands."""
    assert parse_json(b'{"a": [1, "x", true]}') == {"a": [1, "x", True]}


def test_it_never_takes_a_lost_list_of_answers_for_none() -> None:
    """A check-in that closes all questions without a list of answers is refused, not reassured."""
    (problem,) = problems_of({"checkins": [{"day": 3, "otherwise": "no"}]})
    assert problem.startswith("$.checkins[0]: ")
    assert "`answers` is missing" in problem
