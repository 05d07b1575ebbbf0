"""From labelled questions to a fit, and what that fit is worth on questions it has not seen. Pure.

The solver is `logistic.py`; how good relevances are is `quality.py`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from knowledge.evaluation import logistic
from knowledge.evaluation.labels import LEADING, Labelled
from knowledge.evaluation.logistic import Floats
from knowledge.search.calibration import SIGNALS, Fit

FOLDS: Final = 10
LEAST: Final = 50
"""Questions of either kind, answerable and not, below which a fit is chance."""


class TooFewLabels(Exception):
    """There are too few questions of a kind to fit anything; the message says how many."""


def check_enough(questions: Sequence[Labelled]) -> None:
    """Raises `TooFewLabels`."""
    found = Counter(one.covered for one in questions if one.signals)
    for kind, count in (("answerable", found[True]), ("unanswerable", found[False])):
        if count < LEAST:
            raise TooFewLabels(
                f"{count} {kind} questions found something; a fit takes at least {LEAST} "
                "that are answerable and as many that are not. Nothing was changed."
            )


def fit(questions: Sequence[Labelled]) -> Fit:
    """The logistic over the evidence for the leading passages; every question weighs the same."""
    rows = [
        (signals.evidence(), right, 1 / min(len(one.signals), LEADING))
        for one in questions
        for signals, right in list(zip(one.signals, one.right, strict=True))[:LEADING]
    ]
    names = [name for name in SIGNALS if any(name in evidence for evidence, _, _ in rows)]
    x = np.array([[evidence.get(name, 0.0) for name in names] for evidence, _, _ in rows])
    y, counts = np.array([[right, share] for _, right, share in rows], float).T
    fitted = logistic.fit_rising(x, y, counts)
    return _as_fit(names, fitted.weights, fitted.bias)


def relevances(fitted: Fit, questions: Sequence[Labelled]) -> list[list[float]]:
    return [[fitted(signals) for signals in one.signals] for one in questions]


def cross_validated(questions: Sequence[Labelled]) -> list[list[float]]:
    """Every question's relevances, by a fit to the others' nine tenths."""
    folds = _folds(questions)
    found: list[list[float]] = [[] for _ in questions]
    for fold in sorted(set(folds)):
        seen = [one for one, place in zip(questions, folds, strict=True) if place != fold]
        fitted = fit(seen)
        for n, place in enumerate(folds):
            if place == fold:
                [found[n]] = relevances(fitted, [questions[n]])
    return found


def _folds(questions: Sequence[Labelled]) -> list[int]:
    """Dealt out by kind, so that each fold has its share of all."""
    dealt: Counter[str] = Counter()
    folds = []
    for one in questions:
        folds.append(dealt[one.kind] % FOLDS)
        dealt[one.kind] += 1
    return folds


def _as_fit(names: Sequence[str], weights: Floats, bias: float) -> Fit:
    rounded = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True) if w > 0}
    return Fit(rounded, round(bias, 4))
