"""Every page, at every size, light and dark: no barrier, nothing wider than the window, no complaint of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from afterthread.clinic.flow.message import write_message
from afterthread.clinic.flow.procedure import correct_procedure
from afterthread.clinic.models import WorkItem
from afterthread.clinic.roles import Role
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import barriers, be_on, overflow, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.record import before, complication, consent, outcome, overlay, stock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.pictures]
TEXTS = ("consent_text", "consent_draft")
NARROW = {"width": 320, "height": 640}
"""A desk's window at four hundred per cent, or the smallest phone in use."""


def found(page: Page, addresses: list[str]) -> Iterator[str]:
    """What is wrong with each page; on the narrowest only whether it fits."""
    for address in addresses:
        response = page.goto(address)
        if response is None or response.status >= 400:
            yield f"{address}: {response and response.status}"
        page.locator("details").evaluate_all("all => all.slice(0, 12).forEach((one) => (one.open = true))")
        if overflow(page):
            yield f"{address} is {overflow(page)} pixels too wide at {page.viewport_size}"
        if page.viewport_size != NARROW:
            yield from barriers(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_keeps_nobody_out(theme: str, window: Open, story: Clock) -> None:
    """A clinic under way, as staff and as patient see it."""
    clinic = a_clinic(on_call="always", on_call_phone="+49 30 5550199")
    doctor, admin = a_staff(clinic, called=1), a_staff(clinic, Role.ADMIN)
    patient = a_patient(doctor, name="Анна-Мария O’Connor de la Cruz y Villanueva")
    procedure = a_procedure(doctor, patient)
    phone, secret = on_phone(doctor, patient)
    says(phone, procedure, MONDAY + timedelta(days=1), swelling={"level": "moderate", "side": "both"})
    worst = says(
        phone, procedure, MONDAY + timedelta(days=4), fever="yes", redness="moderate", words="It throbs. " * 30
    )
    write_message(viewer=phone, patient=patient, key=worst.pk, text="May I? " * 60, at=MONDAY + timedelta(days=4))
    draft = correct_procedure(viewer=doctor, procedure=procedure, reason="a lot", at=MONDAY + timedelta(days=4))
    story.forward(days=4, hours=3)
    home, one = f"/desk/{clinic.slug}/", f"/desk/{clinic.slug}/patients/{patient.pk}/"
    items = [f"{home}items/{item.pk}/" for item in WorkItem.objects.all()]
    records = [f"{home}procedures/{version}/" for version in (procedure.versions.get(number=1).pk, draft.pk)]
    lists = [f"{home}{name}" for name in ("figures/", "patients/", "patients/new", "settings/", "settings/staff")]
    overlay.PART.make(doctor, procedure, "A word.")
    lists += [f"{home}settings/protocol{one}" for one in ("", "/draft?show=step", "/draft/course.bruise", "/check")]
    lists.append(f"{records[0]}move")
    way = f"{home}consultations/{before.PART.make(doctor, procedure, 'A word. ' * 20)['consultation']}/"
    ahead = [f"{home}consultations/", f"{one}consultations/new", way, f"{way}paper"]
    ahead += [f"{way}screening", f"{way}screening?fill=1"]
    kept = stock.PART.make(doctor, procedure, "A word.")
    shelf = [f"{home}stock/{name}" for name in ("", "receive?code=%2BA999", "products/new", f"lots/{kept['lot']}/")]
    shelf += [f"{home}stock/products/{kept['product']}/", f"{home}recalls/?lot=L-1", f"{home}recalls/{kept['recall']}/"]
    outcome.PART.make(doctor, procedure, "A word. " * 40)
    came = [f"{home}outcomes/", *(f"{records[0]}{name}" for name in ("outcome", "handoff"))]
    case = complication.PART.make(doctor, procedure, "A word. " * 20)
    ill = [f"{home}{name}/" for name in ("complications", f"complications/{case['complication']}")]
    ill += [f"{records[0]}{name}" for name in ("complications/new", "threads", "threads/remove")]
    ill += [f"{home}removals/{case['removal']}/correct"]
    asked = consent.PART.make(doctor, procedure, "A word. " * 12)
    signing = [f"{home}settings/consent{name}" for name in ("", "/new", *(f"/{asked[one]}" for one in TEXTS))]
    signing += [f"{home}settings/consent/{asked['consent_draft']}/compare"]
    signing += [f"{home}consultations/{asked['consented']}/consent{name}" for name in ("", "/sign")]
    desk = [
        home,
        *signing,
        *ill,
        *items,
        *lists,
        *(f"{one}{name}" for name in ("", "edit", "checkin", "procedures/new")),
        *records,
        *shelf,
        *ahead,
        *came,
        "/desk/",
    ]
    account = ["/accounts/2fa/", "/accounts/password/change/", "/gallery", "/", f"{home}settings/log"]
    door = [
        "/p/enter",
        "/p/request",
        "/p/emergency",
        "/p/offline",
        "/card/",
        "/accounts/login/",
        "/accounts/password/reset/",
    ]
    diary = ["/p/", "/p/plan", "/p/plan/leaflet", "/p/checkin", f"/p/checkin/{worst.pk}/", "/p/history", "/p/messages",
             "/p/devices", "/p/outcome", "/p/card", "/p/why/rule.fever_alone", "/p/emergency",
             "/p/screening", "/p/screening?again=1", "/p/preparation",
             "/p/consent", f"/p/consent/{asked['consent_text']}"]  # fmt: skip
    wrong: list[str] = []
    for size in (DESK, PHONE, NARROW) if theme == "light" else (PHONE,):
        wrong += found(sign_in(window(size, color_scheme=theme), doctor), desk)
        wrong += found(sign_in(window(size, color_scheme=theme), admin), account)
        wrong += found(window(size, color_scheme=theme), door)
        wrong += found(be_on(window(size, color_scheme=theme), secret), diary)
    assert wrong == []
