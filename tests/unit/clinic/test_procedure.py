"""Versions of a record as queries: what differs, and what is worth a look before signing."""

from datetime import date, timedelta
from typing import Any

import pytest

from afterthread.clinic import case
from afterthread.clinic.flow.procedure import change_draft, correct_procedure, draft_procedure
from afterthread.clinic.models import Patient, ProcedureVersion
from afterthread.clinic.queries.procedure import changes, review, titles_of, usual_age, version_of, versions_of
from afterthread.clinic.roles import Missing, Viewer
from afterthread.engine.explain import Words
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LEFT: dict[str, Any] = {"zone": "cheek", "side": "left", "kind": "cog", "material": "pdo", "layer": "subcutaneous",
                        "count": 4, "lot": "L-1"}  # fmt: skip


def corrected(doctor: Viewer, patient: Patient, **change: Any) -> tuple[ProcedureVersion, ProcedureVersion]:
    """A signed version and a draft that corrects it."""
    procedure = a_procedure(doctor, patient)
    first = procedure.versions.get()
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="A slip.", at=MONDAY + 2 * HOUR)
    threads = change.pop("threads", [LEFT, LEFT | {"side": "right"}])
    draft = change_draft(
        viewer=doctor, version=draft, revision=draft.revision, threads=threads, at=MONDAY + 2 * HOUR, **change
    )
    return first, draft


def test_it_finds_no_change_where_there_is_none() -> None:
    """Threads in another order are the same threads."""
    doctor = a_staff(a_clinic())
    first, second = corrected(doctor, a_patient(doctor), threads=[LEFT | {"side": "right"}, LEFT])
    assert changes(first, second) == ()


def test_it_tells_what_changed() -> None:
    """Fields then and now, threads gone and come; modifiers as the engine reads them, from the record too."""
    doctor = a_staff(a_clinic())
    first, second = corrected(
        doctor, a_patient(doctor), age=60, zones=["cheek", "neck"], threads=[LEFT, LEFT | {"side": "right", "count": 5}]
    )
    found = [(one.field, one.about, one.before, one.after) for one in changes(first, second)]
    assert ("age", "", 44, 60) in found
    assert ("zones", "", ["cheek"], ["cheek", "neck"]) in found
    assert ("modifier", "age_over_50", "no", "yes") in found
    assert ("modifier", "neck_threads", "no", "yes") in found
    threads = [(before and before[:3], after and after[:3]) for field, _, before, after in found if field == "thread"]
    assert threads == [((4, "cheek", "right"), None), (None, (5, "cheek", "right"))]


def test_it_reviews_a_draft() -> None:
    """The gravest remark first and once for all its rows, what nobody said, and what was not written down."""
    doctor = a_staff(a_clinic())
    rows = [{"zone": "cheek", "kind": "cog", "layer": "epidermis", "count": 1}, {"zone": "neck", "count": 2}]
    version = draft_procedure(
        viewer=doctor, patient=a_patient(doctor), at=MONDAY, threads=rows, placed_at=MONDAY,
        time_zone="Europe/Berlin", modifiers={"diabetes": "no"},
    )  # fmt: skip
    words = Words(case.protocol_of(version.procedure), "en")
    found = review(version, words, MONDAY.date())
    assert (found.remarks[0].level, found.remarks[0].rows) == ("stop", (1,))
    assert found.remarks[0].says.startswith("Recorded in the epidermis")
    assert any(one.rows == (1, 2) for one in found.remarks)
    assert "diabetes" not in found.unknown
    assert "autoimmune" in found.unknown
    assert dict(found.blanks) == {"side": 2, "kind": 1, "material": 2, "layer": 1, "lot": 2, "expires": 2}


def test_it_names_every_source() -> None:
    """Sources, choices between them and claims have a title; what is not known has none."""
    doctor = a_staff(a_clinic())
    version = a_procedure(doctor, a_patient(doctor)).versions.get()
    words = Words(case.protocol_of(version.procedure), "en")
    titles = dict(titles_of(words, ["niu2021", "K1", "S024", "nothing"]))
    assert titles["niu2021"].startswith("Niu 2021")
    assert titles["K1"] == "How long swelling is normal"
    assert titles["S024"]
    assert titles["nothing"] == ""


def test_it_takes_the_higher_of_two_possible_ages() -> None:
    """A year of birth allows two; the higher one never sets a risk too low."""
    assert usual_age(Patient(born=1975), date(2026, 3, 2)) == 51
    assert usual_age(Patient(), date(2026, 3, 2)) is None


def test_it_hides_versions_of_another_clinic() -> None:
    """They are not there."""
    doctor, stranger = a_staff(a_clinic()), a_staff(a_clinic("birke"))
    procedure = a_procedure(doctor, a_patient(doctor))
    with pytest.raises(Missing):
        version_of(stranger, procedure.versions.get().pk)
    assert not versions_of(stranger, procedure)
