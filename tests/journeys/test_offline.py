"""The diary without a connection: it answers at once, keeps what was said, and neither loses nor doubles it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.link import issue_link, new_code
from afterthread.clinic.flow.patient import revoke_device
from afterthread.clinic.flow.procedure import change_draft, correct_procedure, sign_procedure
from afterthread.clinic.models import CheckIn, Device, Patient, Procedure, WorkItem
from afterthread.clinic.questionnaire import questions_for
from afterthread.clinic.roles import Viewer
from afterthread.protocol.load import shipped
from tests.journeys.conftest import PHONE, Clock, Open
from tests.lib.browser import PAGES_READ, until
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff

pytestmark = pytest.mark.django_db(transaction=True)
API = "**/p/api/checkin"
UNSENT = "1 check-in has not been sent yet."
CHANGE_READ = """async () => {
    const { kept } = await import("/static/diary/store.js");
    return (await kept("changed"))?.length === 0;
}"""
"""The answer that differed from the phone's was opened."""


@pytest.fixture
def doctor() -> Viewer:
    """A practitioner of a clinic in Berlin."""
    return a_staff(a_clinic())


@pytest.fixture
def procedure(doctor: Viewer, story: Clock) -> Procedure:
    """A signed procedure, five days ago."""
    done = a_procedure(doctor, a_patient(doctor))
    story.forward(days=5)
    return done


@pytest.fixture
def page(window: Open, doctor: Viewer, procedure: Procedure, story: Clock) -> Page:
    """Her phone, which has had time to get ready for the tunnel."""
    page = window(PHONE)
    page.clock.set_fixed_time(story.at)
    enter(page, doctor, procedure.patient, story)
    return page


def enter(page: Page, doctor: Viewer, patient: Patient, story: Clock) -> None:
    """Sign in by a link and wait until the phone could do without a connection."""
    code = new_code()
    issue_link(viewer=doctor, patient=patient, code=code, at=story.at)
    page.goto("about:blank")
    page.goto(f"/p/enter#{code}")
    page.wait_for_url("**/p/")
    until(page, PAGES_READ)


def check_in(page: Page, **answers: str) -> None:
    """Answer everything on the offline form, what is not named with none of these, and hand it in."""
    page.goto("/p/checkin")
    expect(page.get_by_role("heading", name="How are you today?")).to_be_visible()
    for group in page.locator("label.none input").all():
        group.check()
    for name, value in answers.items():
        tap(page, name.replace("__", "-"), value)
    page.get_by_role("button", name="Answer", exact=True).click()


def tap(page: Page, name: str, value: str) -> None:
    """Open a question and choose an answer of it."""
    choice = page.locator(f'[name="q-{name}"][value="{value}"]')
    if not choice.is_visible():
        page.locator(f'[data-ask="{name}"] > summary').click()
    choice.check()


def hand_in(page: Page) -> None:
    """Close every question of the form that the server sent, and send it."""
    page.evaluate("""() => {
        document.querySelectorAll("[data-none]").forEach((box) => (box.checked = true));
        document.querySelector("[data-checkin]").requestSubmit();
    }""")


def kept_pages(page: Page) -> list[str]:
    """The pages that this phone could show without a connection."""
    found: list[str] = page.evaluate("""async () => {
        const pages = (await caches.keys()).filter((name) => name.startsWith("pages-"));
        const keys = await Promise.all(pages.map(async (name) => (await caches.open(name)).keys()));
        return keys.flat().map(({ url }) => new URL(url).pathname).sort();
    }""")
    return found


def stored(page: Page) -> dict[str, int]:
    """How many values stand in each store of this phone."""
    found: dict[str, int] = page.evaluate("""() => new Promise((done, failed) => {
        const asked = indexedDB.open("afterthread");
        asked.onerror = failed;
        asked.onsuccess = () => {
            const names = [...asked.result.objectStoreNames], found = {};
            const held = asked.result.transaction(names);
            const counted = (name) => ({ target }) => (found[name] = target.result);
            for (const name of names) held.objectStore(name).count().onsuccess = counted(name);
            held.oncomplete = () => done(found);
        };
    })""")
    return found


def test_it_answers_and_sends_later(page: Page, procedure: Procedure) -> None:
    """Without a connection the check-in is answered, kept, said loudly not to be sent, and sent once there is one."""
    page.context.set_offline(True)
    check_in(page)
    expect(page.get_by_role("heading", name="Care at home")).to_be_visible()
    expect(page.get_by_text(UNSENT)).to_be_visible()
    assert not CheckIn.objects.exists()
    page.context.set_offline(False)
    expect(page.get_by_text("The clinic has it now.")).to_be_visible()
    expect(page.get_by_text(UNSENT)).to_be_hidden()
    assert CheckIn.objects.get().shown == "self_care"


def test_it_keeps_one_when_the_answer_is_lost(page: Page, procedure: Procedure) -> None:
    """The server keeps it, the answer never arrives: sent again, it is the same check-in."""

    def cut(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.context.set_offline(True)
    check_in(page)
    page.route(API, cut, times=1)
    page.context.set_offline(False)
    expect(page.get_by_text(UNSENT)).to_be_visible()
    with page.expect_response(API) as second:
        page.get_by_role("button", name="Send now").click()
    assert second.value.status == 200
    expect(page.get_by_text("The clinic has it now.")).to_be_visible()
    assert CheckIn.objects.count() == 1


def test_it_keeps_one_when_the_form_arrived(
    page: Page, procedure: Procedure, monkeypatch: pytest.MonkeyPatch, story: Clock
) -> None:
    """The form was stored and its answer lost: the phone answers by itself, and what it sends is the same check-in."""

    def lost(**given: object) -> CheckIn:
        submit_checkin(**given)  # type: ignore[arg-type]
        raise ConnectionError

    page.goto("/p/checkin")
    monkeypatch.setattr("afterthread.diary.checkin.submit_checkin", lost)
    with page.expect_response(API) as sent:
        hand_in(page)
    assert sent.value.status == 200
    expect(page.get_by_role("heading", name="Care at home")).to_be_visible()
    expect(page.get_by_text("The clinic has it now.")).to_be_visible()
    assert CheckIn.objects.count() == 1


def test_it_answers_a_form_that_was_open_when_the_connection_broke(page: Page, procedure: Procedure) -> None:
    """The page came from the server, the connection broke while it was filled in."""
    page.goto("/p/checkin")
    page.context.set_offline(True)
    hand_in(page)
    expect(page.get_by_role("heading", name="Care at home")).to_be_visible()
    expect(page.get_by_text(UNSENT)).to_be_visible()
    page.reload()
    expect(page.get_by_text(UNSENT)).to_be_visible()  # before it says so, it cannot stop saying so
    assert stored(page)["queue"] == 1
    page.context.set_offline(False)
    expect(page.get_by_text(UNSENT)).to_be_hidden()
    assert CheckIn.objects.count() == 1


def test_it_shows_an_emergency_at_once(page: Page, procedure: Procedure) -> None:
    """A danger sign fills the screen with the numbers to call before anything is sent, and is worked on once."""
    page.context.set_offline(True)
    page.goto("/p/checkin")
    tap(page, "breathing", "yes")
    expect(page.get_by_role("heading", name="Emergency: call an ambulance now")).to_be_visible()
    expect(page.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    expect(page.get_by_role("link", name="The clinic: +49 30 5550100")).to_be_visible()
    expect(page.locator("header")).to_be_hidden()
    page.get_by_role("button", name="Yes, it is so").click()
    expect(page.get_by_text("The clinic does not know this yet.")).to_be_visible()
    assert (stored(page)["queue"], CheckIn.objects.count()) == (1, 0)
    page.context.set_offline(False)
    expect(page.get_by_text("The clinic has it now.")).to_be_visible()
    assert WorkItem.objects.filter(kind=WorkItem.Kind.DECISION, urgency=3).count() == 1


def test_it_takes_back_a_slip(page: Page, procedure: Procedure) -> None:
    """What is not sent yet can be taken back and answered anew."""
    page.context.set_offline(True)
    page.goto("/p/checkin")
    tap(page, "breathing", "yes")
    page.get_by_role("button", name="Yes, it is so").click()
    expect(page.get_by_text("The clinic does not know this yet.")).to_be_visible()
    page.get_by_role("button", name="That was a slip").click()
    expect(page.get_by_role("heading", name="How are you today?")).to_be_visible()
    assert stored(page)["queue"] == 0


@pytest.mark.parametrize("path", ["", "plan", "plan/leaflet"])
def test_it_can_be_read_without_a_connection(page: Page, path: str) -> None:
    """Today, plan and leaflet say of what time they are."""
    page.context.set_offline(True)
    page.goto(f"/p/{path}")
    expect(page.get_by_text("This page is as of")).to_be_visible()
    expect(page.locator("main")).not_to_be_empty()


def test_it_shows_the_emergency_page_without_a_connection(page: Page) -> None:
    """With the clinic's numbers."""
    page.context.set_offline(True)
    page.goto("/p/emergency")
    expect(page.get_by_role("link", name="Call 112")).to_be_visible()


def test_it_says_what_needs_a_connection(page: Page) -> None:
    """Another page leads to those that do work."""
    page.context.set_offline(True)
    page.goto("/p/messages")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_role("link", name="The clinic: +49 30 5550100")).to_be_visible()


def test_it_asks_the_questions_of_the_day(page: Page, story: Clock) -> None:
    """Weeks later, still without a connection, the form is that of the day on which it is filled in."""
    shown = {}
    page.context.set_offline(True)
    for days in (5, 25):
        page.clock.set_fixed_time(MONDAY + timedelta(days=days, hours=2))
        page.goto("/p/checkin")
        expect(page.get_by_role("heading", name="How are you today?")).to_be_visible()
        asked = page.locator("[data-questions] > section > div [data-ask]").all()
        shown[days] = tuple(one.get_attribute("data-ask") for one in asked)
    assert shown == {days: questions_for(shipped(), days, ()).asked for days in shown}
    assert shown[5] != shown[25]


def test_it_sends_from_one_of_two_tabs(page: Page, procedure: Procedure) -> None:
    """Two tabs wake up at once; one exchange reaches the server, and both know."""
    sent: list[str] = []
    other = page.context.new_page()
    other.clock.set_fixed_time(MONDAY + timedelta(days=5, hours=2))
    page.context.on("response", lambda response: sent.append(response.url) if "/api/" in response.url else None)
    page.context.set_offline(True)
    check_in(page)
    other.goto("/p/plan")
    expect(other.get_by_text(UNSENT)).to_be_visible()
    sent.clear()
    page.context.set_offline(False)
    for tab in (page, other):
        expect(tab.get_by_text(UNSENT)).to_be_hidden()
    assert len(sent) == 1
    assert CheckIn.objects.count() == 1


def test_it_keeps_what_a_revoked_device_said(page: Page, doctor: Viewer, procedure: Procedure, story: Clock) -> None:
    """Out, the phone shows no page any more; what was said on it waits for its patient and goes to nobody else."""
    page.context.set_offline(True)
    check_in(page)
    page.goto("/p/plan")
    revoke_device(viewer=doctor, device=Device.objects.get(), at=story.at)
    page.context.set_offline(False)
    expect(page.get_by_text("You are signed out here.")).to_be_visible()
    page.goto("/p/plan")
    page.wait_for_url("**/p/enter")
    page.wait_for_function("async () => (await caches.keys()).length > 0")
    assert [path for path in kept_pages(page) if path != "/p/offline"] == []
    other = a_patient(doctor, name="Berta Beispiel", email="berta@patient.example")
    a_procedure(doctor, other)
    enter(page, doctor, other, story)
    expect(page.get_by_text("Somebody else’s check-in waits on this phone.")).to_be_visible()
    assert CheckIn.objects.count() == 0
    enter(page, doctor, procedure.patient, story)
    expect(page.get_by_text("Somebody else’s")).to_be_hidden()
    expect(page.get_by_text(UNSENT)).to_be_hidden()
    page.evaluate("() => navigator.locks.request('afterthread-queue', () => {})")
    assert CheckIn.objects.get().patient == procedure.patient


def test_it_says_that_the_answer_changed(page: Page, doctor: Viewer, procedure: Procedure, story: Clock) -> None:
    """The record was corrected meanwhile: the server decides otherwise, and the patient cannot miss it."""
    page.context.set_offline(True)
    check_in(page, swelling="mild", swelling__side="both", swelling__trend="same")
    expect(page.get_by_role("heading", name="Care at home")).to_be_visible()
    version = correct_procedure(viewer=doctor, procedure=procedure, reason="The date was wrong", at=story.at)
    version = change_draft(
        viewer=doctor, version=version, revision=version.revision, at=story.at, threads=[],
        placed_at=MONDAY - timedelta(days=60),
    )  # fmt: skip
    sign_procedure(viewer=doctor, version=version, revision=version.revision, at=story.at)
    page.context.set_offline(False)
    changed = page.get_by_text("The answer has changed.")
    expect(changed).to_be_visible()
    kept = CheckIn.objects.get()
    page.goto("/p/")
    expect(changed).to_be_visible()
    page.get_by_role("link", name="Read the answer").click()
    page.wait_for_url(f"**/p/checkin/{kept.pk}/")
    until(page, CHANGE_READ)
    page.goto("/p/")
    expect(page.locator("main")).not_to_be_empty()
    expect(changed).to_be_hidden()
    assert kept.shown == "self_care"
    assert kept.decisions.get().urgency > 0


def test_it_leaves_nothing_behind(page: Page) -> None:
    """Who signs out takes everything along; what was not sent is not thrown away without a word."""
    page.context.set_offline(True)
    check_in(page)
    expect(page.get_by_text(UNSENT)).to_be_visible()
    page.route(API, lambda route: route.abort())
    page.context.set_offline(False)
    page.goto("/p/devices")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("Leaving deletes it")).to_be_visible()
    assert stored(page)["queue"] == 1
    page.get_by_role("button", name="Leave").click()
    page.wait_for_url("**/p/enter")
    page.evaluate("""async () => {
        const mine = (one) => new URL(one.url).pathname !== "/p/offline";
        const pages = async () => (await Promise.all((await caches.keys()).filter((name) => name.startsWith("pages-")).map(async (name) => (await caches.open(name)).keys()))).flat();
        while ((await pages()).some(mine)) await new Promise((later) => setTimeout(later, 20));
    }""")  # noqa: E501 - one line of JavaScript
    assert stored(page) == {"keys": 0, "kept": 0, "queue": 0}


def test_it_seals_what_it_keeps(page: Page) -> None:
    """Neither answers nor words can be read from the disk, and the key cannot be read out."""
    page.context.set_offline(True)
    check_in(page, fever="yes")
    expect(page.get_by_text(UNSENT)).to_be_visible()
    rows = page.evaluate("""() => new Promise((done) => {
        const asked = indexedDB.open("afterthread");
        asked.onsuccess = () => {
            const held = asked.result.transaction(["queue", "keys"]);
            const queue = held.objectStore("queue").getAll(), key = held.objectStore("keys").get("seal");
            held.oncomplete = () => done([queue.result.map((row) => Object.keys(row).sort()), key.result.extractable]);
        };
    })""")
    assert rows == [[["iv", "key", "number", "sealed"]], False]


def test_it_says_when_it_cannot_keep_anything(page: Page) -> None:
    """A full phone: the answer is given all the same, and nobody believes that the clinic will get it."""
    page.context.set_offline(True)
    page.add_init_script(
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    )
    check_in(page)
    expect(page.get_by_role("heading", name="Care at home")).to_be_visible()
    expect(page.get_by_text("This could not be kept on this phone")).to_be_visible()


def test_it_keeps_what_the_server_cannot_take(page: Page) -> None:
    """A refusal is shown with what to do until the patient says that she has done it."""
    page.context.set_offline(True)
    check_in(page)
    page.route(API, lambda route: route.fulfill(status=422, json={"error": "unreadable", "problems": []}))
    page.context.set_offline(False)
    refused = page.get_by_text("could not take one of your check-ins")
    expect(refused).to_be_visible()
    page.goto("/p/")
    expect(refused).to_be_visible()
    page.get_by_role("button", name="I have done that").click()
    expect(refused).to_be_hidden()
    assert stored(page)["queue"] == 0


@pytest.mark.parametrize("missing", ["serviceWorker", "indexedDB"])
def test_it_works_online_without(
    window: Open, doctor: Viewer, procedure: Procedure, story: Clock, missing: str
) -> None:
    """A browser that has no such thing, as in some private windows, takes the check-in as ever."""
    page = window(PHONE, service_workers="block" if missing == "serviceWorker" else "allow")
    if missing == "indexedDB":
        page.add_init_script(
            "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } })"
        )
    code = new_code()
    issue_link(viewer=doctor, patient=procedure.patient, code=code, at=story.at)
    page.goto(f"/p/enter#{code}")
    page.wait_for_url("**/p/")
    page.goto("/p/checkin")
    hand_in(page)
    page.wait_for_url("**/p/checkin/*/")
    assert CheckIn.objects.count() == 1
