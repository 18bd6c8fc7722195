"""What a record says in words, and the page on which it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from afterthread.clinic import case
from afterthread.clinic.models import Patient, ProcedureVersion, Thread
from afterthread.clinic.queries import procedure as queries
from afterthread.clinic.queries.record.drawn import TITLES, Line, lines_of
from afterthread.clinic.roles import Viewer
from afterthread.desk.page import words_of
from afterthread.desk.procedure.form import ANSWERS, LABELS, RecordForm
from afterthread.desk.thread.grow import stamp_of
from afterthread.desk.thread.row import CHOICES, POINTS, Rows, ThreadForm
from afterthread.engine.explain import Words
from afterthread.engine.history import traits
from afterthread.protocol.model import UNKNOWN, Protocol

FIRST_ROWS = 2
WORDED = ("zone", "kind", "material", "layer")
ASIDES = ("overcorrection", "barb_near_exit", "paired_needles")
NAMED = (*ASIDES, "gauge", "length_mm")
"""What says nothing without its name."""


# -- What a record says -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One version in the words of whoever looks."""

    version: ProcedureVersion
    words: Words

    @property
    def when(self) -> str:
        """Date and time where it was done."""
        return _when(self.version.placed_at, self.version.time_zone)

    @property
    def zones(self) -> str:
        """The zones by name."""
        return self._zones(self.version.zones)

    def _zones(self, zones: list[str]) -> str:
        return ", ".join(self._word("zone", zone) for zone in zones)

    @cached_property
    def traits(self) -> list[tuple[str, list[str]]]:
        """What is known of person and procedure, as the engine reads it: an answer, and all that has it."""
        known = traits(self.words.protocol, case.procedure_of(self.version))
        found = [(title, [self.words.question(id) for id in known if known[id] == value]) for value, title in ANSWERS]
        return [(str(title), names) for title, names in found if names]

    @property
    def threads(self) -> list[dict[str, Any]]:
        """Each row of threads in words."""
        return [self._thread(queries.line_of(row)) for row in self.version.threads.all()]

    @property
    def total(self) -> int:
        """How many threads there are in all."""
        return sum(row.count for row in self.version.threads.all())

    def _thread(self, line: queries.Line) -> dict[str, Any]:
        said = dict(zip(case.THREAD, line, strict=True))
        worded = {name: self._word(name, said[name]) for name in WORDED}
        told = {
            name: str(dict(options).get(said[name], said[name])) if said[name] else ""
            for name, options in CHOICES.items()
        }
        asides = [f"{LABELS[name]}: {told[name]}" for name in ASIDES if told[name]]
        return {**said, **worded, **told, "asides": asides}

    def _word(self, section: str, id: str) -> str:
        return self.words.of(f"{section}.{id}", "name") if id in self.words.protocol[section] else id

    def drawn(self, remarks: tuple[queries.Advice, ...] = ()) -> list[Line]:
        """The threads as lines on the map, each with the gravest remark on it and with what it is."""
        threads = list(self.version.threads.all())
        said = {number: self._thread(queries.line_of(row)) for number, row in enumerate(threads, 1)}
        labels = {number: _brief(one) for number, one in said.items()}
        return lines_of(threads, levels=queries.gravest(remarks), labels=labels)

    def told_thread(self, line: queries.Line, before: queries.Line | None = None) -> str:
        """One row of threads as a sentence; `before` is what was said of the same thread."""
        said = self._thread(line)
        about = [said[name] for name in ("zone", "side", "kind", "material", "layer", "fixation", "path", "purpose")]
        about += [f"{LABELS[name]}: {said[name]}" for name in NAMED if said[name] not in ("", None)]
        about.append(said["product"])
        about += [f"{LABELS[name]} {said[name]}" for name in ("lot", "udi") if said[name]]
        if said["expires"]:
            about.append(f"{LABELS['expires']} {date_format(said['expires'])}")
        about.append(_told_place(said, dict(zip(case.THREAD, before, strict=True)) if before else {}))
        return f"{said['count']} × {', '.join(one for one in about if one)}"

    def changes(self, before: ProcedureVersion) -> list[tuple[str, str, str]]:
        """What stands differently in the version before: what, then and now."""
        return [
            (
                self._about(change),
                self._said(change, change.before),
                self._said(change, change.after, change.before),
            )
            for change in queries.changes(before, self.version)
        ]

    def _about(self, change: queries.Change) -> str:
        return self.words.question(change.about) if change.about else str(LABELS[change.field])

    def _said(self, change: queries.Change, value: Any, before: Any = None) -> str:
        if value in (None, "", []):
            return ""
        tell = {
            "placed_at": lambda: _when(value, self.version.time_zone),
            "zones": lambda: self._zones(value),
            "modifier": lambda: str(dict(ANSWERS)[value]),
            "thread": lambda: self.told_thread(value, before),
        }
        return str(tell[change.field]() if change.field in tell else value)


def _brief(said: dict[str, Any]) -> str:
    """A thread in a few words, for the legend of the map."""
    what = ", ".join(one for one in (said["kind"], said["zone"], said["side"], said["lot"]) if one)
    return what if said["count"] == 1 else f"{said['count']} × {what}"


def _told_place(said: dict[str, Any], before: dict[str, Any]) -> str:
    """Where a thread is drawn, without its coordinates, or which way it runs."""
    if not said["view"]:
        return f"{LABELS['vector']}: {said['vector']}" if said["vector"] is not None else ""
    view = {"view": TITLES[said["view"]]}
    place = ("view", *POINTS)
    if before.get("view") == said["view"] and any(before[name] != said[name] for name in place):
        return _("drawn elsewhere on: %(view)s") % view
    return _("drawn on: %(view)s") % view


def _when(at: datetime, zone: str) -> str:
    return date_format(at.astimezone(ZoneInfo(zone)), "DATETIME_FORMAT")


def record_of(version: ProcedureVersion) -> Record:
    """A version with the words of its own protocol."""
    return Record(version, words_of(case.protocol_of(version.procedure)))


# -- What is typed ----------------------------------------------------------------------------------------------------


class Typed:
    """The form of a record and its rows of threads, from a page or from what is stored."""

    def __init__(
        self,
        viewer: Viewer,
        protocol: Protocol,
        zone: ZoneInfo,
        data: QueryDict | None,
        initial: dict[str, Any],
        *,
        quiet: str = "",
        scanned: Mapping[str, Any] | None = None,
    ) -> None:
        """`quiet` while rows are only added: what is missing is no mistake yet; `scanned` is what a label said."""
        self.viewer, self.quiet, self.zone, self.scanned = viewer, quiet, zone, scanned
        self.words = words = words_of(protocol)
        named = {name: [(id, words.of(f"{name}.{id}", "name")) for id in protocol[name]] for name in WORDED}
        asked = {id: one for id, one in protocol["modifier"].items() if not queries.is_read(one)}
        derived = {id: one for id, one in protocol["modifier"].items() if queries.is_read(one)}
        self.record = RecordForm(
            data, initial=initial["record"], zone=zone, zones=named["zone"],
            asked={id: words.of(one.key, "ask") for id, one in asked.items()},
            derived={id: words.of(one.key, "ask") for id, one in derived.items()},
        )  # fmt: skip
        self.rows = Rows(
            data, initial=None if data else initial["rows"], form_kwargs={"words": named}, prefix="t",
            lots=partial(queries.lots_of, viewer),
        )  # fmt: skip
        stamp = stamp_of(data) if data else initial["rows"][-1]
        self.stamp = ThreadForm(prefix="s", initial=stamp, words=named)

    @property
    def is_valid(self) -> bool:
        """Whether all of it can be kept."""
        return all([self.record.is_valid(), self.rows.is_valid()])

    @property
    def threads(self) -> list[dict[str, Any]]:
        """The rows in which something was said."""
        return [row for form in self.rows.forms if (row := form.row)]


def fresh(patient: Patient, zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    """What stands on an empty page."""
    now = at.astimezone(zone)
    record = {"day": now.date(), "time": now.time(), "age": queries.usual_age(patient, now.date())}
    return {"record": record, "rows": [{} for _ in range(FIRST_ROWS)]}


def stored(version: ProcedureVersion) -> dict[str, Any]:
    """What stands on the page of a draft."""
    placed = version.placed
    modifiers = {
        f"m-{one.id}": version.modifiers.get(one.id) == "yes"
        if queries.is_read(one)
        else version.modifiers.get(one.id, UNKNOWN)
        for one in case.protocol_of(version.procedure)["modifier"].values()
    }
    record = {"day": placed.date(), "time": placed.time(), "age": version.age, "zones": version.zones}
    names = {name: "stock_id" if name == "stock" else name for name in ThreadForm.base_fields}
    rows = [{name: getattr(row, at) for name, at in names.items()} for row in version.threads.all()]
    record |= {"note": version.note, "revision": version.revision, **modifiers}
    return {"record": record, "rows": rows or [{} for _ in range(FIRST_ROWS)]}


def meet(typed: Typed, version: ProcedureVersion) -> None:
    """Somebody was faster: what was typed and drawn stays, and what is stored now stands above it."""
    record = record_of(version)
    typed.record.meet(version.revision, stored(version)["record"])
    theirs = [queries.line_of(row) for row in version.threads.all()]
    if theirs != [queries.line_of(Thread(**row)) for row in typed.threads]:
        told = "; ".join(record.told_thread(line) for line in theirs)
        typed.record.theirs.append((str(LABELS["thread"]), told))
