"""Rows of threads at the desk: drawn or typed, from stock, with their keys, and what the protocol remarks on them."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from afterthread.clinic import clock
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.flow.record.stock import keep_product, receive_lot
from afterthread.clinic.models import Lot, ProcedureVersion
from afterthread.clinic.queries.record.drawn import TITLES
from afterthread.clinic.roles import Viewer
from afterthread.desk.procedure.drawing import VIEWS, vector_of
from afterthread.desk.thread.canvas import views
from afterthread.desk.thread.grow import grow, rows_of
from afterthread.desk.thread.preset import PRESETS
from afterthread.desk.thread.row import MOST_ROWS, POINTS
from afterthread.engine.case import read_case
from afterthread.engine.technique import advise
from afterthread.protocol.load import shipped
from tests.lib.clinic import MONDAY, a_clinic, a_procedure, a_staff
from tests.unit.desk.test_procedure import HOUR, ROW, drafted, story, typed, url

pytestmark = pytest.mark.django_db
DRAWN = {"view": "front", "entry_x": "290", "entry_y": "470", "exit_x": "410", "exit_y": "550"}


@pytest.fixture(autouse=True)
def _late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + 2 * HOUR)


def refused(client: Client, *rows: dict[str, str]) -> str:
    """What the page says of rows that cannot be kept."""
    _, patient = story(client)
    answer = client.post(reverse("desk:procedure_new", args=["linden", patient.pk]), typed(*rows))
    assert answer.status_code == 422
    assert not ProcedureVersion.objects.exists()
    return answer.content.decode()


def a_lot(viewer: Viewer, code: str = "L-77") -> Lot:
    """Twenty cogs of one lot, received."""
    product = keep_product(
        viewer=viewer, at=MONDAY, name="Lift 19G", kind="cog", material="pdo", fixation="barbs", gauge=19, length_mm=90
    )
    told: dict[str, Any] = {"code": code, "expires": date(2027, 3, 31), "quantity": 20, "key": uuid4(), "at": MONDAY}
    received: Lot = receive_lot(viewer=viewer, product=product, **told).lot
    return received


# -- Where it lies


def test_it_keeps_where_a_thread_lies_and_reckons_its_direction(client: Client) -> None:
    """The direction follows from the line, whatever was typed; an undrawn thread keeps the one that was typed."""
    _, patient = story(client)
    version = drafted(client, patient, ROW | DRAWN | {"side": "right", "vector": "7"}, ROW | {"vector": "0"})
    first, second = version.threads.all()
    assert [getattr(first, name) for name in POINTS] == [290, 470, 410, 550]
    assert first.vector == vector_of("front", "right", (290, 470), (410, 550))
    assert (second.view, second.entry_x, second.vector) == ("", None, 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"entry_x": "1001"}, "A thread outside the map"),
        ({"exit_y": "-1"}, "A thread outside the map"),
        ({"exit_y": "4.5"}, "A thread outside the map"),
        ({"exit_x": ""}, "has a view, an entry and an exit"),
        ({"view": ""}, "has a view, an entry and an exit"),
        ({"exit_x": "290", "exit_y": "470"}, "Entry and exit are the same place"),
        ({"view": "moon"}, "Select a valid choice"),
        ({"gauge": "99"}, "from 1 to 40"),
        ({"vector": "360"}, "from 0 to 359"),
    ],
)
def test_it_refuses_a_thread_outside_of_the_map(client: Client, change: dict[str, str], says: str) -> None:
    """In plain words, beside the field, with the fold open in which it stands and everything typed still there."""
    page = refused(client, ROW | DRAWN | change)
    assert says in page
    assert '<details class="fold thread-more" open>' in page
    assert 'value="L-77"' in page


def test_it_takes_as_many_rows_as_a_large_map_has(client: Client) -> None:
    """A hundred and twenty rows with all their fields in one page; one more is refused and not cut off."""
    _, patient = story(client)
    blank = dict.fromkeys(rows_of(QueryDict("t-TOTAL_FORMS=1"))[0], "")
    row = blank | ROW | DRAWN | {"count": "1"}
    assert drafted(client, patient, *[row] * MOST_ROWS).threads.count() == MOST_ROWS
    answer = client.post(reverse("desk:procedure_new", args=["linden", patient.pk]), typed(*[row] * (MOST_ROWS + 1)))
    assert answer.status_code == 422


# -- Which thread it is


def test_it_keeps_a_thread_the_same_through_drafts_and_corrections(client: Client) -> None:
    """Its key goes along; a new row gets a new one, and a key that stands twice is renewed."""
    doctor, patient = story(client)
    first = a_procedure(doctor, patient).versions.get()
    keys = [str(one.key) for one in first.threads.all()]
    second = correct_procedure(viewer=doctor, procedure=first.procedure, reason="Wrong.", at=MONDAY + HOUR)
    page = client.get(url("procedure", second)).content.decode()
    assert all(f'value="{key}"' in page for key in keys)
    rows = [ROW | {"key": keys[0]}, ROW | {"key": keys[0], "side": "right"}, ROW | {"key": "nonsense"}, ROW]
    client.post(url("procedure", second), typed(*rows, revision=str(second.revision)))
    kept = [str(one.key) for one in second.threads.all()]
    assert kept[0] == keys[0]
    assert len({*kept, *keys}) == 5


def test_it_fills_in_what_the_stock_knows_and_keeps_what_was_written(client: Client) -> None:
    """A lot that was typed over is none of the stock's any more."""
    doctor, patient = story(client)
    lot = a_lot(doctor)
    rows = [{"zone": "cheek", "stock": str(lot.pk)}, ROW | {"stock": str(lot.pk), "lot": "other"}]
    first, second = drafted(client, patient, *rows).threads.all()
    assert (first.stock, first.lot, first.product, first.expires) == (lot, "L-77", "Lift 19G", date(2027, 3, 31))
    assert (first.kind, first.material, first.gauge, first.length_mm) == ("cog", "pdo", 19, 90)
    assert (second.stock, second.lot) == (None, "other")


def test_it_refuses_a_lot_of_another_clinic_like_one_that_does_not_exist(client: Client) -> None:
    """Word for word the same."""
    theirs = a_lot(a_staff(a_clinic("birke"))).pk
    _, patient = story(client)
    new = reverse("desk:procedure_new", args=["linden", patient.pk])
    told = [typed(ROW | {"stock": str(id)}, csrfmiddlewaretoken="x") for id in (theirs, uuid4())]
    answers = [client.post(new, one) for one in told]
    assert [one.status_code for one in answers] == [422, 422]
    assert all("There is no such lot in the stock." in one.content.decode() for one in answers)


# -- Rows that the server adds


def sent(*rows: dict[str, str], **more: str) -> QueryDict:
    """A page as `grow` gets it."""
    data = QueryDict(mutable=True)
    data.update(typed(*rows, **more))
    return data


def test_it_mirrors_and_repeats_what_is_drawn() -> None:
    """On the other half of the drawing, or on the other profile; beside the last one; never with the same key."""
    drawn = ROW | DRAWN | {"side": "right", "key": str(uuid4())}
    profile = drawn | {"view": "right"}
    turned = rows_of(grow(sent(drawn, profile), "mirror"))[2:]
    assert [(row["view"], row["side"], row["entry_x"], row["key"]) for row in turned] == [
        ("front", "left", "710", ""), ("left", "left", "710", ""),
    ]  # fmt: skip
    assert len(rows_of(grow(grow(sent(drawn), "mirror"), "mirror"))) == 2
    again = rows_of(grow(sent(drawn), "repeat"))[1]
    assert (again["entry_x"], again["entry_y"], again["key"]) == ("273", "495", "")
    assert again["kind"] == "cog"


def test_it_takes_out_what_was_taken_out_and_adds_what_is_in_hand() -> None:
    """The thread in hand goes into every further row."""
    data = sent(ROW | {"DELETE": "on"}, ROW, **{"s-kind": "mono", "s-lot": "L-5"})
    rows = rows_of(grow(data, "add"))
    assert [(row["kind"], row["lot"]) for row in rows] == [("cog", "L-77"), ("mono", "L-5")]


def test_it_adds_templates_that_the_protocol_never_stops() -> None:
    """They are no recommendation, but no record begins with something that must not be; each line lies in its zone."""
    protocol = shipped()
    for preset in PRESETS.values():
        threads: list[dict[str, Any]] = []
        for row in preset.rows:
            points = [int(row[name]) for name in POINTS]
            vector = vector_of(row["view"], row["side"], (points[0], points[1]), (points[2], points[3]))
            assert VIEWS[row["view"]].shows(row["zone"], row["side"]), preset
            words = {name: row[name] for name in ("zone", "side", "kind", "layer", "fixation", "path", "purpose")}
            threads.append({**words, "vector": vector})
        for material in ("pdo", "plla", "pcl"):
            told = [{**one, "material": material, "lot": "L-1", "count": 1} for one in threads]
            found = advise(protocol, read_case(protocol, {"procedure": {"threads": told}}).procedure, MONDAY.date())
            assert {one.level for one in found} <= {"warn", "note"}, preset


def test_it_reads_a_code_into_the_last_row_without_scripts(client: Client) -> None:
    """The button makes the page again; Enter in the field does the same and saves nothing."""
    doctor, patient = story(client)
    lot = a_lot(doctor)
    new = reverse("desk:procedure_new", args=["linden", patient.pk])
    for how in ("scan", "enter"):
        told = typed({"zone": "cheek"}, do=how, **{"s-code": "L-77"})
        answer = client.post(new, told)
        rows = answer.context["typed"].rows
        assert (rows.forms[0]["lot"].value(), rows.forms[0]["stock"].value()) == ("L-77", str(lot.pk))
    told = typed({"zone": "cheek"}, do="scan", **{"s-code": "nonsense!"})
    assert "no GS1 code" in client.post(new, told).content.decode()
    assert not ProcedureVersion.objects.exists()


# -- What is remarked on it


def test_it_remarks_on_every_row_and_keeps_nothing(client: Client) -> None:
    """Also where something else on the page is wrong; what says stop stands first, with its sources."""
    _, patient = story(client)
    address = reverse("desk:procedure_advice", args=["linden", patient.pk])
    rows = [ROW | {"layer": "epidermis"}, {}, ROW | {"count": "many"}]
    page = client.post(address, typed(*rows, day="no day")).content.decode()
    assert 'data-row="0" data-level="stop"' in page
    assert 'data-row="2" data-level="note"' in page
    assert 'data-row="1"' not in page
    assert "Recorded in the epidermis" in page
    assert "<code>K11</code>" in page
    assert not ProcedureVersion.objects.exists()


def test_it_remarks_in_the_words_of_the_draft_that_is_open(client: Client) -> None:
    """Of another clinic's draft there is nothing to say."""
    _, patient = story(client)
    version = drafted(client, patient, ROW)
    address = reverse("desk:procedure_advice", args=["linden", patient.pk])
    assert client.post(address, typed(ROW, version=str(version.pk))).status_code == 200
    for id in (uuid4(), "nonsense"):
        assert client.post(address, typed(ROW, version=str(id))).status_code == 404


def test_it_checks_without_scripts(client: Client) -> None:
    """The same remarks on the same page, and nothing is kept."""
    _, patient = story(client)
    new = reverse("desk:procedure_new", args=["linden", patient.pk])
    page = client.post(new, typed(ROW | {"layer": "epidermis"}, do="check")).content.decode()
    assert 'data-level="stop"' in page
    assert "Recorded in the epidermis" in page
    assert not ProcedureVersion.objects.exists()


def test_it_calls_threads_expired_by_the_day_of_the_session(client: Client) -> None:
    """What expired between the session and today was good when it was placed, and the other way round."""
    _, patient = story(client)
    address = reverse("desk:procedure_advice", args=["linden", patient.pk])
    days = [MONDAY.date() + timedelta(days=by) for by in (-1, 0)]
    pages = [client.post(address, typed(ROW | {"expires": str(day)})).content.decode() for day in days]
    assert ['data-level="stop"' in page for page in pages] == [True, False]


# -- What is read of it


def test_it_tells_a_thread_that_moved_without_its_coordinates(client: Client) -> None:
    """The same thread then and now, as one change."""
    doctor, patient = story(client)
    version = drafted(client, patient, ROW | DRAWN)
    client.post(url("procedure_sign", version), {"revision": version.revision, "confirm": "1", "despite": "a test"})
    second = correct_procedure(viewer=doctor, procedure=version.procedure, reason="Moved.", at=MONDAY + HOUR)
    key = str(version.threads.get().key)
    moved = ROW | DRAWN | {"exit_x": "420", "key": key}
    client.post(url("procedure", second), typed(moved, revision=str(second.revision)))
    page = client.get(url("procedure", second), {"look": "1"}).content.decode()
    changed = page[page.index("What changed") : page.index("Remarks on it")]
    assert changed.count("<del>") == changed.count("<ins>") == 1
    assert "drawn elsewhere on: Face from the front" in changed
    assert "420" not in changed


def test_it_shows_the_threads_of_whoever_was_faster(client: Client) -> None:
    """Theirs in words above, mine still in the rows."""
    _, patient = story(client)
    version = drafted(client, patient, ROW)
    old = version.revision
    client.post(url("procedure", version), typed(ROW | {"lot": "theirs"}, revision=str(old)))
    answer = client.post(url("procedure", version), typed(ROW | DRAWN | {"lot": "mine"}, revision=str(old)))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Lot theirs" in page
    assert 'value="mine"' in page
    assert 'value="410"' in page


def test_it_tells_the_script_which_way_leads_out() -> None:
    """Every drawing has a name, and the direction of its lines is the server's own."""
    assert [one.id for one in views()] == list(VIEWS) == list(TITLES)
    for one in views():
        for side in ("left", "right"):
            out = vector_of(one.id, side, (500, 500), (500 + 100 * one.outward[side], 500))
            assert out == 0
    assert {one.id: one.outward["any"] for one in views()} == {
        "front": 0, "left": 1, "right": -1, "neck": 0, "nose": 0, "body_front": 0, "body_back": 0,
    }  # fmt: skip
    assert all(first.id != second.id for first, second in pairwise(views()))
