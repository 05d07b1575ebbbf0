"""How good each leg's order is, by document, and how long the stages took."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from knowledge.evaluation import metrics
from knowledge.evaluation.asking import LEGS, Asked, rerank_budget_ms
from knowledge.evaluation.dataset import Query

METRICS: Final = ("ndcg@10", "recall@5", "recall@20", "mrr@10")
Json = dict[str, Any]
Scores = dict[str, dict[str, float]]
"""A question's figures, by leg and metric."""


def scores(asked: Asked) -> Scores:
    """What each leg's order is worth for the question; empty where no document is judged."""
    if not asked.query.judged:
        return {}
    return {leg: _scores(found, asked.query) for leg, found in asked.legs.items()}


def judge_legs(every: Sequence[Scores]) -> Json:
    """The means over the judged questions, each with its interval.

    A leg that did not search for some question, because a model was down, found nothing there.
    """
    judged = [one for one in every if one]
    searched = [leg for leg in LEGS if any(leg in one for one in judged)]
    return {leg: _leg([one.get(leg, {}) for one in judged]) for leg in searched}


def stage_times(every: Sequence[Asked]) -> Json:
    """Milliseconds by stage: the median and the 95th percentile."""
    stages = dict.fromkeys(stage for one in every for stage in one.milliseconds)
    taken = {
        stage: [one.milliseconds[stage] for one in every if stage in one.milliseconds]
        for stage in stages
    }
    return {
        stage: {"p50": _percentile(times, 50), "p95": _percentile(times, 95)}
        for stage, times in taken.items()
    }


def degraded_shares(every: Sequence[Asked]) -> Json:
    """The share of questions that a model failed, by code; and of those whose reranking took
    longer than the site gives it, where readers would have had the fused order."""
    codes = dict.fromkeys(code for one in every for code in one.retrieval.degraded)
    budget = rerank_budget_ms()
    late = [one.milliseconds["rerank"] > budget for one in every]
    shares = {code: _share([code in one.retrieval.degraded for one in every]) for code in codes}
    return {**shares, "over_rerank_budget": _share(late), "rerank_budget_ms": budget}


def _scores(found: Sequence[str], query: Query) -> dict[str, float]:
    gains, one = query.gains, query.any
    return {
        "ndcg@10": metrics.ndcg(found, gains, k=10, any_one=one),
        "recall@5": metrics.recall(found, gains, k=5, any_one=one),
        "recall@20": metrics.recall(found, gains, k=20, any_one=one),
        "mrr@10": metrics.reciprocal_rank(found, gains, k=10),
    }


def _leg(rows: Sequence[Mapping[str, float]]) -> Json:
    table = np.array([[row.get(metric, 0.0) for metric in METRICS] for row in rows])
    means = dict(zip(METRICS, table.mean(axis=0).round(4).tolist(), strict=True))
    intervals = metrics.mean_interval(table)
    rounded = [[round(low, 4), round(high, 4)] for low, high in intervals]
    return {**means, "ci95": dict(zip(METRICS, rounded, strict=True))}


def _percentile(times: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(times, percent)), 1)


def _share(true: Sequence[bool]) -> float:
    return round(sum(true) / len(true), 4) if true else 0.0
