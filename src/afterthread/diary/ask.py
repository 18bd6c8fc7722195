"""Questions and answers in the words of the protocol, ready for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from afterthread.clinic.queries.recovery import Recovery, Said
from afterthread.clinic.questionnaire import DANGER, Part
from afterthread.engine.case import TRENDS
from afterthread.engine.explain import SIDE_WORDS, Words
from afterthread.engine.facts import Answer, CheckIn
from afterthread.engine.history import traits, within_first_24h
from afterthread.protocol.entry import Question
from afterthread.protocol.model import UNKNOWN, Box, Urgency

Option = tuple[str, str, bool]
"""A value, its words, and whether it is chosen."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question as it stands on the page, with what was answered before it was sent back."""

    id: str
    name: str
    ask: str
    help: str
    levels: list[Option]
    sides: list[Option]
    trends: list[Option]
    zones: list[Option]
    side_ask: str
    trend_ask: str
    red_flag: bool
    open: bool


@dataclass(frozen=True, kw_only=True)
class AskPart:
    """A group with its questions and its one tap that closes them."""

    group: str
    title: str
    none: str
    closed: bool
    danger: bool
    asks: list[Ask]


def ask_parts(recovery: Recovery, words: Words, parts: Iterable[Part], data: Mapping[str, Any]) -> list[AskPart]:
    """Groups in words."""
    return [
        AskPart(
            group=part.group,
            title=words.of(f"group.{part.group}", "title"),
            none=words.of(f"group.{part.group}", "none"),
            closed=bool(data.get(f"none-{part.group}")),
            danger=part.group == DANGER,
            asks=[_ask(recovery, words, question, data) for question in part.questions],
        )
        for part in parts
    ]


def _ask(recovery: Recovery, words: Words, question: Question, data: Mapping[str, Any]) -> Ask:
    name, field = words.question(question.id), f"q-{question.id}"
    levels = recovery.protocol.variables[question.id]
    level_words = {level: words.of(f"scale.{question.scale}", level) for level in levels}
    return Ask(
        id=question.id,
        name=name[:1].upper() + name[1:],
        ask=words.of(question.key, "ask"),
        help=str(words.table[question.key].get("help", "")),
        levels=_options({**level_words, UNKNOWN: _("I don’t know")}, data.get(field)),
        sides=_options(_sides(words) if question.side else {}, data.get(f"{field}-side")),
        trends=_options(_trends(words) if question.trend else {}, data.get(f"{field}-trend")),
        zones=_options(_zones(recovery, words) if question.zone else {}, data.get(f"{field}-zone")),
        side_ask=words.say("ask_side"),
        trend_ask=words.say("ask_course"),
        red_flag=question.red_flag,
        open=bool(data.get(field)) and data.get(field) != "no",
    )


def _options(words: Mapping[str, str], chosen: Any) -> list[Option]:
    return [(value, word[:1].upper() + word[1:], value == chosen) for value, word in words.items()]


def _sides(words: Words) -> dict[str, str]:
    return {side: words.say(sentence) for side, sentence in SIDE_WORDS.items()}


def _trends(words: Words) -> dict[str, str]:
    return {trend: words.say(trend) for trend in TRENDS}


def _zones(recovery: Recovery, words: Words) -> dict[str, str]:
    """The treated zones first, then those of the same regions of the body."""
    known, facts = recovery.protocol["zone"], recovery.facts
    treated = [zone for zone in dict.fromkeys((*facts.zones, *(t.zone for t in facts.threads))) if zone in known]
    body = {known[zone].region == "body" for zone in treated} or {False}
    near = [zone for zone in known if (known[zone].region == "body") in body]
    return {zone: words.of(f"zone.{zone}", "name") for zone in dict.fromkeys((*treated, *near))}


def alarms(recovery: Recovery, words: Words, at: datetime) -> list[dict[str, Any]]:
    """Answers that are an emergency for this person today, with what to do, so that the page need not ask first.

    What only the course or an unknown fact can tell is left to the decision itself.
    """
    first = within_first_24h(recovery.facts, CheckIn(day=recovery.day, at=at))
    known = {**traits(recovery.protocol, recovery.facts), "first_24h": "yes" if first else "no"}
    return [
        {"where": where, "do": words.actions(rule.do, by="patient"), "because": words.of(rule.key, "because")}
        for rule in recovery.protocol["rule"].values()
        if rule.urgency is Urgency.EMERGENCY
        for box in rule.when
        if recovery.day in box.days and (where := _answers_of(recovery, known, box))
    ]


def _answers_of(recovery: Recovery, known: Mapping[str, str], box: Box) -> dict[str, list[str]]:
    """The answers that alone decide whether a box holds; nothing when something else decides as well."""
    asked = {name: sorted(values) for name, values in box.where.items() if name in recovery.protocol["question"]}
    others = [(name, values) for name, values in box.where.items() if name not in asked]
    return asked if all(known.get(name) in values for name, values in others) else {}


def told(recovery: Recovery, words: Words, said: Said) -> dict[str, Any]:
    """One check-in in words: the signs that were there, what was not known, and how many were denied."""
    answers = {id: Answer(**one) for id, one in said.checkin.answers["answers"].items()}
    present = [(id, one) for id, one in answers.items() if one.level not in ("no", UNKNOWN)]
    return {
        "signs": [_described(recovery, words, id, one) for id, one in present],
        "unknown": [words.question(id) for id, one in answers.items() if one.level == UNKNOWN],
        "denied": sum(one.level == "no" for one in answers.values()),
        "closed": said.checkin.answers.get("otherwise") == "no",
    }


def _described(recovery: Recovery, words: Words, id: str, one: Answer) -> str:
    """A sign as it was answered: "Swelling: a little, only on one side, cheek, getting better"."""
    name = words.question(id)
    side = words.say(SIDE_WORDS[one.side]) if one.side in SIDE_WORDS else ""
    zone = words.of(f"zone.{one.zone}", "name") if one.zone in recovery.protocol["zone"] else ""
    trend = words.say(one.trend) if one.trend in TRENDS else ""
    about = ", ".join(part for part in (words.answer(id, one.level), side, zone, trend) if part)
    name = name[:1].upper() + name[1:]
    return f"{name}: {about}" if about else name
