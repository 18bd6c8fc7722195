"""Threads on the map: what the protocol remarks on them while they are drawn; their tables are those of the record."""

from __future__ import annotations

from tests.lib.matrix import Part, Row

PART = Part(desk={"procedure_advice": Row(post="PN", about="patient")})
