"""Lists of a workspace's articles: which ones, in which order, from where on.

Pure of requests: the pages and the API read a `ListQuery` with `list_form`. Who may see what is
decided by the rights, inside the query.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import TextChoices

from accounts.identity import identity_key
from accounts.models import User
from knowledge.access import Rights
from knowledge.browsing.cursors import Match, Order, keyset_page
from knowledge.browsing.problem_reports import reported_articles
from knowledge.browsing.titles import title_words
from knowledge.models import LONG_FIELDS, Article, Role, Status, Workspace

PAGE: Final = 20
LARGEST_PAGE: Final = 100
WRITERS: Final = (Role.EDITOR, Role.ADMIN)
FOR_WRITERS: Final = (Status.DRAFT, Status.PUBLISHED, Status.ARCHIVED)
MAX_WORDS: Final = 8


class Sort(TextChoices):
    SAVED = "saved", "Recently saved"
    TITLE = "title", "Title, A to Z"
    NEWEST = "newest", "Newest"
    OLDEST = "oldest", "Oldest"


ORDERS: Final = {
    Sort.SAVED: Order("updated_at", descending=True),
    Sort.TITLE: Order("title_key"),
    Sort.NEWEST: Order("created_at", descending=True),
    Sort.OLDEST: Order("created_at"),
}
"""Each has its index in `kbsite/collections.py`."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is narrowed to; an empty value does not narrow it.

    An article must carry every one of `tags`; `author` is a username; `not_indexed` are those
    whose newest revision searches do not find yet; `text` are beginnings of words of the title.
    """

    status: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    author: str = ""
    visibility: str = ""
    not_indexed: bool = False
    reported: bool = False
    text: str = ""
    sort: Sort = Sort.SAVED

    @property
    def narrows(self) -> bool:
        """Whether anything is asked of the articles but their order."""
        return self != ListQuery(sort=self.sort)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Articles in order, with workspace and author, without content; cursors as in `cursors`."""

    articles: tuple[Article, ...]
    next_cursor: str = ""
    previous_cursor: str = ""


def list_articles(
    rights: Rights,
    workspace: Workspace,
    query: ListQuery,
    *,
    cursor: str = "",
    limit: int = PAGE,
) -> ArticlePage:
    """The articles that the rights show and the query asks for; at most LARGEST_PAGE.

    Raises `InvalidCursor` for one that this list, in this order, has not given out.
    """
    page = keyset_page(
        Article,
        {"$and": [visible_articles(rights, workspace), *_conditions(query, rights, workspace)]},
        ORDERS[query.sort],
        of=f"articles:{workspace.pk}:{query.sort}",
        cursor=cursor,
        limit=max(1, min(limit, LARGEST_PAGE)),
        without=LONG_FIELDS,
    )
    for_people(page.entries, workspace)
    return ArticlePage(page.entries, page.next_cursor, page.previous_cursor)


def visible_articles(rights: Rights, workspace: Workspace) -> Match:
    """Every article whose page answers to whoever has the rights, as `access.may_read` says."""
    shown = rights.scope.visibilities(str(workspace.pk))
    statuses = FOR_WRITERS if is_writer(rights) else (Status.PUBLISHED,)
    return {
        "workspace_id": workspace.pk,
        "visibility": {"$in": sorted(map(str, shown))},
        "status": {"$in": [status.value for status in statuses]},
    }


def is_writer(rights: Rights) -> bool:
    """Whether the person sees what is not published, as writers do in an archived workspace."""
    return rights.role in WRITERS


def with_words(text: str) -> list[Match]:
    """A condition for every word typed: a word of the title begins with it."""
    words = title_words(text)[:MAX_WORDS]
    return [{"title_key": {"$regex": rf"(^| ){re.escape(word)}"}} for word in words]


def _conditions(query: ListQuery, rights: Rights, workspace: Workspace) -> Iterator[Match]:
    """What the query asks of an article.

    Only members may ask who wrote it, as only they are told, and only writers which are reported.
    """
    for field in ("status", "category", "visibility"):
        if value := getattr(query, field):
            yield {field: str(value)}
    if query.tags:
        yield {"tags": {"$all": list(query.tags)}}
    if query.author:
        yield {"author_id": {"$in": _named(query.author) if rights.role else []}}
    if query.not_indexed:
        yield {"pending": True}
    if query.reported:
        yield {"_id": {"$in": reported_articles(workspace) if is_writer(rights) else []}}
    yield from with_words(query.text)


def for_people(articles: Iterable[Article], workspace: Workspace) -> None:
    """Give each its workspace and its author, by one query for all authors."""
    articles = list(articles)
    ids = {article.author_id for article in articles if article.author_id}
    authors = User.objects.only("username").in_bulk(ids) if ids else {}
    for article in articles:
        article.workspace = workspace
        article.author = authors.get(article.author_id)


def _named(username: str) -> list[Any]:
    return list(
        User.objects.filter(username_key=identity_key(username)).values_list("pk", flat=True)
    )
