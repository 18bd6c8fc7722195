"""Who may use an address: a row of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Viewer


@dataclass(frozen=True)
class Row:
    """Who of a clinic may use an address: a letter for each role; "" for nobody; None: the method is not there."""

    get: str | None = None
    post: str | None = None
    about: str = ""
    """What the id in the address names."""
    also: dict[str, str] = field(default_factory=dict)
    """What else stands in the address."""
    everybodys: bool = False
    """Of the diary: what the id names belongs to the clinic, and every patient there may read it."""


@dataclass(frozen=True)
class Part:
    """One part of the clinical record: its addresses, and something in each of its tables."""

    desk: dict[str, Row] = field(default_factory=dict)
    diary: dict[str, Row] = field(default_factory=dict)
    make: Callable[[Viewer, Procedure, str], dict[str, UUID]] = lambda _doctor, _procedure, _words: {}
    """Make one of everything, by a practitioner, on a signed procedure, with these words in every text; ids by name."""
