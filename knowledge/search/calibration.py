"""How likely a passage answers the question, 0..1: a fit over the signals of a passage.

Every constant that a site starts with is in this file, keyed by the recipes of the models that
made the signals, because no constant holds for another model. A site fits its own with
`manage.py calibrate`; those are kept in `fits.py`. The data, the error rates and what did not
help are in docs/measurements.md. Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

_CERTAIN: Final = 1e-6
NONE: Final = "none"
"""In a key: that model said nothing of the passage."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """`1 / (1 + exp(-slope · (x - midpoint)))`: even odds at the midpoint."""

    slope: float
    midpoint: float

    def __call__(self, x: float) -> float:
        return sigmoid(self.slope * (x - self.midpoint))


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one candidate, each 0..1, or None where it is not known.

    `cosine` and `reranker` are a model's opinions; `words` is the share of the question's
    telling words that the passage or its headings have; `written` is how much of the question
    anybody has written of (`written.py`), the same for all its candidates, and `named` the share
    of the names in it that the passage or its headings have, None where it has no name.
    """

    cosine: float | None = None
    reranker: float | None = None
    words: float | None = None
    written: float | None = None
    named: float | None = None

    def evidence(self) -> dict[str, float]:
        """By name, those known: of an opinion the log-odds, of `words` the share, and of the
        others what is missing, below 0: where they are not known, nothing is."""
        known = ((name, getattr(self, name)) for name in SIGNALS)
        return {name: _evidence(name, value) for name, value in known if value is not None}


SIGNALS: Final = tuple(field.name for field in fields(Signals))
OPINIONS: Final = frozenset({"cosine", "reranker"})


def _evidence(name: str, value: float) -> float:
    if name in OPINIONS:
        return log_odds(value)
    return value if name == "words" else value - 1


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic over the evidence of a passage; a signal that is not known adds nothing."""

    weights: Mapping[str, float]
    bias: float = 0.0

    def __call__(self, signals: Signals) -> float:
        known = signals.evidence()
        odds = sum(weight * known.get(name, 0.0) for name, weight in self.weights.items())
        return sigmoid(odds + self.bias)


Fits: TypeAlias = Mapping[str, Fit]
"""By `key`."""


def key(embedder: str | None, reranker: str | None) -> str:
    """Which fit a passage is judged by: the recipes of the models that said something of it."""
    return f"{embedder or NONE}|{reranker or NONE}"


COSINES: Final = {"bge-small-en-v1.5-int8@1": Logistic(slope=31.6, midpoint=0.689)}
"""Where a query's cosine to a passage lies in 0..1, by the embedder's recipe."""

SHIPPED: Final[Fits] = {
    "bge-small-en-v1.5-int8@1|ms-marco-MiniLM-L12-v2-int8@1": Fit(
        {"cosine": 0.21, "reranker": 0.24, "written": 0.6, "named": 0.6}, 0.15
    ),
    # skipped, or not read that far down
    "bge-small-en-v1.5-int8@1|none": Fit({"cosine": 0.24, "written": 0.6, "named": 0.6}, -0.42),
    "none|ms-marco-MiniLM-L12-v2-int8@1": Fit(
        {"reranker": 0.24, "written": 0.6, "named": 0.6}, -0.25
    ),
    "none|none": Fit({"words": 2.5, "written": 0.6, "named": 0.6}, -1.85),
}
"""What a site starts with.

What the weights are to each other was chosen to tell the answerable questions of four manuals from
unanswerable ones, those about the other manuals among them. With the biases 2 to 8 % of the far
and near questions of a manual pass. How large they all are follows from how often a passage is
right: the likelihood of the first five (docs/measurements.md).
"""


RELATED: Final = {"bge-small-en-v1.5-int8@1": 0.82}
"""The least cosine between the centres of two articles that are about the same.

Of the pairs of 64 articles of one manual, where even strangers are at 0.72 (the median), 2 % are
nearer; from there on, looked at by eye, two had a subject in common.
"""

_RELATED_UNKNOWN: Final = 0.8


def related_floor(recipe: str) -> float:
    return RELATED.get(recipe, _RELATED_UNKNOWN)


def from_cosine(recipe: str, cosine: float) -> float:
    """The cosine as a signal, 0..1; the cosine itself where the model was never calibrated."""
    logistic = COSINES.get(recipe)
    return logistic(cosine) if logistic else min(max(cosine, 0.0), 1.0)


def strength(opinion: float, best: float) -> float:
    """How strong an opinion is next to the best one, 0..1: the root of the ratio of their odds.

    The root, because an opinion is nearly sure long before it is right that often: with the
    ratio itself the first of a leg would outvote all others (docs/measurements.md).
    """
    return min(math.exp((log_odds(opinion) - log_odds(best)) / 2), 1.0)


def strengths(recipe: str, cosines: Sequence[float]) -> list[float]:
    """The strengths of cosines that come in falling order."""
    opinions = [from_cosine(recipe, cosine) for cosine in cosines]
    return [strength(one, opinions[0]) for one in opinions]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def log_odds(probability: float) -> float:
    bounded = min(max(probability, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))
