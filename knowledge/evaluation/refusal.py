"""Does the site know what it does not know? Relevance against what the corpus really answers.

A question counts as answered where its best passage reaches the threshold, as for readers. What
its figures mean depends on how many of a set's questions are unanswerable, so sets are compared
with themselves.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from django.conf import settings

from knowledge.evaluation import metrics
from knowledge.evaluation.asking import Asked
from knowledge.evaluation.judging import Json
from knowledge.evaluation.labels import LEADING, is_labelled, right_passages

STEPS: Final = 50
"""Thresholds of the curve, evenly spread."""


def judge_refusal(asked: Sequence[Asked]) -> Json:
    """Separation, errors at the running thresholds, and calibration; each kind apart."""
    inside = [one for one in asked if one.query.covered is True]
    outside = [one for one in asked if one.query.covered is False]
    kinds = dict.fromkeys(one.query.kind for one in outside if one.query.kind)
    return {
        "answerable": len(inside),
        "unanswerable": len(outside),
        **_separation(inside, outside),
        **{name: _errors(inside, outside, at) for name, at in thresholds().items()},
        "kinds": {
            kind: _kind(inside, [one for one in outside if one.query.kind == kind])
            for kind in kinds
        },
        **_calibration([*inside, *outside]),
        "curve": _curve([*inside, *outside]),
    }


def thresholds() -> dict[str, float]:
    """From which relevance on a question is answered, and from which on without a warning."""
    return {"weak": settings.CONFIDENCE_WEAK, "strong": settings.CONFIDENCE_STRONG}


def _kind(inside: Sequence[Asked], outside: Sequence[Asked]) -> Json:
    """One kind of unanswerable questions, against all that are answerable."""
    answered = {
        name: _share([one.relevance >= at for one in outside]) for name, at in thresholds().items()
    }
    return {
        "unanswerable": len(outside),
        **_separation(inside, outside),
        "false_answers": answered,
    }


def _separation(inside: Sequence[Asked], outside: Sequence[Asked]) -> Json:
    if not inside or not outside:
        return {"auc": None, "auc_ci95": None}
    area, interval = metrics.auc(_relevances(inside), _relevances(outside))
    return {"auc": round(area, 4), "auc_ci95": [round(bound, 4) for bound in interval]}


def _errors(inside: Sequence[Asked], outside: Sequence[Asked], threshold: float) -> Json:
    return {
        "threshold": threshold,
        "false_answers": _share([one.relevance >= threshold for one in outside]),
        "false_refusals": _share([one.relevance < threshold for one in inside]),
    }


def _calibration(asked: Sequence[Asked]) -> Json:
    """Relevance as the probability that a passage answers, over the first of each question: what
    it is fitted to and shown as."""
    known = [one for one in asked if is_labelled(one)]
    said = [passage.relevance for one in known for passage in one.judged[:LEADING]]
    came = [right for one in known for right in right_passages(one)[:LEADING]]
    if not said:
        return {"labels": 0, "ece": None, "ece_ci95": None, "ece_if_perfect": None, "bins": []}
    error = metrics.calibration_error(said, came)
    return {
        "labels": len(said),
        "ece": round(error.error, 4),
        "ece_ci95": [round(error.low, 4), round(error.high, 4)],
        "ece_if_perfect": round(error.perfect, 4),
        "bins": [_rounded(asdict(one)) for one in metrics.reliability(said, came)],
    }


def _curve(labelled: Sequence[Asked]) -> list[Json]:
    """What each threshold would do: the share of questions answered, and of those the share that
    is wrong, being unanswerable or shown no document that is judged to answer it."""
    points = []
    for threshold in (step / STEPS for step in range(STEPS + 1)):
        answered = [one for one in labelled if one.relevance >= threshold]
        if answered:
            wrong = sum(not _right(one, threshold) for one in answered)
            point = {"coverage": len(answered) / len(labelled), "error": wrong / len(answered)}
            points.append(_rounded({"threshold": threshold, **point}))
    return points


def _right(asked: Asked, threshold: float) -> bool:
    likely = [
        document
        for judged, document in zip(asked.judged, asked.documents, strict=True)
        if judged.relevance >= threshold
    ][: settings.SEARCH_PASSAGES]
    gains = asked.query.gains
    return asked.query.covered is True and (not gains or any(one in gains for one in likely))


def _relevances(asked: Sequence[Asked]) -> list[float]:
    return [one.relevance for one in asked]


def _share(true: Sequence[bool]) -> Json:
    share = round(sum(true) / len(true), 4) if true else None
    return {"n": sum(true), "of": len(true), "share": share}


def _rounded(figures: Json) -> Json:
    return {key: round(value, 4) for key, value in figures.items()}
