"""Answers as text for a terminal: wrapped, aligned, without colour or cleverness."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from datetime import time
from typing import TYPE_CHECKING

from afterthread.engine.explain import Explanation, Words
from afterthread.engine.pathway import Course, Due, Removing
from afterthread.engine.plan import Plan, PlanItem, today
from afterthread.engine.screen import Screening
from afterthread.engine.technique import Remark
from afterthread.protocol.model import Protocol, Stamp, Urgency

if TYPE_CHECKING:  # it brings numpy, which nothing else here needs
    from afterthread.verify.replay import Replay

NARROWEST, WIDEST = 60, 100
START_OF_DAY = time(1)
"""Days begin at midnight, or at one where the clocks skip it; what ends then ends with the day before."""


def width() -> int:
    """Columns to write in."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """A paragraph, indented."""
    return textwrap.fill(text, width(), initial_indent=first, subsequent_indent=rest or " " * len(first))


def heading(text: str) -> str:
    """A title with a line under it."""
    return f"\n{text}\n{'─' * min(len(text), width())}"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(wrap(line, "  • ") for line in lines)


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Columns as wide as their longest cell; the last one wraps."""
    rows = list(rows)
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = "  " + "".join(f"{cell:<{w}}  " for cell, w in zip(row, widths, strict=False))
        lines.append(wrap(row[-1], head, " " * len(head)) if row[-1] else head.rstrip())
    return "\n".join(lines)


def stamp(words: Words, made: Stamp) -> str:
    """Which protocol spoke, and whether a clinician signed it."""
    return f"\n{wrap(words.notice(made))}\n{made.id} {made.version} · {made.digest[:12]}"


def explanation(told: Explanation, words: Words, made: Stamp) -> str:
    """A decision."""
    parts = [heading(f"{told.day}: {told.urgency}"), wrap(told.meaning), wrap(told.first)]
    parts += [heading(words.say("why"))]
    for reason in told.reasons:
        parts.append(wrap(reason.says, "  • "))
        if reason.sources:
            parts.append(wrap(f"[{reason.entry}: {', '.join(reason.sources)}]", "    "))
    parts += [f"\n{words.say('to_do')}", bullets(told.do)] if told.do else []
    parts += [f"\n{words.say('clinic_to_do')}", bullets(told.clinic)] if told.clinic else []
    complications = (
        words.say("complications", complications="; ".join(told.complications)) if told.complications else ""
    )
    more = [line for line in (told.unanswered, complications, told.would_raise, told.would_lower) if line]
    parts += ["", *map(wrap, more)] if more else []
    return "\n".join([*parts, stamp(words, made)])


def screening(found: Screening, words: Words) -> str:
    """A verdict with its objections."""
    sentences = {"no": "screen_no", "not_yet": "screen_not_yet", "clinician_decides": "screen_clinician"}
    verdict = sentences.get(found.verdict, f"screen_{found.verdict}")
    parts = [heading(words.say(verdict, date=found.earliest or "?"))]
    for objection in found.objections:
        parts.append(wrap(words.of(objection.entry, "because"), "  • "))
        if objection.entry.startswith("condition."):
            parts.append(wrap(words.of(objection.entry, "do"), "    "))
        parts.append(wrap(f"[{objection.entry}: {', '.join(objection.sources)}]", "    "))
    asked = [f"condition.{id}" for id in found.unanswered] + [f"timing.{id}" for id in found.undated]
    parts += ["", bullets(words.of(key, "ask") for key in asked)] if asked else []
    return "\n".join([*parts, stamp(words, found.stamp)])


def remarks(found: Iterable[Remark], protocol: Protocol, words: Words) -> str:
    """Advice on threads, the gravest first; what concerns several threads is said once."""
    threads: dict[str, list[Remark]] = {}
    for remark in found:
        threads.setdefault(remark.entry, []).append(remark)
    rows = []
    for entry, said in threads.items():
        names = ("name", "risk") if entry.startswith("danger.") else ("says", "why")
        text = " ".join(words.of(entry, name).rstrip(".") + "." for name in names)
        numbers = ",".join(f"#{remark.thread + 1}" for remark in said)
        rows.append((words.say(said[0].level), numbers, f"{text} [{', '.join(said[0].sources)}]"))
    return f"{table(rows)}\n{stamp(words, protocol.stamp)}"


def plan(made: Plan, words: Words) -> str:
    """The whole plan in order of time."""
    rows = [(_when(item), words.say(item.kind), words.of(item.step, "title")) for item in made.items]
    return f"{table(rows)}\n{stamp(words, made.stamp)}"


def plan_day(made: Plan, words: Words, day: int) -> str:
    """What is forbidden, allowed and due on one day."""
    parts = [heading(words.say("day", day=day))]
    for kind, items in today(made, day).items():
        if items:
            parts += [f"\n{words.say(kind)}", *(_plan_line(item, kind, words) for item in items)]
    return "\n".join([*parts, stamp(words, made.stamp)])


def _plan_line(item: PlanItem, kind: str, words: Words) -> str:
    until = f" ({words.say('until', when=_end(item))})" if kind == "forbidden" and item.end_day is not None else ""
    return wrap(f"{words.of(item.step, 'title')}{until}", "  • ")


def _when(item: PlanItem) -> str:
    return f"{item.on or item.first_day}" + (f" – {_end(item)}" if _end(item) and item.kind != "checkin" else "")


def _end(item: PlanItem) -> str:
    if item.end_day is None:
        return ""
    if item.ends is None:
        return str(item.end_day)
    return f"{item.ends:%Y-%m-%d %H:%M}" if item.ends.time() > START_OF_DAY else f"{item.ends:%Y-%m-%d}"


def pathway(opened: Course, words: Words) -> str:
    """The steps of a complication with their deadlines."""
    sentences = words.table[opened.pathway]
    parts = [heading(sentences["name"]), wrap(sentences["what"])]
    for part in ("signs", "causes"):
        parts += [f"\n{words.say(part)}", bullets(sentences[part])]
    rows = [(_deadline(step), sentences["steps"][step.step]) for step in opened.steps]
    parts += [f"\n{words.say('steps')}", table(rows), f"\n{words.say('removal')}", wrap(sentences["removal"], "  ")]
    parts += [bullets(_thread(thread, words) for thread in opened.threads)] if opened.threads else []
    for part in ("record", "prevention"):
        parts += [f"\n{words.say(part)}", bullets(sentences[part])]
    return "\n".join([*parts, f"\n[{', '.join(opened.sources)}]", stamp(words, opened.stamp)])


def _deadline(step: Due) -> str:
    return f"{step.due:%Y-%m-%d %H:%M}" if step.due else f"+{step.within}"


def _thread(thread: Removing, words: Words) -> str:
    return words.say(
        "thread_line",
        number=thread.thread + 1,
        zone=words.of(f"zone.{thread.zone}", "name") if f"zone.{thread.zone}" in words.table else "?",
        punctures=thread.punctures or "?",
        capsule=words.say("capsule_yes" if thread.encapsulated else "capsule_no"),
        absorbed=words.say(f"absorbed_{thread.absorbed}"),
    )


def replayed(found: Replay, approved_by: str) -> str:
    """Counts by urgency and rule, and what another version changes, patient by patient."""
    parts = [f"{found.check_ins} check-ins of {found.patients} patients", table(_counted(found.urgencies))]
    parts += [
        heading("Deciding rules"),
        table((str(count), rule or "nothing reported") for rule, count in found.rules.items()),
    ]
    if found.transition is None:
        return "\n".join(parts)
    words = [urgency.word for urgency in Urgency]
    rows = [("", *words, "")] + [(words[i], *map(str, row), "") for i, row in enumerate(found.transition.urgencies)]
    parts += [heading("From (rows) to (columns)"), table(rows), heading("Changed")]
    parts.append(
        table(
            (
                f"patient {c.patient}",
                f"day {c.day}",
                f"{c.before.word} -> {c.after.word}",
                f"{c.rule_before} -> {c.rule_after}",
            )
            for c in sorted(found.changed, key=lambda c: (not c.is_downgrade, str(c.patient), c.day))
        )
        or "  nobody"
    )
    verdict = f"{found.transition.downgrades} lowered, {found.transition.upgrades} raised, "
    verdict += f"{found.transition.other_rule} as urgent by another rule"
    if found.transition.downgrades:
        verdict += f"; approved by {approved_by}" if approved_by else "; refused: a downgrade needs --approved-by NAME"
    return "\n".join([*parts, f"\n{verdict}"])


def _counted(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(name, str(count)) for name, count in counts.items()]
