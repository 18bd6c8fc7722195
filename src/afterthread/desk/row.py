"""One item of the worklist in words: its clock, its reason, its trend and the threads nearby."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from afterthread.clinic.models import Action, Thread, WorkItem
from afterthread.clinic.queries.recovery import speakable, with_phones
from afterthread.clinic.queries.worklist import Opened
from afterthread.clinic.schedule import phone_now
from afterthread.desk.patient.chart import Chart, Point, chart, spark
from afterthread.engine.explain import Explanation, Words, explain
from afterthread.protocol.model import UNKNOWN, Protocol, Urgency

MINUTES_UNTIL, HOURS_UNTIL = timedelta(hours=2), timedelta(hours=48)
"""Up to here a delay is told in minutes, up to there in hours, and then in days."""
SOON = timedelta(hours=1)
FIRST_LINE = 200
SHOWN_ANSWERS = 4

URGENCIES: dict[Urgency, str | Promise] = {
    Urgency.EMERGENCY: _("Emergency"),
    Urgency.SAME_DAY: _("Same day"),
    Urgency.ROUTINE: _("Routine"),
    Urgency.SELF_CARE: _("Care at home"),
}
ACTS: dict[str, str | Promise] = {
    Action.Kind.RAISED: _("came in"),
    Action.Kind.CLAIMED: _("taken"),
    Action.Kind.RELEASED: _("given back"),
    Action.Kind.CONTACTED: _("contact"),
    Action.Kind.OVERRIDDEN: _("urgency changed"),
    Action.Kind.NOTED: _("note"),
    Action.Kind.ESCALATED: _("unanswered: the next on the list was told"),
    Action.Kind.MOVED: _("a step was kept: the next one is due"),
    Action.Kind.CLOSED: _("closed"),
}
OUTCOMES: dict[str, str | Promise] = {
    Action.Outcome.REASSURED: _("Reached: reassured, with what to watch for"),
    Action.Outcome.COMING: _("Reached: comes today"),
    Action.Outcome.APPOINTMENT: _("Reached: appointment made"),
    Action.Outcome.REFERRED: _("Reached: sent to emergency care"),
    Action.Outcome.WROTE: _("Message written"),
    Action.Outcome.NO_ANSWER: _("Not reached: no answer"),
    Action.Outcome.WRONG_NUMBER: _("Not reached: wrong number"),
    Action.Outcome.SEEN: _("Seen in the clinic"),
    Action.Outcome.SETTLED: _("Settled by itself"),
    Action.Outcome.MISTAKEN: _("A slip or a mistake"),
}

SIDES: dict[str, str | Promise] = {"left": _("left"), "right": _("right"), "middle": _("in the middle")}


@dataclass(frozen=True)
class Clock:
    """How much time is left, or how late it is."""

    state: str
    says: str


@dataclass(frozen=True)
class Row:
    """An item as staff read it, in their language."""

    opened: Opened
    language: str

    @property
    def urgency(self) -> str | Promise:
        """The urgency that counts."""
        return URGENCIES[self.opened.urgency]

    @property
    def by_rules(self) -> str | Promise:
        """What the rules said, where that is something else."""
        return "" if self.opened.by_rules == self.opened.urgency else URGENCIES[self.opened.by_rules]

    @property
    def clock(self) -> Clock:
        """When somebody has to have answered."""
        return clock_of(self.opened.item.due_at, self.opened.at, self.opened.clinic.zone)

    @cached_property
    def words(self) -> Words:
        """The protocol's sentences."""
        return Words(self._protocol, speakable(self._protocol, self.language))

    @cached_property
    def explanation(self) -> Explanation | None:
        """The decision in sentences; none for a message."""
        if self.opened.decided is None:
            return None
        return explain(self._protocol, self.opened.decided, self.words.language)

    @cached_property
    def reasons(self) -> list[str]:
        """Why it is as urgent as it is, the first sentence first."""
        if self.opened.complication is not None:
            return [self.step]
        if self.explanation is None:
            return [_first_line(self.opened.item)]
        first = [one.says for one in self.explanation.reasons if one.urgency == self.opened.by_rules.word]
        return first or [self.explanation.unanswered or self.explanation.reasons[0].says]

    @property
    def step(self) -> str:
        """What a complication is judged to be, and the step that comes next."""
        if self.opened.pathway not in self._protocol["pathway"]:
            return gettext("A complication is open: say what it is.")
        sentences, coming = self.words.table[f"pathway.{self.opened.pathway}"], self.opened.coming
        if coming is None:
            return str(sentences["name"])
        told = {"name": sentences["name"], "step": sentences["steps"][coming.id]}
        return gettext("%(name)s. Next step: %(step)s") % told

    @property
    def more_reasons(self) -> int:
        """How many there are beside the first."""
        return len(self.reasons) - 1

    @property
    def trend(self) -> str:
        """The last answers to the leading question, in words."""
        trend = self.opened.trend
        if trend is None:
            return ""
        scale = f"scale.{self._protocol['question'][trend.question].scale}"
        told = [
            gettext("not answered") if level == UNKNOWN else self.words.of(scale, level)
            for _day, level in trend.points[-SHOWN_ANSWERS:]
        ]
        name = self.words.question(trend.question)
        return f"{name[:1].upper()}{name[1:]}: {' → '.join(told)}"

    @property
    def spark(self) -> SafeString | str:
        """The same as a small picture, where a course is expected."""
        trend = self.opened.trend
        if trend is None or trend.expected is None:
            return ""
        return spark(self._protocol, trend.expected, [Point(day, level) for day, level in trend.points])

    @property
    def chart(self) -> Chart | None:
        """The same in full, beside what is expected."""
        trend, day = self.opened.trend, self.opened.day
        if trend is None or trend.expected is None or day is None:
            return None
        points = [Point(one, level) for one, level in trend.points]
        return chart(self._protocol, trend.expected, points, today=day, words=self.words)

    @property
    def threads_near(self) -> list[str]:
        """The threads in the zones that the answers name."""
        return self._threads(self.opened.threads_near)

    @property
    def threads(self) -> list[str]:
        """Every thread of the procedure."""
        return self._threads(self.opened.threads)

    @property
    def last_action(self) -> str:
        """What was done last, by whom, when."""
        acts = self.opened.actions
        return self.act(acts[-1]) if acts else ""

    def act(self, act: Action) -> str:
        """One action in a line."""
        what = [str(ACTS[act.kind]), str(OUTCOMES[act.outcome]) if act.outcome else "", str(act.staff or "")]
        return " · ".join([*(one for one in what if one), moment(act.at, self.opened.at, self.opened.clinic.zone)])

    def _threads(self, rows: list[Thread]) -> list[str]:
        """Recorded threads in the protocol's words; those that differ only in their side stand in one line."""
        alike: dict[str, list[str]] = {}
        for row in rows:
            named = (("zone", row.zone), ("kind", row.kind), ("material", row.material), ("layer", row.layer))
            names = [self.words.of(f"{part}.{id}", "name") for part, id in named if id in self._protocol[part]]
            lot = gettext("lot %(lot)s") % {"lot": row.lot} if row.lot else gettext("lot not recorded")
            side = str(SIDES.get(row.side, ""))
            alike.setdefault(", ".join([*names, lot]), []).append(f"{row.count} {side}".strip())
        return [f"{', '.join(counts)}: {what}" for what, counts in alike.items()]

    @cached_property
    def _protocol(self) -> Protocol:
        clinic = self.opened.clinic
        return with_phones(self.opened.protocol, clinic.emergency, phone_now(clinic, self.opened.at))


def clock_of(due: datetime, at: datetime, zone: ZoneInfo) -> Clock:
    """Minutes while they count, hours of a delay, and otherwise the hour on the clinic's wall."""
    if due < at:
        return Clock("overdue", gettext("overdue %(time)s") % {"time": duration(at - due)})
    state = "soon" if due - at <= SOON else "due"
    if due - at <= MINUTES_UNTIL:
        return Clock(state, gettext("due in %(time)s") % {"time": duration(due - at)})
    return Clock(state, gettext("due %(time)s") % {"time": moment(due, at, zone)})


def duration(length: timedelta) -> str:
    """A length of time in one unit, rounded down."""
    minutes = int(length.total_seconds()) // 60
    if length <= MINUTES_UNTIL:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    if length <= HOURS_UNTIL:
        return gettext("%(hours)d h") % {"hours": minutes // 60}
    return ngettext("%(days)d day", "%(days)d days", length.days) % {"days": length.days}


def moment(then: datetime, at: datetime, zone: ZoneInfo) -> str:
    """A moment on the clinic's wall, as near as one would say it."""
    wall, days = then.astimezone(zone), (then.astimezone(zone).date() - at.astimezone(zone).date()).days
    clock = f"{wall:%H:%M}"
    near = {0: gettext("today %(time)s"), 1: gettext("tomorrow %(time)s"), -1: gettext("yesterday %(time)s")}
    day = date_format(wall, gettext("D j M"))
    return near[days] % {"time": clock} if days in near else f"{day} {clock}"


def _first_line(item: WorkItem) -> str:
    if item.kind == WorkItem.Kind.SCREENING:
        return gettext("The screening was answered, and something in it has to be looked at.")
    if item.message is None:
        return gettext("A letter could not be delivered: check the address, or call.")
    line = str(item.message.text).strip().partition("\n")[0]
    return f"{line[:FIRST_LINE]}…" if len(line) > FIRST_LINE else line
