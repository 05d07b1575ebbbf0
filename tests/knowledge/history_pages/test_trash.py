"""The trash: who sees it, what comes back out of it, and what is gone for good."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from knowledge.editing import Conflict, purge_trashed_article, restore_article, trash_article
from knowledge.models import Article, Revision, Status, Workspace
from knowledge.workspaces import archive_workspace
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, url


@pytest.fixture
def trashed(make_article: MakeArticle, writer: User) -> Article:
    article = make_article()
    trash_article(article, seen=1, author=writer)
    return article


def test_the_trash_says_who_when_and_until_when(
    editor: Client, trashed: Article, settings: Settings
) -> None:
    settings.TRASH_DAYS = 30
    Article.objects.update(trashed_at=timezone.now() - timedelta(hours=12))
    page = " ".join(text_of(editor.get(url("trash"))).replace("\xa0", " ").split())
    assert "12 hours ago" in page
    assert 'data-label="By">ed<' in page
    assert "in 30 days" in page


def test_what_was_just_deleted_has_all_its_days(
    editor: Client, trashed: Article, settings: Settings
) -> None:
    settings.TRASH_DAYS = 30
    assert "in 30 days" in text_of(editor.get(url("trash")))


def test_the_trash_of_an_archived_workspace_is_only_looked_at(
    editor: Client, manager: Client, trashed: Article, workspace: Workspace
) -> None:
    archive_workspace(workspace)
    for client in (editor, manager):
        page = text_of(client.get(url("trash")))
        assert trashed.title in page
        assert url("trash_restore", "ports") not in page
        assert url("trash_purge", "ports") not in page
        for name in ("trash_restore", "trash_purge"):
            assert client.post(url(name, "ports"), {"seen": "2"}).status_code == 404
    assert Article.objects.get().status == Status.TRASHED


def test_what_is_overdue_is_said_to_go_soon(editor: Client, trashed: Article) -> None:
    Article.objects.update(trashed_at=timezone.now() - timedelta(days=99))
    assert "any moment now" in text_of(editor.get(url("trash")))


def test_an_empty_trash_says_what_it_is_for(editor: Client) -> None:
    assert "The trash is empty" in text_of(editor.get(url("trash")))


@pytest.mark.parametrize("before", [Status.PUBLISHED, Status.DRAFT, Status.ARCHIVED])
def test_restoring_puts_an_article_back_as_it_was(
    editor: Client, make_article: MakeArticle, before: Status
) -> None:
    article = make_article(status=before)
    trash_article(article, seen=1, author=None)
    page = editor.post(url("trash_restore", "ports"), {"seen": "2"}, follow=True)
    article.refresh_from_db()
    assert (article.status, article.trashed_at, article.trashed_by) == (before, None, None)
    assert f"before: {before}" in text_of(page)


def test_an_old_page_restores_nothing(editor: Client, trashed: Article) -> None:
    page = editor.post(url("trash_restore", "ports"), {"seen": "1"}, follow=True)
    assert "Nothing was done" in text_of(page)
    assert Article.objects.get().status == Status.TRASHED


def test_only_managers_delete_for_good_and_are_asked_first(
    editor: Client, manager: Client, trashed: Article
) -> None:
    address = url("trash_purge", "ports")
    assert editor.get(address).status_code == 404
    assert "Delete for good" not in text_of(editor.get(url("trash")))
    assert "Delete for good" in text_of(manager.get(url("trash")))
    assert "Nobody can bring them back" in text_of(manager.get(address))
    assert Article.objects.exists()
    manager.post(address, {"seen": "2"})
    assert not Article.objects.exists()
    assert not Revision.objects.exists()


def test_what_was_restored_meanwhile_is_not_deleted(trashed: Article) -> None:
    stale = Article.objects.get()
    restore_article(trashed, seen=2, author=None)
    with pytest.raises(Conflict):
        purge_trashed_article(stale, seen=2, author=None)
    assert Article.objects.get().status == Status.PUBLISHED


@pytest.mark.parametrize("name", ["trash_restore", "trash_purge"])
def test_what_is_not_in_the_trash_is_not_found_there(
    manager: Client, make_article: MakeArticle, name: str
) -> None:
    make_article()
    assert manager.post(url(name, "ports"), {"seen": "1"}).status_code == 404
    assert Article.objects.get().status == Status.PUBLISHED
