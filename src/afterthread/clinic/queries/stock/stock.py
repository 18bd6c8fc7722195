"""What is in stock, and which threads must not be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from afterthread.clinic.code.udi import Udi
from afterthread.clinic.models import Clinic, Lot, Movement, Procedure, ProcedureVersion, Product, Recall, Thread
from afterthread.clinic.queries.record.obstacle import Obstacle
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer

SOON = timedelta(days=60)
"""What expires within so long is shown, so that it is used or sent back in time."""

# -- What must not be used --------------------------------------------------------------------------------------------


def same_lot(one: str, other: str) -> bool:
    """Whether two codes name the same lot: capitals and outer blanks are a matter of typing."""
    return one.strip().upper() == other.strip().upper()


def lots_named(lots: QuerySet[Lot], code: str) -> list[Lot]:
    """The lots of a code; of letters that are not Latin SQLite knows no capitals, so those are compared here."""
    if code.isascii():
        return list(lots.filter(code__iexact=code.strip()))
    return [lot for lot in lots if same_lot(lot.code, code)]


def recalled(clinic: Clinic, codes: Iterable[str]) -> list[Recall]:
    """The recalls of these lots that were not lifted, open or closed: what was called back stays out of use."""
    wanted = {code.strip().upper() for code in codes}
    calls = Recall.objects.filter(clinic=clinic, lifted=False).defer("reason", "conclusion")
    return [call for call in calls if call.code.strip().upper() in wanted]


def is_called_back(code: str, product: UUID | None, recall: Recall) -> bool:
    """Whether a thread is of the recalled lot; one that was written down without stock is, whoever made it."""
    return same_lot(code, recall.code) and (recall.product_id is None or product in (None, recall.product_id))


def problem_of(
    clinic: Clinic,
    *,
    lot: str,
    on: date | None,
    product: UUID | None = None,
    expires: date | None = None,
    recalls: Iterable[Recall] | None = None,
) -> str:
    """Why a thread must not be used on a local day, as the gate names it: `lot_recalled`, `lot_expired` or nothing.

    `product` is the id of the product it came from, if it came from stock. Whoever asks about many threads hands in
    what `recalled` found for all of them.
    """
    if recalls is None:
        recalls = recalled(clinic, [lot]) if lot else []
    if lot and any(is_called_back(lot, product, call) for call in recalls):
        return "lot_recalled"
    return "lot_expired" if expires and on and expires < on else ""


def last_day(thread: Thread) -> date | None:
    """The last day on which a thread may be used: the earlier one, if record and stock do not agree."""
    return earliest(thread.expires, thread.stock.expires if thread.stock else None)


def earliest(*days: date | None) -> date | None:
    """The first of the days that are known."""
    return min((day for day in days if day), default=None)


def obstacles(version: ProcedureVersion) -> list[Obstacle]:
    """Threads that had expired on the local day of the session, and threads of a recalled lot."""
    threads = list(version.threads.select_related("stock"))
    calls = recalled(version.clinic, (one.lot for one in threads if one.lot))
    found: dict[str, list[int]] = {"lot_expired": [], "lot_recalled": []}
    for number, one in enumerate(threads, 1):
        last = last_day(one)
        if last and last < version.day_zero:
            found["lot_expired"].append(number)
        if any(is_called_back(one.lot, one.stock.product_id if one.stock else None, call) for call in calls):
            found["lot_recalled"].append(number)
    return [Obstacle(code, rows=tuple(rows)) for code, rows in found.items() if rows]


def used_in(procedure: Procedure) -> Counter[UUID]:
    """How many threads of each lot the signed records of a procedure have taken so far, by the lot's id."""
    taken: Counter[UUID] = Counter()
    for movement in Movement.objects.filter(version__procedure=procedure, kind=Movement.Kind.USED):
        taken[movement.lot_id] -= movement.quantity
    return taken


# -- What is on the shelf ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A lot as it stands on a day."""

    lot: Lot
    left: int
    """How many there are; fewer than none when more were used than were ever received."""
    on: date
    recalled: bool

    @property
    def expired(self) -> bool:
        """Whether its last day has passed."""
        return self.lot.expires is not None and self.lot.expires < self.on

    @property
    def soon(self) -> bool:
        """Whether its last day is near."""
        return self.lot.expires is not None and not self.expired and self.lot.expires <= self.on + SOON

    @property
    def usable(self) -> bool:
        """Whether it may be used."""
        return not self.expired and not self.recalled


@dataclass(frozen=True, slots=True)
class Shelf:
    """A product with its lots, what expires first in front."""

    product: Product
    lots: tuple[Held, ...]

    @property
    def left(self) -> int:
        """How many may still be used."""
        return sum(held.left for held in self.lots if held.usable)

    @property
    def low(self) -> bool:
        """Whether it is time to order."""
        return self.product.retired_at is None and self.left <= self.product.low_at

    @property
    def present(self) -> list[Held]:
        """The lots of which there is something, or less than nothing."""
        return [held for held in self.lots if held.left]

    @property
    def gone(self) -> list[Held]:
        """The lots that were used up."""
        return [held for held in self.lots if not held.left]


def shelves(viewer: Viewer, at: datetime) -> list[Shelf]:
    """Everything the clinic has or had, by product; in three questions to the database, however much that is."""
    viewer.require("stock.read")
    by_product: dict[UUID, list[Held]] = {}
    for held in _held(viewer, scope(viewer, Lot).order_by("expires", "code"), today(viewer, at)):
        by_product.setdefault(held.lot.product_id, []).append(held)
    products = scope(viewer, Product).order_by("retired_at", "name")
    return [Shelf(product, tuple(by_product.get(product.pk, []))) for product in products]


def usable_lots(viewer: Viewer, on: date) -> list[Held]:
    """The lots from which a thread may be taken on a local day, by product and what expires first."""
    viewer.require("stock.read")
    lots = scope(viewer, Lot).filter(product__retired_at=None).order_by("product__name", "expires", "code")
    return [held for held in _held(viewer, lots, on) if held.usable and held.left > 0]


def held_of(viewer: Viewer, lot: Lot, at: datetime) -> Held:
    """One lot as it stands today."""
    return _held(viewer, scope(viewer, Lot).filter(pk=lot.pk), today(viewer, at))[0]


def today(viewer: Viewer, at: datetime) -> date:
    """The date on the clinic's wall."""
    return at.astimezone(viewer.own_clinic.zone).date()


def _held(viewer: Viewer, lots: QuerySet[Lot], on: date) -> list[Held]:
    calls = list(scope(viewer, Recall).filter(lifted=False).defer("reason", "conclusion"))
    counted = lots.select_related("product").annotate(left=Coalesce(Sum("movements__quantity"), 0))
    return [
        Held(lot, lot.left, on, any(is_called_back(lot.code, lot.product_id, call) for call in calls))
        for lot in counted
    ]


def left_of(lot: Lot) -> int:
    """How many threads of a lot there are."""
    return int(lot.movements.aggregate(left=Coalesce(Sum("quantity"), 0))["left"])


def history_of(viewer: Viewer, lot: Lot) -> list[tuple[Movement, int]]:
    """What came and went of a lot, the newest first, each with what was left after it."""
    viewer.require("stock.read")
    rows = scope(viewer, Movement).filter(lot=lot).select_related("by__user", "version__patient").order_by("at", "id")
    told, left = [], 0
    for row in rows:
        left += row.quantity
        told.append((row, left))
    return told[::-1]


def products_of(viewer: Viewer) -> QuerySet[Product]:
    """The products that the clinic still orders, by name."""
    viewer.require("stock.read")
    return scope(viewer, Product).filter(retired_at=None).order_by("name")


def found_by(viewer: Viewer, udi: Udi) -> tuple[Product | None, Lot | None]:
    """The product of a label and the lot of it, as far as the clinic has them; a bare lot number finds its only lot."""
    viewer.require("stock.read")
    product = scope(viewer, Product).filter(gtin=udi.gtin).first() if udi.gtin else None
    lots = scope(viewer, Lot).select_related("product")
    if product is not None and udi.lot:
        return product, next(iter(lots_named(lots.filter(product=product), udi.lot)), None)
    if udi.gtin or udi.problem != "unreadable":
        return product, None
    alike = lots_named(lots, udi.text)
    return (alike[0].product, alike[0]) if len(alike) == 1 else (None, None)
