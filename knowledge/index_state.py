"""How far search has followed an article, in plain words for whoever wrote it."""

from dataclasses import dataclass
from typing import Literal

from django.utils import timezone
from django.utils.timesince import timeuntil

from knowledge.models import Article, Status


@dataclass(frozen=True, slots=True)
class IndexState:
    """A word or two for a badge, and a sentence's worth of detail (may be empty)."""

    tone: Literal["good", "warn", "bad", "quiet"]
    label: str
    detail: str = ""


def index_state(article: Article) -> IndexState:
    """What searches find of the article now. Reads no field but those of the index state."""
    if article.pending and article.index_error:
        return IndexState("bad", f"failed: {article.index_error}", _next_try(article))
    if article.pending:
        return IndexState("warn", "waiting", _found_meanwhile(article))
    if article.status != Status.PUBLISHED:
        return IndexState("quiet", "not searched", "ready for when it is published")
    return IndexState("good", "searchable", f"revision {article.indexed_revision}")


def _next_try(article: Article) -> str:
    if article.not_before <= timezone.now():
        return "trying again now"
    return f"trying again in {timeuntil(article.not_before)}"


def _found_meanwhile(article: Article) -> str:
    if article.status != Status.PUBLISHED:
        return "to be indexed"
    if article.indexed_revision:
        return f"searches find revision {article.indexed_revision} until then"
    return "searches do not find it yet"
