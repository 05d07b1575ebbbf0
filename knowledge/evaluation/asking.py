"""Every question through the real pipeline: legs, reading through the scope, reranking.

Without the reranker's budget: a result must not depend on how busy the machine was. How often the
budget would have bitten is kept. What follows from the answers is `judging.py` and its neighbours.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId
from django.conf import settings

from knowledge import providers
from knowledge.evaluation.dataset import Query
from knowledge.evaluation.running import Corpus
from knowledge.search import legs
from knowledge.search.engine import ChunkHit
from knowledge.search.legs import Found
from knowledge.search.ranking import Judged, Ranking
from knowledge.search.retrieve import Retrieval, as_retrieval, search, searchable
from knowledge.search.timing import Stopwatch

UNLIMITED_MS: Final = 600_000
LEGS: Final = ("keyword", "semantic", "fused", "reranked", "final")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question found.

    `legs` are documents in order, each once, by leg; one that did not search is absent. `judged`
    is the final order whatever its relevance, and `documents` the documents of these passages;
    `retrieval` is what a reader would be shown.
    """

    query: Query
    legs: dict[str, tuple[str, ...]]
    judged: tuple[Judged, ...]
    documents: tuple[str, ...]
    retrieval: Retrieval

    @property
    def relevance(self) -> float:
        """How sure the site is that it covers the question, 0..1: the best of its passages."""
        return max((one.relevance for one in self.judged), default=0.0)

    @property
    def milliseconds(self) -> dict[str, float]:
        return self.retrieval.timings_ms

    @property
    def shown(self) -> tuple[str, ...]:
        """The documents of the passages that a reader would be shown, in their order."""
        owners = {
            one.candidate.chunk_id: document
            for one, document in zip(self.judged, self.documents, strict=True)
        }
        return tuple(owners[passage.chunk_id] for passage in self.retrieval.passages)


def ask(queries: Iterable[Query], corpus: Corpus) -> Iterator[Asked]:
    """Ask one after another, as the site would with all the time in the world."""
    providers.warm()
    with _settings(RERANK_BUDGET_MS=UNLIMITED_MS):
        for query in queries:
            yield _ask(query, corpus)


def rerank_budget_ms() -> int:
    """What the site gives its reranker."""
    reranker = providers.reranker()
    hosted = reranker is not None and reranker.hosted
    return int(settings.RERANK_TIMEOUT_MS if hosted else settings.RERANK_BUDGET_MS)


def _ask(query: Query, corpus: Corpus) -> Asked:
    watch = Stopwatch()
    with watch.stage("total"):
        found, ranked = search(searchable(query.text), corpus.filters, watch)
    owners = corpus.documents
    return Asked(
        query=query,
        legs=_legs(found, ranked, owners),
        judged=ranked.judged,
        documents=tuple(owners[one.candidate.article_id] for one in ranked.judged),
        retrieval=as_retrieval(ranked, watch),
    )


def _legs(found: Found, ranked: Ranking, owners: dict[ObjectId, str]) -> dict[str, tuple[str, ...]]:
    orders = {"keyword": _articles(found.keyword), "fused": _articles(found.fused)}
    if legs.KEYWORD_ONLY not in found.degraded:
        orders["semantic"] = _articles(found.near)
    if any(one.reranked is not None for one in ranked.judged):
        by_score = sorted(ranked.judged, key=_by_score(found.fused))
        orders["reranked"] = [one.candidate.article_id for one in by_score]
    orders["final"] = [one.candidate.article_id for one in ranked.judged]
    return {
        leg: tuple(dict.fromkeys(owners[article] for article in orders[leg]))
        for leg in LEGS
        if leg in orders
    }


def _by_score(fused: Sequence[ChunkHit]) -> Any:
    """The reranker's order alone; what it did not read follows as it was fused."""
    ranks = {hit.chunk_id: hit.rank for hit in fused}

    def place(one: Judged) -> tuple[float, int]:
        unread = one.reranked is None
        return (1.0 if unread else -(one.reranked or 0.0), ranks[one.candidate.chunk_id])

    return place


def _articles(hits: Sequence[ChunkHit]) -> list[ObjectId]:
    return [hit.article_id for hit in hits]


@contextmanager
def _settings(**changed: Any) -> Iterator[None]:
    """Other settings for a while: this process does nothing else."""
    before = {name: getattr(settings, name) for name in changed}
    for name, value in changed.items():
        setattr(settings, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
