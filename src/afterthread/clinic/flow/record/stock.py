"""Threads that come and go: received, used, counted, thrown away."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from afterthread.clinic.flow.verb import lock, once, verb
from afterthread.clinic.models import Lot, Movement, ProcedureVersion, Product
from afterthread.clinic.queries.stock.stock import left_of, lots_named, used_in
from afterthread.clinic.roles import Conflict, Viewer

ARTICLE = ("name", "maker", "gtin", "kind", "material", "fixation", "path", "gauge", "length_mm", "low_at")
"""What a clinic keeps of a product."""


class OtherExpiry(Conflict):
    """The lot is on record with another last day; somebody has to look at the box."""

    def __init__(self, lot: Lot) -> None:
        super().__init__("expiry")
        self.lot = lot


class Short(Conflict):
    """More would be thrown away than is there."""

    def __init__(self, left: int) -> None:
        super().__init__("short")
        self.left = left


@verb("product.kept")
def keep_product(
    *,
    viewer: Viewer,
    at: datetime,
    product: Product | None = None,
    revision: int = 0,
    key: UUID | None = None,
    retired: bool = False,
    **article: Any,
) -> Product:
    """A new product, or another description of one; `article` is what `ARTICLE` names.

    Raises `Conflict` when somebody else changed it, or when its name or number belongs to another one. With `key`, its
    id from now on, making it twice raises `Conflict`, too.
    """
    held: Product = lock(product, revision) if product else Product(pk=key or uuid4(), clinic=viewer.own_clinic)
    for name in ARTICLE:
        if name in article:
            setattr(held, name, article[name])
    held.retired_at = (held.retired_at or at) if retired else None
    held.revision += 1
    held.save(force_insert=product is None)
    return held


def receive_lot(
    *,
    viewer: Viewer,
    product: Product,
    code: str,
    expires: date | None,
    quantity: int,
    key: UUID,
    at: datetime,
    settle: str = "",
    note: str = "",
) -> Movement:
    """Put threads on the shelf; sent again with the same key, the first time is the answer.

    Raises `OtherExpiry` when the lot is on record with another last day, unless `settle` says which of them is right:
    `stored`, or `given`, which then corrects the lot.
    """
    known = Movement.objects.filter(lot__product=product, clinic=viewer.clinic, key=key)
    return once(
        known, _receive, viewer=viewer, product=product, code=code, expires=expires, quantity=quantity, key=key, at=at,
        settle=settle, note=note,
    )  # fmt: skip


@verb("lot.moved")
def _receive(
    *,
    viewer: Viewer,
    product: Product,
    code: str,
    expires: date | None,
    quantity: int,
    key: UUID,
    at: datetime,
    settle: str,
    note: str,
) -> Movement:
    lock(product)  # two deliveries of a new lot make one lot
    lot = next(iter(lots_named(Lot.objects.filter(product=product), code)), None)
    if lot is None:
        lot = Lot.objects.create(clinic=product.clinic, product=product, code=code, expires=expires)
    elif expires not in (None, lot.expires):
        note = _settle(lot, expires, settle, note)
    return Movement.objects.create(
        clinic=lot.clinic, lot=lot, kind=Movement.Kind.RECEIVED, quantity=quantity, key=key, note=note, at=at,
        by=viewer.staff,
    )  # fmt: skip


def _settle(lot: Lot, expires: date | None, settle: str, note: str) -> str:
    """A last day that was not known is filled in; of two the one that somebody chose counts, and both stay readable."""
    if lot.expires is not None and settle not in ("stored", "given"):
        raise OtherExpiry(lot)
    if settle == "stored":
        return f"{note}\n{expires} → {lot.expires}".strip()
    if lot.expires is not None:
        note = f"{note}\n{lot.expires} → {expires}".strip()
    lot.expires = expires
    lot.save(update_fields=["expires"])
    return note


def move_lot(
    *, viewer: Viewer, lot: Lot, kind: Movement.Kind, quantity: int, note: str, key: UUID, at: datetime
) -> Movement:
    """Throw `quantity` away, or write down that so many were counted; sent again with its key, it is done once.

    Raises `Short` when more would be thrown away than there is: then the count is wrong, and comes first.
    """
    known = Movement.objects.filter(lot=lot, clinic=viewer.clinic, key=key)
    return once(known, _move, viewer=viewer, lot=lot, kind=kind, quantity=quantity, note=note, key=key, at=at)


@verb("lot.moved")
def _move(
    *, viewer: Viewer, lot: Lot, kind: Movement.Kind, quantity: int, note: str, key: UUID, at: datetime
) -> Movement:
    held: Lot = lock(lot)
    left = left_of(held)
    if kind == Movement.Kind.DISCARDED and quantity > left:
        raise Short(left)
    change = -quantity if kind == Movement.Kind.DISCARDED else quantity - left
    return Movement.objects.create(
        clinic=held.clinic, lot=held, kind=kind, quantity=change, key=key, note=note, at=at, by=viewer.staff
    )


def take_from_stock(version: ProcedureVersion, at: datetime) -> None:
    """On signing: what this record used more (or less) than what its procedure has taken so far.

    A record tells what was done, so it is never stopped by a stock that does not have it: that goes below nothing.
    """
    now: Counter[UUID] = Counter()
    for thread in version.threads.all():
        if thread.stock_id is not None:
            now[thread.stock_id] += thread.count
    before = used_in(version.procedure)
    for lot in sorted({*now, *before}):
        more = now[lot] - before[lot]
        if more:
            Movement.objects.create(
                clinic=version.clinic, lot_id=lot, kind=Movement.Kind.USED, quantity=-more, version=version, at=at,
                by=version.signed_by,
            )  # fmt: skip
