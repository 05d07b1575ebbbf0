"""Articles about the same as one that is read: from the vectors there are, within a scope.

The engine names them; what is shown is read from MongoDB at this moment, as `passages` does.
"""

from typing import Final

from knowledge.access import Scope
from knowledge.models import Article, Status
from knowledge.search import running
from knowledge.search.engine import Filters

SHOWN: Final = 5
_ASKED: Final = 2 * SHOWN
"""Some may have been hidden since the index was told."""


def related_articles(article: Article, scope: Scope) -> list[Article]:
    """At most SHOWN published articles of the same workspace, the nearest first.

    None while the search engine is not ready: no page waits for it.
    """
    engine = running.ready_engine()
    if engine is None:
        return []
    hits = engine.related(article_id=article.pk, filters=Filters(scope), limit=_ASKED)
    found = Article.objects.filter(
        pk__in=[hit.article_id for hit in hits],
        workspace_id=article.workspace_id,
        status=Status.PUBLISHED,
        visibility__in=scope.visibilities(str(article.workspace_id)),
    )
    by_id = {one.pk: one for one in found.only("pk", "slug", "title", "summary")}
    return [by_id[hit.article_id] for hit in hits if hit.article_id in by_id][:SHOWN]
