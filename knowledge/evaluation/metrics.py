"""The arithmetic of evaluation: ranking, separation, calibration, and how sure each figure is.

Pure. Every bootstrap resamples questions, is seeded, and so says the same each time. Sources are
named where a definition has more than one version.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

RESAMPLES: Final = 10_000
SEED: Final = 20_260_101
BINS: Final = 10
_PERCENTILES: Final = (2.5, 97.5)
_TAIL: Final = 0.025
_BLOCK: Final = 2_000_000
"""Numbers that a bootstrap holds at a time."""


def ndcg(
    found: Sequence[str], gains: Mapping[str, float], *, k: int, any_one: bool = False
) -> float:
    """Discounted cumulative gain of the first `k`, over that of the best order there is.

    As trec_eval's `ndcg_cut`: linear gains, log2(rank + 1); Järvelin and Kekäläinen (TOIS 2002)
    give the idea, Burges' 2^grade - 1 is another version, equal for grades of 0 and 1. With
    `any_one` a single document is enough: the best one found against the best there is.
    """
    worth = [gains.get(one, 0.0) / math.log2(rank + 1) for rank, one in enumerate(found[:k], 1)]
    ideal = sorted(gains.values(), reverse=True)[:k]
    if not ideal:
        return 0.0
    if any_one:
        return max(worth, default=0.0) / ideal[0]
    return sum(worth) / sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))


def recall(
    found: Sequence[str], relevant: Collection[str], *, k: int, any_one: bool = False
) -> float:
    """The share of the relevant documents among the first `k`; with `any_one`, whether one is."""
    hits = len(set(found[:k]) & set(relevant))
    if any_one:
        return float(hits > 0)
    return hits / len(relevant) if relevant else 0.0


def reciprocal_rank(found: Sequence[str], relevant: Collection[str], *, k: int) -> float:
    """One over the rank of the first relevant document; 0 where none is among the first `k`."""
    ranks = (rank for rank, one in enumerate(found[:k], 1) if one in relevant)
    return 1 / next(ranks, math.inf)


def mean_interval(values: ArrayLike, *, resamples: int = RESAMPLES) -> list[Interval]:
    """95 % percentile bootstrap intervals (Efron 1979) of the means of the columns of `values`.

    `values` has shape (questions, columns); each question counts as a whole.
    """
    table = np.asarray(values, dtype=np.float64)
    means = np.concatenate([w @ table for w in _weights(len(table), resamples)]) / len(table)
    low, high = np.percentile(means, _PERCENTILES, axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a mean changed, with the 95 % interval of the change."""

    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def noise(self) -> bool:
        """Whether no change at all is as plausible."""
        return self.low <= 0 <= self.high


def paired_differences(
    before: ArrayLike, after: ArrayLike, *, resamples: int = RESAMPLES
) -> list[Difference]:
    """The changes of the columns' means over the same questions, by a paired bootstrap.

    Both have shape (questions, columns). Resampling the differences question by question leaves
    out what makes questions unlike, which both sides share: Sakai (SIGIR 2006).
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    bounds = mean_interval(new - old, resamples=resamples)
    means = zip(old.mean(axis=0).tolist(), new.mean(axis=0).tolist(), bounds, strict=True)
    return [Difference(was, now, low, high) for was, now, (low, high) in means]


def paired_difference(
    before: Sequence[float], after: Sequence[float], *, resamples: int = RESAMPLES
) -> Difference:
    """`paired_differences` of one figure."""
    columns = np.asarray(before)[:, None], np.asarray(after)[:, None]
    [change] = paired_differences(*columns, resamples=resamples)
    return change


def auc(positive: Sequence[float], negative: Sequence[float]) -> tuple[float, Interval]:
    """How often a positive scores over a negative, ties counting half: the area under the ROC.

    With the 95 % interval of DeLong, DeLong and Clarke-Pearson (Biometrics 1988), cut at 0 and 1:
    closed, where a bootstrap is the same but for its chance. Both have no width where the sides do
    not overlap at all; the bound there is the exact one of Clopper and Pearson (Biometrika 1934)
    for as many disjoint pairs as there are, which all came out right. Neither side may be empty.
    """
    high, low = np.sort(np.asarray(positive, float)), np.sort(np.asarray(negative, float))
    beaten = _below(low, high) / len(low)
    beating = 1 - _below(high, low) / len(high)
    area = float(beaten.mean())
    if area in (0, 1):
        bound = _TAIL ** (1 / min(len(high), len(low)))
        return area, (bound, 1.0) if area else (0.0, 1 - bound)
    error = math.sqrt(_variance(beaten) / len(high) + _variance(beating) / len(low))
    return area, (max(0.0, area - 1.96 * error), min(1.0, area + 1.96 * error))


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities from `start` to `end`: how many, their mean, the share that came true."""

    start: float
    end: float
    count: int
    mean: float
    share: float


def reliability(probabilities: ArrayLike, outcomes: ArrayLike) -> list[Bin]:
    """Ten bins of equal width, those with anything in them."""
    said, came = np.asarray(probabilities, np.float64), np.asarray(outcomes, np.float64)
    places = _bins(said)
    return [
        Bin(
            start=place / BINS,
            end=(place + 1) / BINS,
            count=int((places == place).sum()),
            mean=float(said[places == place].mean()),
            share=float(came[places == place].mean()),
        )
        for place in np.unique(places).tolist()
    ]


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """`error`, how it would vary from sample to sample (95 %), and what `perfect` ones would show.

    With few labels `perfect` is far from 0, because each bin's share is off by chance.
    """

    error: float
    low: float
    high: float
    perfect: float


def calibration_error(
    probabilities: ArrayLike, outcomes: ArrayLike, *, resamples: int = RESAMPLES
) -> CalibrationError:
    """Expected calibration error over ten bins: Guo, Pleiss, Sun and Weinberger (ICML 2017).

    Resampling adds chance to the bins, and so error: the interval is moved back by the mean of
    what was added.
    """
    said, came = np.asarray(probabilities, np.float64), np.asarray(outcomes, np.float64)
    bins = np.eye(BINS)[_bins(said)]
    gaps = bins * (came - said)[:, None]
    error = float(np.abs(gaps.sum(axis=0)).sum() / len(said))
    drawn = [np.abs(weights @ gaps).sum(axis=1) for weights in _weights(len(said), resamples)]
    errors = np.concatenate(drawn) / len(said)
    low, high = np.percentile(errors, _PERCENTILES) - errors.mean() + error
    return CalibrationError(
        error=error,
        low=max(0.0, float(low)),
        high=min(1.0, float(high)),
        perfect=_perfect_error(said, bins, resamples),
    )


def _perfect_error(said: Floats, bins: Floats, resamples: int) -> float:
    """The mean error if each outcome came true as often as was said."""
    random = np.random.default_rng(SEED)
    errors = [
        np.abs(((random.random((rows, len(said))) < said) - said) @ bins).sum(axis=1)
        for rows in _block_sizes(len(said), resamples)
    ]
    return float(np.concatenate(errors).mean() / len(said))


def _bins(said: Floats) -> NDArray[np.int64]:
    return np.minimum((said * BINS).astype(np.int64), BINS - 1)


def _weights(count: int, resamples: int) -> Iterator[Floats]:
    """How often each of `count` questions is drawn, a row per resample, in blocks."""
    random = np.random.default_rng(SEED)
    for rows in _block_sizes(count, resamples):
        drawn = random.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(float)


def _block_sizes(width: int, rows: int) -> Iterator[int]:
    step = max(1, _BLOCK // max(width, 1))
    yield from (min(step, rows - first) for first in range(0, rows, step))


def _below(ordered: Floats, values: Floats) -> Floats:
    """How many of `ordered` each value exceeds, ties counting half."""
    under, upto = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (under + upto) / 2


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
