"""The trash of a workspace: what is in it, who put it there, and when it is purged."""

from datetime import datetime, timedelta

from django.conf import settings

from knowledge.browsing.cursors import InOrder
from knowledge.models import LONG_FIELDS, Article, Status, Workspace


def trashed_articles(workspace: Workspace) -> InOrder[Article]:
    """What can still be restored, the newest first, without its texts."""
    return InOrder(
        Article,
        {"workspace_id": workspace.pk, "status": str(Status.TRASHED)},
        {"trashed_at": -1, "_id": -1},
        without=LONG_FIELDS,
    )


def trashed_article(workspace: Workspace, slug: str) -> Article | None:
    found = Article.objects.filter(workspace_id=workspace.pk, slug=slug, status=Status.TRASHED)
    article = found.first()
    if article is not None:
        article.workspace = workspace
    return article


def purged_after(article: Article) -> datetime | None:
    """From when on the sweep removes the article for good."""
    kept = timedelta(days=settings.TRASH_DAYS)
    return article.trashed_at + kept if article.trashed_at else None
