"""What was retrieved for an answer: stored with it, read back, and whether it still holds.

Passages are stored whole, so that a page shows a stored answer with its own sources and numbers.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from kbsite.documents import AnswerDocument, Document
from knowledge.access import Scope
from knowledge.models import Article, Status
from knowledge.search.freshness import INDEX_LAG, changed_since
from knowledge.search.retrieve import Passage, Retrieval

KEPT_CURRENT = timedelta(hours=24)
"""How long the same question is answered without searching anew, where nothing was changed."""
KEPT_DEGRADED = timedelta(minutes=5)
"""The same where a part of the search was skipped: long enough for a reload, not for a day."""


def as_stored(retrieval: Retrieval) -> Document:
    """The retrieval as MongoDB holds it; `retrieval_of` reads it."""
    return asdict(retrieval)


def retrieval_of(answer: AnswerDocument) -> Retrieval:
    """What was found when the answer was opened."""
    stored = answer["retrieval"]
    return Retrieval(
        passages=tuple(_passage(passage) for passage in stored["passages"]),
        confidence=stored["confidence"],
        confidence_source=stored["confidence_source"],
        timings_ms=stored["timings_ms"],
        degraded=tuple(stored["degraded"]),
        unwritten=tuple(stored.get("unwritten", ())),
    )


def same_found(one: Retrieval, other: Retrieval) -> bool:
    """Whether both found the same text at the same addresses, in whatever order, and the same
    words nowhere."""
    return _places(one) == _places(other) and one.unwritten == other.unwritten


def sources_stand(answer: AnswerDocument, scope: Scope) -> bool:
    """Whether search could still find each passage as it was shown."""
    shown = {(p["article_id"], p["revision"]) for p in answer["retrieval"]["passages"]}
    articles = Article.objects.filter(
        pk__in=[article_id for article_id, _ in shown], status=Status.PUBLISHED
    ).only("workspace_id", "visibility", "indexed_revision")
    return shown == {
        (article.pk, article.indexed_revision)
        for article in articles
        if scope.allows(workspace_id=str(article.workspace_id), visibility=article.visibility)
    }


def is_current(answer: AnswerDocument) -> bool:
    """Whether a search now would have nothing new to find: no article was indexed or edited."""
    opened = answer["created_at"]
    kept = KEPT_DEGRADED if answer["retrieval"]["degraded"] else KEPT_CURRENT
    if opened < datetime.now(UTC) - kept:
        return False
    return not changed_since(opened - INDEX_LAG, [ObjectId(answer["workspace_id"])])


def _passage(stored: Mapping[str, Any]) -> Passage:
    lists = {"breadcrumb": tuple(stored["breadcrumb"]), "tags": tuple(stored["tags"])}
    return Passage(**{**stored, **lists})


def _places(retrieval: Retrieval) -> set[tuple[ObjectId, int, int, int, str]]:
    return {(p.article_id, p.revision, p.start, p.end, p.url) for p in retrieval.passages}
