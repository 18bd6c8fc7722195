"""What a person does in a browser, as steps; and what keeps people with disabilities out of a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from afterthread.clinic.roles import Viewer
from tests.lib.clinic import PASSWORD


def sign_in(page: Page, viewer: Viewer) -> Page:
    """Somebody of the staff signs in with address and password."""
    assert viewer.staff is not None
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(viewer.staff.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/desk/**")
    return page


def be_on(page: Page, secret: str) -> Page:
    """The patient's phone, already let in."""
    page.goto("/p/emergency")
    page.context.add_cookies([{"name": "afterthread_device", "value": secret, "url": page.url}])
    return page


def barriers(page: Page) -> list[str]:
    """Everything axe finds, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
