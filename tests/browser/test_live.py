"""Badges in a browser: they follow the worker without a reload, by one stream for each page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledge.editing import edit_article
from knowledge.models import Article, Role, Status, Workspace
from tests.browser.signing_in import sign_in

REASON = "the embedding model does not answer"


@pytest.fixture
def editor(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """A page on which an editor is signed in."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    return sign_in(page, "edith", at="/w/team/activity/")


@pytest.fixture
def failed(make_article: Callable[..., Article], publish: Callable[..., Article]) -> Article:
    """An article whose next try is an hour away."""
    article = publish("Ports", "The port is 8000.")
    fail(article)
    return article


def fail(article: Article) -> None:
    Article.objects.filter(pk=article.pk).update(
        pending=True, index_error=REASON, not_before=timezone.now() + timedelta(hours=1)
    )


def test_publishing_and_watching_it_become_searchable(
    editor: Page, make_article: Callable[..., Article]
) -> None:
    article = make_article("Ports", "The port is 8000.", status=Status.DRAFT)
    editor.goto(article.get_absolute_url())
    editor.get_by_role("button", name="Publish").click()
    badge = editor.locator(".index-state")
    expect(badge).to_contain_text("revision 1 · ", timeout=20_000)
    article.refresh_from_db()
    edit_article(article, seen=article.version, author=None, content="The port is 9000.")
    expect(badge).to_contain_text("revision 2 · ", timeout=20_000)
    expect(badge).to_contain_text("searchable")
    expect(editor.locator("#live")).to_be_hidden()


def test_what_failed_is_tried_again_from_the_badge(failed: Article, editor: Page) -> None:
    editor.goto(failed.get_absolute_url())
    badge = editor.locator(".index-state")
    expect(badge).to_contain_text(f"failed: {REASON}")
    expect(badge).to_contain_text("next try in 60 min")
    badge.get_by_role("button", name="Retry now").click()
    expect(badge).to_contain_text("searchable", timeout=20_000)
    expect(editor.locator("[data-live-aloud]")).to_have_text("searchable, revision 1")


def test_the_activity_page_follows(failed: Article, editor: Page) -> None:
    section = editor.get_by_role("region", name="Failed")
    expect(section).to_contain_text("Ports")
    section.get_by_role("button", name="Retry now").click()
    expect(editor.get_by_role("region", name="Indexed last")).to_contain_text(
        "searchable", timeout=20_000
    )
    expect(section).to_have_count(0)
