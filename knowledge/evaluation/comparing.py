"""Two results on the same questions: which differences mean something.

Each is looked at question by question (`metrics.paired_differences`): what makes one question
harder than another is the same on both sides and says nothing about the change.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from knowledge.evaluation import metrics
from knowledge.evaluation.judging import METRICS, Json
from knowledge.evaluation.metrics import Difference

SAID_APART: Final = ("dataset", "recipe", "reranker", "engine")
_ERRORS: Final = {"false_answers": False, "false_refusals": True}
"""Each error, and whether the questions that can show it are covered."""


class NotComparable(Exception):
    """The older result cannot be compared with; the message says why."""


def read_result(path: Path) -> Json:
    """What `--json` printed once. Raises `NotComparable`."""
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NotComparable(f"{path} cannot be read as a result of --json: {error}.") from None
    if not isinstance(result, dict) or not isinstance(result.get("questions"), dict):
        raise NotComparable(f"{path} is no result of evaluate --json: it has no questions.")
    return result


def compare(old: Json, new: Json) -> Json:
    """Every figure of both, with its change. Raises `NotComparable` without a common question."""
    both = [one for one in new["questions"] if one in old["questions"]]
    if not both:
        raise NotComparable("The two results have no question in common.")
    pairs = [(old["questions"][one], new["questions"][one]) for one in both]
    return {
        "questions": len(both),
        "only_old": len(old["questions"]) - len(both),
        "only_new": len(new["questions"]) - len(both),
        "changed": {
            name: [old.get(name), new.get(name)]
            for name in SAID_APART
            if old.get(name) != new.get(name)
        },
        "legs": {leg: figures for leg in new["legs"] if (figures := _leg(leg, pairs))},
        "refusal": _refusal(old, new, pairs),
    }


def differences(comparison: Json) -> Iterator[tuple[str, str, Json]]:
    """Every compared figure: whose it is, its name, and how it changed."""
    for leg, figures in comparison["legs"].items():
        for metric, figure in figures.items():
            yield leg, metric, figure
    for error, figure in comparison["refusal"].items():
        yield "refusal", error, figure


def _leg(leg: str, pairs: Sequence[tuple[Json, Json]]) -> Json:
    """The figures of one leg that both results have."""
    figures = [(old["legs"].get(leg, {}), new["legs"].get(leg, {})) for old, new in pairs]
    known = [m for m in METRICS if any(m in old and m in new for old, new in figures)]
    both = [pair for pair in figures if all(m in one for m in known for one in pair)]
    if not known or not both:
        return {}
    before, after = ([[one[m] for m in known] for one in side] for side in zip(*both, strict=True))
    changes = metrics.paired_differences(before, after)
    return dict(zip(known, map(_as_json, changes), strict=True))


def _refusal(old: Json, new: Json, pairs: Sequence[tuple[Json, Json]]) -> Json:
    """The shares of errors, each result at the threshold that it ran with."""
    if "thresholds" not in old:
        return {}
    found = {}
    for error, covered in _ERRORS.items():
        about = [pair for pair in pairs if pair[1]["covered"] is covered]
        if about:
            before = [_errs(one, covered, old) for one, _ in about]
            after = [_errs(one, covered, new) for _, one in about]
            found[error] = _as_json(metrics.paired_difference(before, after))
    return found


def _errs(question: Json, covered: bool, result: Json) -> float:
    answered = question["relevance"] >= result["thresholds"]["weak"]
    return float(answered is not covered)


def _as_json(change: Difference) -> Json:
    return {
        "before": round(change.before, 4),
        "after": round(change.after, 4),
        "change": round(change.change, 4),
        "ci95": [round(change.low, 4), round(change.high, 4)],
        "noise": change.noise,
    }
