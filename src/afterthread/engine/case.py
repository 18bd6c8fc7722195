"""Plain JSON or TOML data -> a Case, or every error at once with its path; nothing is guessed and nothing skipped."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from afterthread.engine.day import day_number
from afterthread.engine.facts import Answer, Case, CheckIn, Procedure, Thread
from afterthread.engine.screen import Candidate
from afterthread.protocol.model import SIDES, UNKNOWN, Protocol
from afterthread.protocol.parse import shown, suggest

LARGEST_TEXT = 5_000_000
TRENDS = ("better", "same", "worse")
MAX_WORDS = 20_000
MOST_ITEMS, MOST_PROBLEMS, LONGEST_KEY = 5_000, 100, 60
FIRST_YEAR, LAST_YEAR = 1990, 2150
"""Nobody who has threads has other dates."""
Found = TypeVar("Found", bound=date)


@dataclass(frozen=True, slots=True)
class CaseProblem:
    """One thing wrong in a case: the path to it, what it is, how to mend it."""

    path: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}. {self.mend}."


class CaseError(Exception):
    """Everything that is wrong in a case; no decision is made on it."""

    def __init__(self, problems: list[CaseProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


def parse_json(data: bytes) -> Any:
    """JSON with the traps closed: size, depth, NaN, keys that stand twice, text that is not UTF-8."""
    if len(data) > LARGEST_TEXT:
        _refuse("the input has more than 5 MB", "One case takes a few kilobytes; send only that")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start} is not UTF-8", "Save the file as UTF-8")
    except RecursionError:
        _refuse("the brackets are nested too deeply", "A case needs four levels")
    except json.JSONDecodeError as error:
        _refuse(f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}", "Mend that place")
    except ValueError as error:
        _refuse(f"a number cannot be read: {error}", "Write days and ages as plain whole numbers")


def _refuse(wrong: str, mend: str) -> NoReturn:
    raise CaseError([CaseProblem("$", wrong, mend)])


def _no_constant(name: str) -> None:
    _refuse(f"{name} is not a number that means anything here", "Leave the key out or write a whole number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        _refuse(f"the key {shown(twin)} stands twice in one object", "Keep one of the two")
    return table


def read_case(protocol: Protocol, data: Any) -> Case:
    """The case that `data` describes (see ``afterthread schema case``); raises `CaseError` with all problems."""
    reader = Reader(protocol)
    table = reader.table("$", data, {"procedure", "checkins", "as_of"})
    procedure = reader.procedure("$.procedure", table.get("procedure", {}))
    checkins = [
        reader.checkin(f"$.checkins[{i}]", one, procedure)
        for i, one in enumerate(reader.items("$.checkins", table.get("checkins", [])))
    ]
    as_of = reader.day("$.as_of", table["as_of"], procedure) if "as_of" in table else None
    reader.finish()
    clocks = all(checkin.at for checkin in checkins)  # who travels west may live a day twice
    ordered = sorted(checkins, key=lambda c: (0 if clocks else c.day, c.at.timestamp() if c.at else 0.0))
    if as_of is not None and as_of < max((checkin.day for checkin in checkins), default=0):
        raise CaseError(
            [CaseProblem("$.as_of", "it lies before the last check-in", "Give a later day, or leave it out")]
        )
    return Case(procedure=procedure, checkins=tuple(ordered), as_of=as_of)


def read_candidate(protocol: Protocol, data: Any) -> Candidate:
    """The person to be screened (see ``afterthread schema candidate``); raises `CaseError` with all problems."""
    reader = Reader(protocol)
    table = reader.table("$", data, {"answers", "otherwise", "age", "zones", "planned", "events"})
    known = protocol["condition"]
    answers = reader.table("$.answers", table.get("answers", {}), set(known))
    rest = reader.word("$.otherwise", table.get("otherwise", UNKNOWN), ("no",))
    told = {id: reader.word(f"$.answers.{id}", answers[id], ("no", "yes")) for id in answers if id in known}
    zones = [
        reader.word(f"$.zones[{i}]", zone, protocol["zone"])
        for i, zone in enumerate(reader.items("$.zones", table.get("zones", [])))
    ]
    events = reader.table("$.events", table.get("events", {}), set(protocol["timing"]))
    dated = {id: reader.date(f"$.events.{id}", events[id]) for id in events if id in protocol["timing"]}
    candidate = Candidate(
        answers=dict.fromkeys(known, rest) | told,
        age=reader.number("$.age", table["age"], 1, 120) if "age" in table else None,
        regions=() if UNKNOWN in zones else tuple(protocol["zone"][zone].region for zone in zones),
        planned=reader.date("$.planned", table["planned"]) if "planned" in table else None,
        events={id: day for id, day in dated.items() if day is not None},
        otherwise_no=rest == "no",
    )
    if events and candidate.planned is None:
        reader.problem("$.planned", "events cannot be weighed without it", "Add the planned date")
    reader.finish()
    return candidate


def thread_words(protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """What may be said of a thread in one word each, "unknown" aside."""
    return {key: tuple(protocol[key]) for key in ("zone", "kind", "material", "layer")} | {
        "side": ("left", "right", "middle"),
        "fixation": ("none", "barbs", "cones", "knots", "mesh", "anchor"),
        "path": ("linear", "loop"),
        "purpose": ("lift", "reinforce", "revitalise"),
        "overcorrection": ("none", "slight", "strong"),
        "barb_near_exit": ("no", "yes"),
        "paired_needles": ("no", "yes"),
    }


@dataclass(slots=True)
class Reader:
    """Collects problems instead of stopping at the first."""

    protocol: Protocol
    problems: list[CaseProblem] = field(default_factory=list)

    def finish(self) -> None:
        """Raise all that was collected."""
        if self.problems:
            raise CaseError(self.problems)

    def problem(self, path: str, wrong: str, mend: str) -> None:
        """Collect one, as long as somebody would still read them."""
        self.problems.append(CaseProblem(path, wrong, mend))
        if len(self.problems) >= MOST_PROBLEMS:
            self.finish()

    def table(self, path: str, value: Any, known: set[str]) -> Mapping[str, Any]:
        """An object with known keys only."""
        if not isinstance(value, dict):
            self.problem(path, f"{shown(value)} is not an object", "Write { … }")
            return {}
        for key in sorted(value.keys() - known, key=str):
            self.problem(f"{path}.{_path(key)}", "unknown key", suggest(key, known))
        return value

    def items(self, path: str, value: Any) -> list[Any]:
        """A list that one recovery can fill."""
        if isinstance(value, list) and len(value) <= MOST_ITEMS:
            return value
        self.problem(path, f"{shown(value)} is not a list of at most {MOST_ITEMS}", "Write [ … ]")
        return []

    def word(self, path: str, value: Any, allowed: Any) -> str:
        """One of the allowed words, or "unknown"."""
        if isinstance(value, str) and (value in allowed or value == UNKNOWN):
            return value
        self.problem(path, f"{shown(value)} is not an answer here", suggest(value, [*allowed, UNKNOWN]))
        return UNKNOWN

    def number(self, path: str, value: Any, low: int, high: int) -> int | None:
        """A whole number within limits."""
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.problem(path, f"{shown(value)} is not a whole number from {low} to {high}", "Write digits without quotes")
        return None

    def text(self, path: str, value: Any) -> str:
        """Text that can be stored and shown."""
        if not isinstance(value, str) or len(value) > MAX_WORDS:
            self.problem(path, "it is not text, or longer than 20,000 characters", "Shorten it and put it in quotes")
            return ""
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            self.problem(path, "it holds half a character (a lone surrogate)", "Send the text as UTF-8")
            return ""
        return value

    def zone(self, path: str, value: Any) -> ZoneInfo | None:
        """An IANA time zone."""
        with contextlib.suppress(KeyError, ValueError, OSError):
            if isinstance(value, str):
                return ZoneInfo(value)
        self.problem(path, f"no time zone is called {shown(value)}", 'Use an IANA name like "Europe/Berlin"')
        return None

    def date(self, path: str, value: Any) -> date | None:
        """An ISO date of our time."""
        found = value if type(value) is date else None
        with contextlib.suppress(ValueError):
            found = date.fromisoformat(value) if isinstance(value, str) else found
        return self._of_our_time(path, value, found, '"2026-03-02"')

    def moment(self, path: str, value: Any, zone: ZoneInfo | None) -> datetime | None:
        """An ISO date and time; without an offset, in the given zone."""
        at = value if isinstance(value, datetime) else None
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-03-02") else at
        at = self._of_our_time(path, value, at, '"2026-03-02T14:30"')
        if at is None or at.tzinfo is not None:
            return at
        if zone is None:
            self.problem(path, "a clock time without a time zone", "Add `timezone`, or an offset to the time")
            return None
        return at.replace(tzinfo=zone)

    def clock(
        self, path: str, table: Mapping[str, Any], usual: ZoneInfo | None
    ) -> tuple[ZoneInfo | None, datetime | None]:
        """The zone and the moment that a table names, on the wall of that zone; a wrong zone is one mistake."""
        zone = self.zone(f"{path}.timezone", table["timezone"]) if "timezone" in table else usual
        if "at" not in table or ("timezone" in table and zone is None):
            return zone, None
        at = self.moment(f"{path}.at", table["at"], zone)
        return zone, at.astimezone(zone) if at and zone else at

    def _of_our_time(self, path: str, value: Any, found: Found | None, example: str) -> Found | None:
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.problem(path, f"{shown(value)} is not a date of our time", f"Write it like {example}")
            return None
        return found

    def procedure(self, path: str, value: Any) -> Procedure:
        """What was done."""
        known = {"date", "at", "timezone", "age", "zones", "threads", "modifiers"}
        table = self.table(path, value, known)
        zone, at = self.clock(path, table, None)
        day = self.date(f"{path}.date", table["date"]) if "date" in table else None
        if at is not None:
            if day not in (None, at.date()):
                self.problem(f"{path}.date", "it is not the local day of `at`", "Give only one of the two")
            day = at.date()
        return Procedure(
            at=at,
            day=day,
            zone=zone,
            age=self.number(f"{path}.age", table["age"], 1, 120) if "age" in table else None,
            zones=tuple(
                self.word(f"{path}.zones[{i}]", zone_id, self.protocol["zone"])
                for i, zone_id in enumerate(self.items(f"{path}.zones", table.get("zones", [])))
            ),
            threads=tuple(
                self.thread(f"{path}.threads[{i}]", one)
                for i, one in enumerate(self.items(f"{path}.threads", table.get("threads", [])))
            ),
            modifiers=self.modifiers(f"{path}.modifiers", table.get("modifiers", {})),
        )

    def modifiers(self, path: str, value: Any) -> dict[str, str]:
        """Yes, no or unknown for each; `otherwise = "no"` closes the rest."""
        known = self.protocol["modifier"]
        table = self.table(path, value, {*known, "otherwise"})
        rest = self.word(f"{path}.otherwise", table.get("otherwise", UNKNOWN), ("no",))
        told = {id: self.word(f"{path}.{id}", table[id], ("no", "yes")) for id in table if id in known}
        return dict.fromkeys(known, rest) | told

    def thread(self, path: str, value: Any) -> Thread:
        """One thread, or several alike."""
        choices = thread_words(self.protocol)
        table = self.table(path, value, {*choices, "vector", "count", "lot", "expires"})
        words = {key: self.word(f"{path}.{key}", table[key], choices[key]) for key in choices if key in table}
        return Thread(
            **words,
            vector=self.number(f"{path}.vector", table["vector"], -180, 360) if "vector" in table else None,
            count=self.number(f"{path}.count", table.get("count", 1), 1, 500) or 1,
            lot=self.text(f"{path}.lot", table.get("lot", "")),
            expires=self.date(f"{path}.expires", table["expires"]) if "expires" in table else None,
        )

    def day(self, path: str, value: Any, procedure: Procedure) -> int:
        """A day number, given as such, as a date or as a moment; never before the procedure or beyond the horizon."""
        if not isinstance(value, str | date):
            return self._day_number(path, value)
        on = value if isinstance(value, datetime) else self.date(path, value)
        if on is None:
            return 0
        if procedure.day is None:
            self.problem(path, "a date needs the date of the procedure", "Add procedure.date, or give day numbers")
            return 0
        day = day_number(procedure.day, on)
        if isinstance(on, datetime) and procedure.at is not None and on >= procedure.at:
            day = max(day, 0)  # who flies east over the date line lands on the day before
        return self._day_number(path, day)

    def _day_number(self, path: str, day: Any) -> int:
        if isinstance(day, int) and not isinstance(day, bool) and 0 <= day <= self.protocol.horizon_days:
            return day
        before = isinstance(day, int) and day < 0
        wrong = "it lies before the procedure" if before else f"{shown(day)} is no day we know"
        self.problem(path, wrong, f"Days run from 0 (the procedure) to {self.protocol.horizon_days}")
        return 0

    def checkin(self, path: str, value: Any, procedure: Procedure) -> CheckIn:
        """What the patient said at one time."""
        table = self.table(path, value, {"day", "date", "at", "timezone", "answers", "otherwise", "words"})
        _, at = self.clock(path, table, procedure.zone)
        given = [key for key in ("day", "date", "at") if key in table]
        if len(given) != 1:
            self.problem(path, "a check-in needs exactly one of `day`, `date` and `at`", "Give one of them")
        day = self._dated(path, table, at, procedure) if given else 0
        if at is not None and procedure.at is not None and at < procedure.at:
            self.problem(f"{path}.at", "it lies before the procedure", "Check both times and their zones")
        if "otherwise" in table and "answers" not in table:
            self.problem(
                path, "`otherwise` closes what `answers` leaves open, and `answers` is missing", "Add answers: {}"
            )
        questions = self.protocol["question"]
        answers = self.table(f"{path}.answers", table.get("answers", {}), set(questions))
        return CheckIn(
            day=day,
            at=at,
            answers={
                id: self.answer(f"{path}.answers.{id}", one, id) for id, one in answers.items() if id in questions
            },
            otherwise_no=self.word(f"{path}.otherwise", table.get("otherwise", UNKNOWN), ("no",)) == "no",
            words=self.text(f"{path}.words", table.get("words", "")),
        )

    def _dated(self, path: str, table: Mapping[str, Any], at: datetime | None, procedure: Procedure) -> int:
        """The day of a check-in from the one key that says when it was."""
        if "day" in table:
            return self._day_number(f"{path}.day", table["day"])
        if "date" in table:
            on = self.date(f"{path}.date", table["date"])
            return self.day(f"{path}.date", on, procedure) if on else 0
        return self.day(f"{path}.at", at, procedure) if at else 0

    def answer(self, path: str, value: Any, id: str) -> Answer:
        """A value of the scale, or an object with more about it."""
        question, scale = self.protocol["question"][id], self.protocol.variables[id]
        if not isinstance(value, dict):
            return Answer(level=self.word(path, value, scale))
        known = {"level", *(["side"] if question.side else []), *(["trend"] if question.trend else []), "since", "zone"}
        table = self.table(path, value, known)
        return Answer(
            level=self.word(f"{path}.level", table.get("level", UNKNOWN), scale),
            side=self.word(f"{path}.side", table.get("side", UNKNOWN), SIDES),
            trend=self.word(f"{path}.trend", table.get("trend", UNKNOWN), TRENDS),
            since=self.number(f"{path}.since", table["since"], 0, 100_000) if "since" in table else None,
            zone=self.word(f"{path}.zone", table.get("zone", UNKNOWN), self.protocol["zone"]),
        )


def _path(key: object) -> str:
    return key if isinstance(key, str) and key.isidentifier() and len(key) <= LONGEST_KEY else shown(key)
