"""Reciprocal rank fusion: what it must do for any legs."""

from itertools import count

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.engine import ArticleHit, ChunkHit
from knowledge.search.fusion import fuse, vote

ARTICLES = [ObjectId() for _ in range(6)]
CHUNKS = [(ObjectId(), ARTICLES[n % len(ARTICLES)]) for n in range(24)]


def leg(chunks: list[int]) -> list[ChunkHit]:
    """Each match half as strong as the one before."""
    return [
        ChunkHit(*CHUNKS[n], rank, 0.5 ** (rank - 1))
        for n, rank in zip(chunks, count(1), strict=False)
    ]


def ranked(articles: list[int]) -> list[ArticleHit]:
    return [ArticleHit(ARTICLES[n], rank) for n, rank in zip(articles, count(1), strict=False)]


legs = st.lists(st.permutations(range(len(CHUNKS))).map(lambda p: leg(p[:12])), max_size=3)
articles = st.permutations(range(len(ARTICLES))).map(lambda p: ranked(p[:4]))


def score(hit: ChunkHit, legs: list[list[ChunkHit]], articles: list[ArticleHit]) -> float:
    """The definition, written again."""
    votes = [h for leg in legs for h in leg if h.chunk_id == hit.chunk_id]
    lifts = [a for a in articles if a.article_id == hit.article_id]
    return sum(h.strength / (60 + h.rank) for h in votes) + sum(
        a.strength / (60 + a.rank) for a in lifts
    )


def test_the_first_rank_scores_a_sixty_first() -> None:
    assert vote(1) == 1 / 61


@given(legs=legs, articles=articles, limit=st.integers(1, 30))
def test_the_best_scores_in_order_and_no_more_than_asked(
    legs: list[list[ChunkHit]], articles: list[ArticleHit], limit: int
) -> None:
    fused = fuse(legs=legs, articles=articles, limit=limit)
    scores = [round(score(hit, legs, articles), 12) for hit in fused]
    everything = {hit.chunk_id: hit for leg in legs for hit in leg}.values()
    best = sorted((round(score(h, legs, articles), 12) for h in everything), reverse=True)
    assert scores == best[:limit]
    assert [hit.rank for hit in fused] == list(range(1, len(fused) + 1))


@given(legs=legs, articles=articles)
def test_only_found_chunks_come_out_and_each_once(
    legs: list[list[ChunkHit]], articles: list[ArticleHit]
) -> None:
    found = {hit.chunk_id for leg in legs for hit in leg}
    fused = [hit.chunk_id for hit in fuse(legs=legs, articles=articles, limit=99)]
    assert set(fused) == found
    assert len(fused) == len(found)


@given(leg=st.permutations(range(12)).map(leg))
def test_one_leg_alone_keeps_its_order(leg: list[ChunkHit]) -> None:
    fused = fuse(legs=[leg], articles=[], limit=12)
    assert [hit.chunk_id for hit in fused] == [hit.chunk_id for hit in leg]


def test_a_matching_article_lifts_its_chunk_and_is_not_expanded() -> None:
    found = leg([0, 1, 2])
    fused = fuse(legs=[found], articles=ranked([2, 5]), limit=9)
    assert [hit.chunk_id for hit in fused] == [CHUNKS[n][0] for n in (2, 0, 1)]


def test_ties_go_to_the_earlier_leg() -> None:
    fused = fuse(legs=[leg([0]), leg([1])], articles=[], limit=2)
    assert [hit.chunk_id for hit in fused] == [CHUNKS[0][0], CHUNKS[1][0]]


def test_a_strong_match_outvotes_two_that_are_weak() -> None:
    strong = [ChunkHit(*CHUNKS[0], 1), ChunkHit(*CHUNKS[1], 2, 0.3)]
    weak = [ChunkHit(*CHUNKS[2], 1), ChunkHit(*CHUNKS[1], 2, 0.3)]
    fused = fuse(legs=[strong, weak], articles=[], limit=3)
    assert [hit.chunk_id for hit in fused] == [CHUNKS[n][0] for n in (0, 2, 1)]
    assert [hit.strength for hit in fused] == [1.0, 1.0, pytest.approx(2 * 0.3 * 61 / 62)]


def test_a_leg_that_is_trusted_less_has_less_to_say() -> None:
    fused = fuse(legs=[leg([0]), leg([1])], trust=[0.4, 0.8], articles=[], limit=2)
    assert [hit.chunk_id for hit in fused] == [CHUNKS[1][0], CHUNKS[0][0]]
