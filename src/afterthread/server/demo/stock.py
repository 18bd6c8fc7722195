"""The shelf of the demonstration: lots that are low, expire soon or have expired, and one that is called back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from afterthread.clinic.flow.message import read_messages, write_message
from afterthread.clinic.flow.record.recall import open_recall, record_answer, tell_patients
from afterthread.clinic.flow.record.stock import keep_product, move_lot, receive_lot
from afterthread.clinic.models import Lot, Movement, Recall
from afterthread.clinic.queries.stock.recall import carriers
from afterthread.clinic.roles import Role, Viewer
from afterthread.server.demo.story import STORIES

if TYPE_CHECKING:  # the practice tells its shelf, so it imports this
    from afterthread.server.demo.practice import Practice

DAY = timedelta(days=1)
PRODUCTS: tuple[dict[str, Any], ...] = (
    {
        "name": "PDO cog 19G", "gtin": "09520000100100", "kind": "cog", "material": "pdo", "fixation": "barbs",
        "gauge": 19, "length_mm": 100, "low_at": 20,
    },
    {
        "name": "PDO mono 19G", "gtin": "09520000100209", "kind": "mono", "material": "pdo", "fixation": "none",
        "gauge": 19, "length_mm": 60, "low_at": 30,
    },
    {
        "name": "PCL cog 19G", "gtin": "09520000100308", "kind": "cog", "material": "pcl", "fixation": "barbs",
        "gauge": 19, "length_mm": 100, "low_at": 12,
    },
    {
        "name": "PLLA cone 19G", "gtin": "09520000100407", "kind": "cone", "material": "plla", "fixation": "cones",
        "gauge": 19, "length_mm": 120, "low_at": 10,
    },
    {
        "name": "PDO screw 27G", "gtin": "09520000100506", "kind": "screw", "material": "pdo", "fixation": "none",
        "gauge": 27, "length_mm": 50, "low_at": 10,
    },
)  # fmt: skip
RECALLED = "PCL-0402"
FROM_STOCK = 200
"""Sessions of longer ago were written down before there was a stock: their lots are text alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One lot: in how many days it expires, and how many are over today."""

    expires: int
    over: int


LOTS: Mapping[str, Plan] = {
    "PDO-2611": Plan(expires=640, over=26), "PDO-2607": Plan(expires=590, over=14),
    "PDO-2598": Plan(expires=520, over=18), "PDO-2588": Plan(expires=470, over=0),
    "PDO-2570": Plan(expires=48, over=9), "PDO-2551": Plan(expires=31, over=5),
    "PDO-2530": Plan(expires=-12, over=6), "PCL-0419": Plan(expires=430, over=7),
    RECALLED: Plan(expires=300, over=8), "PLA-1102": Plan(expires=380, over=16),
    "PLA-1090": Plan(expires=150, over=0), "PLA-1071": Plan(expires=20, over=0),
}  # fmt: skip


def fill_shelf(practice: Practice) -> None:
    """Products and deliveries, as much of each lot as the stories use and what is over."""
    start = practice.now - 610 * DAY
    products = {one["name"]: keep_product(viewer=practice.admin, at=start, maker="Example Threads", **one)
                for one in PRODUCTS}  # fmt: skip
    used, first = _used(practice)
    for (name, code), count in sorted(used.items()):
        plan = LOTS.get(code)
        if plan and name in products:
            receive_lot(
                viewer=practice.nurse, product=products[name], code=code, quantity=count + plan.over,
                expires=_day(practice, plan.expires), key=practice.uuid(),
                at=practice.now - (first[name, code] + 25) * DAY,
            )  # fmt: skip
    for lot in Lot.objects.filter(clinic=practice.clinic, code="PDO-2598"):
        move_lot(
            viewer=practice.nurse, lot=lot, kind=Movement.Kind.DISCARDED, quantity=2, key=practice.uuid(),
            note="The sterile bag was open.", at=practice.now - 2 * DAY,
        )  # fmt: skip


def _used(practice: Practice) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], int]]:
    """How many threads of each lot the stories take, and how long ago the first of them was."""
    used: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    for story in STORIES[practice.clinic.slug]:
        for row in story.threads() if story.day <= FROM_STOCK else ():
            about = row["product"], row["lot"]
            used[about] += 0 if story.draft else row["count"]
            first[about] = max(first.get(about, 0), story.day)
    return used, first


def _day(practice: Practice, days: int) -> date:
    """The last day of the month, as labels have it, of a day so many days from now; one that has passed stays so."""
    near = practice.now.date() + days * DAY
    return near if days < 90 else (near.replace(day=1) + 32 * DAY).replace(day=1) - DAY  # noqa: PLR2004 - near ones differ


def from_stock(practice: Practice, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of threads as they are taken from the shelf; a lot that is not there stays text."""
    for row in rows:
        lots = Lot.objects.filter(clinic=practice.clinic, product__name=row["product"], code=row["lot"])
        lot = lots.select_related("product").first()
        if lot is None:
            yield row
        else:
            known = {"gauge": lot.product.gauge, "length_mm": lot.product.length_mm, "expires": lot.expires}
            yield {**row, **known, "stock": lot}


def tell(practice: Practice) -> None:
    """Five days ago the maker called a lot back; of those who carry it one wrote, one was called, one is silent."""
    if practice.clinic.slug == "linden":
        practice.then(practice.now - 5 * DAY, partial(_recall, practice))


def _recall(practice: Practice, at: datetime) -> None:
    recall = open_recall(
        viewer=practice.doctor, code=RECALLED, at=at,
        reason="The maker wrote on the same day: the seal of some bags is not tight.",
    )  # fmt: skip
    text = (
        f"The lot {RECALLED} of threads has been called back. Our records say that threads of this lot were used in "
        f"your treatment. We would like to talk to you.\n\nPlease write to us here, or call {practice.clinic}: "
        f"{practice.clinic.phone}"
    )
    tell_patients(viewer=practice.nurse, recall=recall, texts={"en": text}, at=at + timedelta(hours=2))
    _answers(practice, recall, at)


def _answers(practice: Practice, recall: Recall, at: datetime) -> None:
    people = [one.patient for one in carriers(practice.nurse, recall)]
    for patient in people[:1]:
        phone = Viewer(role=Role.PATIENT, clinic=practice.clinic, patient=patient)
        read_messages(viewer=phone, patient=patient, at=at + timedelta(hours=5))
        words = "I have read it. Nothing hurts. I can come on Thursday."
        write_message(viewer=phone, patient=patient, key=practice.uuid(), text=words, at=at + timedelta(hours=6))
    for patient in people[1:2]:
        told = "Reached by phone. She has no complaints and comes for a look on Friday."
        record_answer(viewer=practice.nurse, recall=recall, patient=patient, answer=told, at=at + DAY)
