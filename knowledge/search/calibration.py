"""How likely a passage answers the question, 0..1: every constant that says so is in this file.

Keyed by the recipe of the model that made the signal, because no constant holds for another
model. Fitted on the best of a question's first candidates, 184 answerable questions against
254 unanswerable ones on two manuals, each manual and each kind weighing the same. The data, the
error rates, and how to fit a site's own are in docs/measurements.md. Pure.
"""

import math
from dataclasses import dataclass
from typing import Final

_CERTAIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Logistic:
    """`1 / (1 + exp(-slope · (x - midpoint)))`: even odds at the midpoint."""

    slope: float
    midpoint: float

    def __call__(self, x: float) -> float:
        return _sigmoid(self.slope * (x - self.midpoint))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Weights for adding the log-odds of two calibrated signals."""

    cosine: float
    reranker: float
    bias: float

    def __call__(self, cosine: float, reranker: float) -> float:
        odds = self.cosine * _log_odds(cosine) + self.reranker * _log_odds(reranker)
        return _sigmoid(odds + self.bias)


COSINES: Final = {"bge-small-en-v1.5-int8@1": Logistic(slope=31.6, midpoint=0.689)}
"""A query's cosine to a passage, by the embedder's recipe."""

EVIDENCE: Final = {
    ("bge-small-en-v1.5-int8@1", "ms-marco-MiniLM-L12-v2-int8@1"): Evidence(0.25, 0.91, 0.80)
}
"""Both bundled models together, by (embedder's recipe, reranker's recipe)."""

WORDS: Final = Logistic(slope=13.5, midpoint=0.54)
"""The share of the question's words that are in the passage, where no model is at hand."""


RELATED: Final = {"bge-small-en-v1.5-int8@1": 0.82}
"""The least cosine between the centres of two articles that are about the same.

Of the pairs of 64 articles of one manual, where even strangers are at 0.72 (the median), 2 % are
nearer; from there on, looked at by eye, two had a subject in common.
"""

_RELATED_UNKNOWN: Final = 0.8


def related_floor(recipe: str) -> float:
    return RELATED.get(recipe, _RELATED_UNKNOWN)


def from_cosine(recipe: str, cosine: float) -> float:
    """The probability for a cosine; the cosine itself where the model was never calibrated."""
    logistic = COSINES.get(recipe)
    return logistic(cosine) if logistic else min(max(cosine, 0.0), 1.0)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))
