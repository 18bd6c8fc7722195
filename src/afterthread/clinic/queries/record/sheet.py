"""A hand-off as people read it, in any language that its protocol speaks: the same page on phone, paper and screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from afterthread.clinic.knowledge import protocol
from afterthread.clinic.models import Handoff
from afterthread.clinic.queries.record import drawn
from afterthread.clinic.queries.recovery import speakable, with_phones
from afterthread.engine.explain import Words
from afterthread.protocol.model import UNKNOWN, Urgency

SIDES = {"left": _("left"), "right": _("right"), "middle": _("middle")}
FIXATIONS = {
    "none": _("no fixation"), "barbs": _("barbs"), "cones": _("cones"), "knots": _("knots"), "mesh": _("mesh"),
    "anchor": _("anchor"),
}  # fmt: skip
PATHS = {"linear": _("linear"), "loop": _("loop")}
EXTENTS = {
    "whole": pgettext_lazy("removal", "taken out whole"), "part": pgettext_lazy("removal", "taken out in part"),
    "none": pgettext_lazy("removal", "not taken out: tried in vain"),
}  # fmt: skip
FOUND = {
    "free": pgettext_lazy("removal", "free"), "encapsulated": pgettext_lazy("removal", "in a capsule"),
    "fragile": pgettext_lazy("removal", "fragile"), "not_found": pgettext_lazy("removal", "not found"),
}  # fmt: skip
NATURES = {"sequela": _("sequela"), "complication": _("complication"), "dissatisfaction": _("dissatisfaction")}


@dataclass(frozen=True)
class Line:
    """A thread, or several alike, in words."""

    number: int
    count: int
    what: str
    where: str
    how: str
    product: str
    lot: str
    expires: date | None


@dataclass(frozen=True)
class Removed:
    """What was taken out of a thread, and when."""

    number: int | None
    on: date
    count: int
    extent: str
    found: str
    left_mm: int | None


@dataclass(frozen=True)
class Material:
    """What threads are made of, and between which dates they should go, if they do."""

    name: str
    says: str
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Dated:
    """Steps that end on one day; without an end they stay."""

    last: date | None
    titles: str


class Sheet:
    """One document in one language, or in English where its protocol does not speak it."""

    def __init__(self, document: dict[str, Any], language: str) -> None:
        """`document` is the content of a hand-off, signed or only looked at."""
        self.said, clinic = document, document["clinic"]
        known = protocol(document["protocol"]["digest"])
        self.language = speakable(known, language)
        self.words = Words(with_phones(known, clinic["emergency"], clinic["phone"]), self.language)

    # -- Who, when and where

    @property
    def on(self) -> date:
        """The day on which it was written."""
        return date.fromisoformat(self.said["on"])

    @property
    def placed(self) -> datetime:
        """When the threads were placed, on the wall there."""
        return datetime.fromisoformat(self.said["procedure"]["placed"])

    @property
    def issued_by(self) -> str:
        """Who signed it; nobody yet, while it is only looked at."""
        return str(self.said.get("issued", {}).get("by", ""))

    # -- Threads

    @property
    def total(self) -> int:
        """How many threads were placed in all."""
        return sum(thread["count"] for thread in self.said["threads"])

    @cached_property
    def threads(self) -> list[Line]:
        """Each row of threads."""
        return [self._thread(thread) for thread in self.said["threads"]]

    @cached_property
    def removals(self) -> list[Removed]:
        """Everything that was taken out, in the order done."""
        return [
            Removed(
                one["number"], date.fromisoformat(one["on"]), one["count"], str(EXTENTS.get(one["extent"], "")),
                str(FOUND.get(one["found"], "")), one["left_mm"],
            )
            for one in self.said["removals"]
        ]  # fmt: skip

    def _thread(self, said: dict[str, Any]) -> Line:
        size = [f"{said['gauge']}G" if said["gauge"] else "", f"{said['length_mm']} mm" if said["length_mm"] else ""]
        how = [str(FIXATIONS.get(said["fixation"], "")), str(PATHS.get(said["path"], "")), self._name("layer", said)]
        return Line(
            number=said["number"],
            count=said["count"],
            what=_joined(self._name("material", said) or self._unknown, self._name("kind", said), *size),
            where=_joined(self._name("zone", said), str(SIDES.get(said["side"], ""))),
            how=_joined(*how),
            product=said["product"],
            lot=said["lot"],
            expires=_day(said["expires"]),
        )

    @property
    def _unknown(self) -> str:
        return self.words.of("material.unknown_material", "name")

    def _name(self, section: str, said: dict[str, Any]) -> str:
        id = said.get(section, "")
        return self.words.of(f"{section}.{id}", "name") if id in self.words.protocol[section] else str(id)

    @property
    def drawn(self) -> list[drawn.Line]:
        """The threads that were drawn, as the map shows them; what was taken out whole is shown as gone."""
        return [
            drawn.Line(
                said["number"], said["view"], said["entry_x"], said["entry_y"], said["exit_x"], said["exit_y"],
                said["path"], said["count"], self._state(said), label=self._name("zone", said),
            )
            for said in self.said["threads"]
            if said["view"] and None not in (said["entry_x"], said["entry_y"], said["exit_x"], said["exit_y"])
        ]  # fmt: skip

    def _state(self, said: dict[str, Any]) -> str:
        out = [one for one in self.said["removals"] if one["number"] == said["number"] and one["extent"] != "none"]
        whole = sum(one["count"] for one in out if one["extent"] == "whole")
        return drawn.OUT if whole >= said["count"] else drawn.PART if out else drawn.IN

    @property
    def groups(self) -> list[tuple[int, str, str, str]]:
        """For a small card: how many of what, where, and the lot; rows alike are counted together."""
        alike: dict[tuple[str, str], dict[str, int]] = {}
        for one in self.threads:
            places = alike.setdefault((one.what, one.lot), {})
            places[one.where] = places.get(one.where, 0) + one.count
        return [(sum(places.values()), what, "; ".join(places), lot) for (what, lot), places in alike.items()]

    # -- The course

    @property
    def levels(self) -> list[tuple[str, int]]:
        """How many check-ins had which answer, the gravest first."""
        counted = self.said["course"]["levels"]
        words = [urgency.word for urgency in sorted(Urgency, reverse=True) if urgency.word in counted]
        return [(self.words.of(f"urgency.{word}", "name"), counted[word]) for word in words]

    @property
    def checkins(self) -> list[tuple[int, str, str]]:
        """Those that are told one by one: day, answer, signs."""
        return [
            (one["day"], self.words.of(f"urgency.{one['urgency']}", "name"), self._signs(one["signs"]))
            for one in self.said["course"]["told"]
        ]

    def _signs(self, signs: dict[str, str]) -> str:
        return ", ".join(self.words.variable(id, level) for id, level in signs.items())

    @property
    def complications(self) -> list[dict[str, Any]]:
        """The open ones: what it is held to be, where, since when."""
        return [
            {
                "name": self._pathway(one["pathway"]),
                "where": _joined(self._name("zone", one), str(SIDES.get(one["side"], ""))),
                "since": date.fromisoformat(one["began_on"]),
                "day": one["began_day"],
                "nature": str(NATURES.get(one["nature"], "")),
                "grade": one["grade"],
                "signs": one["signs"],
            }
            for one in self.said["complications"]
        ]

    def _pathway(self, id: str) -> str:
        return self.words.of(f"pathway.{id}", "name") if id in self.words.protocol["pathway"] else id

    # -- What to mind

    @property
    def risks(self) -> str:
        """What raises the risk, for certain."""
        return ", ".join(self.words.question(id) for id in self.said["traits"]["yes"])

    @property
    def unknown(self) -> str:
        """What nobody knows, which is no "no"."""
        return ", ".join(self.words.question(id) for id in self.said["traits"][UNKNOWN])

    @property
    def danger(self) -> list[str]:
        """The signs with which she must be seen at once, as the protocol asks for them."""
        return [self.words.of(f"question.{id}", "name") for id in self.said["danger"]]

    @property
    def emergency(self) -> str:
        """What is done then."""
        return self.words.of(f"urgency.{Urgency.EMERGENCY.word}", "do", **self.words.phones)

    @property
    def avoid(self) -> list[Dated]:
        """What is still forbidden, by its last day."""
        return self._dated("avoid")

    @property
    def windows(self) -> list[tuple[str, date, date | None]]:
        """What goes on inside, from when to when."""
        return [
            (self.words.of(one["step"], "title"), date.fromisoformat(one["first"]), _day(one["last"]))
            for one in self.said["windows"]
        ]

    @property
    def imaging(self) -> str:
        """What to say before every picture of the inside, where that matters."""
        step = "step.imaging"
        return self.words.of(step, "title") if step in self.said["mind"] else ""

    @property
    def mind(self) -> list[tuple[str, str]]:
        """What has no end, with its reason."""
        told = [(step, self.words.of(step, "title")) for step in self.said["mind"]]
        return [(title, self.words.of(step, "why", **self.words.phones)) for step, title in told]

    @property
    def materials(self) -> list[Material]:
        """Each material, with what is known of how long it works, and when it should have gone."""
        return [
            Material(
                self.words.of(f"material.{one['material']}", "name"),
                self.words.of(f"effect.{one['material']}", "says"),
                _day(one["first"]),
                _day(one["last"]),
            )
            for one in self.said["materials"]
            if one["material"] in self.words.protocol["effect"]
        ]

    @property
    def notice(self) -> str:
        """Whether a clinician has signed the protocol."""
        return self.words.notice(self.words.protocol.stamp)

    def _dated(self, name: str) -> list[Dated]:
        found = sorted(self.said[name], key=lambda one: (one["last"] is None, one["last"] or ""))
        return [
            Dated(_day(last), "; ".join(self.words.of(one["step"], "title") for one in same))
            for last, same in groupby(found, key=lambda one: one["last"])
        ]


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def both_sheets(handoff: Handoff, language: str) -> list[Sheet]:
    """The page in a language and, where that is another one, in English."""
    document = json.loads(handoff.document)
    own = Sheet(document, language)
    return [own] if own.language == "en" else [own, Sheet(document, "en")]
