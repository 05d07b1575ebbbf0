"""How far search has followed an article, in words for programs. For people: `index_state`."""

from datetime import datetime
from typing import Final, Literal, get_args

from django.utils import timezone

from knowledge.models import Article, Status

State = Literal["searchable", "indexing", "waiting", "failed", "not_searched"]
STATES: Final = get_args(State)


def state_of(article: Article) -> State:
    """`waiting`, `indexing` and `failed` are about the newest revision; searches may meanwhile
    find an older one. `not_searched` is indexed and not published.
    """
    if not article.pending:
        return "searchable" if article.status == Status.PUBLISHED else "not_searched"
    if article.lease_until and article.lease_until > timezone.now():
        return "indexing"
    return "failed" if article.index_error else "waiting"


def next_try_at(article: Article) -> datetime | None:
    return article.not_before if state_of(article) == "failed" else None
