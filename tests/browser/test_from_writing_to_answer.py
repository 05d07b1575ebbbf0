"""The whole way in a browser: write, publish, see it become searchable, ask, change, ask again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledge.models import Role, Workspace
from tests.browser.signing_in import sign_in
from tests.fakes.openai_server import OpenAIServer

QUESTION = "/w/team/?q=Which port does the printer in the library listen on?"


@pytest.fixture
def editor(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """A page on which an editor is about to write an article."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    return sign_in(page, "edith", at="/w/team/articles/new")


def test_what_is_saved_is_found_cited_and_replaced_by_what_is_saved_next(
    editor: Page, model: OpenAIServer
) -> None:
    model.script(["It listens on that port [1]."])
    editor.get_by_label("Title").fill("The printer in the library")
    editor.get_by_label("Text").fill("The printer in the library listens on port 9100.")
    editor.get_by_role("button", name="Save and publish").click()
    searchable(editor, revision=1)
    answered(editor, source="port 9100")
    editor.goto("/w/team/a/the-printer-in-the-library/edit")
    editor.get_by_label("Text").fill("The printer in the library listens on port 9200 now.")
    editor.get_by_role("button", name="Save", exact=True).click()
    searchable(editor, revision=2)
    answered(editor, source="port 9200")
    expect(editor.get_by_role("main")).not_to_contain_text("port 9100")


def searchable(page: Page, *, revision: int) -> None:
    """Without a reload: the badge changes by itself."""
    badge = re.compile(rf"searchable.*revision {revision}\b", re.DOTALL)
    expect(page.locator("main .index-state").first).to_have_text(badge, timeout=30_000)


def answered(page: Page, *, source: str) -> None:
    """At once: what is called searchable is found."""
    page.goto(QUESTION)
    expect(page.locator("#source-1 .card__passage")).to_contain_text(source)
    expect(page.locator("#answer .citation").first).to_have_text("1")
