"""One evaluation as one JSON object: what `--json` prints and `--against` reads."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings

from knowledge import providers, recipes
from knowledge.evaluation.asking import LEGS, Asked
from knowledge.evaluation.dataset import Dataset
from knowledge.evaluation.judging import Json, degraded_shares, judge_legs, scores, stage_times
from knowledge.evaluation.refusal import judge_refusal, thresholds
from knowledge.evaluation.running import Corpus
from knowledge.search.engine import Kind

VERSION: Final = 1


def result_of(
    dataset: Dataset, corpus: Corpus, asked: Sequence[Asked], answers: Json, *, engine: Kind
) -> Json:
    """All figures. `questions` holds them one by one, so that results can be compared."""
    every = [scores(one) for one in asked]
    reranker = providers.reranker()
    return {
        "dataset": dataset.name,
        "recipe": recipes.read().active,
        "version": VERSION,
        "engine": engine,
        "reranker": reranker.recipe if reranker else None,
        "counts": _counts(dataset, corpus, asked),
        "limits": _limits(),
        "thresholds": thresholds(),
        "legs": judge_legs(every),
        "stages_ms": stage_times(asked),
        "degraded": degraded_shares(asked),
        "refusal": judge_refusal(asked),
        "answers": answers,
        "problems": [*dataset.problems, *corpus.problems],
        "questions": {
            one.query.id: {
                "covered": one.query.covered,
                "relevance": round(one.relevance, 4),
                "confidence": one.retrieval.confidence,
                "legs": {leg: _rounded(figures) for leg, figures in every[n].items()},
            }
            for n, one in enumerate(asked)
        },
    }


def _counts(dataset: Dataset, corpus: Corpus, asked: Sequence[Asked]) -> Json:
    return {
        "documents": len(corpus.documents),
        "passages": corpus.chunks,
        "questions": len(asked),
        "judged": sum(one.query.judged for one in asked),
        "answerable": sum(one.query.covered is True for one in asked),
        "unanswerable": sum(one.query.covered is False for one in asked),
    }


def _limits() -> Json:
    """How many passages a leg hands on at most; its documents are among them."""
    fused = settings.SEARCH_FUSED_LIMIT
    return {**dict.fromkeys(LEGS, fused), "semantic": settings.SEARCH_SEMANTIC_LIMIT}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {metric: round(value, 4) for metric, value in figures.items()}
