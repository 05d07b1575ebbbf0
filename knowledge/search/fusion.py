"""Reciprocal rank fusion of the legs of a search, anchored on chunks. Pure."""

from collections.abc import Sequence
from typing import Final

from bson import ObjectId

from knowledge.search.engine import ArticleHit, ChunkHit

K: Final = 60
"""Cormack, Clarke and Büttcher (SIGIR 2009): the first rank scores 1/61."""


def reciprocal(rank: int) -> float:
    """What a rank (from 1) is worth in a fusion."""
    return 1 / (K + rank)


def fuse(
    *, legs: Sequence[Sequence[ChunkHit]], articles: Sequence[ArticleHit], limit: int
) -> list[ChunkHit]:
    """The best `limit` chunks of all legs, ranked anew from 1.

    A chunk scores by its rank in each leg that found it, plus its article's rank: a matching
    article lifts the chunks that were found and is never expanded into the others. Ties go to
    the earlier leg, then to the better rank in it.
    """
    lifted = {hit.article_id: reciprocal(hit.rank) for hit in articles}
    found: dict[ObjectId, ChunkHit] = {}
    scores: dict[ObjectId, float] = {}
    for hit in (hit for leg in legs for hit in leg):
        found.setdefault(hit.chunk_id, hit)
        scores.setdefault(hit.chunk_id, lifted.get(hit.article_id, 0.0))
        scores[hit.chunk_id] += reciprocal(hit.rank)
    best = sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:limit]
    return [
        ChunkHit(chunk_id, found[chunk_id].article_id, rank)
        for rank, chunk_id in enumerate(best, start=1)
    ]
