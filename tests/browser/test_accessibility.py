"""axe-core finds no serious problem on any page, light and dark; the narrow screen holds it.

The pages are taken from the URL resolver: whatever answers a superuser's GET with HTML is one.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from knowledge.models import Workspace
from tests.conftest import PASSWORD
from tests.test_urls import URLS

NARROW, WIDE = 360, 1280
PARAMETERS = {"workspace": "team", "slug": "ports"}
OTHER_PAGES = {
    "home": "/",
    "answer": "/w/team/?q=change the port",
    "sign in": "/accounts/login/",
    "password": "/accounts/password/",
}
AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}"""


@pytest.fixture
def furnished(manual: Workspace, make_user: Callable[..., User]) -> Workspace:
    """A workspace in which every page has something to show."""
    make_user("root", is_staff=True, is_superuser=True)
    return manual


def pages(page: Page) -> Iterator[tuple[str, str]]:
    """The name and the address of every page of the site but the admin panel's."""
    yield from OTHER_PAGES.items()
    for name, parameters in sorted(URLS.items()):
        if name.startswith("knowledge:") and parameters <= PARAMETERS.keys():
            address = reverse(name, kwargs={key: PARAMETERS[key] for key in parameters})
            response = page.request.head(address)  # not GET, which a stream would answer for ever
            if response.status == 200 and "html" in response.headers["content-type"]:
                yield name, address


def test_no_page_has_a_serious_accessibility_problem(page: Page, furnished: Workspace) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name or e-mail").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    problems: dict[str, list[str]] = {}
    for name, address in list(pages(page)):
        page.goto(address)
        if found := _problems(page):
            problems[f"{name} {address}"] = found
    assert problems == {}


def _problems(page: Page) -> list[str]:
    page.evaluate(Axe().axe_script)
    found: list[str] = []
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        # without motion, because a colour on its way to another one has no contrast to judge
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {problem}" for problem in page.evaluate(AXE)]
    page.set_viewport_size({"width": NARROW, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth") > NARROW:
        found.append(f"wider than {NARROW} px")
    page.set_viewport_size({"width": WIDE, "height": 800})
    return found
