"""The editor's page in a browser: the live preview, and that typed text is not lost by accident."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from knowledge.editing import edit_article
from knowledge.models import Article, Role, Workspace
from tests.conftest import PASSWORD

NEW = "/w/team/articles/new"


@pytest.fixture
def editor(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """A page on which an editor is signed in."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    page.goto(f"/accounts/login/?next={NEW}")
    page.get_by_label("User name or e-mail").fill("edith")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Title")).to_be_visible()
    return page


def test_the_preview_follows_the_text_and_runs_nothing_of_it(editor: Page) -> None:
    editor.get_by_label("Text").fill(
        "**bold** <img src=x onerror=alert(1)> <script>alert(1)</script>"
    )
    expect(editor.locator("#preview strong")).to_have_text("bold")
    expect(editor.locator("#preview img, #preview script")).to_have_count(0)
    assert Article.objects.count() == 0


def test_the_keyboard_saves_and_tab_leaves_the_text(editor: Page) -> None:
    editor.get_by_label("Title").fill("Ports")
    editor.get_by_label("Text").fill("The port is 8000.")
    editor.keyboard.press("Tab")
    expect(editor.get_by_label("Text")).not_to_be_focused()
    editor.keyboard.press("Control+s")
    editor.keyboard.press("Control+s")
    expect(editor.get_by_role("heading", name="Ports")).to_be_visible()
    assert Article.objects.count() == 1


def stay(dialog: Dialog, asked: list[str]) -> None:
    asked.append(dialog.type)
    dialog.dismiss()


def test_leaving_with_unsaved_text_asks_first(editor: Page) -> None:
    asked: list[str] = []
    tab = editor.context.new_page()  # one on which a dialog is no trouble
    tab.on("dialog", lambda dialog: stay(dialog, asked))
    tab.goto(NEW)
    tab.get_by_label("Text").fill("Not saved")
    tab.get_by_role("link", name="Team: articles").click()
    expect(tab.get_by_label("Text")).to_have_value("Not saved")
    assert asked == ["beforeunload"]


def test_a_narrow_screen_holds_the_whole_form(
    editor: Page, make_article: Callable[..., Article]
) -> None:
    editor.set_viewport_size({"width": 390, "height": 800})
    article = make_article(content="word " * 400, tags=["long-" * 7])
    edit_article(article, seen=1, author=None, content="other")
    for address in (NEW, "/w/team/articles/", f"/w/team/a/{article.slug}/edit"):
        editor.goto(address)
        assert editor.evaluate("document.documentElement.scrollWidth") <= 390
