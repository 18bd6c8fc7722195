"""Lots for tests: on the shelf, in somebody's cheeks, and called back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from afterthread.clinic.flow.record.recall import open_recall
from afterthread.clinic.flow.record.stock import keep_product, receive_lot
from afterthread.clinic.models import Lot, Patient, Procedure, Product, Recall
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY, a_patient, a_procedure

GTIN = "08806388269617"


def a_product(viewer: Viewer, at: datetime = MONDAY, **article: Any) -> Product:
    """A barbed PDO thread."""
    told: dict[str, Any] = {
        "name": "PDO cog 19G",
        "gtin": GTIN,
        "kind": "cog",
        "material": "pdo",
        "gauge": 19,
        "length_mm": 90,
    }
    return keep_product(viewer=viewer, at=at, **told | article)


def a_lot(
    viewer: Viewer, product: Product, code: str = "PD-2291", *, expires: date | None = date(2027, 3, 31),
    quantity: int = 20, at: datetime = MONDAY,
) -> Lot:  # fmt: skip
    """So many threads of a lot, just delivered."""
    told: dict[str, Any] = {"code": code, "expires": expires, "quantity": quantity}
    return receive_lot(viewer=viewer, product=product, key=uuid4(), at=at, **told).lot


def a_row(side: str = "left", *, lot: str = "PD-2291", count: int = 4, **more: Any) -> dict[str, Any]:
    """A row of threads in a cheek, with its lot as it was written down."""
    told = {"zone": "cheek", "side": side, "kind": "cog", "material": "pdo", "layer": "subcutaneous"}
    return {**told, "lot": lot, "count": count, **more}


def a_carrier(viewer: Viewer, name: str, *rows: dict[str, Any], at: datetime = MONDAY) -> tuple[Patient, Procedure]:
    """Somebody in whom these rows of threads were placed."""
    patient = a_patient(viewer, at, name=name)
    return patient, a_procedure(viewer, patient, at, threads=list(rows))


def a_recall(viewer: Viewer, code: str = "PD-2291", at: datetime = MONDAY, **more: Any) -> Recall:
    """The lot is called back."""
    return open_recall(viewer=viewer, code=code, reason="The maker wrote.", at=at, **more)
