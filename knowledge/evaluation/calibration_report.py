"""Proposed fits as one HTML file with everything in it, for whoever reads it without the site."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from knowledge.evaluation.calibrating import Proposal

_STYLES: Final = ("css/variables.css", "css/table.css", "css/figure.css", "css/calibration.css")


def report(proposals: Sequence[Proposal]) -> str:
    """The page: each new fit, then what is running on the same questions."""
    shown = [(one, [one.quality, one.running_quality]) for one in proposals]
    context = {"shown": shown, "styles": [_style(name) for name in _STYLES]}
    return render_to_string("evaluation/calibration_report.html", context)


def _style(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_text(encoding="utf-8")
