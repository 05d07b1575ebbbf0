"""A result as one page of HTML that needs nothing else: no script, no server, no network.

All of it is escaped by the template: titles and questions are somebody's text. The page also
forbids itself everything but its own styles.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from kbsite.environment import BASE_DIR
from knowledge.evaluation import plots
from knowledge.evaluation.asking import Asked
from knowledge.evaluation.comparing import differences
from knowledge.evaluation.judging import METRICS, Json
from knowledge.evaluation.table import share, short, signed, verdict
from knowledge.evaluation.worst import worst

_STYLES: Final = ("variables.css", "evaluation.css", "figure.css")
_NAMES: Final = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}
_ABOUT: Final = {
    "keyword": "words alone",
    "semantic": "meaning alone, by vectors",
    "fused": "both together",
    "reranked": "as the reranker alone would order",
    "final": "what readers get",
}


def page(result: Json, asked: Sequence[Asked]) -> str:
    """The whole page."""
    context = {
        "result": result,
        "made": timezone.now(),
        "styles": _styles(),
        "metrics": [_named(metric) for metric in METRICS],
        "legs": [_leg(name, figures) for name, figures in result["legs"].items()],
        "stages": _stages(result["stages_ms"]),
        "late": share(result["degraded"]["over_rerank_budget"]),
        "refusal": _refusal(result["refusal"]),
        "reliability": plots.reliability(result["refusal"]["bins"]),
        "coverage": plots.coverage(result["refusal"]["curve"], result["thresholds"]),
        "answers": _answers(result["answers"]),
        "changes": _changes(result.get("against")),
        "worst": worst(asked),
    }
    return render_to_string("evaluation/report.html", context)


def _styles() -> str:
    """The site's tokens and the report's own styles: both files are part of the product."""
    texts = [(BASE_DIR / "static/css" / name).read_text("utf-8") for name in _STYLES]
    return mark_safe("\n".join(texts))  # noqa: S308


def _leg(name: str, figures: Json) -> dict[str, Any]:
    low, high = figures["ci95"]["ndcg@10"]
    return {
        "name": name,
        "about": _ABOUT[name],
        "whisker": [plots.whisker(value) for value in (low, figures["ndcg@10"], high)],
        "cells": [
            {
                "metric": _NAMES.get(metric, metric),
                "value": short(figures[metric]),
                "interval": _interval(bounds),
            }
            for metric, bounds in figures["ci95"].items()
        ],
    }


def _stages(stages: Json) -> list[dict[str, Any]]:
    longest = max((times["p95"] for times in stages.values()), default=0.0) or 1.0
    return [
        {
            "name": stage,
            "p50": f"{times['p50']:,.1f}",
            "p95": f"{times['p95']:,.1f}",
            "bars": [plots.whisker(times[which] / longest) for which in ("p50", "p95")],
        }
        for stage, times in stages.items()
    ]


def _refusal(refusal: Json) -> dict[str, Any]:
    everything = {
        "unanswerable": refusal["unanswerable"],
        "auc": refusal["auc"],
        "auc_ci95": refusal["auc_ci95"],
        "false_answers": {at: refusal[at]["false_answers"] for at in ("weak", "strong")},
    }
    kinds = {"all": everything, **refusal["kinds"]}
    return {
        "rows": [_kind(name, kind) for name, kind in kinds.items()],
        "refused": share(refusal["weak"]["false_refusals"]["share"]),
        "error": _or_dash(refusal["ece"]),
        "interval": _interval(refusal["ece_ci95"]),
        "perfect": _or_dash(refusal["ece_if_perfect"]),
    }


def _kind(name: str, figures: Json) -> dict[str, Any]:
    answered = figures["false_answers"]
    return {
        "name": name,
        "count": figures["unanswerable"],
        "auc": _or_dash(figures["auc"]),
        "interval": _interval(figures["auc_ci95"]),
        "weak": share(answered["weak"]["share"]),
        "strong": share(answered["strong"]["share"]),
    }


def _answers(answers: Json) -> list[tuple[str, str, str]]:
    """Each figure in words: its value, its name, what it is about."""
    if not answers:
        return []
    contains = f"at least {share(answers['contains_from'])} of its words"
    shares = [
        ("answered", "answered", f"of {answers['questions']:,} answerable questions"),
        ("cited_sentences", "sentences with a citation", f"of {answers['sentences']:,}"),
        ("citation_precision", "citations that are right", f"of {answers['citations']:,}"),
        ("citation_recall", "right documents cited", f"of {answers['relevant_shown']:,} shown"),
        ("contains_reference", "contain the reference", contains),
        ("reference_recall", "of the reference's words", f"mean of {answers['references']:,}"),
    ]
    verdicts = answers["verdicts"]
    supported = "borne out by their sources", f"of {verdicts['claims']:,} claims"
    figures = [(share(answers[key]), name, about) for key, name, about in shares]
    return [*figures, (share(verdicts["supported"]), *supported)]


def _changes(comparison: Json | None) -> list[dict[str, str]]:
    if comparison is None:
        return []
    return [
        {
            "whose": whose,
            "name": _named(name),
            "before": short(figure["before"]),
            "after": short(figure["after"]),
            "change": signed(figure["change"]),
            "interval": f"{signed(figure['ci95'][0])} to {signed(figure['ci95'][1])}",
            "verdict": verdict(whose, figure),
        }
        for whose, name, figure in differences(comparison)
    ]


def _named(figure: str) -> str:
    return _NAMES.get(figure, figure.replace("_", " "))


def _interval(bounds: Sequence[float] | None) -> str:
    return f"{short(bounds[0])}\u2013{short(bounds[1])}" if bounds else ""


def _or_dash(value: float | None) -> str:
    return "\u2013" if value is None else short(value)
