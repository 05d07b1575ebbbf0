"""Logistic regression with an L2 penalty, by Newton's method. Pure.

Iteratively reweighted least squares: Hastie, Tibshirani and Friedman, The Elements of
Statistical Learning (2nd ed.), 4.4.1; the penalty keeps separable data from running off to
infinity (le Cessie and van Houwelingen, Applied Statistics 1992).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS: Final = 100
_SMALL: Final = 1e-10
_LARGEST: Final = 500.0


class Logistic(NamedTuple):
    """`1 / (1 + exp(-(x @ weights + bias)))`."""

    weights: Floats
    bias: float


def fit(x: Floats, y: Floats, counts: Floats, *, penalty: float = 1.0) -> Logistic:
    """The weights of the columns of `x`, shape (n, d), for outcomes `y` of 0 and 1.

    `counts` is how many observations each row stands for. Columns are compared by their spread,
    so that the penalty does not depend on their units; the bias is free of it.
    """
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), _SMALL)
    rows = np.column_stack([(x - centre) / spread, np.ones(len(x))])
    ridge = np.diag([*[penalty] * x.shape[1], _SMALL])
    beta = _newton(rows, y, counts, ridge)
    weights = beta[:-1] / spread
    return Logistic(weights, float(beta[-1] - weights @ centre))


def fit_rising(x: Floats, y: Floats, counts: Floats, *, penalty: float = 1.0) -> Logistic:
    """As `fit`, with no column counting against: the worst of those is left out, and again.

    Two signals that say the same can come out with opposite signs by chance; more of either would
    then lower what is said.
    """
    weights, columns = np.zeros(x.shape[1]), list(range(x.shape[1]))
    while True:
        fitted = fit(x[:, columns], y, counts, penalty=penalty)
        if not columns or fitted.weights.min() >= 0:
            weights[columns] = fitted.weights
            return Logistic(weights, fitted.bias)
        del columns[int(fitted.weights.argmin())]


def probabilities(x: Floats, logistic: Logistic) -> Floats:
    odds = np.clip(x @ logistic.weights + logistic.bias, -_LARGEST, _LARGEST)
    return np.asarray(1 / (1 + np.exp(-odds)))


def _newton(rows: Floats, y: Floats, counts: Floats, ridge: Floats) -> Floats:
    beta = np.zeros(rows.shape[1])
    loss = _loss(rows, y, counts, ridge, beta)
    for _ in range(_STEPS):
        said = probabilities(rows, Logistic(beta, 0.0))
        slope = rows.T @ (counts * (said - y)) + ridge @ beta
        curve = (rows.T * (counts * said * (1 - said))) @ rows + ridge
        step = np.linalg.solve(curve, slope)
        # a whole step can overshoot where the curve is flat
        while (shorter := _loss(rows, y, counts, ridge, beta - step)) > loss + _SMALL:
            step = step / 2
        beta, gain, loss = beta - step, loss - shorter, shorter
        if gain < _SMALL:
            break
    return beta


def _loss(rows: Floats, y: Floats, counts: Floats, ridge: Floats, beta: Floats) -> float:
    odds = rows @ beta
    return float(counts @ (np.logaddexp(0, odds) - y * odds) + beta @ ridge @ beta / 2)
