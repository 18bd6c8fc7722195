"""Stock and recalls: a product with a lot on the shelf, and a recall of the lot that the procedure used."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

from afterthread.clinic.flow.record.recall import open_recall, record_answer
from afterthread.clinic.flow.record.stock import keep_product, move_lot, receive_lot
from afterthread.clinic.models import Movement, Procedure
from afterthread.clinic.queries.stock.recall import same_call
from afterthread.clinic.roles import Viewer
from tests.lib.clinic import MONDAY
from tests.lib.matrix import Part, Row

NOW = MONDAY + timedelta(hours=2)


def _make(doctor: Viewer, procedure: Procedure, words: str) -> dict[str, UUID]:
    name = f"{procedure.pk} {words}"[:120]
    product = keep_product(viewer=doctor, at=NOW, name=name, maker=words, kind="cog", material="pdo", gauge=19)
    received = receive_lot(
        viewer=doctor, product=product, code=words[:60], expires=date(2027, 3, 31), quantity=20, key=uuid4(), at=NOW,
        note=words,
    )  # fmt: skip
    move_lot(
        viewer=doctor, lot=received.lot, kind=Movement.Kind.DISCARDED, quantity=1, note=words, key=uuid4(), at=NOW
    )  # fmt: skip
    code = procedure.signed_version().threads.all()[0].lot
    recall = same_call(doctor, code, None) or open_recall(viewer=doctor, code=code, reason=words, at=NOW)
    record_answer(viewer=doctor, recall=recall, patient=procedure.patient, answer=words, at=NOW)
    return {"product": product.pk, "lot": received.lot.pk, "recall": recall.pk}


PART = Part(
    desk={
        "stock": Row(get="PNCA"),
        "stock_receive": Row(get="PNA", post="PNA"),
        "stock_read": Row(post="PNCA"),
        "lot": Row(get="PNCA", about="lot"),
        "lot_move": Row(post="PNA", about="lot"),
        "product_new": Row(get="PNA", post="PNA"),
        "product": Row(get="PNA", post="PNA", about="product"),
        "recalls": Row(get="PNC", post="PN"),
        "recall": Row(get="PNC", about="recall"),
        "recall_tell": Row(post="PNC", about="recall"),
        "recall_answer": Row(post="PNC", about="recall"),
        "recall_close": Row(post="P", about="recall"),
        "recall_export": Row(get="PNC", about="recall"),
    },
    make=_make,
)
