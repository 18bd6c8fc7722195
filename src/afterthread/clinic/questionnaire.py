"""The check-in as a form: which questions stand on it, and what was posted as the case format says it; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.datastructures import MultiValueDict

from afterthread.engine.case import CaseError, CaseProblem
from afterthread.engine.facts import CheckIn
from afterthread.protocol.entry import Question
from afterthread.protocol.model import UNKNOWN, Protocol

DANGER = "danger"
"""The group that stands first on every day."""
LONGEST_TEXT = 4_000
"""So many characters may be written at once: her own words, a message, a note."""
REST = "rest"
"""`none-rest` closes everything that is offered behind "anything else?"."""


@dataclass(frozen=True, slots=True)
class Part:
    """Questions of one group that are offered together and closed by one `none-<group>`."""

    group: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The form of one day: what is asked, and the rest of the protocol behind "anything else?"."""

    parts: tuple[Part, ...]
    rest: tuple[Part, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The ids of what is asked, in order."""
        return tuple(question.id for part in self.parts for question in part.questions)

    @property
    def offered(self) -> tuple[str, ...]:
        """The ids of what stands behind "anything else?"."""
        return tuple(question.id for part in self.rest for question in part.questions)


def present_before(protocol: Protocol, checkins: Iterable[CheckIn]) -> frozenset[str]:
    """The questions whose last known answer was not "no"; `checkins` stand in the order said."""
    last: dict[str, str] = {}
    for checkin in checkins:
        for id in protocol["question"]:
            answer = checkin.answers.get(id)
            level = answer.level if answer else "no" if checkin.otherwise_no else UNKNOWN
            if level != UNKNOWN:
                last[id] = level
    return frozenset(id for id, level in last.items() if level != "no")


def questions_for(protocol: Protocol, day: int, before: Collection[str]) -> Shown:
    """The form of a day: what is asked on it, what was present `before`, and always the danger signs; by group."""

    def is_asked(question: Question) -> bool:
        return question.group == DANGER or question.id in before or any(day in days for days in question.asked)

    return Shown(_parts(protocol, is_asked), _parts(protocol, lambda question: not is_asked(question)))


def _parts(protocol: Protocol, wanted: Callable[[Question], bool]) -> tuple[Part, ...]:
    """The groups in order, each with the questions that are wanted; a group without any is left out."""
    groups = sorted(protocol["group"].values(), key=lambda group: group.order)
    chosen = [question for question in protocol["question"].values() if wanted(question)]
    parts = (Part(group.id, tuple(one for one in chosen if one.group == group.id)) for group in groups)
    return tuple(part for part in parts if part.questions)


def read_form(protocol: Protocol, shown: Shown, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted, as `answers`, `otherwise` and `words`; a word nobody knows is left for `CaseError` to name.

    `none-<group>` answers "no" to what of that group was asked and not answered, `none-rest` to what stood behind
    "anything else?". `otherwise` is "no" only when both leave nothing without an answer. The rest stays open.
    """
    answers = {id: answer for id in protocol["question"] if (answer := _answer(protocol, id, data))}
    closed = [one.id for part in shown.parts if data.get(f"none-{part.group}") for one in part.questions]
    closed += shown.offered if data.get(f"none-{REST}") else ()
    for id in closed:
        answers.setdefault(id, {"level": "no"})
    whole = bool(data.get(f"none-{REST}")) and all(id in answers for id in shown.asked)
    said = {"answers": answers, "words": _words(data)}
    return {**said, "otherwise": "no"} if whole else said


def one_each(data: MultiValueDict[str, str]) -> dict[str, str]:
    """What was posted, a value for each field; raises `CaseError` for one sent twice with two values.

    Whoever takes the last of "yes" and "no" may take the calmer one.
    """
    twice = contradicted(data)
    if twice:
        raise CaseError([CaseProblem(name, "it was answered twice", "Answer it once") for name in twice])
    return {name: str(values[-1]) for name, values in data.lists() if values}


def contradicted(data: MultiValueDict[str, str]) -> list[str]:
    """The fields that were sent with more than one value."""
    return [name for name, values in data.lists() if len(set(values)) > 1]


def _words(data: Mapping[str, Any]) -> str:
    """Her own words; browsers send two signs for the end of a line and count one."""
    return str(data.get("words", "")).replace("\r\n", "\n").strip()


def _answer(protocol: Protocol, id: str, data: Mapping[str, Any]) -> dict[str, str]:
    """What was posted of one question; of a sign that is not there nothing more is known."""
    level = data.get(f"q-{id}")
    if not level:
        return {}
    question: Question = protocol["question"][id]
    parts = ("side", "trend", "zone") if level not in ("no", UNKNOWN) else ()
    more = {part: str(data.get(f"q-{id}-{part}") or "") for part in parts if getattr(question, part)}
    return {"level": str(level), **{part: value for part, value in more.items() if value}}


def still_open(shown: Shown, said: Mapping[str, Any], wanted: Collection[str]) -> Shown:
    """The part of a form that has no answer yet and is `wanted` ("swelling", "swelling.side", as decisions name it).

    "I don't know" is an answer. Of the rest, one open question opens it as a whole.
    """
    parts = tuple(
        Part(part.group, found)
        for part in shown.parts
        if (found := tuple(question for question in part.questions if _is_open(question, said["answers"], wanted)))
    )
    rest_open = any(id in wanted and id not in said["answers"] for id in shown.offered)
    return Shown(parts, shown.rest if rest_open else ())


def _is_open(question: Question, answers: Mapping[str, Any], wanted: Collection[str]) -> bool:
    """Whether the question itself, its side or its course is wanted and was not said."""
    told = answers.get(question.id)
    if told is None:
        return question.id in wanted
    return (question.side and f"{question.id}.side" in wanted and "side" not in told) or (
        question.trend and f"{question.id}.course" in wanted and "trend" not in told
    )
