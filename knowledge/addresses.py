"""Addresses that articles had before. `editing` keeps them; who may follow one is `access`."""

from knowledge.models import Article, OldAddress, Workspace


def moved_article(workspace: Workspace, slug: str) -> Article | None:
    """The article that had this slug until it was renamed, whoever may read it."""
    old = OldAddress.objects.filter(workspace_id=workspace.pk, slug=slug).first()
    return Article.objects.filter(pk=old.article_id).first() if old else None
