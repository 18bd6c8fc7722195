"""The phone answers offline exactly as the engine does: urgency, deciding rule and every sentence in each language."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from afterthread.diary import offline
from afterthread.engine.case import CaseError, read_case
from afterthread.engine.day import day_number
from tests.lib.diary import Raw
from tests.lib.offline import PACKS, PROTOCOL, SOURCE, Exchange, Phone, differing, exchange, phone_with
from tests.lib.offline_diary import DIARIES, DONE, PROTOCOLS, Other, broken_recoveries, recoveries


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with phone_with() as phone:
        yield phone


BOXES = PACKS["en"]["artefact"]["boxes"]
SCALES = {id: PROTOCOL.variables[id] for id in PROTOCOL["question"]}
LANGUAGES = pytest.mark.parametrize("language", PROTOCOL.languages)


def agree(phone: Phone, told: Exchange) -> None:
    """The phone says what the engine says."""
    assert phone.answers(told) == told.expected


@LANGUAGES
@given(raw=DIARIES, known=st.integers(0, 3))
def test_it_answers_as_the_engine_does(phone: Phone, language: str, raw: Raw, known: int) -> None:
    """Whatever was known before the connection broke, every later check-in is answered alike."""
    agree(phone, exchange(raw, language, known=known))


@LANGUAGES
@given(other=PROTOCOLS, known=st.integers(0, 3))
def test_it_answers_by_the_tables_alone(phone: Phone, language: str, other: Other, known: int) -> None:
    """Under any other protocol the same engine answers alike, so that nothing of this one is written into it."""
    agree(phone, exchange(other.raw, language, known=known, protocol=other.protocol))


@LANGUAGES
@given(pair=broken_recoveries())
def test_it_takes_what_it_cannot_read_for_unknown(phone: Phone, language: str, pair: tuple[Raw, list[Raw]]) -> None:
    """A broken answer counts as open, and "none of these" does not close it."""
    agree(phone, exchange(pair[0], language, sent=pair[1]))


@pytest.mark.parametrize(
    "checkin",
    [
        {"day": -1}, {"day": 1.5}, {"day": "3"}, {"day": PROTOCOL.horizon_days + 1}, {}, {"at": "2026-03-28"},
        {"at": "yesterday"}, {"at": "2026-03-27T10:00+00:00"}, {"date": "2026-03-26"}, {"date": "soon"},
        {"day": 3, "answers": {"sweling": "no"}}, {"day": 3, "answers": {"constructor": "no"}},
    ],
    ids=str,
)  # fmt: skip
def test_it_refuses_what_the_engine_refuses(phone: Phone, checkin: Raw) -> None:
    """A day that cannot be, or an answer to no question, is never answered as if all were well."""
    procedure = {"at": DONE.isoformat(), "timezone": "Europe/Berlin"}
    with pytest.raises(CaseError):
        read_case(PROTOCOL, {"procedure": procedure, "checkins": [checkin]})
    case = read_case(PROTOCOL, {"procedure": procedure})
    pack = offline.pack(PROTOCOL, case.procedure, (), "en")
    said = phone.answers(Exchange("en", differing(pack), [checkin], []))
    assert str(said).startswith("RangeError: ")


FIRST_HOURS = sorted({name for box in BOXES if "first_24h" in box["where"] for name in box["where"]} & SCALES.keys())


@pytest.mark.parametrize(
    "when",
    [
        {"at": (DONE + timedelta(hours=24, seconds=-1)).isoformat()}, {"at": (DONE + timedelta(hours=24)).isoformat()},
        {"day": 0}, {"day": 1}, {"date": str(DONE.date())}, {"day": PROTOCOL.horizon_days},
    ],
    ids=str,
)  # fmt: skip
def test_it_agrees_at_the_edges(phone: Phone, when: Raw) -> None:
    """The first day ends after 24 hours, or with day 0 where a clock time is missing; the last day is still a day."""
    assert FIRST_HOURS
    for question in FIRST_HOURS:
        checkins = [{**when, "answers": {question: level}, "otherwise": "no"} for level in SCALES[question]]
        for checkin in checkins:
            procedure = {"at": DONE.isoformat(), "timezone": "Europe/Berlin"}
            agree(phone, exchange({"procedure": procedure, "checkins": [checkin]}, "en"))


def test_it_takes_in_only_what_is_asked(phone: Phone) -> None:
    """A side or a trend that the question does not ask is not believed, as the server would not read it."""
    told = {id: {"level": scale[-1], "side": "one", "trend": "worse"} for id, scale in SCALES.items()}
    (said,) = phone.ask("answer", name="en", but={}, checkins=[{"day": 3, "answers": told}])
    for id, taken in said["decision"]["answers"].items():
        question = PROTOCOL["question"][id]
        assert taken["side"] == ("one" if question.side else "unknown"), id
        assert taken["trend"] == ("worse" if question.trend else "unknown"), id
    assert said["decision"]["answers"].keys() == SCALES.keys()


def test_it_asks_what_is_due(phone: Phone) -> None:
    """On each day stand the questions of that day, in the order of their groups."""
    days = [*range(60), 89, 90, 91, 179, 180, 364, 365, 366, PROTOCOL.horizon_days]
    order = [question["id"] for question in PACKS["en"]["questions"]]
    due = [[id for id in order if any(day in days for days in PROTOCOL["question"][id].asked)] for day in days]
    assert phone.ask("asked", name="en", days=days) == due
    assert len({len(day) for day in due}) > 1


# -- Days -------------------------------------------------------------------------------------------------------------


ZONES = sorted(available_timezones() - {"localtime"})


@cache
def moments(name: str) -> list[datetime]:
    """Moments of 2024 to 2031 around the midnights and the changes of clock of a zone, the same at every run."""
    zone, draw = ZoneInfo(name), random.Random(name)
    weeks = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=7 * week) for week in range(7 * 52)]
    edges = [
        datetime.combine(start.date() + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC)
        for start in draw.sample(weeks, 20)
    ]
    for start, end in itertools.pairwise(weeks):
        if start.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
            change = change_between(start, end, zone)
            midnight = datetime.combine(change.astimezone(zone).date(), datetime.min.time(), zone).astimezone(UTC)
            edges += [change, midnight, midnight + timedelta(days=1)]
    around = (timedelta(seconds=-1), timedelta(), timedelta(hours=1, seconds=-1), timedelta(hours=-1))
    return [edge + step for edge in edges for step in around]


def change_between(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks of a zone change."""
    before = start.astimezone(zone).utcoffset()
    while end - start > timedelta(minutes=1):
        middle = start + (end - start) / 2
        start, end = (middle, end) if middle.astimezone(zone).utcoffset() == before else (start, middle)
    return end.replace(second=0, microsecond=0)


def wrong_days(phone: Phone, task: str) -> list[tuple[str, str, int, int]]:
    """Where phone and engine count another day: zone, moment, phone, engine."""
    start, wrong = date(2024, 1, 15), []
    but = {"procedure": {"date": str(start), "at": None, "zone": None}}
    for name in ZONES:
        tried = moments(name)
        counted = phone.ask(task, name="en", but=but, moments=[[at.isoformat(), name] for at in tried])
        assert isinstance(counted, list), counted
        expected = [day_number(start, at, ZoneInfo(name)) for at in tried]
        wrong += [(name, str(at), a, b) for at, a, b in zip(tried, counted, expected, strict=True) if a != b]
    return wrong


@pytest.mark.parametrize("task", ["days", "dates"])
def test_it_counts_days_on_the_wall_of_every_zone(phone: Phone, task: str) -> None:
    """Day N is a difference of local dates in every time zone there is, around every change of its clocks."""
    assert len(ZONES) > 400
    assert wrong_days(phone, task) == []


def test_it_reads_a_moment_without_a_zone_as_it_is_written(phone: Phone) -> None:
    """Where nobody knows the zone, the date in the text counts; who flies over the date line is on day 0."""
    done = "2026-03-27T23:30:00+13:00"
    for procedure, at, day in [
        ({"date": "2026-03-27"}, "2026-03-29T00:10:00+02:00", 2),
        ({"at": done}, "2026-03-28T00:10:00+13:00", 1),
        ({"at": done, "timezone": "Pacific/Auckland"}, "2026-03-27T11:00:00Z", 1),
        ({"at": "2026-03-28T09:00:00+13:00", "timezone": "Pacific/Auckland"}, "2026-03-27T12:00:00-10:00", 0),
    ]:
        case = read_case(PROTOCOL, {"procedure": procedure, "checkins": [{"at": at}]})
        pack = offline.pack(PROTOCOL, case.procedure, (), "en")
        zone = None if "timezone" not in procedure or day else "Pacific/Honolulu"
        args = [at, zone] if zone else [at]
        assert phone.ask("days", name="en", but={"procedure": pack["procedure"]}, moments=[args]) == [day]


# -- A check that cannot fail is no check -----------------------------------------------------------------------------


@cache
def collected() -> list[Exchange]:
    """Exchanges under the shipped and other protocols, told once for all that is broken."""
    found: list[Exchange] = []

    @settings(max_examples=1000, database=None, phases=[Phase.generate])
    @given(PROTOCOLS | recoveries().map(lambda raw: Other(PROTOCOL, raw)), st.integers(0, 2))
    def collect(other: Other, known: int) -> None:
        found.append(exchange(other.raw, "en", known=known, protocol=other.protocol))

    collect()
    return [exchange(WORRIED, "en", known=1), *found]


WORRIED: Raw = {"procedure": {}, "checkins": [{"day": 1, "answers": {}, "otherwise": "no"}] * 4}
"""Somebody who comes back again and again on one day: too rare to wait for a draw."""


@cache
def collected_broken() -> list[Exchange]:
    """The same of check-ins with unreadable answers."""
    found: list[Exchange] = []

    @settings(max_examples=200, database=None, phases=[Phase.generate])
    @given(broken_recoveries())
    def collect(pair: tuple[Raw, list[Raw]]) -> None:
        found.append(exchange(pair[0], "en", sent=pair[1]))

    collect()
    return found


def by_diaries(phone: Phone) -> None:
    for told in collected():
        agree(phone, told)


def by_broken(phone: Phone) -> None:
    for told in collected_broken():
        agree(phone, told)


def by_days(phone: Phone) -> None:
    assert wrong_days(phone, "days") == []


BREAKAGES = {
    "an unreadable answer is a no": (by_broken, "(level) ? level : UNKNOWN", '(level) ? level : "no"'),
    "an unreadable check-in is closed": (by_broken, "(readable && otherwise", "(otherwise"),
    "a side is believed unread": (by_broken, "Object.keys(pack.sides).includes(side)", "side"),
    "days are those of Greenwich": (by_days, "localDate(at, zone) :", "new Date(at).toISOString().slice(0, 10) :"),
    "days are elapsed hours": (
        by_days,
        "const day = daysSince(",
        "const day = Math.floor((at - Date.parse('2024-01-15')) / DAY_MS) + 0 * daysSince(",
    ),
    "a window closes a day early": (by_diaries, "day <= until ?", "day < until ?"),
    "the last day of a rule is lost": (by_diaries, "day <= last)", "day < last)"),
    "a silence decides before a rule": (by_diaries, "silent(box) - silent(best)", "silent(best) - silent(box)"),
    "rules decide in another order": (by_diaries, "compare(box.rule, best.rule)", "compare(best.rule, box.rule)"),
    "the lowest urgency decides": (by_diaries, "best.urgency - box.urgency", "box.urgency - best.urgency"),
    "unknown is refuted": (by_diaries, "if (position > 0) return null;", "return null;"),
    "what improved is forgotten": (by_diaries, 'improved ? "relapse"', 'false ? "relapse"'),
    "what was there before is forgotten": (by_diaries, "before || level > 0,", "false,"),
    "a word of better is no improvement": (by_diaries, 'improved || course === "better" ||', "improved ||"),
    "a fall is no improvement": (by_diaries, 'course === "better" || (last !== null && level < last)', "false"),
    "a word of worse is not believed": (by_diaries, '|| trend === "worse") return', ") return"),
    "an early date makes a sign new": (by_diaries, "since >= day - pack.limits.recent_days", "true"),
    "the day itself makes a sign new": (by_diaries, "since > 0 && since >=", "since >="),
    "the queue is not folded": (by_diaries, "history: observe(pack, checkin).history", "history: pack.history"),
    "a second check-in of a day is due": (by_diaries, "heard.includes(day) ||", ""),
    "old contacts count": (by_diaries, "one > day - pack.limits.contact_days", "true"),
    "the third day is not recent": (by_diaries, "since >= day - pack", "since > day - pack"),
    "an unasked risk is none": (by_diaries, '? UNKNOWN : "no";', '? "no" : "no";'),
    "the risk is not named": (by_diaries, "RISK in box.where ? raisedBy", "RISK in box.where ? []"),
    "an open risk is not asked for": (by_diaries, "names: unknown }", "names: [] }"),
    "an unknown modifier opens every window": (by_diaries, "until !== null && missing", "false && missing"),
    "an emergency is talked over": (by_diaries, "urgency === emergency) continue;", "false) continue;"),
    "calm advice is given in danger": (by_diaries, "pack.actions[id].up_to >= urgency", "true"),
    "a stray mark is no word": (by_diaries, r"/[^\s\x1c-\x1f\x85]|\ufeff/", r"/\S/"),
    "the first hours are a day": (by_diaries, "if (at == null || !pack.procedure.at) return", "return"),
    "the worst silence is not the first": (by_diaries, "b.urgency - a.urgency || compare(a.v", "compare(a.v"),
    "the side is not told": (by_diaries, ", pack.sides[side]]", "]"),
    "what to do when it is past is lost": (by_diaries, '"past" ? entry.past_do', '"past" ? entry.do'),
}
"""What is broken, which search must notice it, and the place in the source."""


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_it_would_notice_a_broken_engine(breakage: str) -> None:
    """Each line of the engine that carries meaning, broken, makes one of the searches fail."""
    search, old, new = BREAKAGES[breakage]
    assert SOURCE.count(old) == 1, "the engine was rewritten; break it anew"
    with phone_with(SOURCE.replace(old, new)) as phone, pytest.raises(AssertionError):
        search(phone)


def test_it_notices_nothing_in_the_whole_engine(phone: Phone) -> None:
    """The same searches pass when nothing is broken."""
    by_diaries(phone)
    by_broken(phone)
