"""A case in words: what it could be, what was judged, which step is due when, and what is said of its threads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.case import protocol_of as case_protocol
from afterthread.clinic.models import Judgement, Removal, Thread
from afterthread.clinic.queries.complication.complication import Candidate, Case
from afterthread.clinic.queries.complication.judgement import JUDGED, About
from afterthread.clinic.queries.complication.step import Step
from afterthread.clinic.queries.procedure import titles_of
from afterthread.clinic.queries.recovery import with_phones
from afterthread.clinic.schedule import phone_now
from afterthread.desk.complication.form import EXTENTS, FOUND, NATURES, OUTCOMES, TECHNIQUES, WHYS
from afterthread.desk.page import words_of
from afterthread.desk.row import SIDES, URGENCIES, Clock, clock_of, moment
from afterthread.engine.explain import Explanation, Words, explain
from afterthread.protocol.model import Days, Protocol, Urgency

ASKED: dict[str, str | Promise] = {
    About.PATHWAY: _("What it is"),
    About.NATURE: _("Kind of event"),
    About.GRADE: _("Grade (Clavien-Dindo)"),
    About.TECHNIQUE: _("Had the technique to do with it"),
    About.THREADS: _("Threads concerned"),
    About.OUTCOME: _("How it ended"),
    About.CLOSING: _("Closed"),
    About.REOPENING: _("Opened again"),
}
REMOVALS: dict[str, str | Promise] = {
    "never": _("Removal: never"),
    "rarely": _("Removal: rarely"),
    "clinician_decides": _("Removal: the clinician decides"),
    "usually": _("Removal: usually"),
    "always": _("Removal: always"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing it could be, as people read it."""

    id: str
    name: str
    what: str
    signs: list[str]
    causes: list[str]
    onset: str
    usual: bool
    urgency: str | Promise
    word: str
    policy: str | Promise
    removal: str
    because: list[str]
    sources: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One step with its clock."""

    step: Step
    says: str
    clock: Clock | None
    """Of a step that is not done, while the case is open."""
    when: str
    late: bool
    sources: list[tuple[str, str]]
    next: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One judgement as people read it."""

    judgement: Judgement
    about: str | Promise
    value: str
    more: list[str]
    when: str


class Shown:
    """One case in the language of whoever looks."""

    def __init__(self, case: Case) -> None:
        self.case, self.row, self.at = case, case.row, case.at
        self.zone = case.row.clinic.zone

    @cached_property
    def protocol(self) -> Protocol:
        """The pinned protocol, with the clinic's own numbers."""
        clinic = self.row.clinic
        return with_phones(self.case.protocol, clinic.emergency, phone_now(clinic, self.at))

    @cached_property
    def words(self) -> Words:
        """The protocol's sentences."""
        return words_of(self.protocol)

    @property
    def name(self) -> str:
        """What it is judged to be."""
        return self.pathway_name(self.case.pathway) if self.case.pathway else gettext("Not judged yet")

    @property
    def place(self) -> str:
        """Where it is."""
        zone = self.words.of(f"zone.{self.row.zone}", "name") if self.row.zone in self.protocol["zone"] else ""
        return ", ".join(part for part in (zone, str(SIDES.get(self.row.side, ""))) if part)

    @property
    def urgency(self) -> Urgency | None:
        """How urgent the pathway is."""
        known = self.protocol["pathway"].get(self.case.pathway)
        return Urgency(known.urgency) if known else None

    @property
    def urgency_name(self) -> str | Promise:
        """The same as people say it."""
        return URGENCIES[self.urgency] if self.urgency is not None else ""

    @property
    def nature(self) -> str | Promise:
        """The kind of event, as judged."""
        return NATURES.get(self.case.value(About.NATURE), "")

    @property
    def clock(self) -> Clock | None:
        """The clock of the next step."""
        coming = self.case.coming
        return clock_of(coming.due, self.at, self.zone) if coming else None

    @property
    def explanation(self) -> Explanation | None:
        """The decision from which it was opened."""
        found = self.case.decided
        return explain(self.protocol, found, self.words.language) if found else None

    @property
    def notice(self) -> str:
        """Whether a clinician has signed the protocol."""
        return self.words.notice(self.protocol.stamp)

    def pathway_name(self, id: str) -> str:
        """What a pathway is called; its id where the protocol does not know it any more."""
        return self.words.of(f"pathway.{id}", "name") if id in self.protocol["pathway"] else id

    # -- what it could be ----------------------------------------------------------------------------------------------

    @cached_property
    def candidates(self) -> list[Told]:
        """What it could be, ranked."""
        return [self._told(one) for one in self.case.candidates]

    @property
    def named(self) -> list[Told]:
        """What the findings of the decision name."""
        return [one for one in self.candidates if one.because]

    @property
    def usual(self) -> list[Told]:
        """What usually begins around this day."""
        return [one for one in self.candidates if not one.because]

    def choices(self) -> list[tuple[str, Any]]:
        """Every pathway, in three groups."""
        first = {one.id for one in self.candidates}
        rest = sorted((self.pathway_name(id), id) for id in self.protocol["pathway"] if id not in first)
        groups = [
            (gettext("Named by the findings"), [(one.id, one.name) for one in self.named]),
            (gettext("Usual around this day"), [(one.id, one.name) for one in self.usual]),
            (gettext("Everything else"), [(id, name) for name, id in rest]),
        ]
        return [("", "–"), *(group for group in groups if group[1])]

    def _told(self, one: Candidate) -> Told:
        said = self.words.table[one.pathway.key]
        because = {reason.entry: reason.says for reason in (self.explanation.reasons if self.explanation else ())}
        return Told(
            id=one.pathway.id,
            name=said["name"],
            what=said["what"],
            signs=list(said["signs"]),
            causes=list(said["causes"]),
            onset=_days(one.pathway.onset),
            usual=one.usual,
            urgency=URGENCIES[Urgency(one.pathway.urgency)],
            word=one.pathway.urgency.word,
            policy=REMOVALS[one.pathway.removal],
            removal=said["removal"],
            because=[because[finding.entry] for finding in one.because if finding.entry in because],
            sources=titles_of(self.words, one.pathway.sources),
        )

    # -- what is done --------------------------------------------------------------------------------------------------

    @cached_property
    def steps(self) -> list[Line]:
        """Every step of the pathway with its clock, in the pathway's order."""
        coming = self.case.coming
        return [self._line(step, is_next=step is coming) for step in self.case.steps]

    def _line(self, step: Step, *, is_next: bool) -> Line:
        runs = step.done is None and self.row.closed_at is None
        return Line(
            step=step,
            says=self.words.table[f"pathway.{step.pathway}"]["steps"][step.id],
            clock=clock_of(step.due, self.at, self.zone) if runs else None,
            when=moment(step.done.at, self.at, self.zone) if step.done else "",
            late=step.late(self.at) and (step.done is None or step.done.needed),
            sources=titles_of(self.words, step.sources),
            next=is_next,
        )

    def open_steps(self) -> list[tuple[str, str]]:
        """The steps that can be kept now, the one due first at the top."""
        left = sorted((one for one in self.steps if one.step.done is None), key=lambda one: one.step.due)
        return [(one.step.id, one.says) for one in left]

    @property
    def guide(self) -> dict[str, Any] | None:
        """What the protocol says of the pathway that counts, beside its steps."""
        if self.case.pathway not in self.protocol["pathway"]:
            return None
        said, known = self.words.table[f"pathway.{self.case.pathway}"], self.protocol["pathway"][self.case.pathway]
        policy, sources = REMOVALS[known.removal], titles_of(self.words, known.sources)
        return {"record": said["record"], "removal": said["removal"], "policy": policy, "sources": sources}

    # -- what was said -------------------------------------------------------------------------------------------------

    def said(self, judgement: Judgement) -> Said:
        """One judgement in words."""
        return Said(
            judgement,
            ASKED[judgement.about],
            self._value(judgement.about, judgement.value),
            self._more(judgement),
            moment(judgement.at, self.at, self.zone),
        )

    def now(self) -> dict[str, Said]:
        """The judgement that counts about each question."""
        return {about: self.said(row) for about, row in self.case.judged.items()}

    def before(self) -> dict[str, list[Said]]:
        """Of each question the judgements that do not count any more, the last first."""
        return {about: [self.said(row) for row in self.case.history(about)[1:]] for about in JUDGED}

    def history(self) -> list[Said]:
        """Everything that was judged, the last first."""
        return [self.said(row) for row in reversed(self.case.judgements)]

    def _value(self, about: str, value: str) -> str:
        if about == About.PATHWAY:
            return self.pathway_name(value)
        known = {About.NATURE: NATURES, About.TECHNIQUE: TECHNIQUES, About.OUTCOME: OUTCOMES, About.CLOSING: OUTCOMES}
        names = known.get(About(about), {})
        return str(names.get(value, value))

    def _more(self, judgement: Judgement) -> list[str]:
        if judgement.about == About.THREADS:
            keys = judgement.more.get("threads", [])
            return [name for key, name in self.thread_choices() if key in keys] or [gettext("none")]
        return [self._remark(entry) for entry in judgement.more.get("remarks", [])]

    # -- threads and technique -----------------------------------------------------------------------------------------

    def thread_choices(self) -> list[tuple[str, str]]:
        """Every row of threads of the procedure by its key."""
        return [(str(row.key), told_thread(self.words, n, row)) for n, row in enumerate(self.case.placed, 1)]

    @property
    def threads(self) -> list[str]:
        """The threads thought to be concerned."""
        return [name for key, name in self.thread_choices() if key in self.case.threads]

    def remark_choices(self) -> list[tuple[str, str]]:
        """What the protocol says of these threads, once each: first what names the pathway, then the rest."""
        ordered = sorted(self.case.remarks, key=lambda one: not self.case.speaks_for(one))
        return list({one.entry: self._remark(one.entry) for one in ordered}.items())

    def remarks(self) -> list[dict[str, Any]]:
        """The same with what stands behind it, and the rows that it concerns."""
        found: dict[str, dict[str, Any]] = {}
        for one in sorted(self.case.remarks, key=lambda one: not self.case.speaks_for(one)):
            told = found.setdefault(
                one.entry,
                {
                    "level": one.level, "title": self.words.say(one.level), "says": self._remark(one.entry),
                    "why": self._why(one.entry), "rows": [], "for": self.case.speaks_for(one),
                    "sources": titles_of(self.words, one.sources),
                },
            )  # fmt: skip
            told["rows"].append(one.thread + 1)
        return list(found.values())

    def _remark(self, entry: str) -> str:
        section, _dot, id = entry.partition(".")
        return self.words.of(entry, "name" if section == "danger" else "says") if id in self.protocol[section] else id

    def _why(self, entry: str) -> str:
        return self.words.of(entry, "risk" if entry.startswith("danger.") else "why")

    @property
    def removals(self) -> list[tuple[Removal, str]]:
        """What was taken out because of it, in words."""
        return [(row, told_removal(row)) for row in self.case.removals]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something about a complication in the life of a patient."""

    says: str
    case: UUID | None
    who: str
    note: str


def happened(kind: str, row: Any) -> Happened:
    """A case opened, a judgement, or a removal, in a line."""
    if kind == "removal":
        says = gettext("Taken out: %(what)s") % {"what": told_removal(row)}
        return Happened(says, row.complication_id, str(row.by), row.note)
    if kind == "case":
        says = gettext("Complication opened; it began on day %(day)d") % {"day": row.began_day}
        return Happened(says, row.pk, str(row.opened_by), row.signs)
    known = case_protocol(row.complication.procedure)
    words, value = words_of(known), row.value
    if row.about == About.PATHWAY:
        value = words.of(f"pathway.{value}", "name") if value in known["pathway"] else value
    says = ": ".join(part for part in (str(ASKED[row.about]), str(OUTCOMES.get(value, value))) if part)
    return Happened(says, row.complication_id, str(row.by), row.reason)


def told_thread(words: Words, number: int, row: Thread) -> str:
    """A row of threads in a line."""
    known = words.protocol
    named = (("zone", row.zone), ("kind", row.kind), ("material", row.material))
    names = [words.of(f"{part}.{id}", "name") for part, id in named if id in known[part]]
    lot = gettext("lot %(lot)s") % {"lot": row.lot} if row.lot else gettext("lot not recorded")
    about = ", ".join(part for part in (*names[:1], str(SIDES.get(row.side, "")), *names[1:], lot) if part)
    return gettext("Row %(number)d: %(count)d × %(about)s") % {"number": number, "count": row.count, "about": about}


def told_removal(row: Removal) -> str:
    """What was taken out, in a line."""
    parts = [f"{row.count} × {EXTENTS[row.extent]}", str(WHYS[row.why])]
    if row.found:
        parts.append(str(FOUND[row.found]))
    if row.punctures is not None:
        parts.append(gettext("punctures: %(number)d") % {"number": row.punctures})
    if row.left_mm:
        parts.append(gettext("%(length)d mm still in") % {"length": row.left_mm})
    return " · ".join(parts)


def _days(days: Days) -> str:
    if days.last is None:
        return gettext("from day %(first)d") % {"first": days.first}
    return gettext("day %(first)d–%(last)d") % {"first": days.first, "last": days.last}
