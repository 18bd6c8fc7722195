"""One thing that speaks against signing a procedure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`code` names it for the page that words it; `about` is what it concerns (a text, a finding, a lot …)."""

    code: str
    about: Any = None
    shut: bool = False
    """Whether only mending it helps: a written reason does not."""
    rows: tuple[int, ...] = field(default=())
    """Of threads: the numbers of the rows concerned, from 1."""
