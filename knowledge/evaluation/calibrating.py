"""New fits for the models that a site runs, each against what is running now.

One for passages that both models judged, one for those that only the embedder did, as when the
reranker is skipped. Storing one is `knowledge.search.fits`; asking is the command's.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from knowledge import providers
from knowledge.evaluation import fitting, metrics
from knowledge.evaluation.labels import LEADING, Labelled, read_by_reranker, without_reranker
from knowledge.evaluation.metrics import Difference
from knowledge.evaluation.quality import Quality, Thresholds, measure
from knowledge.search import calibration
from knowledge.search.calibration import Fit, Fits

_CERTAIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fit to all questions; `quality` and `change` are of fits that had not seen them.

    `change` is in the mean log loss of a question's passages, from what is `running` to this.
    """

    key: str
    fit: Fit
    quality: Quality
    running: Fit
    running_quality: Quality
    change: Difference

    @property
    def worse(self) -> bool:
        """Whether what is running is better, and not by chance."""
        return self.change.low > 0

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "weights": dict(self.fit.weights),
            "bias": self.fit.bias,
            "worse": self.worse,
            "log_loss": {
                "running": self.change.before,
                "fitted": self.change.after,
                "change_ci95": [self.change.low, self.change.high],
            },
            "fitted": self.quality.as_json(),
            "running": {
                "weights": dict(self.running.weights),
                "bias": self.running.bias,
                **self.running_quality.as_json(),
            },
        }


def thresholds() -> Thresholds:
    return Thresholds(weak=settings.CONFIDENCE_WEAK, strong=settings.CONFIDENCE_STRONG)


def propose(
    questions: Sequence[Labelled], *, embedder: str, dataset: str, fits: Fits
) -> Iterator[Proposal]:
    """A proposal for each kind of evidence there is; `embedder` is the recipe that was searched.

    Raises `TooFewLabels`.
    """
    reranker = providers.reranker()
    read = read_by_reranker(questions)
    fitting.check_enough(questions)
    if reranker is not None and any(one.signals for one in read):
        fitting.check_enough(read)
        key = calibration.key(embedder, reranker.recipe)
        yield _proposal(read, key, fits.get(key) or Fit({"reranker": 1.0}), dataset)
    key = calibration.key(embedder, None)
    skipped = without_reranker(questions)
    yield _proposal(skipped, key, fits.get(key) or Fit({"cosine": 1.0}), dataset)


def _proposal(questions: Sequence[Labelled], key: str, running: Fit, dataset: str) -> Proposal:
    found, before = fitting.cross_validated(questions), fitting.relevances(running, questions)
    at = thresholds()
    return Proposal(
        key=key,
        fit=fitting.fit(questions),
        quality=measure(questions, found, dataset=dataset, thresholds=at),
        running=running,
        running_quality=measure(questions, before, dataset=dataset, thresholds=at),
        change=metrics.paired_difference(_losses(questions, before), _losses(questions, found)),
    )


def _losses(questions: Sequence[Labelled], found: Sequence[Sequence[float]]) -> list[float]:
    """How wrong each question's leading passages are judged: the mean negative log-likelihood."""
    return [
        sum(map(_surprise, row[:LEADING], one.right)) / min(len(row), LEADING)
        for one, row in zip(questions, found, strict=True)
        if row
    ]


def _surprise(said: float, right: bool) -> float:
    return -math.log(max(said if right else 1 - said, _CERTAIN))
