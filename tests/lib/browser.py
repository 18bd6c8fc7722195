"""What a person does in a browser, as steps; and what keeps people with disabilities out of a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from afterthread.clinic.roles import Viewer
from tests.lib.clinic import PASSWORD

PAGES_READ = """async () => {
    const pages = (await caches.keys()).find((name) => name.startsWith("pages-"));
    return pages && await (await caches.open(pages)).match("/stamp");
}"""
"""The worker has read every page.

Whether it controls the page that stands does not matter: a page that was on its way while the worker took over stays
without it, and the next one has it.
"""


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


def shown_code(page: Page) -> str:
    """The code that the desk shows once, after "Show a link here"."""
    groups = page.locator("ul.codes li")
    expect(groups).to_have_count(4)
    return "-".join(groups.all_inner_texts())


def until(page: Page, holds: str) -> None:
    """Wait for what a phone does by itself and no page shows."""
    page.evaluate(f"""async () => {{
        const holds = {holds};
        const begun = performance.now();
        while (!await holds()) {{
            if (performance.now() - begun > 30_000) throw new Error(`never came to hold: ${{holds}}`);
            await new Promise((later) => setTimeout(later, 20));
        }}
    }}""")


def barriers(page: Page) -> list[str]:
    """Everything axe finds, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
