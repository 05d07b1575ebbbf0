"""Fits to labelled questions: they find what is there, stay finite, and refuse to guess."""

from collections.abc import Callable

import numpy as np
import pytest

from knowledge.evaluation import fitting, logistic
from knowledge.evaluation.fitting import TooFewLabels, check_enough, cross_validated, fit
from knowledge.evaluation.labels import Labelled, read_by_reranker, without_reranker
from knowledge.evaluation.logistic import Floats
from knowledge.search.calibration import Fit, Signals, sigmoid

ONES = np.ones(4000)
Make = Callable[..., list[Labelled]]


@pytest.fixture
def drawn() -> Callable[..., tuple[Floats, Floats]]:
    """Two columns, and outcomes that these weights make likely."""
    random = np.random.default_rng(7)

    def make(*weights: float, bias: float = 0.0) -> tuple[Floats, Floats]:
        x = random.normal(size=(4000, len(weights))) * [1, 5][: len(weights)]
        odds = x @ np.array(weights) + bias
        return x, (random.random(4000) < 1 / (1 + np.exp(-odds))).astype(float)

    return make


@pytest.fixture
def make() -> Make:
    """Questions whose passages are right as often as their cosine says."""
    random = np.random.default_rng(3)

    def make(count: int = 120, *, covered: bool = True, reranked: bool = False) -> list[Labelled]:
        made = []
        for _ in range(count):
            cosines = random.uniform(0.05, 0.95 if covered else 0.3, 5)
            right = (random.random(5) < cosines) if covered else [False] * 5
            signals = [Signals(float(c), 0.5 if reranked else None, 0.4) for c in cosines]
            kind = "" if covered else "far"
            made.append(Labelled(covered, kind, tuple(signals), tuple(map(bool, right))))
        return made

    return make


def test_known_weights_are_found_again(drawn: Callable[..., tuple[Floats, Floats]]) -> None:
    fitted = logistic.fit(*drawn(1.5, -0.3, bias=0.7), ONES)
    assert [*fitted.weights, fitted.bias] == pytest.approx([1.5, -0.3, 0.7], abs=0.15)


def test_separable_data_does_not_run_off_to_infinity(
    drawn: Callable[..., tuple[Floats, Floats]],
) -> None:
    x, _ = drawn(1.0)
    fitted = logistic.fit(x, (x[:, 0] > 0).astype(float), ONES)
    assert np.isfinite(fitted.weights).all()
    assert 1 < fitted.weights[0] < 50


def test_a_column_that_never_varies_carries_no_weight() -> None:
    x = np.column_stack([np.ones(100), np.arange(100.0)])
    fitted = logistic.fit(x, (np.arange(100) > 50).astype(float), np.ones(100))
    assert fitted.weights[0] == 0
    assert np.isfinite(fitted.bias)


def test_a_row_that_stands_for_two_counts_twice(
    drawn: Callable[..., tuple[Floats, Floats]],
) -> None:
    x, y = drawn(1.0)
    counted = logistic.fit(x, y, 2 * ONES)
    repeated = logistic.fit(np.tile(x, (2, 1)), np.tile(y, 2), np.tile(ONES, 2))
    assert counted.weights == pytest.approx(repeated.weights)
    assert counted.bias == pytest.approx(repeated.bias)


def test_no_signal_counts_against_a_passage(drawn: Callable[..., tuple[Floats, Floats]]) -> None:
    fitted = logistic.fit_rising(*drawn(1.5, -0.3), ONES)
    assert fitted.weights[1] == 0
    assert fitted.weights[0] > 1


def test_signals_that_all_mislead_leave_the_share_of_those_that_are_right(
    drawn: Callable[..., tuple[Floats, Floats]],
) -> None:
    x, y = drawn(-1.0, -0.3)
    fitted = logistic.fit_rising(x, y, ONES)
    assert list(fitted.weights) == [0, 0]
    assert sigmoid(fitted.bias) == pytest.approx(y.mean(), abs=0.01)


def test_a_calibrated_signal_is_left_as_it_is(make: Make) -> None:
    fitted = fit(make(2000))
    assert fitted(Signals(cosine=0.3, words=0.4)) == pytest.approx(0.3, abs=0.06)
    assert fitted(Signals(cosine=0.8, words=0.4)) == pytest.approx(0.8, abs=0.06)


def test_a_question_is_judged_by_a_fit_that_has_not_seen_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [*make(60), *make(60, covered=False)]
    seen: list[set[int]] = []
    real = fitting.fit

    def watched(some: list[Labelled]) -> Fit:
        seen.append({id(one) for one in some})
        return real(some)

    monkeypatch.setattr(fitting, "fit", watched)
    found = cross_validated(questions)
    assert all(len(row) == 5 for row in found)
    assert [len(some) for some in seen] == [108] * fitting.FOLDS
    assert all(any(id(one) not in some for some in seen) for one in questions)


def test_too_few_questions_of_a_kind_are_refused(make: Make) -> None:
    with pytest.raises(TooFewLabels, match="49 unanswerable"):
        check_enough([*make(50), *make(49, covered=False)])
    check_enough([*make(50), *make(50, covered=False)])


def test_a_question_that_found_nothing_is_no_label(make: Make) -> None:
    empty = Labelled(False, "far", (), ())
    with pytest.raises(TooFewLabels):
        check_enough([*make(50), *[empty] * 50])
    assert cross_validated([*make(60), empty])[-1] == []


def test_the_two_kinds_of_evidence_are_taken_apart(make: Make) -> None:
    [one] = make(1, reranked=True)
    half = Labelled(one.covered, one.kind, (one.signals[0], Signals(0.5)), one.right[:2])
    assert read_by_reranker([half]) == [
        Labelled(one.covered, one.kind, one.signals[:1], one.right[:1])
    ]
    [skipped] = without_reranker([half])
    assert [each.reranker for each in skipped.signals] == [None, None]
