"""An export as people read it: chapters of entries, each a list of what is called what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Patient
from afterthread.clinic.queries.record.right import Chapter
from afterthread.clinic.queries.recovery import speakable
from afterthread.engine.explain import Words
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency

READ: Mapping[str, tuple[str, ...]] = {
    "patient": ("name", "email", "phone", "born", "language", "time_zone", "enrolled_at"),
    "consultation": ("opened_at", "opened_by", "indications", "zones", "materials", "expectation", "promised",
                     "planned_on"),
    "screening": ("filled_at", "answers", "note"),
    "override": ("at", "by", "entry", "reason"),
    "signature": ("signed_at", "words", "name", "on_paper", "witness"),
    "withdrawal": ("at", "by", "reason"),
    "procedureversion": (
        "number", "placed_at", "zones", "age", "modifiers", "note", "reason", "despite", "signed_at", "signed_by",
    ),
    "thread": (
        "zone", "side", "kind", "material", "layer", "fixation", "path", "count", "gauge", "length_mm", "product",
        "lot", "expires", "udi",
    ),
    "move": ("at", "by", "reason"),
    "checkin": ("said_at", "day", "answers", "words", "taken_by"),
    "decision": ("made_at", "urgency"),
    "message": ("at", "author", "text", "read_at"),
    "workitem": ("opened_at", "urgency", "due_at", "closed_at"),
    "action": ("at", "staff", "kind", "outcome", "note"),
    "complication": ("opened_at", "opened_by", "began_day", "zone", "side", "signs", "closed_at", "closed_by"),
    "judgement": ("at", "by", "about", "value", "reason"),
    "stepdone": ("at", "by", "pathway", "step", "note"),
    "remark": ("at", "by", "text"),
    "removal": ("removed_at", "by", "extent", "why", "found", "punctures", "left_mm", "note"),
    "outcome": ("at", "point", "improvement", "satisfaction", "would_repeat", "still_visible", "words", "staff"),
    "handoff": ("issued_at", "issued_by", "revoked_at"),
    "notice": ("told_at", "told_by", "answer", "answered_at"),
    "device": ("label", "since", "seen_at", "ended_at"),
    "delivery": ("queued_at", "channel", "sent_at"),
    "erasure": ("asked_at", "wish", "answered_at", "answer"),
}  # fmt: skip
"""What is read of each table; the rest (plans, reasons of decisions, drawn points …) stands in the data file."""
LABELS: Mapping[str, Promise] = {
    "about": _("About"), "age": _("Age"), "answer": _("Answer"), "answered_at": _("Answered"),
    "answers": _("Answers"), "asked_at": _("Asked"), "at": _("When"), "author": _("By"), "began_day": _("Began on day"),
    "born": _("Year of birth"), "by": _("By"), "channel": _("How"), "closed_at": _("Closed"),
    "closed_by": _("Closed by"),
    "count": _("How many"), "day": _("Day"), "despite": _("Signed all the same, because"), "due_at": _("Due"),
    "email": _("E-mail"), "ended_at": _("Ended"), "enrolled_at": _("Enrolled"), "entry": _("Finding"),
    "expectation": _("Your expectation"), "expires": _("Expires"), "extent": _("How much"), "filled_at": _("Answered"),
    "fixation": _("Fixation"), "found": _("Found"), "gauge": _("Gauge"), "improvement": _("Improvement (1 to 5)"),
    "indications": _("What for"), "issued_at": _("Issued"), "issued_by": _("Issued by"), "kind": _("Kind"),
    "label": _("Name"), "language": _("Language"), "layer": _("Layer"), "left_mm": _("Left in (mm)"),
    "length_mm": _("Length (mm)"), "lot": _("Lot"), "made_at": _("When"), "material": _("Material"),
    "materials": _("Materials"), "modifiers": _("About you"), "name": _("Name"), "note": _("Note"),
    "number": _("Version"), "on_paper": _("On paper"), "opened_at": _("Opened"), "opened_by": _("Opened by"),
    "outcome": _("Outcome"), "path": _("Path"), "pathway": _("Pathway"), "phone": _("Phone"), "placed_at": _("When"),
    "planned_on": _("Planned for"), "point": _("After"), "product": _("Product"), "promised": _("What you were told"),
    "punctures": _("Punctures"), "queued_at": _("Written"), "read_at": _("Read"), "reason": _("Reason"),
    "removed_at": _("When"), "revoked_at": _("Revoked"), "said_at": _("When"),
    "satisfaction": _("Satisfaction (1 to 5)"),
    "seen_at": _("Last seen"), "sent_at": _("Sent"), "side": _("Side"), "signed_at": _("Signed"),
    "signed_by": _("Signed by"), "signs": _("What was seen"), "since": _("Since"), "staff": _("By"), "step": _("Step"),
    "still_visible": _("Still visible"), "taken_by": _("Taken by"), "text": _("Text"), "time_zone": _("Time zone"),
    "told_at": _("Told"), "told_by": _("Told by"), "udi": _("Device identification"), "urgency": _("Urgency"),
    "value": _("Judgement"), "why": _("Why"), "wish": _("Wish"), "witness": _("Witness"), "words": _("Words"),
    "would_repeat": _("Would do it again"), "zone": _("Zone"), "zones": _("Zones"),
}  # fmt: skip
NAMED = {"zone": "zone", "zones": "zone", "kind": "kind", "material": "material", "materials": "material",
         "layer": "layer", "indications": "indication", "pathway": "pathway"}  # fmt: skip
"""Columns whose values have a name in the protocol, and its section."""


@dataclass(frozen=True, slots=True)
class Told:
    """One chapter in words."""

    title: str
    entries: list[list[tuple[str, str]]]


def tell(chapters: list[Chapter], patient: Patient) -> list[Told]:
    """The chapters that people read, in the language that the page is in, on the patient's wall clock."""
    known = shipped()
    words = Words(known, speakable(known, patient.language))
    told = [
        Told(
            chapter.title, [entry for row in chapter.rows if (entry := list(_entry(chapter.name, row, words, patient)))]
        )
        for chapter in chapters
        if chapter.name in READ
    ]
    return [one for one in told if one.entries]


def _entry(table: str, row: Mapping[str, Any], words: Words, patient: Patient) -> Iterator[tuple[str, str]]:
    for column in READ[table]:
        if column in row:
            yield str(LABELS[column]), _value(column, row[column], words, patient)


def _value(column: str, value: Any, words: Words, patient: Patient) -> str:
    """One value in words; what the protocol of today has no name for stays as it was written down."""
    special: dict[str, Callable[[], str]] = {
        "answers": partial(_answers, value, words),
        "modifiers": partial(_pairs, value, words),
        "urgency": partial(_urgency, value, words),
    }
    if column in special:
        return special[column]()
    match value:
        case bool():
            return str(_("Yes") if value else _("No"))
        case datetime():
            return date_format(value.astimezone(patient.zone), "DATETIME_FORMAT")
        case date():
            return date_format(value, "DATE_FORMAT")
        case time():
            return time_format(value, "TIME_FORMAT")
        case list():
            return ", ".join(_word(column, one, words) for one in value)
        case dict():
            return "\n\n".join(str(one) for one in value.values())
    return _word(column, value, words)


def _word(column: str, value: Any, words: Words) -> str:
    section = NAMED.get(column, "")
    if section and value in words.protocol[section]:
        return words.of(f"{section}.{value}", "name")
    return str(value)


def _urgency(value: int, words: Words) -> str:
    return words.of(f"urgency.{Urgency(value).word}", "name")


def _answers(value: Mapping[str, Any], words: Words) -> str:
    """Of a check-in: question and level; of a screening: question and yes or no, and the dates."""
    said = {id: one["level"] if isinstance(one, dict) else one for id, one in value.get("answers", {}).items()}
    lines = [_pair(id, level, words) for id, level in {**said, **value.get("events", {})}.items()]
    if value.get("otherwise") == "no":
        lines.append(str(_("Everything else: no")))
    return "\n".join(lines)


def _pairs(value: Mapping[str, str], words: Words) -> str:
    return "\n".join(_pair(id, one, words) for id, one in value.items())


def _pair(id: str, level: str, words: Words) -> str:
    known = words.protocol
    for section, name in (("question", "name"), ("modifier", "name"), ("condition", "ask"), ("timing", "ask")):
        if id in known[section]:
            scale = known[section][id].scale if section == "question" else ""
            said = words.of(f"scale.{scale}", level) if scale and level in words.table[f"scale.{scale}"] else level
            asked = words.of(f"{section}.{id}", name)
            return f"{asked}{' ' if asked.endswith('?') else ': '}{YES_NO.get(said, said)}"
    return f"{id}: {level}"


YES_NO = {"yes": _("yes"), "no": _("no"), "unknown": _("not known")}
