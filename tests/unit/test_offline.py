"""What a phone is handed for its answer without a server: whole, small, and nothing that is not for the patient."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from afterthread.diary.offline import pack
from afterthread.engine.case import read_case
from afterthread.engine.explain import Words
from afterthread.engine.facts import Case, Procedure
from afterthread.engine.history import traits
from afterthread.protocol import shipped
from afterthread.protocol.model import Days
from afterthread.verify.artefact import compile_protocol

PROTOCOL = shipped()
LANGUAGES = pytest.mark.parametrize("language", PROTOCOL.languages)
LARGEST = 25_000
"""Bytes over the wire, for the longest history below."""
DONE = {"at": "2026-03-02T23:30:15.123456+01:00", "timezone": "Europe/Berlin", "zones": ["nose"]}


def diary(*answers: dict[str, Any]) -> Case:
    """A recovery with one closed check-in a day."""
    checkins = [{"day": day, "answers": told, "otherwise": "no"} for day, told in enumerate(answers)]
    return read_case(PROTOCOL, {"procedure": DONE, "checkins": checkins})


def packed(language: str = "en", **phones: str) -> dict[str, Any]:
    """The pack of a procedure without check-ins."""
    return pack(PROTOCOL, diary().procedure, (), language, phones)


@LANGUAGES
def test_it_stays_small(language: str) -> None:
    """After a year of daily answers to everything, the pack fits where a photograph never would."""
    everything = dict.fromkeys(PROTOCOL["question"], "yes")
    answers = {id: PROTOCOL.variables[id][-1] for id in everything}
    whole = pack(PROTOCOL, diary().procedure, diary(*[answers] * 365).checkins, language)
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(gzip.compress(text)) <= LARGEST


@LANGUAGES
def test_it_is_plain_data(language: str) -> None:
    """It survives JSON unchanged."""
    whole = packed(language)
    assert json.loads(json.dumps(whole)) == whole
    assert whole["language"] == language


def test_it_holds_the_compiled_rules() -> None:
    """The tables are those that replay reads; each box of a window says its last expected day, and no other does."""
    whole = packed()
    assert whole["artefact"] == compile_protocol(PROTOCOL).document()
    assert len(whole["until"]) == len(whole["artefact"]["boxes"])
    for until, box in zip(whole["until"], whole["artefact"]["boxes"], strict=True):
        first, last = box["days"]
        assert (until is not None) == box["rule"].startswith("course.")
        assert until is None or until == last or max(until + 1, 0) == first


def test_it_says_how_far_a_window_closed_before_it_opened() -> None:
    """A window shortened below day 0 keeps its number, because its sentence may name it."""
    swelling = PROTOCOL["course"]["swelling"]
    shifts = tuple(replace(shift, days=-30) for shift in swelling.shift)
    course = {"swelling": replace(swelling, shift=shifts)}
    narrow = replace(PROTOCOL, entries={**PROTOCOL.entries, "course": course})
    whole = pack(narrow, Procedure(), (), "en")
    assert {until for until in whole["until"] if until is not None} == {14, 7, -16, -23}


def test_it_knows_the_person_and_the_day() -> None:
    """Traits follow from the record; the moment stands in UTC, in milliseconds as every browser reads them."""
    whole = packed()
    assert whole["traits"] == traits(PROTOCOL, diary().procedure)
    assert whole["traits"]["nose_threads"] == "yes"
    assert whole["procedure"] == {"date": "2026-03-02", "at": "2026-03-02T22:30:15.123+00:00", "zone": "Europe/Berlin"}


def test_it_finds_the_day_of_a_moment_alone() -> None:
    """A procedure that names only its moment lies on the local day of its zone."""
    zone = diary().procedure.zone
    late = Procedure(at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), zone=zone)
    assert pack(PROTOCOL, late, (), "en")["procedure"]["date"] == "2026-03-03"
    assert pack(PROTOCOL, replace(late, zone=None), (), "en")["procedure"]["date"] == "2026-03-02"
    assert pack(PROTOCOL, Procedure(), (), "en")["procedure"] == {"date": None, "at": None, "zone": None}


def test_it_folds_what_was_said() -> None:
    """Of every answer stay the last level, whether the sign was there, and whether it had improved."""
    case = diary({"swelling": "severe"}, {"swelling": "mild"}, {"swelling": "unknown"}, {"swelling": "moderate"})
    history = pack(PROTOCOL, case.procedure, case.checkins, "en")["history"]
    assert history["tracks"]["swelling"] == [2, True, True]
    assert history["tracks"]["pain"] == [0, False, False]
    assert history["heard"] == [0, 1, 2, 3]
    assert packed()["history"] == {"tracks": {}, "heard": [], "extra": []}


def test_it_counts_contacts_that_were_not_due() -> None:
    """A second check-in of a day stands once among the days heard, and each time among the extra ones."""
    twice = read_case(PROTOCOL, {"checkins": [{"day": 1, "answers": {}}] * 3})
    history = pack(PROTOCOL, twice.procedure, twice.checkins, "en")["history"]
    assert history["heard"] == [1]
    assert history["extra"] == [1, 1]


def test_it_can_ask_every_question() -> None:
    """Each question stands once, in the order of its group, with its answers, its days and its words."""
    whole, words = packed("ru"), Words(PROTOCOL, "ru")
    assert sorted(one["id"] for one in whole["questions"]) == sorted(PROTOCOL["question"])
    groups = [group["id"] for group in whole["groups"]]
    places = [groups.index(one["group"]) for one in whole["questions"]]
    assert places == sorted(places)
    for told in whole["questions"]:
        question = PROTOCOL["question"][told["id"]]
        assert [Days(*days) for days in told["asked"]] == list(question.asked)
        assert told["ask"] == words.of(question.key, "ask")
        assert set(told["values"]) == set(whole["scales"][told["scale"]])
        assert {told[flag] for flag in ("side", "trend", "zone", "red_flag")} <= {True, False}


def test_it_leaves_the_clinic_its_own() -> None:
    """Actions of the clinic, complications and sources are not on the phone of the patient."""
    whole = packed()
    clinic = {id for id, action in PROTOCOL["action"].items() if action.by == "clinic"}
    assert clinic
    assert not clinic & {*whole["actions"]}
    for entry in whole["entries"].values():
        assert {*entry["do"], *entry.get("past_do", ())} <= {*whole["actions"]}
        assert not {"sources", "suspects"} & {*entry}


@LANGUAGES
def test_it_fills_every_number_in(language: str) -> None:
    """The clinic's numbers stand in the sentences already; without one, the patient's papers are named."""
    with_phones = packed(language, clinic="+49 30 1234567", emergency="999")
    assert with_phones["phones"] == {"clinic": "+49 30 1234567", "emergency": "999"}
    said = " ".join(action["do"] for action in with_phones["actions"].values())
    assert "+49 30 1234567" in said
    assert "999" in said
    assert "{" not in said
    assert packed(language)["phones"] == Words(PROTOCOL, language).phones


def test_it_speaks_no_other_language() -> None:
    """A language that the protocol does not have is an error, and no half-filled pack."""
    with pytest.raises(KeyError):
        packed("xx")
