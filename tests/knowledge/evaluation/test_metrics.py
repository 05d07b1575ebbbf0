"""Against values worked out by hand, and properties that any order must have."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.evaluation import metrics

GAINS = {"a": 3.0, "b": 2.0, "c": 1.0}
orders = st.permutations("abcdef")
unit = st.floats(0, 1)
outcomes = st.lists(st.tuples(unit, st.booleans()), min_size=1, max_size=40)


def test_ndcg_is_trec_evals_with_linear_gains() -> None:
    gained = 2 / math.log2(2) + 3 / math.log2(4)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert metrics.ndcg(["b", "x", "a"], GAINS, k=10) == pytest.approx(gained / ideal)


def test_ndcg_looks_at_the_first_k_only() -> None:
    ideal = 3 + 2 / math.log2(3)
    assert metrics.ndcg(["x", "c", "a"], GAINS, k=2) == pytest.approx((1 / math.log2(3)) / ideal)


def test_where_any_document_will_do_the_best_found_counts() -> None:
    assert metrics.ndcg(["x", "b", "a"], GAINS, k=10, any_one=True) == pytest.approx(1.5 / 3)
    assert metrics.recall(["x", "c"], GAINS, k=5, any_one=True) == 1
    assert metrics.recall(["x", "c"], GAINS, k=1, any_one=True) == 0


def test_recall_is_the_share_of_what_is_relevant() -> None:
    assert metrics.recall(["a", "x", "b"], GAINS, k=2) == pytest.approx(1 / 3)
    assert metrics.recall(["a"], {}, k=5) == 0


def test_the_reciprocal_rank_is_that_of_the_first_relevant_one() -> None:
    assert metrics.reciprocal_rank(["x", "y", "c", "a"], GAINS, k=10) == pytest.approx(1 / 3)
    assert metrics.reciprocal_rank(["x", "y", "c"], GAINS, k=2) == 0


@given(orders)
def test_no_order_beats_the_ideal_one(order: list[str]) -> None:
    assert 0 < metrics.ndcg(order, GAINS, k=10) <= metrics.ndcg("abc", GAINS, k=10) == 1


@given(orders, st.integers(0, 4))
def test_a_better_document_moved_up_never_costs(order: list[str], place: int) -> None:
    swapped = [*order]
    swapped[place : place + 2] = sorted(order[place : place + 2])
    for k in (1, 3, 10):
        assert metrics.ndcg(swapped, GAINS, k=k) >= metrics.ndcg(order, GAINS, k=k) - 1e-12


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    area, (low, high) = metrics.auc([0.9, 0.8, 0.7], [0.1, 0.7])
    assert area == pytest.approx(5.5 / 6)
    assert low < area < high == 1


def test_sides_that_never_overlap_are_no_more_certain_than_their_number_allows() -> None:
    area, (low, high) = metrics.auc([0.9] * 30, [0.1] * 100)
    assert (area, high) == (1, 1)
    assert low == pytest.approx(0.884, abs=0.001)
    assert metrics.auc([0.1] * 30, [0.9] * 100)[1] == pytest.approx((0, 1 - low))


@given(st.lists(unit, min_size=1, max_size=30), st.lists(unit, min_size=1, max_size=30))
def test_auc_seen_from_the_other_side_is_the_rest(high: list[float], low: list[float]) -> None:
    pairs = [(a > b) + (a == b) / 2 for a in high for b in low]
    assert metrics.auc(high, low)[0] == pytest.approx(np.mean(pairs))
    assert metrics.auc(low, high)[0] == pytest.approx(1 - metrics.auc(high, low)[0])


def test_the_calibration_error_weighs_each_bins_gap() -> None:
    said, came = [0.92, 0.98, 0.15, 0.15, 1.0], [1, 1, 0, 1, 0]
    gaps = abs(0.92 + 0.98 + 1.0 - 2) + abs(0.3 - 1)
    found = metrics.calibration_error(said, came, resamples=200)
    assert found.error == pytest.approx(gaps / 5)
    assert found.low <= found.error <= found.high


@given(outcomes)
@settings(max_examples=25)
def test_the_bins_hold_every_probability(pairs: list[tuple[float, bool]]) -> None:
    bins = metrics.reliability([p for p, _ in pairs], [o for _, o in pairs])
    assert sum(one.count for one in bins) == len(pairs)
    assert all(one.start <= one.mean + 1e-9 and one.mean <= one.end + 1e-9 for one in bins)


def test_perfect_probabilities_show_an_error_that_shrinks_with_their_number() -> None:
    random = np.random.default_rng(1)
    few, many = (
        metrics.calibration_error(said := random.random(n), random.random(n) < said, resamples=300)
        for n in (120, 4000)
    )
    assert 0.05 < few.perfect < 0.11
    assert many.perfect < 0.02
    assert many.low <= many.perfect * 2


def test_an_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = np.random.default_rng(2).random((80, 2))
    first, second = (metrics.mean_interval(values, resamples=500) for _ in range(2))
    assert first == second
    for (low, high), mean in zip(first, values.mean(axis=0), strict=True):
        assert low < mean < high
        # as the central limit theorem has it, near enough
        assert high - low == pytest.approx(2 * 1.96 * 0.29 / math.sqrt(80), rel=0.2)


def test_a_paired_difference_sees_what_questions_that_differ_would_hide() -> None:
    random = np.random.default_rng(3)
    before = random.random((100, 1)).repeat(2, axis=1)
    after = before + np.stack([np.full(100, 0.01), random.normal(0, 0.2, 100)], axis=1)
    better, shuffled = metrics.paired_differences(before, after, resamples=500)
    assert better.change == pytest.approx(0.01)
    assert (better.noise, shuffled.noise) == (False, True)


@given(st.lists(unit, min_size=1, max_size=20))
@settings(max_examples=25)
def test_no_change_is_noise(values: list[float]) -> None:
    column = [[value] for value in values]
    assert metrics.paired_differences(column, column, resamples=50)[0].noise


def test_many_questions_are_resampled_in_blocks() -> None:
    [(low, high)] = metrics.mean_interval(np.ones((5_000, 1)), resamples=1_000)
    assert low == high == 1
