"""Measures what the project promises in numbers: each module yields rows of one table, each beside its target."""

from __future__ import annotations

from typing import TypedDict


class Row(TypedDict):
    """One figure: what was measured, beside the target and what it was measured against."""

    figure: str
    target: str
    measured: str
    peer: str
    met: bool
    note: str


SEED = 20_260_302
"""Every random draw of the benchmark starts from it, so that a run can be repeated."""
