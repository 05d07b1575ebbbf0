"""Making a workspace, and taking one away with everything that is in it.

Who may read or edit one is `access.py`; its articles are written by `editing.py`.
"""

from functools import partial
from typing import Final

from django.db import IntegrityError
from django.db.models import QuerySet

from kbsite import mongo
from knowledge.models import Article, Membership, Revision, Visibility, Workspace

ARTICLES_PER_STEP: Final = 50


class WorkspaceExists(Exception):
    """Another workspace has this slug."""


def create_workspace(*, slug: str, name: str, visibility: str = Visibility.MEMBERS) -> Workspace:
    """Store a new workspace. Raises `WorkspaceExists`."""
    workspace = Workspace(slug=slug, name=name, visibility=visibility)
    try:
        workspace.save(force_insert=True)
    except IntegrityError as error:
        raise WorkspaceExists(slug) from error
    return workspace


def purge_workspace(workspace: Workspace) -> None:
    """Remove the workspace with its articles, revisions, chunks, answers and memberships.

    It is closed to everyone first and then emptied in steps, so that no transaction grows with
    its size. Stopped half-way it stays closed, and purging it again goes on.
    """
    mongo.in_transaction(lambda: _close(workspace))
    while articles := list(_articles(workspace).only("pk")[:ARTICLES_PER_STEP]):
        mongo.in_transaction(partial(_purge_articles, articles))
    mongo.chunks().delete_many({"workspace_id": str(workspace.pk)})
    mongo.answers().delete_many({"workspace_id": str(workspace.pk)})
    Workspace.objects.filter(pk=workspace.pk).delete()


def holdings(workspace: Workspace) -> dict[str, int]:
    """How much `purge_workspace` would remove, by kind in words for people."""
    mine = {"workspace_id": str(workspace.pk)}
    return {
        "articles": _articles(workspace).count(),
        "searchable passages": mongo.chunks().count_documents(mine),
        "answers": mongo.answers().count_documents(mine),
        "memberships": Membership.objects.filter(workspace_id=workspace.pk).count(),
    }


def _articles(workspace: Workspace) -> QuerySet[Article]:
    return Article.objects.filter(workspace_id=workspace.pk).order_by("pk")


def _close(workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(visibility=Visibility.MEMBERS)
    Membership.objects.filter(workspace_id=workspace.pk).delete()


def _purge_articles(articles: list[Article]) -> None:
    ids = [article.pk for article in articles]
    mongo.chunks().delete_many({"article_id": {"$in": ids}}, session=mongo.session())
    Revision.objects.filter(article_id__in=ids).delete()
    Article.objects.filter(pk__in=ids).delete()
