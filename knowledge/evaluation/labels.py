"""What relevances are fitted to: the signals of each question's passages, and which are right.

A passage is right where its document is judged to answer the question; of a question that the
corpus does not cover, none is. That is as fine as judgements by document go: a section beside the
one that answers counts as right, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from knowledge.evaluation.asking import Asked
from knowledge.search import ranking
from knowledge.search.calibration import Signals

LEADING: Final = 5
"""Passages of a question that are fitted to: those a reader would see."""
UNANSWERABLE: Final = "unanswerable"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question's passages in their order. `kind` is of an unanswerable one, else empty."""

    covered: bool
    kind: str
    signals: tuple[Signals, ...]
    right: tuple[bool, ...]


def label(asked: Iterable[Asked]) -> list[Labelled]:
    """Those questions that can be labelled."""
    return [_labelled(one) for one in asked if is_labelled(one)]


def is_labelled(asked: Asked) -> bool:
    """Whether it is known what answers the question, or that nothing does."""
    return asked.query.judged or asked.query.covered is False


def right_passages(asked: Asked) -> tuple[bool, ...]:
    """Of each passage in order, whether it is of a document that answers."""
    query = asked.query
    return tuple(query.judged and document in query.gains for document in asked.documents)


def read_by_reranker(questions: Sequence[Labelled]) -> list[Labelled]:
    """With those passages only that the reranker read."""
    return [_some(one, [s.reranker is not None for s in one.signals]) for one in questions]


def without_reranker(questions: Sequence[Labelled]) -> list[Labelled]:
    """As if it had been skipped."""
    return [
        replace(one, signals=tuple(replace(each, reranker=None) for each in one.signals))
        for one in questions
    ]


def _labelled(asked: Asked) -> Labelled:
    query = asked.query
    return Labelled(
        covered=query.judged,
        kind="" if query.judged else query.kind or UNANSWERABLE,
        signals=tuple(ranking.signals(query.text, one) for one in asked.judged),
        right=right_passages(asked),
    )


def _some(one: Labelled, kept: Sequence[bool]) -> Labelled:
    return replace(
        one,
        signals=tuple(each for each, stays in zip(one.signals, kept, strict=True) if stays),
        right=tuple(each for each, stays in zip(one.right, kept, strict=True) if stays),
    )
