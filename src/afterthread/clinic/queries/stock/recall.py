"""From a lot to everybody who carries it: which threads, where, who was told, and what was answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Upper

from afterthread.clinic.models import Lot, Message, Notice, Patient, ProcedureVersion, Product, Recall, Removal, Thread
from afterthread.clinic.queries.complication.removal import gone
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.queries.stock.stock import lots_named, same_lot
from afterthread.clinic.roles import Viewer

UNREAD = ("version__plan", "version__note", "version__reason", "version__despite")
"""What a recall has no need of, sealed or long."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One row of threads of the lot, in the record that counts."""

    thread: Thread
    out: int
    """How many of them were taken out whole."""
    partly: bool
    """Whether of some only a part came out."""

    @property
    def left(self) -> int:
        """How many are still in, wholly or in part."""
        return max(self.thread.count - self.out, 0)

    @property
    def version(self) -> ProcedureVersion:
        """The signed record in which it stands."""
        return self.thread.version


@dataclass(frozen=True, slots=True)
class Carrier:
    """One person with the threads she carries, and how far she was reached."""

    patient: Patient
    threads: tuple[Carried, ...]
    notice: Notice | None = None
    reply: Message | None = None
    """Her first message after she was told."""

    @property
    def told(self) -> bool:
        """Whether she knows, as far as the clinic can tell."""
        return self.notice is not None

    @property
    def read_at(self) -> datetime | None:
        """When she opened the messages."""
        return self.notice.message.read_at if self.notice and self.notice.message else None

    @property
    def answered(self) -> bool:
        """Whether she wrote, or said something that was written down."""
        return self.reply is not None or bool(self.notice and self.notice.answer)

    @property
    def reachable(self) -> bool:
        """Whether there is anybody to reach: not once she had her name taken out."""
        return self.patient.erased_at is None

    @property
    def left(self) -> int:
        """How many threads of the lot she still has."""
        return sum(one.left for one in self.threads)


def threads_of(viewer: Viewer, code: str, product: Product | None = None) -> QuerySet[Thread]:
    """The threads of a lot in the signed records that count, also those that were written down without stock."""
    viewer.require("recall.read")
    later = ProcedureVersion.objects.filter(
        procedure=OuterRef("version__procedure"), signed_at__isnull=False, number__gt=OuterRef("version__number")
    )
    spellings = [Upper(Value(one)) for one in _spellings(viewer, code)]
    found = scope(viewer, Thread).alias(lot_as_typed=Upper("lot")).filter(lot_as_typed__in=spellings)
    if product is not None:
        found = found.filter(Q(stock=None) | Q(stock__product=product))
    return found.filter(~Exists(later), version__signed_at__isnull=False)


def _spellings(viewer: Viewer, code: str) -> list[str]:
    """A lot as it may stand in the tables: of letters that are not Latin SQLite knows no capitals."""
    if code.isascii():
        return [code.strip()]
    written = scope(viewer, Thread).order_by().values_list("lot", flat=True).distinct()
    return [lot for lot in written if same_lot(lot, code)]


def carriers(viewer: Viewer, recall: Recall) -> list[Carrier]:
    """Everybody who carries the lot, whoever is to be reached first; in four questions, however many they are."""
    found = threads_of(viewer, recall.code, recall.product)
    threads: dict[UUID, list[Thread]] = defaultdict(list)
    related = found.select_related("version__patient", "version__signed_by__user", "stock__product")
    for thread in related.defer(*UNREAD).order_by("version__placed_at", "position"):
        threads[thread.version.patient_id].append(thread)
    removals = _removals(viewer, found)
    notices = {notice.patient_id: notice for notice in _notices(viewer, recall)}
    replies = {reply.patient_id: reply for reply in _replies(viewer, recall)}
    told = [
        Carrier(
            rows[0].version.patient, tuple(_carried(row, removals) for row in rows), notices.get(id), replies.get(id)
        )
        for id, rows in threads.items()
    ]
    return sorted(told, key=lambda one: (one.answered, one.told, str(one.patient.name)))


def _carried(thread: Thread, removals: dict[UUID, list[Removal]]) -> Carried:
    done = removals.get(thread.key, [])
    return Carried(thread, gone(done), any(one.extent == Removal.Extent.PART for one in done))


def _removals(viewer: Viewer, threads: QuerySet[Thread]) -> dict[UUID, list[Removal]]:
    """What was taken out in these procedures, by thread; a removal that was corrected does not count."""
    procedures = threads.order_by().values("version__procedure")
    found: dict[UUID, list[Removal]] = defaultdict(list)
    for one in scope(viewer, Removal).filter(procedure__in=procedures, successor=None).defer("note"):
        found[one.thread].append(one)
    return found


def _notices(viewer: Viewer, recall: Recall) -> QuerySet[Notice]:
    rows = scope(viewer, Notice).filter(recall=recall)
    return rows.select_related("message", "told_by__user", "answered_by__user").defer("message__text")


def _replies(viewer: Viewer, recall: Recall) -> QuerySet[Message]:
    """The first message of each person after she was told."""
    after = Message.objects.filter(patient=OuterRef("patient"), author=None, at__gt=OuterRef("told_at")).order_by("at")
    first = Notice.objects.filter(recall=recall).values(first=Subquery(after.values("pk")[:1]))
    return scope(viewer, Message).filter(pk__in=first)


def carries(viewer: Viewer, recall: Recall, patient: Patient) -> bool:
    """Whether somebody carries the lot."""
    return threads_of(viewer, recall.code, recall.product).filter(version__patient=patient).exists()


def untold(viewer: Viewer, recall: Recall) -> list[Patient]:
    """Those who carry the lot and were not told yet; nobody who had her name taken out."""
    return list(_untold(viewer, recall).select_related("clinic").order_by("enrolled_at"))


def _untold(viewer: Viewer, recall: Recall) -> QuerySet[Patient]:
    found = threads_of(viewer, recall.code, recall.product).order_by().values("version__patient")
    told = Notice.objects.filter(recall=recall).values("patient")
    return scope(viewer, Patient).filter(pk__in=found, erased_at=None).exclude(pk__in=told)


# -- All recalls ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Called:
    """One recall with how far it has come."""

    recall: Recall
    told: int
    to_tell: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a lot number finds before anybody opens a recall."""

    code: str
    patients: int
    threads: int
    products: tuple[Product, ...]
    """Those that have a lot of this number."""
    alike: tuple[tuple[str, int], ...]
    """Numbers that somebody may have typed for it, each with how many rows of threads; not part of what was found."""


def recalls_of(viewer: Viewer) -> list[Called]:
    """Every recall of the clinic, the open ones and then the newest first."""
    viewer.require("recall.read")
    rows = scope(viewer, Recall).select_related("product", "opened_by__user").annotate(told=Count("notices"))
    return [
        Called(one, one.told, 0 if one.closed_at else _untold(viewer, one).count())
        for one in sorted(rows, key=lambda one: (one.closed_at is not None, -one.opened_at.timestamp()))
    ]


def same_call(viewer: Viewer, code: str, product: Product | None) -> Recall | None:
    """A recall that says the same already: it was not lifted, and is of this product or of whoever made it."""
    rows = scope(viewer, Recall).filter(Q(product=None) | Q(product=product), lifted=False)
    return next((one for one in rows if same_lot(one.code, code)), None)


def search(viewer: Viewer, code: str) -> Search:
    """What is known of a lot number."""
    found = threads_of(viewer, code).aggregate(people=Count("version__patient", distinct=True), rows=Count("pk"))
    lots = lots_named(scope(viewer, Lot).select_related("product"), code)
    products = {lot.product_id: lot.product for lot in lots}
    return Search(code.strip(), found["people"], found["rows"], tuple(products.values()), _alike(viewer, code))


def _alike(viewer: Viewer, code: str) -> tuple[tuple[str, int], ...]:
    """Other numbers with the same letters and digits: blanks, hyphens, O for 0 and I for 1 are slips."""
    wanted = _bare(code)
    rows = scope(viewer, Thread).filter(version__signed_at__isnull=False).exclude(lot="")
    counted = rows.order_by().values_list("lot").annotate(Count("pk"))
    found: Counter[str] = Counter()
    for lot, count in counted if wanted else ():
        if _bare(lot) == wanted and not same_lot(lot, code):
            found[lot] += count
    return tuple(sorted(found.items()))


def _bare(code: str) -> str:
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return letters.replace("O", "0").replace("I", "1")
