import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.evaluation import table
from knowledge.evaluation.comparing import NotComparable, compare, read_result
from knowledge.evaluation.judging import METRICS

Json = dict[str, Any]


def result(values: list[float], *, relevance: float = 0.9, recipe: str = "words@1") -> Json:
    """As `--json` would print it: one judged question for each value, one that is not covered."""
    questions: Json = {
        str(n): {
            "covered": True,
            "relevance": relevance,
            "legs": {"final": dict.fromkeys(METRICS, value)},
        }
        for n, value in enumerate(values)
    }
    questions["far"] = {"covered": False, "relevance": 0.1, "legs": {}}
    return {
        "recipe": recipe,
        "thresholds": {"weak": 0.3},
        "legs": {"final": {}},
        "questions": questions,
    }


VALUES = [0.1, 0.5, 0.9, 1.0] * 10


def test_a_gain_on_every_question_is_better_and_a_wandering_one_is_noise() -> None:
    gained = compare(result(VALUES), result([value + 0.02 for value in VALUES]))
    figure = gained["legs"]["final"]["ndcg@10"]
    assert (figure["noise"], figure["change"]) == (False, 0.02)
    wandering = [value + (0.1 if n % 2 else -0.1) for n, value in enumerate(VALUES)]
    assert compare(result(VALUES), result(wandering))["legs"]["final"]["ndcg@10"]["noise"]


def test_more_refusals_are_worse_and_said_so() -> None:
    comparison = compare(result(VALUES), result(VALUES, relevance=0.2))
    figure = comparison["refusal"]["false_refusals"]
    assert (figure["before"], figure["after"]) == (0, 1)
    assert table.verdict("refusal", figure) == "worse"
    assert table.verdict("refusal", comparison["refusal"]["false_answers"]) == "noise"


def test_only_questions_that_both_asked_count_and_other_models_are_named() -> None:
    comparison = compare(result(VALUES), result(VALUES[:5], recipe="words@2"))
    assert (comparison["questions"], comparison["only_old"], comparison["only_new"]) == (6, 35, 0)
    assert comparison["changed"] == {"recipe": ["words@1", "words@2"]}


def test_an_older_result_may_hold_less() -> None:
    old = {"questions": {str(n): {"legs": {"final": {"ndcg@10": 0.0}}} for n in range(40)}}
    comparison = compare(old, result(VALUES))
    assert list(comparison["legs"]["final"]) == ["ndcg@10"]
    assert comparison["refusal"] == {}


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match="no question in common"):
        compare(result(VALUES), {**result([]), "questions": {"other": {}}})
    for content, said in [("{", "cannot be read"), (json.dumps([1]), "is no result")]:
        (tmp_path / "old.json").write_text(content)
        with pytest.raises(NotComparable, match=said):
            read_result(tmp_path / "old.json")
    with pytest.raises(NotComparable, match="cannot be read"):
        read_result(tmp_path / "none.json")
