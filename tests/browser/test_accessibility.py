"""axe-core finds no serious problem on any page, light and dark; the narrow screen holds it.

The pages are taken from the URL resolver: whatever answers a superuser's GET with HTML is one.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from knowledge.models import Article, Workspace
from tests.addresses import URLS
from tests.browser.conftest import Trouble
from tests.browser.furnishing import furnish
from tests.browser.looking import look_at
from tests.browser.signing_in import sign_in

NARROW, WIDE = 360, 1280
THEMES: dict[Literal["light", "dark"], dict[str, object]] = {
    "light": {},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"]},  # what a theme can change
}
PARAMETERS = {"workspace": "team", "slug": "ports"}
NO_PAGES = {"knowledge:live", "knowledge:title_options"}  # a stream, and a part of a page
OTHER_PAGES = [
    "/",
    "/w/team/?q=change the port",
    "/w/team/?q=Who won the cup in 1998?",
    "/accounts/login/",
    "/accounts/password/",
    "/accounts/security/",
    "/accounts/delete/",
    *(f"/admin/knowledge/{name}/" for name in ("workspace", "membership", "article")),
]
AXE = """async (rules) => {
  const found = await axe.run(document, {resultTypes: ["violations"], ...rules});
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}"""


@pytest.fixture
def furnished(
    manual: Workspace, make_user: Callable[..., User], make_article: Callable[..., Article]
) -> list[str]:
    root = make_user("root", is_staff=True, is_superuser=True)
    return [*OTHER_PAGES, *furnish(manual, root, make_article)]


def listed(page: Page) -> Iterator[str]:
    """The address of every page of a workspace that needs to know no more than an article."""
    for name, parameters in sorted(URLS.items()):
        page_of_workspace = name.startswith("knowledge:") and parameters <= PARAMETERS.keys()
        if page_of_workspace and name not in NO_PAGES:
            address = reverse(name, kwargs={key: PARAMETERS[key] for key in parameters})
            response = page.request.get(address)
            if response.status == 200 and "html" in response.headers["content-type"]:
                yield address


def test_no_page_has_a_serious_accessibility_problem(
    page: Page, furnished: list[str], trouble: Trouble
) -> None:
    sign_in(page, "root")
    problems: dict[str, list[str]] = {}
    for address in [*listed(page), *furnished]:
        page.goto(address)
        if found := _problems(page):
            problems[address] = found
        look_at(page, re.sub(r"\W+", "-", address).strip("-") or "home")
    assert problems == {}
    assert [seen for seen in trouble.seen if "404" not in seen] == []
    trouble.seen.clear()  # of the page that does not exist, and of the picture that does not


def _problems(page: Page) -> list[str]:
    page.evaluate(Axe().axe_script)
    found: list[str] = []
    for theme, rules in THEMES.items():
        # without motion, because a colour on its way to another one has no contrast to judge
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {problem}" for problem in page.evaluate(AXE, rules)]
    page.set_viewport_size({"width": NARROW, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth") > NARROW:
        found.append(f"wider than {NARROW} px")
    page.set_viewport_size({"width": WIDE, "height": 800})
    return found
