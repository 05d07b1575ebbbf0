"""What relevances are worth: by passage for their truth, by question for what is decided."""

import pytest

from knowledge.evaluation.labels import Labelled
from knowledge.evaluation.quality import Quality, Thresholds, measure, read_quality
from knowledge.search.calibration import Signals

AT = Thresholds(weak=0.3, strong=0.4)


def question(*right: bool, kind: str = "") -> Labelled:
    return Labelled(not kind, kind, tuple(Signals() for _ in right), right)


@pytest.fixture
def quality() -> Quality:
    questions = [question(True, False), question(True, True), question(False, kind="far")]
    return measure(questions, [[0.9, 0.1], [0.2, 0.1], [0.35]], dataset="set", thresholds=AT)


def test_a_question_is_kept_by_the_best_of_its_passages(quality: Quality) -> None:
    kept, far = quality.groups
    assert (kept.name, kept.questions, kept.shown, kept.strong) == ("answerable", 2, 0.5, 0.5)
    assert (far.name, far.questions, far.shown, far.strong) == ("far", 1, 1.0, 0.0)
    assert far.auc == 0.5
    assert (quality.kept, quality.passed) == (0.5, 1.0)


def test_the_calibration_is_that_of_the_passages(quality: Quality) -> None:
    assert quality.passages == 5
    assert [(one.count, one.share) for one in quality.bins] == [(2, 0.5), (1, 1.0), (1, 0), (1, 1)]
    assert quality.error.perfect > 0


def test_a_quality_is_read_back_as_it_was_kept(quality: Quality) -> None:
    assert read_quality(quality.as_document()) == quality


@pytest.mark.parametrize("broken", [None, {}, {"dataset": "set"}, [], "canary"])
def test_what_is_not_one_is_none(broken: object) -> None:
    assert read_quality(broken) is None
