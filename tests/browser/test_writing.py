"""The main path, end to end: an editor writes and publishes, a reader finds it cited."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from knowledge.models import Article, Role, Workspace
from tests.browser.conftest import wait_until_indexed
from tests.conftest import PASSWORD
from tests.fakes.openai_server import OpenAIServer

TEXT = """## Lending period

A borrowed telescope may be kept for eleven days, and is then returned to the observatory desk.
"""


def test_what_an_editor_publishes_a_reader_finds_cited(
    page: Page,
    browser: Browser,
    workspace: Workspace,
    make_user: Callable[..., User],
    model: OpenAIServer,
    base_url: str,
) -> None:
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    model.script(["Eleven days", " [1]."])
    page.goto("/accounts/login/")
    page.get_by_label("User name or e-mail").fill("edith")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Your account, edith")).to_be_visible()

    page.goto("/w/team/articles/new")
    page.get_by_label("Title").fill("Telescopes")
    page.get_by_label("Text").fill(TEXT)
    expect(page.get_by_role("region", name="Preview")).to_contain_text("eleven days")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_role("status")).to_be_visible()
    wait_until_indexed(Article.objects.get(title="Telescopes"))

    reader = browser.new_context(base_url=base_url).new_page()
    reader.goto("/w/team/?q=How long may I keep a borrowed telescope?")
    expect(reader.locator("#source-1")).to_contain_text("Telescopes")
    reader.locator("#answer-text .citation").click()
    reader.locator("#source-1").get_by_role("link", name="Open the section").click()
    expect(reader.get_by_role("heading", name="Lending period")).to_be_in_viewport()
    reader.context.close()
