"""How good relevances are on labelled questions: told apart, true to their word, kept and passed.

Two levels. What a reader sees on a source is a relevance, so calibration is measured on the
sources that lead each answer. What the site decides is whether it covers the question, by the best
of them, so separation and the thresholds are measured by question.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from kbsite.documents import Document
from knowledge.evaluation import metrics, plots
from knowledge.evaluation.labels import LEADING, Labelled
from knowledge.evaluation.metrics import Bin, CalibrationError, Interval
from knowledge.evaluation.plots import Figure

ANSWERABLE: Final = "answerable"
RESAMPLES: Final = 1_000
_SHIPPED: Final = Path(__file__).with_name("shipped_quality.json")


@dataclass(frozen=True, slots=True)
class Thresholds:
    weak: float
    strong: float


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one kind: how many get sources at all, and how many a strong answer.

    `auc` is how well the best relevance tells the answerable ones from these.
    """

    name: str
    questions: int
    shown: float
    strong: float
    auc: float | None = None
    auc_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What relevances were worth on the questions of a data set, at these thresholds."""

    dataset: str
    measured_at: datetime
    thresholds: Thresholds
    groups: tuple[Group, ...]
    passages: int
    error: CalibrationError
    bins: tuple[Bin, ...]

    @property
    def answerable(self) -> int:
        return sum(one.questions for one in self.groups if one.name == ANSWERABLE)

    @property
    def unanswerable(self) -> int:
        return sum(one.questions for one in self.groups if one.name != ANSWERABLE)

    @property
    def kept(self) -> float:
        return next((one.shown for one in self.groups if one.name == ANSWERABLE), 0.0)

    @property
    def passed(self) -> float:
        """The share of unanswerable questions, of whatever kind, that get sources."""
        rest = [one for one in self.groups if one.name != ANSWERABLE]
        return sum(one.shown * one.questions for one in rest) / max(self.unanswerable, 1)

    @property
    def figure(self) -> Figure:
        """The reliability diagram."""
        return plots.reliability([asdict(one) for one in self.bins])

    def as_document(self) -> Document:
        """As MongoDB keeps it."""
        return asdict(self)

    def as_json(self) -> dict[str, Any]:
        whole = self.as_document() | {"measured_at": self.measured_at.isoformat()}
        return {**whole, "kept": self.kept, "passed": self.passed}


def read_quality(document: Any) -> Quality | None:
    """Back from MongoDB; None where it is not one."""
    try:
        return TypeAdapter(Quality).validate_python(document)
    except ValidationError:
        return None


@cache
def shipped_quality() -> dict[str, Quality]:
    """What the shipped fits were worth when they were made, by key."""
    stored = json.loads(_SHIPPED.read_text())
    found = {key: read_quality(document) for key, document in stored.items()}
    return {key: quality for key, quality in found.items() if quality}


def measure(
    questions: Sequence[Labelled],
    relevances: Sequence[Sequence[float]],
    *,
    dataset: str,
    thresholds: Thresholds,
) -> Quality:
    """Of the relevances of each question's passages. Neither kind of question may be missing."""
    best = [max(row, default=0.0) for row in relevances]
    said, right = leading(questions, relevances)
    kinds = dict.fromkeys(one.kind for one in questions if not one.covered)
    covered = [b for one, b in zip(questions, best, strict=True) if one.covered]
    others = {
        kind: [b for one, b in zip(questions, best, strict=True) if one.kind == kind]
        for kind in kinds
    }
    return Quality(
        dataset=dataset,
        measured_at=datetime.now(UTC).replace(microsecond=0),
        thresholds=thresholds,
        groups=(
            _group(ANSWERABLE, covered, thresholds),
            *(_group(kind, rows, thresholds, covered) for kind, rows in others.items()),
        ),
        passages=len(said),
        error=metrics.calibration_error(said, right, resamples=RESAMPLES),
        bins=tuple(metrics.reliability(said, right)),
    )


def leading(
    questions: Sequence[Labelled], relevances: Sequence[Sequence[float]]
) -> tuple[list[float], list[bool]]:
    """What was said of the first passages of every question, and whether it was so."""
    said = [value for row in relevances for value in row[:LEADING]]
    return said, [right for one in questions for right in one.right[:LEADING]]


def _group(
    name: str, best: Sequence[float], at: Thresholds, covered: Sequence[float] = ()
) -> Group:
    area, interval = metrics.auc(covered, best) if covered else (None, None)
    return Group(
        name=name,
        questions=len(best),
        shown=sum(value >= at.weak for value in best) / len(best),
        strong=sum(value >= at.strong for value in best) / len(best),
        auc=area,
        auc_interval=interval,
    )
