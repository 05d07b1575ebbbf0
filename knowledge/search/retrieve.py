"""From a question to the passages that may answer it, and how sure that is.

query vector → keyword legs, semantic leg → fusion → reading through the scope → reranking →
confidence. One after another: the legs take a few milliseconds, which is what handing them to a
thread would save. Writing an answer from the passages is `knowledge.answers`.
"""

import logging
import os
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from bson import ObjectId
from django.conf import settings

from knowledge import providers
from knowledge.access import Scope
from knowledge.providers import ProviderError, Vectors
from knowledge.search import passages, ranking, running
from knowledge.search.engine import ChunkHit, Filters
from knowledge.search.fusion import fuse
from knowledge.search.passages import Candidate
from knowledge.search.ranking import Judged
from knowledge.search.timing import Stopwatch

logger = logging.getLogger(__name__)

Confidence = Literal["strong", "weak", "none"]
KEYWORD_ONLY: Final = "keyword_only"
"""In `degraded`: the question could not be embedded, so only its words were searched for."""
_REMEMBERED_QUERIES: Final = 512
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")

# a search keeps one core busy: more of them at once only make each other slower
_cores = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Passage:
    """A source, as shown, numbered and cited: `text` is `source[start:end]` at `revision`.

    `relevance` is 0..1: how likely the passage answers the question.
    """

    n: int
    chunk_id: ObjectId
    article_id: ObjectId
    workspace_id: str
    title: str
    breadcrumb: tuple[str, ...]
    url: str
    anchor: str
    text: str
    start: int
    end: int
    relevance: float
    revision: int
    indexed_at: datetime
    tags: tuple[str, ...]
    category: str

    def as_json(self) -> dict[str, Any]:
        """What the `passages` event says of it."""
        return {
            "n": self.n,
            "article_id": str(self.article_id),
            "title": self.title,
            "breadcrumb": list(self.breadcrumb),
            "url": self.url,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "relevance": self.relevance,
            "revision": self.revision,
            "indexed_at": self.indexed_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found. `none` means: nothing that is likely to answer, and no passages.

    `timings_ms` is by stage; `degraded` says by stable codes what could not be done.
    """

    passages: tuple[Passage, ...] = ()
    confidence: Confidence = "none"
    confidence_source: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """Fused hits, each one's relevance by cosine alone, and what could not be done."""

    hits: list[ChunkHit]
    cosines: dict[ObjectId, float | None]
    degraded: tuple[str, ...]


def retrieve(
    *, question: str, scope: Scope, tags: Collection[str] = (), category: str = ""
) -> Retrieval:
    """Find passages in what `scope` may read, in articles with every tag and in the category.

    Blocks for as long as the models take; safe in any thread. An empty scope or question finds
    nothing without a search. Raises `ProviderError` while there is no index to search.
    """
    asked = _UNPRINTABLE.sub(" ", question).strip()[: settings.QUESTION_MAX_CHARS]
    if not asked or not isinstance(scope, Scope) or not scope.grants:
        return Retrieval()
    watch = Stopwatch()
    filters = Filters(scope, frozenset(map(str, tags)), str(category))
    with watch.stage("total"):
        found = _search(asked, filters, watch)
        ranked = _rank(asked, found, filters, watch)
    return _retrieval(ranked, watch, found.degraded + ranked.degraded)


def forget_queries() -> None:
    """Empty the cache of query vectors."""
    _query_vector.cache_clear()


def _search(question: str, filters: Filters, watch: Stopwatch) -> _Found:
    engine = running.engine()
    engine.prepare(filters=filters)
    with watch.stage("embed"):
        vector = _vector_or_none(question)
    with _cores:
        with watch.stage("keyword"):
            limit = settings.SEARCH_KEYWORD_LIMIT
            articles = engine.articles(question=question, filters=filters, limit=limit)
            limit = settings.SEARCH_SEMANTIC_LIMIT
            worded = engine.passages(question=question, filters=filters, limit=limit)
        if vector is None:
            hits = fuse(legs=[worded], articles=articles, limit=settings.SEARCH_FUSED_LIMIT)
            return _Found(hits, {}, (KEYWORD_ONLY,))
        with watch.stage("semantic"):
            near = engine.nearest(vector=vector, filters=filters, limit=limit)
        with watch.stage("fusion"):
            limit = settings.SEARCH_FUSED_LIMIT
            hits = fuse(legs=[near, worded], articles=articles, limit=limit)
            cosines = engine.relevance(vector=vector, hits=hits, filters=filters)
    ids = [hit.chunk_id for hit in hits]
    return _Found(hits, dict(zip(ids, cosines, strict=True)), ())


def _vector_or_none(question: str) -> Vectors | None:
    try:
        return _query_vector(providers.embedder().recipe, question)
    except ProviderError as error:
        logger.warning("searching by words only: %s", error.code)
        return None


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def _query_vector(recipe: str, question: str) -> Vectors:
    vector = providers.embedder().embed_query(question)
    vector.flags.writeable = False
    return vector


def _rank(question: str, found: _Found, filters: Filters, watch: Stopwatch) -> ranking.Ranking:
    with watch.stage("read"):
        candidates = passages.read(found.hits, filters)
    with watch.stage("rerank"):
        return ranking.rank(
            question=question,
            candidates=candidates,
            cosines=[found.cosines.get(one.chunk_id) for one in candidates],
            embedder=providers.embedder().recipe,
        )


def _retrieval(ranked: ranking.Ranking, watch: Stopwatch, degraded: tuple[str, ...]) -> Retrieval:
    likely = [one for one in ranked.judged if one.relevance >= settings.CONFIDENCE_WEAK]
    shown = likely[: settings.SEARCH_PASSAGES]
    return Retrieval(
        passages=tuple(_passage(n, one) for n, one in enumerate(shown, start=1)),
        confidence=_confidence(shown),
        confidence_source=ranked.source,
        timings_ms=watch.milliseconds,
        degraded=degraded,
    )


def _confidence(shown: Collection[Judged]) -> Confidence:
    if not shown:
        return "none"
    best = max(one.relevance for one in shown)
    return "strong" if best >= settings.CONFIDENCE_STRONG else "weak"


def _passage(n: int, judged: Judged) -> Passage:
    found: Candidate = judged.candidate
    return Passage(
        n=n,
        chunk_id=found.chunk_id,
        article_id=found.article_id,
        workspace_id=found.workspace_id,
        title=found.title,
        breadcrumb=found.breadcrumb,
        url=found.url,
        anchor=found.anchor,
        text=found.text,
        start=found.start,
        end=found.end,
        relevance=round(judged.relevance, 4),
        revision=found.revision,
        indexed_at=found.indexed_at,
        tags=found.tags,
        category=found.category,
    )
