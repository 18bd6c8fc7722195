"""The account of the commissioning document: every claim is used by named entries or set aside with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from afterthread.protocol.model import Entry, Protocol

QUIET_SECTIONS = frozenset({"source", "claim", "choice"})
"""Citing a claim here does not put it to use: a choice may name a passage only to reject it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One claim and its fate."""

    claim: str
    used_by: tuple[str, ...]
    discussed_by: tuple[str, ...]
    set_aside: str

    @property
    def wrong(self) -> str:
        """Why the account does not close on this claim; "" when it does."""
        if self.set_aside and self.used_by:
            return f"set aside as {self.set_aside}, yet used by {', '.join(self.used_by)}"
        if not (self.set_aside or self.used_by or self.discussed_by):
            return "neither used nor set aside"
        return ""


def account(protocol: Protocol) -> list[Line]:
    """Every claim with the entries that cite it."""
    users: dict[str, list[str]] = {}
    for entry in protocol:
        for source in dict.fromkeys(cited(entry)):
            users.setdefault(source, []).append(entry.key)
    return [
        Line(
            claim=claim.id,
            used_by=tuple(key for key in users.get(claim.id, ()) if key.partition(".")[0] not in QUIET_SECTIONS),
            discussed_by=tuple(key for key in users.get(claim.id, ()) if key.partition(".")[0] == "choice"),
            set_aside=claim.set_aside,
        )
        for claim in protocol["claim"].values()
    ]


def cited(entry: Entry) -> tuple[str, ...]:
    """Every source id an entry names, those of its parts included."""
    parts = (*getattr(entry, "shift", ()), *getattr(entry, "steps", ()))
    return (*entry.sources, *(source for part in parts for source in part.sources))
