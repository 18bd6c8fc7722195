"""How many complications there were, as people read it: never a share without its denominator and its interval."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from afterthread.clinic.queries.complication.complication import Count, Counts
from afterthread.desk.complication.form import NATURES
from afterthread.desk.page import language
from afterthread.protocol.load import shipped


@dataclass(frozen=True, slots=True)
class Line:
    """One group of cases."""

    name: str | Promise
    cases: int
    procedures: int
    of: int
    share: str
    interval: str


@dataclass(frozen=True, slots=True)
class Told:
    """All groups."""

    signed: int
    natures: list[Line]
    pathways: list[Line]
    unjudged: int


def tell_counts(found: Counts) -> Told:
    """The counts of a clinic in the language of whoever looks; a pathway of the clinic's own goes by its id."""
    words = shipped().words.get(language()) or shipped().words["en"]
    named = {one.name: str(words.get(f"pathway.{one.name}", {}).get("name", one.name)) for one in found.pathways}
    return Told(
        found.signed,
        [_line(one, NATURES[one.name]) for one in found.natures],
        [_line(one, named[one.name]) for one in found.pathways],
        found.unjudged,
    )


def _line(one: Count, name: str | Promise) -> Line:
    low, high = one.interval or (0.0, 0.0)
    share = "–" if one.share is None else f"{one.share * 100:.1f} %"
    interval = f"{low * 100:.1f}–{high * 100:.1f} %" if one.interval else "–"
    return Line(name, one.cases, one.procedures, one.of, share, interval)
