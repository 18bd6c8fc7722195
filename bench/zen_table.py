"""Writes the compiled protocol as one decision table of the ZEN engine, so that both decide over the same rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import zen

from afterthread.engine.facts import Facts
from afterthread.verify.artefact import RISK, Artefact, Cell, rank, risk_of

Values = dict[str, Any]


class ZenTable:
    """A protocol as ZEN sees it: a column per variable, a row per box, the most urgent first.

    `policy` "first" stops at the row that decides, "collect" gives every row that holds, which is what reasons need.
    """

    def __init__(self, artefact: Artefact, policy: str) -> None:
        self.artefact = artefact
        self.names = sorted({name for box in artefact.boxes for name in box.where})
        graph = _graph(policy, [_field(name) for name in ("day", *self.names)], self._rows())
        self.evaluate: Callable[..., Any] = zen.ZenEngine().create_decision(json.dumps(graph)).evaluate

    def _rows(self) -> list[dict[str, str]]:
        return [
            {
                "_id": str(number),
                "day": _days(box),
                **{_field(name): ", ".join(map(json.dumps, sorted(box.where.get(name, ())))) for name in self.names},
                "rule": json.dumps(box.rule),
                "urgency": str(int(box.urgency)),
            }
            for number, box in enumerate(sorted(self.artefact.boxes, key=rank))
        ]

    def values(self, facts: Facts) -> Values:
        """Facts as ZEN takes them."""
        known = {_field(name): facts[name] for name in self.names if name != RISK}
        return {"day": facts.day, **known, RISK: risk_of(self.artefact.raising, facts.values)}

    def urgency(self, values: Values) -> int:
        """The urgency that ZEN finds."""
        result = self.evaluate(values)["result"] or {}
        rows = result if isinstance(result, list) else [result]
        return max((int(row.get("urgency", 0)) for row in rows), default=0)


def _field(name: str) -> str:
    """A dot would mean a nested object."""
    return name.replace(".", "__")


def _days(box: Cell) -> str:
    first, last = box.days.first, box.days.last
    if last is None:
        return f">= {first}" if first else ""
    return f"[{first}..{last}]"


def _graph(policy: str, inputs: list[str], rows: list[dict[str, str]]) -> Mapping[str, Any]:
    """ZEN's JSON decision model: request -> table -> response."""
    table = {
        "hitPolicy": policy,
        "inputs": [{"id": name, "name": name, "field": name} for name in inputs],
        "outputs": [{"id": name, "name": name, "field": name} for name in ("rule", "urgency")],
        "rules": rows,
    }
    nodes = {"request": ("inputNode", {}), "table": ("decisionTableNode", table), "response": ("outputNode", {})}
    edges = (("request", "table"), ("table", "response"))
    return {
        "nodes": [
            {"id": id, "name": id, "type": kind, "position": {"x": 0, "y": 0}, "content": content}
            for id, (kind, content) in nodes.items()
        ],
        "edges": [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in edges],
    }
