"""Reciprocal rank fusion of the legs of a search, anchored on chunks. Pure.

A vote is worth more the stronger its match is next to the best of its leg, and the more its leg
is trusted. Where all matches are equally strong and all legs equally trusted, that is reciprocal
rank fusion as it was published. What the weights gain is in docs/measurements.md.
"""

from collections.abc import Sequence
from typing import Final

from knowledge.search.engine import ArticleHit, ChunkHit

K: Final = 60
"""Cormack, Clarke and Büttcher (SIGIR 2009): the first rank scores 1/61."""


def vote(rank: int, strength: float = 1.0) -> float:
    """What a rank (from 1) is worth in a fusion; `strength` is 0..1, of the leg's best."""
    return strength / (K + rank)


def fuse(
    *,
    legs: Sequence[Sequence[ChunkHit]],
    articles: Sequence[ArticleHit],
    limit: int,
    trust: Sequence[float] = (),
    article_trust: float = 1.0,
) -> list[ChunkHit]:
    """The best `limit` chunks of all legs, ranked anew from 1, their strengths told anew too.

    A chunk scores by its votes in the legs that found it, times the leg's `trust` (1 unless
    given), plus its article's vote: a matching article lifts the chunks that were found and is
    never expanded into the others. Ties go to the earlier leg, then to the better rank in it.
    """
    lifted = {
        hit.article_id.binary: article_trust * vote(hit.rank, hit.strength) for hit in articles
    }
    found: dict[bytes, ChunkHit] = {}
    scores: dict[bytes, float] = {}
    for trusted, leg in zip(trust or [1.0] * len(legs), legs, strict=True):
        for hit in leg:
            # the bytes of an id hash and compare 20 times as fast as the id
            key = hit.chunk_id.binary
            if key not in found:
                found[key] = hit
                scores[key] = lifted.get(hit.article_id.binary, 0.0)
            scores[key] += trusted * vote(hit.rank, hit.strength)
    best = sorted(scores, key=lambda key: -scores[key])[:limit]
    return [
        ChunkHit(found[key].chunk_id, found[key].article_id, rank, scores[key] / scores[best[0]])
        for rank, key in enumerate(best, start=1)
    ]
