"""Words that a workspace's articles already use, offered to whoever writes the next one."""

from collections import Counter
from typing import Final

from django.db.models import QuerySet

from knowledge.models import Article, Status, Workspace

MOST: Final = 500


def used_tags(workspace: Workspace) -> list[str]:
    """The tags in use, the most used first."""
    lists = _articles(workspace).exclude(tags=[]).values_list("tags", flat=True)
    times = Counter(tag for tags in lists for tag in tags)
    return [tag for tag, _ in times.most_common(MOST)]


def used_categories(workspace: Workspace) -> list[str]:
    """The categories in use, by name."""
    named = _articles(workspace).exclude(category="").order_by("category")
    return list(named.values_list("category", flat=True).distinct()[:MOST])


def _articles(workspace: Workspace) -> QuerySet[Article]:
    return Article.objects.filter(workspace_id=workspace.pk).exclude(status=Status.TRASHED)
