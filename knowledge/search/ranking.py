"""The last ordering of the candidates, and how likely each one answers.

What a signal is worth is `calibration.py`. A reranker that is down or too slow costs its opinion,
never the answer: the fused order is kept and `degraded` says so.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings

from knowledge import providers
from knowledge.providers import BudgetExceeded, ProviderError, Reranker
from knowledge.search import calibration, terms
from knowledge.search.fusion import reciprocal
from knowledge.search.passages import Candidate

logger = logging.getLogger(__name__)

LOCAL_DEPTH: Final = 6
"""Candidates that the bundled cross-encoder reads: measured, see docs/measurements.md."""
RERANK_SKIPPED: Final = "rerank_skipped"
"""In `degraded`: the reranker was too slow, or down."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with what the models say of it, each 0..1 or None where one was not asked."""

    candidate: Candidate
    cosine: float | None
    reranked: float | None = None
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first; `source` says in words where their relevance comes from."""

    judged: tuple[Judged, ...] = ()
    source: str = ""
    degraded: tuple[str, ...] = ()


def rank(
    *,
    question: str,
    candidates: Sequence[Candidate],
    cosines: Sequence[float | None],
    embedder: str,
) -> Ranking:
    """Order candidates that come in fused order, and judge every one.

    `cosines` are their relevances by cosine alone, from the embedder of that recipe.
    """
    judged = [Judged(one, cosine) for one, cosine in zip(candidates, cosines, strict=True)]
    reranker = providers.reranker() if judged else None
    degraded: tuple[str, ...] = ()
    try:
        judged = _reranked(question, judged, reranker) if reranker else judged
    except (BudgetExceeded, ProviderError) as error:
        logger.debug("reranking skipped: %s", type(error).__name__)
        reranker, degraded = None, (RERANK_SKIPPED,)
    weighed = [
        replace(one, relevance=_relevance(one, question, embedder, reranker)) for one in judged
    ]
    return Ranking(tuple(_bounded(weighed)), _source(judged, embedder, reranker), degraded)


def shared_words(question: str, passage: Candidate) -> float:
    """The share of the question's telling words that the passage or its headings have."""
    asked = {terms.stem(word) for word in terms.query_words(question)}
    held = set(terms.prose().analyze(f"{' '.join(passage.breadcrumb)} {passage.text}"))
    return len(asked & held) / len(asked) if asked else 0.0


def _reranked(question: str, judged: Sequence[Judged], reranker: Reranker) -> list[Judged]:
    """In the new order. A hosted reranker reads all and decides alone; the bundled one reads the
    first few, and its order is mixed with theirs, because it is no better than they are."""
    depth = len(judged) if reranker.hosted else LOCAL_DEPTH
    budget = settings.RERANK_TIMEOUT_MS if reranker.hosted else settings.RERANK_BUDGET_MS
    scores = reranker.rerank(
        question,
        [_readable(one.candidate) for one in judged[:depth]],
        deadline=time.monotonic() + budget / 1000,
    )
    head = [replace(one, reranked=score) for one, score in zip(judged, scores, strict=False)]
    by_score = sorted(head, key=lambda one: -(one.reranked or 0.0))
    if reranker.hosted:
        return by_score
    return [*_mixed(head, by_score), *judged[depth:]]


def _mixed(fused: Sequence[Judged], by_score: Sequence[Judged]) -> list[Judged]:
    """Both orders by reciprocal rank; ties stay as they were fused."""
    worth = {one.candidate.chunk_id: reciprocal(n) for n, one in enumerate(by_score, start=1)}
    for n, one in enumerate(fused, start=1):
        worth[one.candidate.chunk_id] += reciprocal(n)
    return sorted(fused, key=lambda one: -worth[one.candidate.chunk_id])


def _readable(passage: Candidate) -> str:
    return f"{' > '.join(passage.breadcrumb)}\n{passage.text}"


def _relevance(one: Judged, question: str, embedder: str, reranker: Reranker | None) -> float:
    if reranker is None or one.reranked is None:
        if one.cosine is not None:
            return one.cosine
        return calibration.WORDS(shared_words(question, one.candidate))
    evidence = calibration.EVIDENCE.get((embedder, reranker.recipe))
    if reranker.hosted or one.cosine is None or evidence is None:
        return one.reranked
    return evidence(one.cosine, one.reranked)


def _bounded(judged: Sequence[Judged]) -> list[Judged]:
    """What the reranker did not read is no surer than the best of what it read.

    Otherwise a question that it found no answer to would be carried by the ninth candidate.
    """
    best = max((one.relevance for one in judged if one.reranked is not None), default=1.0)
    return [replace(one, relevance=best) if one.relevance > best else one for one in judged]


def _source(judged: Sequence[Judged], embedder: str, reranker: Reranker | None) -> str:
    """Which models the relevances come from, by name, and whether they are calibrated."""
    if reranker is not None and reranker.hosted:
        return f"{_name(reranker.recipe)} score"
    near = any(one.cosine is not None for one in judged)
    fitted = not near or embedder in calibration.COSINES
    names = [f"{_name(embedder)} cosine"] if near else []
    names += [_name(reranker.recipe)] if reranker is not None else []
    if not names:
        return "words in common"
    return f"{' and '.join(names)}, {'calibrated' if fitted else 'not calibrated for this model'}"


def _name(recipe: str) -> str:
    """A recipe without its version."""
    return recipe.partition("@")[0]
