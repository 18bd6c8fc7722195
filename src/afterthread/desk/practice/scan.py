"""What is wrong with a label that was scanned or typed, in words, and what a form fills in from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic.code.udi import Udi, read_udi
from afterthread.clinic.models import Clinic, Lot, Recall
from afterthread.clinic.queries.stock.stock import earliest, found_by, problem_of, recalled
from afterthread.clinic.roles import Viewer
from afterthread.desk.thread.row import OF_PRODUCT

PROBLEMS: Mapping[str, str | Promise] = {
    "empty": gettext_lazy("Nothing was read. Scan the code on the box, or type what stands beside it."),
    "hibc": gettext_lazy("This is a HIBC code, which is not read here. Scan a GS1 code, or type lot and expiry."),
    "iccbba": gettext_lazy("This is an ICCBBA code, which is not read here. Scan a GS1 code, or type lot and expiry."),
    "unreadable": gettext_lazy("This is no GS1 code. Scan it again, or type lot and expiry as printed."),
    "date": gettext_lazy("A date in the code does not exist. Scan it again, or type lot and expiry as printed."),
    "separator": gettext_lazy(
        "The scanner left out a separator, so nobody can tell where the lot ends. Type the lot as printed."
    ),
    "check_digit": gettext_lazy("The product number is wrong: its last digit does not fit. Scan or type it again."),
    "no_product": gettext_lazy("The code does not say which product it is. Choose it."),
    "no_lot": gettext_lazy("The code does not say the lot. Scan the other code on the box, or type the lot."),
    "no_expiry": gettext_lazy("The code does not say the expiry. Type it as printed."),
}
"""What each problem of a label means, and what to do."""


def refusal(code: str, expires: date | None = None) -> str:
    """Why a thread must not be used, in words; `code` as the stock names it."""
    if code == "lot_recalled":
        return _("This lot was recalled: do not use it.")
    if code == "lot_expired":
        return _("It expired on %(day)s: do not use it.") % {"day": date_format(expires)} if expires else ""
    return ""


def read(viewer: Viewer, text: str, on: date) -> dict[str, Any]:
    """A label as a form takes it: what was read, the product and lot that the clinic has, and one problem in words."""
    udi = read_udi(text)
    product, lot = found_by(viewer, udi)
    code = lot.code if lot else udi.lot
    expires = earliest(udi.expires, lot.expires if lot else None)
    id = product.pk if product else None
    refused = problem_of(viewer.own_clinic, lot=code, on=on, product=id, expires=expires)
    return {
        **{name: getattr(product, name, "") or "" for name in OF_PRODUCT},
        "product": product.name if product else "",
        "product_id": str(product.pk) if product else "",
        "gtin": udi.gtin,
        "lot": code,
        "expires": expires.isoformat() if expires else "",
        "stock": str(lot.pk) if lot else "",
        "text": udi.text,
        "problem": refusal(refused, expires) or _told(udi, known=product is not None, held=lot is not None),
    }


def _told(udi: Udi, *, known: bool, held: bool) -> str:
    if held and udi.problem in ("unreadable", "no_lot", "no_expiry"):
        return ""  # what the label does not say the stock does
    if udi.gtin and not known:
        return _("This product is not among yours yet.")
    return str(PROBLEMS[udi.problem]) if udi.problem else ""


def refused(clinic: Clinic, rows: Iterable[Mapping[str, Any]], on: date | None) -> list[str]:
    """For each row of threads as it is typed, why it must not be used on a local day, in words; a blank if it may.

    A row has `lot`, `expires` and, if it came from stock, `stock`.
    """
    told = list(rows)
    calls = recalled(clinic, (row["lot"] for row in told if row.get("lot")))
    return [_refused(clinic, row, on, calls) for row in told]


def _refused(clinic: Clinic, row: Mapping[str, Any], on: date | None, calls: list[Recall]) -> str:
    stock: Lot | None = row.get("stock")
    last = earliest(row.get("expires"), stock.expires if stock else None)
    lot, product = row.get("lot") or "", stock.product_id if stock else None
    return refusal(problem_of(clinic, lot=lot, product=product, expires=last, on=on, recalls=calls), last)
