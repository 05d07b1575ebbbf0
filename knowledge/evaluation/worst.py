"""The questions that went worst, and what was retrieved for them: where to begin to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from knowledge.evaluation.asking import Asked
from knowledge.evaluation.judging import scores
from knowledge.evaluation.table import share, short

SHOWN: Final = 20
PASSAGES: Final = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was retrieved; `right` where its document is judged to answer."""

    title: str
    section: str
    document: str
    relevance: str
    right: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """A judged document, and where the final order has it."""

    document: str
    place: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A question and what went wrong with it; `badness` is 0..1."""

    id: str
    text: str
    kind: str
    badness: float
    figures: str
    complaint: str
    found: tuple[Found, ...]
    expected: tuple[Expected, ...]


def worst(asked: Sequence[Asked]) -> list[Bad]:
    """The worst first: ranked badly, refused though covered, or answered though not."""
    every = sorted(map(_bad, asked), key=lambda one: -one.badness)
    return [one for one in every[:SHOWN] if one.badness > 0]


def _bad(asked: Asked) -> Bad:
    badness, complaint, figures = _complaint(asked)
    return Bad(
        id=asked.query.id,
        text=asked.query.text,
        kind=asked.query.kind,
        badness=badness,
        figures=figures,
        complaint=complaint,
        found=_found(asked),
        expected=_expected(asked),
    )


def _complaint(asked: Asked) -> tuple[float, str, str]:
    sure = f"relevance {share(asked.relevance)}"
    answered = asked.relevance >= settings.CONFIDENCE_WEAK
    if asked.query.covered is False:
        wrong = asked.relevance if answered else 0.0
        return wrong, "Answered, though nothing in the corpus answers it", sure
    final = scores(asked).get("final", {})
    lost = 1 - final.get("ndcg@10", 1.0)
    figures = f"nDCG@10 {short(final['ndcg@10'])} · {sure}" if final else sure
    if asked.query.covered and not answered:
        return max(lost, 1 - asked.relevance), "Refused, though the corpus answers it", figures
    if final.get("recall@20") == 0:
        return lost, "No judged document was found", figures
    return lost, "Judged documents are too far down", figures


def _found(asked: Asked) -> tuple[Found, ...]:
    shown = {one.chunk_id for one in asked.retrieval.passages}
    pairs = list(zip(asked.judged, asked.documents, strict=True))[:PASSAGES]
    return tuple(
        Found(
            title=judged.candidate.title,
            section=" \u203a ".join(judged.candidate.breadcrumb[1:]),
            document=document,
            relevance=share(judged.relevance),
            right=document in asked.query.gains,
            shown=judged.candidate.chunk_id in shown,
        )
        for judged, document in pairs
    )


def _expected(asked: Asked) -> tuple[Expected, ...]:
    order = asked.legs["final"]
    return tuple(
        Expected(one, f"found as number {order.index(one) + 1}" if one in order else "not found")
        for one in asked.query.gains
    )
