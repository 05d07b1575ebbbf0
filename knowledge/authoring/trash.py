"""The trash of a workspace: what is in it, who put it there, and when it is purged."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from knowledge.models import Article, Status, Workspace


def trashed_articles(workspace: Workspace) -> QuerySet[Article]:
    """What can still be restored, the newest first, without its texts."""
    found = Article.objects.filter(workspace_id=workspace.pk, status=Status.TRASHED)
    return found.defer("content").order_by("-trashed_at", "-pk")


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
