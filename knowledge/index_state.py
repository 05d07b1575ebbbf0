"""How far search has followed an article, in plain words for whoever wrote it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from django.utils import timezone

from knowledge.models import Article, Status

Kind = Literal["searchable", "indexing", "waiting", "failed", "not_searched"]
KINDS: Final = get_args(Kind)
Tone = Literal["good", "warn", "bad", "quiet"]
TONES: dict[Kind, Tone] = {
    "searchable": "good",
    "indexing": "warn",
    "waiting": "warn",
    "failed": "bad",
    "not_searched": "quiet",
}


@dataclass(frozen=True, slots=True)
class IndexState:
    """A word or two for a badge, and a sentence's worth of detail (may be empty).

    `at` is when it came to be so, where that is of interest; `next_try` when what failed is tried
    again.
    """

    kind: Kind
    label: str
    detail: str = ""
    at: datetime | None = None
    next_try: datetime | None = None

    @property
    def tone(self) -> Tone:
        return TONES[self.kind]


def index_state(article: Article) -> IndexState:
    """What searches find of the article now. Reads no field but those of the index state."""
    if not article.pending:
        return _settled(article)
    if is_held(article):
        return IndexState("indexing", _progress(article), _found_meanwhile(article))
    if article.index_error:
        return IndexState("failed", f"failed: {article.index_error}", next_try=article.not_before)
    return IndexState("waiting", "waiting", _found_meanwhile(article))


def is_held(article: Article) -> bool:
    """Whether a worker has it; one that has not renewed its lease in time may be gone."""
    until = article.lease_until
    return bool(article.lease_owner) and until is not None and until > timezone.now()


def _settled(article: Article) -> IndexState:
    if article.status != Status.PUBLISHED:
        return IndexState("not_searched", "not searched", "ready for when it is published")
    revision = f"revision {article.indexed_revision}"
    return IndexState("searchable", "searchable", revision, at=article.indexed_at)


def _progress(article: Article) -> str:
    if not article.chunks_total:
        return "indexing"
    return f"indexing {article.chunks_done} of {article.chunks_total} passages"


def _found_meanwhile(article: Article) -> str:
    if article.status != Status.PUBLISHED:
        return "for when it is published"
    if article.indexed_revision:
        return f"searches find revision {article.indexed_revision} until then"
    return "searches do not find it yet"
