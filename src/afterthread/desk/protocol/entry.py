"""What a clinic may change in a protocol, entry by entry, in words: its values, its sources, what others say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from afterthread.desk.page import words_of
from afterthread.desk.row import URGENCIES
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Choice, Course, Rule, Step
from afterthread.protocol.model import Offset, Protocol
from afterthread.protocol.overlay import MAY_CHANGE

SECTIONS: dict[str, str | Promise] = {
    "course": gettext_lazy("What is normal until when"),
    "rule": gettext_lazy("Signs and how urgent they are"),
    "step": gettext_lazy("The plan: from when, until when"),
}
GROUPS: dict[str, str | Promise] = {
    "forbidden": gettext_lazy("Not allowed yet"), "allowed": gettext_lazy("Allowed"), "care": gettext_lazy("Care"),
    "preparation": gettext_lazy("Preparation"), "visit": gettext_lazy("Visits"),
    "checkin": gettext_lazy("Check-ins"), "photo": gettext_lazy("Photos"), "window": gettext_lazy("Time windows"),
}  # fmt: skip
SENTENCES: dict[str, str | Promise] = {
    "expected": gettext_lazy("while it is expected"), "past": gettext_lazy("past its window"),
    "because": gettext_lazy("the reason given"), "title": gettext_lazy("title"), "why": gettext_lazy("why"),
}  # fmt: skip
Entry = Course | Rule | Step


def find(protocol: Protocol, key: str) -> Entry | None:
    """The entry of that name, if a clinic may change it."""
    section, _dot, id = key.partition(".")
    found: Entry | None = protocol[section].get(id) if section in MAY_CHANGE else None
    return found


def title(words: Words, entry: Entry) -> str:
    """What an entry is about."""
    if isinstance(entry, Step):
        return words.of(entry.key, "title")
    if isinstance(entry, Rule):
        return words.of(entry.key, "because")
    name = words.question(entry.id)
    return name[:1].upper() + name[1:]


def group(words: Words, entry: Entry) -> str:
    """Under which heading it stands in its section."""
    if isinstance(entry, Step):
        return str(GROUPS[entry.kind])
    if isinstance(entry, Rule):
        return str(URGENCIES[entry.urgency])
    return words.of(f"group.{words.protocol['question'][entry.id].group}", "title")


def values(words: Words, entry: Entry) -> list[tuple[str, str]]:
    """What a clinic may set of it, each with its name."""
    if isinstance(entry, Rule):
        return [(_("Urgency"), str(URGENCIES[entry.urgency]))]
    if isinstance(entry, Course):
        until = [
            (answer_of(words, entry, answer), _("expected until day %(day)s") % {"day": day})
            for answer, day in entry.until.items()
        ]
        return [*until, (_("Past that"), str(URGENCIES[entry.past]))]
    if entry.days:
        return [(_("On the days"), ", ".join(map(str, entry.days)))]
    return [(_("Begins"), moment(entry.start)), (_("Holds no longer from"), moment(entry.end))]


def answer_of(words: Words, course: Course, answer: str) -> str:
    """An answer to a question as people say it; a plain yes is the sign itself."""
    said = words.answer(course.id, answer) or words.question(course.id)
    return said[:1].upper() + said[1:]


def moment(offset: Offset | None) -> str:
    """A day number or hours after the procedure."""
    if offset is None:
        return _("no end")
    if offset.unit == "d":
        return _("day %(day)s") % {"day": offset.amount}
    return ngettext("%(count)s hour", "%(count)s hours", offset.amount) % {"count": offset.amount}


@dataclass(frozen=True)
class Row:
    """One entry of the list."""

    key: str
    title: str
    group: str
    values: list[tuple[str, str]]
    changed: bool


def rows(base: Protocol, laid: Protocol, section: str, sought: str) -> list[Row]:
    """The entries of a section, or those of all sections in which what is sought for stands, or (`changed`) differ."""
    words, found = words_of(laid), []
    for one in SECTIONS if section not in SECTIONS or sought else (section,):
        for id, entry in laid[one].items():
            changed = bool(differences(base, laid, entry.key))
            row = Row(entry.key, title(words, entry), group(words, entry), values(words, entry), changed)
            said = f"{row.title} {id} {words.question(id)}".casefold()
            if all(part in said for part in sought.casefold().split()) and (section != "changed" or changed):
                found.append(row)
    order = {row.group: place for place, row in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda row: order[row.group])


@dataclass(frozen=True)
class Difference:
    """One thing that two protocols say differently of an entry."""

    key: str
    title: str
    label: str
    before: str
    after: str


def differences(old: Protocol, new: Protocol, key: str) -> list[Difference]:
    """Everything of one entry that differs, values first and then the wording in every language."""
    before, after = find(old, key), find(new, key)
    if before is None or after is None:
        return []
    said, words = words_of(old), words_of(new)
    first, second = dict(values(said, before)), dict(values(words, after))
    labels = {**first, **second}
    pairs = [(label, first.get(label, ""), second.get(label, "")) for label in labels]
    pairs += [
        (f"{name_of(code)}, {SENTENCES[name]}", old.words[code][key][name], new.words[code][key][name])
        for code in new.languages
        for name in after.words
    ]
    return [Difference(key, title(words, after), *pair) for pair in pairs if pair[1] != pair[2]]


def all_differences(old: Protocol, new: Protocol) -> list[Difference]:
    """The same of every entry."""
    return [one for section in SECTIONS for id in new[section] for one in differences(old, new, f"{section}.{id}")]


def name_of(code: str) -> str:
    """A language by its own name."""
    return str(get_language_info(code)["name_local"]) if code in dict(settings.LANGUAGES) else code


@dataclass(frozen=True)
class Origin:
    """What an entry rests on: a paper, leaflet or page, or a line of the document that this was begun from."""

    title: str
    says: str
    url: str = ""


def origins(protocol: Protocol, entry: Entry) -> Iterator[Origin]:
    """The sources of an entry; choices between sources are told by themselves."""
    for id in entry.sources:
        if source := protocol["source"].get(id):
            yield Origin(source.title, source.says, source.url)
        elif claim := protocol["claim"].get(id):
            yield Origin(_("Source document, lines %(lines)s") % {"lines": claim.lines}, claim.says)


def choices(words: Words, entry: Entry) -> list[dict[str, str]]:
    """Where sources disagree about it: what each says, what is adopted, and why."""
    found: list[Any] = [
        one for one in words.protocol["choice"].values() if entry.key in one.followed_by or one.id in entry.sources
    ]
    return [{name: words.of(one.key, name) for name in Choice.words} for one in found]


def turn(words: Words, entry: str, was: str, now: str) -> tuple[str, str, str]:
    """A reason that became another: what it is about, how it was, how it would be."""
    found = find(words.protocol, entry)
    return (title(words, found) if found else entry, _reason(was), _reason(now))


def _reason(said: str) -> str:
    status, _colon, word = said.partition(":")
    urgency = next((str(name) for one, name in URGENCIES.items() if one.word == word), "")
    if status == "expected":
        return _("expected")
    if status == "past":
        return _("past its window (%(urgency)s)") % {"urgency": urgency}
    return urgency or _("nothing found")


def spans(entry: str, told: Any, zero: date) -> str:
    """The days of a step or of a window, the last with its date."""
    if entry.startswith("course."):
        return ", ".join(
            _("until day %(day)s (%(on)s)") % {"day": end, "on": _on(zero, end)} for _first, end in told
        ) or _("not expected")
    return ", ".join(_span(first, end, zero) for first, end in told) or _("does not stand in the plan")


def _span(first: int, end: int | None, zero: date) -> str:
    if end is None:
        return _("from day %(day)s on (%(on)s)") % {"day": first, "on": _on(zero, first)}
    if end - first <= 1:
        return _("on day %(day)s (%(on)s)") % {"day": first, "on": _on(zero, first)}
    return _("day %(first)s to %(last)s (%(on)s)") % {"first": first, "last": end - 1, "on": _on(zero, end - 1)}


def _on(zero: date, day: int) -> str:
    return date_format(zero + timedelta(days=day))
