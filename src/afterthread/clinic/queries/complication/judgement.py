"""What is judged of a complication: the questions, the words that answer them, and which judgement counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from afterthread.clinic.models import Complication, Judgement
from afterthread.protocol.model import Protocol

About = Judgement.About
NATURES = ("sequela", "complication", "dissatisfaction")
GRADES = ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
"""Of Clavien and Dindo, for a complication that was managed."""
TECHNIQUES = ("likely", "possible", "unlikely", "cannot_say")
OUTCOMES = ("resolved", "resolved_with_trace", "lasting", "referred", "lost", "unknown")
JUDGED = (About.PATHWAY, About.NATURE, About.GRADE, About.TECHNIQUE, About.THREADS, About.OUTCOME)
"""What a clinician judges by itself; a case is closed and opened again by verbs of their own."""
WORDS: Mapping[About, tuple[str, ...]] = {
    About.NATURE: NATURES,
    About.GRADE: GRADES,
    About.TECHNIQUE: TECHNIQUES,
    About.OUTCOME: OUTCOMES,
    About.THREADS: ("",),
}


class Unfit(Exception):
    """A value that its question does not allow, or one that is missing; the argument names the field."""


def allowed(protocol: Protocol, about: str) -> tuple[str, ...]:
    """The values that answer a question."""
    return tuple(protocol["pathway"]) if about == About.PATHWAY else WORDS.get(About(about), ())


def counting(judgements: Iterable[Judgement]) -> dict[str, Judgement]:
    """The last judgement about each question, which is the one that counts; given the oldest first."""
    return {row.about: row for row in judgements}


def grade_of(judged: Mapping[str, Judgement]) -> str:
    """The grade that counts: only of what is judged a complication."""
    nature, grade = judged.get(About.NATURE), judged.get(About.GRADE)
    return grade.value if grade and nature and nature.value == "complication" else ""


def concerned(case: Complication, judged: Mapping[str, Judgement]) -> frozenset[str]:
    """The keys of the threads thought to be concerned, as judged last or as named at the opening."""
    found = judged.get(About.THREADS)
    return frozenset(found.more.get("threads", []) if found else case.threads)


def same(before: Judgement | None, value: str, more: Mapping[str, Any]) -> bool:
    """Whether a judgement says this already."""
    return before is not None and before.value == value and before.more == dict(more)


def pathway_since(judgements: Iterable[Judgement]) -> tuple[str, datetime | None]:
    """The pathway that counts, and since when its deadlines run; blank while nobody judged.

    Judging the same again does not start the clock anew; another pathway does, and so does opening the case again.
    """
    pathway, since = "", None
    for row in judgements:
        if row.about == About.REOPENING or (row.about == About.PATHWAY and row.value != pathway):
            since = row.at
        if row.about == About.PATHWAY:
            pathway = row.value
    return (pathway, since) if pathway else ("", None)
