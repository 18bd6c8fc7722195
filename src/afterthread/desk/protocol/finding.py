"""What checking a draft found, in words: properties with their counterexamples, and the replay person by person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Patient
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer
from afterthread.desk.page import language, words_of
from afterthread.desk.protocol.entry import answer_of, find, spans, title, turn
from afterthread.desk.row import URGENCIES
from afterthread.engine.case import CaseError, read_case
from afterthread.engine.explain import Words, explain
from afterthread.engine.triage import triage
from afterthread.protocol.entry import Course
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Protocol, Urgency

PROPERTIES: dict[str, str | Promise] = {
    "an_overlay_never_weakens_a_red_flag": _(
        "No emergency and no same-day sign of the shipped protocol is answered lower."
    ),
    "every_finding_is_explained": _(
        "Whatever single thing a patient reports, on whatever day, a window or a rule speaks of it."
    ),
    "worse_never_lowers_urgency": _(
        "A worse answer, one more sign, a risk or a longer silence never lowers the urgency."
    ),
    "unknown_never_ranks_below_no": _("An answer that is missing counts at least as much as the reassuring one."),
    "silence_never_reassures": _(
        "Nobody is sent to self-care because something was not answered, and silence keeps what was said before."
    ),
    "every_red_flag_alone_is_an_emergency": _(
        "Every red flag, with nothing else, is an emergency on every day of ten years."
    ),
    "nothing_is_expected_past_its_window": _(
        "After the last expected day of every window, and for answers no window names, somebody looks."
    ),
    "order_of_rules_means_nothing": _("Rules and windows in any other order give the same decision, to the letter."),
    "every_rule_can_fire": _(
        "Every alternative of every rule decides for some patient: none is impossible, none is swallowed unseen."
    ),
    "every_rule_has_a_case": _("Every rule, and every window inside and past, stands in a worked example."),
    "every_claim_is_accounted_for": _("Every claim of the source document is used, or set aside with a reason."),
    "no_day_both_forbids_and_allows": _(
        "At no moment does the plan forbid and allow the same thing in the same place."
    ),
    "every_complication_can_be_suspected": _(
        "Every complication is named by some rule, window, danger area or piece of advice."
    ),
    "every_modifier_matters": _("Every fact that is asked about a person or procedure changes something."),
}
"""Each property as a sentence."""
AGAINST: dict[str, str | Promise] = {
    "unchecked": _("It was not checked as it stands now. Check it first."),
    "problems": _("It cannot be built as it stands."),
    "red_flag": _("It would answer a danger sign lower than the shipped protocol. No reason allows that."),
    "refuted": _("A property that must always hold does not hold."),
    "unread": _("Say that you read what it would change."),
    "unexplained": _("Some check-ins would have been answered as less urgent. Write why that is right."),
}
"""Why a draft is not adopted."""


@dataclass(frozen=True)
class Example:
    """A person for whom a property fails: what she says, and how urgent the two protocols find it."""

    day: str
    says: list[str]
    shipped: str
    yours: str
    reasons: list[str]


@dataclass(frozen=True)
class Proved:
    """One property, and what speaks against it: sentences, with a person where there is one."""

    sentence: str
    holds: bool
    refuted: list[tuple[str, Example | None]]


def proved(made: Protocol, told: Iterable[Mapping[str, Any]]) -> list[Proved]:
    """Every property, the refuted ones first."""
    found = [
        Proved(
            str(PROPERTIES.get(one["name"], one["name"])),
            one["holds"],
            [(each["says"], _example(made, each["case"])) for each in one["refuted"]],
        )
        for one in told
    ]
    return sorted(found, key=lambda one: one.holds)


def _example(made: Protocol, case: Any) -> Example | None:
    """A counterexample in words; it is run anew under both."""
    if case is None:
        return None
    try:
        before, after = (triage(one, read_case(one, case)) for one in (shipped(), made))
    except CaseError:
        return None
    words, told = words_of(made), explain(made, after, words_of(made).language)
    said = [_said(words, id, answer.level) for id, answer in after.answers.items() if answer.level != "no"]
    return Example(
        day=told.day,
        says=[one for one in said if one],
        shipped=str(URGENCIES[before.urgency]),
        yours=str(URGENCIES[after.urgency]),
        reasons=[reason.says for reason in told.reasons],
    )


def _said(words: Words, id: str, level: str) -> str:
    name, word = words.question(id), words.answer(id, level) if level != "unknown" else ""
    return f"{name}: {word}" if word else name


@dataclass(frozen=True)
class Replayed:
    """One check-in that would be decided differently."""

    patient: Patient | None
    day: int
    said_at: datetime
    before: Urgency
    after: Urgency
    why: list[tuple[str, str, str]]

    @property
    def lowered(self) -> bool:
        """Whether it would have been less urgent."""
        return self.after < self.before

    @property
    def names(self) -> tuple[str, str]:
        """Both urgencies as people say them."""
        return str(URGENCIES[self.before]), str(URGENCIES[self.after])


def replayed(viewer: Viewer, made: Protocol, rows: list[Mapping[str, Any]]) -> list[Replayed]:
    """Some rows of a replay, with names for those who may read them."""
    people, words = _people(viewer, rows), words_of(made)
    return [
        Replayed(
            patient=people.get(row["patient"]),
            day=row["day"],
            said_at=datetime.fromisoformat(row["said_at"]),
            before=_urgency(row["before"]),
            after=_urgency(row["after"]),
            why=[turn(words, one["entry"], one["was"], one["now"]) for one in row["why"]],
        )
        for row in rows
    ]


def _urgency(word: str) -> Urgency:
    return next(one for one in Urgency if one.word == word)


def _people(viewer: Viewer, rows: Iterable[Mapping[str, Any]]) -> dict[str, Patient]:
    if not viewer.may("patient.read"):
        return {}
    found = scope(viewer, Patient).filter(pk__in={row["patient"] for row in rows})
    return {str(one.pk): one for one in found}


@dataclass(frozen=True)
class Redated:
    """One thing in a plan that would have other days."""

    title: str
    was: str
    now: str


def redated(made: Protocol, changes: Iterable[Mapping[str, Any]], zero: date) -> Iterator[Redated]:
    """What a plan would say otherwise, in words."""
    words = words_of(made)
    for one in changes:
        found = find(made, one["entry"])
        if found is not None:
            answer = f": {answer_of(words, found, one['answer'])}" if isinstance(found, Course) else ""
            yield Redated(
                title(words, found) + answer,
                spans(one["entry"], one["was"], zero),
                spans(one["entry"], one["now"], zero),
            )


def plans(
    viewer: Viewer, made: Protocol, rows: list[Mapping[str, Any]]
) -> list[tuple[Patient | None, str, list[Redated]]]:  # fmt: skip
    """Plans that would have other dates: whose, its record, and what."""
    people = _people(viewer, rows)
    return [
        (people.get(row["patient"]), row["version"], [*redated(made, row["changes"], date.fromisoformat(row["zero"]))])
        for row in rows
    ]


def examples(told: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Worked examples that come out otherwise: their title, and how."""
    return [(one["title"], one["wrong"]) for one in told]


def spoken() -> str:
    """The language in which worked examples and problems are written, where it is not the viewer's."""
    return "" if language().startswith("en") else "en"
