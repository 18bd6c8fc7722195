"""What speaks against signing a procedure: consent that is missing, screening that is open, threads not to be used."""

from __future__ import annotations

from dataclasses import dataclass

from afterthread.clinic.models import ProcedureVersion
from afterthread.clinic.queries.consent import consent
from afterthread.clinic.queries.record import screening
from afterthread.clinic.queries.record.obstacle import Obstacle
from afterthread.clinic.queries.stock import stock
from afterthread.clinic.roles import Conflict


def obstacles(version: ProcedureVersion) -> list[Obstacle]:
    """Everything that speaks against signing this record, judged at the moment of the session.

    A correction is of something that has happened: only its threads are looked at.
    """
    found = stock.obstacles(version)
    if version.number == 1:
        found = [*consent.obstacles(version), *screening.obstacles(version), *found]
    return found


@dataclass(frozen=True)
class Gate:
    """What still has to be answered before a signature, split by whether a written reason is an answer."""

    shut: tuple[Obstacle, ...]
    """Nothing but mending opens these."""
    held: tuple[Obstacle, ...]
    """These open with a written reason, which is kept with the signature."""

    @property
    def open(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.shut and not self.held


def gate_of(version: ProcedureVersion) -> Gate:
    """The gate before the signature of this record."""
    found = obstacles(version)
    return Gate(tuple(one for one in found if one.shut), tuple(one for one in found if not one.shut))


class Blocked(Conflict):
    """The record cannot be signed as it stands; `gate` says why."""

    def __init__(self, gate: Gate) -> None:
        super().__init__("blocked")
        self.gate = gate
