"""What is stored by an older version is as whole as what this one stores."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.models import User
from kbsite import mongo
from knowledge.editing import edit_article
from knowledge.models import Article, Role, Status, Workspace

owners_and_trash = import_module("knowledge.migrations.0008_owners_and_trash")
indexed_text = import_module("knowledge.migrations.0009_indexed_text")


def test_old_trash_can_still_be_restored_as_long_as_new_trash(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(status=Status.TRASHED)
    Article.objects.update(updated_at=timezone.now() - timedelta(days=400))
    owners_and_trash.date_the_trash(apps, None)
    article.refresh_from_db()
    assert article.trashed_at
    assert timezone.now() - article.trashed_at < timedelta(minutes=1)


def test_an_old_workspace_belongs_to_its_first_admin(
    workspace: Workspace, make_user: Callable[..., User]
) -> None:
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    first = make_user("ada", workspace=workspace, role=Role.ADMIN)
    make_user("bob", workspace=workspace, role=Role.ADMIN)
    owners_and_trash.name_owners(apps, None)
    workspace.refresh_from_db()
    assert workspace.owner == first


def test_what_was_indexed_is_found_as_it_was_indexed(make_article: Callable[..., Article]) -> None:
    article, new = make_article("Old", "$ 5 a month."), make_article("Never indexed")
    Article.objects.filter(pk=article.pk).update(indexed_revision=1)
    edit_article(article, seen=1, author=None, title="New", content="$ 6 a month.")
    indexed_text.keep_indexed_text(apps, connection.schema_editor())
    stored = {one["_id"]: one.get("indexed") for one in mongo.articles().find()}
    assert stored == {article.pk: {"title": "Old", "content": "$ 5 a month."}, new.pk: None}
