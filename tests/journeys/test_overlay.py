"""A clinic changes its protocol in forms: refused, mended, adopted after the replay, and one plan moved on purpose."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from afterthread.clinic.models import Clinic, Procedure
from afterthread.protocol.load import shipped
from tests.journeys.conftest import DESK, PHONE, Clock, Open
from tests.lib.browser import barriers, be_on, overflow, sign_in
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says

pytestmark = pytest.mark.django_db(transaction=True)


def check(page: Page) -> None:
    """Build, prove, replay."""
    page.get_by_role("button", name="Check it and replay our history").click()
    expect(page.get_by_role("heading", name="What must always hold")).to_be_visible()
    assert barriers(page) == []
    assert overflow(page) == 0


def find(page: Page, search: str, entry: str) -> None:
    """Open one entry by searching for it."""
    page.get_by_label("Find an entry").fill(search)
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator(f"a[href$='{entry}']").click()


def put(page: Page, search: str, entry: str, **typed: str) -> None:
    """Put other days into the draft."""
    find(page, search, entry)
    for label, value in typed.items():
        page.locator(f"[name={label}]").fill(value)
    page.get_by_role("button", name="Put it into the draft").click()
    expect(page.get_by_text("It stands in the draft.")).to_be_visible()
    page.get_by_role("link", name="Draft", exact=True).click()


def weaken(page: Page) -> None:
    """A danger sign is made less urgent: it is shown on a person, and no reason helps."""
    find(page, "pus", "rule.pus")
    page.get_by_label("Routine").check()
    page.get_by_role("button", name="Put it into the draft").click()
    page.get_by_role("link", name="Draft", exact=True).click()
    check(page)
    expect(page.get_by_text("No emergency and no same-day sign of the shipped protocol")).to_be_visible()
    expect(page.get_by_text("Shipped: Same day. Yours: Routine.").first).to_be_visible()
    page.get_by_label("Why the clinic changes this").fill("We see it every day.")
    page.get_by_label("I read what this changes").check()
    page.get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("No reason allows that").first).to_be_visible()
    page.get_by_role("link", name="Change the draft").click()
    find(page, "pus", "rule.pus")
    page.get_by_role("button", name="Take it back: as shipped").click()
    page.get_by_role("link", name="Draft", exact=True).click()


def adopt(page: Page) -> None:
    """Stricter days, shown on the clinic's own patient, and adopted once that was read."""
    put(page, "sauna", "step.sauna", end_n="28")
    put(page, "bruise", "course.bruise", until_mild="9", until_moderate="9", until_severe="9")
    check(page)
    expect(page.get_by_role("row", name="Anna Beispiel")).to_contain_text("Bruise: expected → past its window")
    page.get_by_label("Why the clinic changes this").fill("We look earlier.")
    page.get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("Say that you read what it would change.").first).to_be_visible()
    page.get_by_label("I read what this changes").check()
    page.get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("running plans stay on their version")).to_be_visible()
    assert barriers(page) == []


def move(page: Page) -> None:
    """One plan is moved, after it was seen what that changes for this person."""
    page.get_by_text("Plans on another version").click()
    page.get_by_role("link", name="Move Anna Beispiel").click()
    expect(page.get_by_text("day 0 to 27 (29 March 2026)")).to_be_visible()
    expect(page.get_by_text("Bruise: expected → past its window")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Why this plan is moved").fill("She sits in the sauna every week.")
    page.get_by_role("button", name="Move the plan").click()
    expect(page.get_by_text("Moved. What was said is decided anew")).to_be_visible()
    expect(page.get_by_text("She sits in the sauna every week.")).to_be_visible()


def test_it_is_refused_then_adopted_and_changes_no_running_plan(window: Open, story: Clock) -> None:
    """A danger sign cannot be weakened; a stricter window is shown on our own patients, adopted, and one plan moved."""
    clinic = a_clinic()
    doctor = a_staff(clinic, called=1)
    procedure = a_procedure(doctor, a_patient(doctor))
    phone, secret = on_phone(doctor, procedure.patient)
    for day in (1, 5, 12):
        says(phone, procedure, MONDAY + timedelta(days=day), bruise="mild")
    story.forward(days=13)
    page = sign_in(window(DESK), doctor)
    page.goto(f"/desk/{clinic.slug}/settings/")
    page.get_by_role("link", name="Protocol", exact=True).click()
    page.get_by_role("button", name="Draft a change").click()

    weaken(page)
    assert Clinic.objects.get().protocol is None
    adopt(page)
    assert Procedure.objects.get().protocol_id == shipped().digest
    diary = be_on(window(PHONE), secret)
    diary.goto("/p/plan")
    before = diary.request.get("/p/pack.json").headers["etag"]
    expect(diary.get_by_text("23 March")).not_to_have_count(0)
    move(page)
    diary.reload()
    expect(diary.get_by_text("30 March")).not_to_have_count(0)
    assert diary.request.get("/p/pack.json", headers={"If-None-Match": before}).status == 200
    page.goto(f"/desk/{clinic.slug}/")
    expect(page.get_by_role("link", name="Anna Beispiel")).to_be_visible()
