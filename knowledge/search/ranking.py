"""The last ordering of the candidates, and how likely each one answers.

What a signal is worth is `calibration.py`. A reranker that is down or too slow costs its opinion,
never the answer: the fused order is kept and `degraded` says so.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.conf import settings

from knowledge import providers
from knowledge.providers import BudgetExceeded, ProviderError, Reranker
from knowledge.search import calibration, languages, remembered, terms
from knowledge.search.calibration import SIGNALS, Fits, Signals
from knowledge.search.fusion import vote
from knowledge.search.passages import Candidate
from knowledge.search.written import Written, telling_names

logger = logging.getLogger(__name__)

LOCAL_DEPTH: Final = 8
"""Candidates that the bundled cross-encoder reads: measured, see docs/measurements.md."""
FUSED: Final = 2.0
"""How much the fused order is trusted next to the bundled cross-encoder's: measured as well."""
FOREIGN_LANGUAGE: Final = "foreign_language"
"""In `degraded`: the models do not know the question's language, so its words decide."""
RERANK_SKIPPED: Final = "rerank_skipped"
"""In `degraded`: the reranker was too slow, or down."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with what the models say of it, each 0..1 or None where one was not asked.

    `strength`, 0..1, says how good it is in the fusion next to the best; `written`, how much
    of the question anybody has written of.
    """

    candidate: Candidate
    cosine: float | None
    strength: float = 1.0
    written: float | None = None
    reranked: float | None = None
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first; `source` says in words where their relevance comes from.

    `written` says how much of the question stands anywhere.
    """

    judged: tuple[Judged, ...] = ()
    source: str = ""
    degraded: tuple[str, ...] = ()
    written: Written = field(default_factory=Written)


def rank(
    *,
    question: str,
    candidates: Sequence[Candidate],
    cosines: Sequence[float | None],
    strengths: Sequence[float],
    embedder: str,
    fits: Fits,
    written: Written | None = None,
) -> Ranking:
    """Order candidates that come in fused order, and judge every one by the fit for its signals.

    `cosines` are their cosines as signals, 0..1, from the embedder of that recipe; `strengths`
    say how good they are in the fusion, `written` how much of the question stands anywhere,
    None where the engine could not tell. A model that does not know the question's language has
    no opinion on how sure it is.
    """
    understood = languages.understands(embedder, question)
    degraded: tuple[str, ...] = () if understood else (FOREIGN_LANGUAGE,)
    judged = [
        Judged(one, cosine if understood else None, strength, written.share if written else None)
        for one, cosine, strength in zip(candidates, cosines, strengths, strict=True)
    ]
    reranker = _reranker(question) if judged else None
    try:
        judged = _reranked(question, judged, reranker) if reranker else judged
    except (BudgetExceeded, ProviderError) as error:
        logger.debug("reranking skipped: %s", type(error).__name__)
        reranker, degraded = None, (*degraded, RERANK_SKIPPED)
    weighed = [
        replace(one, relevance=_relevance(one, question, _key(one, embedder, reranker), fits))
        for one in judged
    ]
    source = _source(judged, embedder, reranker, fits)
    return Ranking(tuple(_bounded(weighed)), source, degraded, written or Written())


def signals(question: str, one: Judged, wanted: Collection[str] = SIGNALS) -> Signals:
    """All that is known of a judged candidate; of what costs time, only the `wanted`."""
    words = shared_words(terms.query_words(question), one.candidate) if "words" in wanted else None
    named = shared_words(telling_names(question), one.candidate) if "named" in wanted else None
    return Signals(one.cosine, one.reranked, words, one.written, named)


def shared_words(words: Collection[str], passage: Candidate) -> float | None:
    """The share of the words that the passage, its headings or tags have; None of no words."""
    asked = {terms.stem(word) for word in words}
    if not asked:
        return None
    text = " ".join([*passage.breadcrumb, *passage.tags, passage.text])
    held = set(terms.prose().analyze(text))
    return len(asked & held) / len(asked)


def _reranker(question: str) -> Reranker | None:
    reranker = providers.reranker()
    understood = reranker is not None and languages.understands(reranker.recipe, question)
    return reranker if understood else None


def _reranked(question: str, judged: Sequence[Judged], reranker: Reranker) -> list[Judged]:
    """In the new order. A hosted reranker reads all and decides alone; the bundled one reads the
    first few, and its order is mixed with theirs, because it is no better than they are."""
    depth = len(judged) if reranker.hosted else LOCAL_DEPTH
    budget = settings.RERANK_TIMEOUT_MS if reranker.hosted else settings.RERANK_BUDGET_MS
    texts = [_readable(one.candidate) for one in judged[:depth]]
    scores = remembered.relevances(reranker, question, texts, seconds=budget / 1000)
    head = [replace(one, reranked=score) for one, score in zip(judged, scores, strict=False)]
    by_score = sorted(head, key=lambda one: -(one.reranked or 0.0))
    if reranker.hosted:
        return by_score
    return [*_mixed(head, by_score), *judged[depth:]]


def _mixed(fused: Sequence[Judged], by_score: Sequence[Judged]) -> list[Judged]:
    """Both orders fused, each by rank and strength; ties stay as they were."""
    best = by_score[0].reranked or 0.0
    worth = {
        one.candidate.chunk_id: vote(n, calibration.strength(one.reranked or 0.0, best))
        for n, one in enumerate(by_score, start=1)
    }
    for n, one in enumerate(fused, start=1):
        worth[one.candidate.chunk_id] += FUSED * vote(n, one.strength)
    return sorted(fused, key=lambda one: -worth[one.candidate.chunk_id])


def _readable(passage: Candidate) -> str:
    return f"{' > '.join(passage.breadcrumb)}\n{passage.text}"


def _key(one: Judged, embedder: str, reranker: Reranker | None) -> str:
    """Of the fit for what is known of this candidate."""
    read = reranker is not None and one.reranked is not None
    return calibration.key(
        embedder if one.cosine is not None else None,
        reranker.recipe if reranker and read else None,
    )


def _relevance(one: Judged, question: str, key: str, fits: Fits) -> float:
    """By the fit; where there is none, what the better model says, as it says it."""
    if fit := fits.get(key):
        return fit(signals(question, one, fit.weights))
    known = (opinion for opinion in (one.reranked, one.cosine) if opinion is not None)
    return next(known, 0.0)


def _bounded(judged: Sequence[Judged]) -> list[Judged]:
    """What the reranker did not read is no surer than the best of what it read.

    Otherwise a question that it found no answer to would be carried by the ninth candidate.
    """
    best = max((one.relevance for one in judged if one.reranked is not None), default=1.0)
    return [replace(one, relevance=best) if one.relevance > best else one for one in judged]


def _source(judged: Sequence[Judged], embedder: str, reranker: Reranker | None, fits: Fits) -> str:
    """Which models the relevances come from, by name, and whether they are calibrated."""
    near = any(one.cosine is not None for one in judged)
    read = reranker.recipe if reranker is not None else None
    fitted = calibration.key(embedder if near else None, read) in fits
    if reranker is not None and reranker.hosted and not fitted:
        return f"{_name(reranker.recipe)} score"
    names = [f"{_name(embedder)} cosine"] if near else []
    names += [_name(reranker.recipe)] if reranker is not None else []
    if not names:
        return "words in common"
    return f"{' and '.join(names)}, {'calibrated' if fitted else 'not calibrated for this model'}"


def _name(recipe: str) -> str:
    """A recipe without its version."""
    return recipe.partition("@")[0]
