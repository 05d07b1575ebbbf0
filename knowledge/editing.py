"""Every write to an article by a person, an import or the admin panel goes through here.

Each is compare-and-set on `version` and, where it touches more than one document, one
transaction. The worker's fields are not written here, except to ask for indexing.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from string import ascii_lowercase
from typing import Any

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from accounts.models import User
from kbsite import mongo
from knowledge.authoring.image_addresses import image_ids
from knowledge.browsing.titles import title_key
from knowledge.models import (
    MAX_SLUG,
    Article,
    Draft,
    OldAddress,
    ProblemReport,
    ReadingPosition,
    Revision,
    Status,
    Workspace,
)

INDEXED_FIELDS = {"title", "content"}
CHUNK_FIELDS = {"tags", "category", "visibility", "status"}
EDITABLE_FIELDS = INDEXED_FIELDS | CHUNK_FIELDS | {"summary", "slug", "source_hash"}
AROUND_ARTICLES = (Revision, OldAddress, Draft, ProblemReport, ReadingPosition)
"""What goes with an article when it is removed for good; chunks and images go, too."""
SLUG_BASE = MAX_SLUG - 9  # leaves room for what tells it from others
SLUG_NUMBERS = 20


class Conflict(Exception):
    """Somebody else saved the article since it was read."""


class SlugTaken(Exception):
    """Another article of the workspace has this slug."""


def create_article(
    *,
    workspace: Workspace,
    author: User | None,
    title: str,
    content: str,
    slug: str = "",
    **fields: Any,
) -> Article:
    """Store a new article and its first revision, to be indexed.

    Without a slug one is made from the title, and numbered where others have it. Raises
    `SlugTaken` when the given one exists. An old address of another article may be taken.
    """
    fields |= {"workspace": workspace, "author": author, "title": title, "content": content}
    fields |= {"image_ids": image_ids(content), "title_key": title_key(title)}
    for candidate in [slug] if slug else slugs_for(title):
        try:
            return mongo.in_transaction(partial(_insert, {**fields, "slug": candidate}))
        except IntegrityError as error:
            if not _is_slug_clash(error):
                raise
    raise SlugTaken(slug)


def slugs_for(title: str, *, wordless: str = "article") -> Iterator[str]:
    """Slugs for a title, best first: its ASCII words, then with a number, then at random."""
    if base := slugify(title)[:SLUG_BASE].strip("-_"):
        yield base
        yield from (f"{base}-{number}" for number in range(2, SLUG_NUMBERS + 1))
    while True:
        yield f"{base or wordless}-{get_random_string(8, ascii_lowercase)}"


def edit_article(
    article: Article,
    *,
    seen: int,
    author: User | None,
    note: str = "",
    **changes: Any,
) -> bool:
    """Apply the changes to the article as it was at version `seen`; say whether any were new.

    A new title or content makes a revision and asks for indexing; tags, category, visibility
    and status reach the chunks in the same transaction, without the embedder. Raises
    `Conflict` when the article has moved on, `SlugTaken` when the new slug exists.
    """
    if unknown := changes.keys() - EDITABLE_FIELDS:
        raise TypeError(f"not editable: {sorted(unknown)}")
    new = {name: value for name, value in changes.items() if getattr(article, name) != value}
    if article.version != seen:
        raise Conflict
    if new:
        try:
            mongo.in_transaction(lambda: _apply(article, seen, author, note, new))
        except IntegrityError as error:
            if not _is_slug_clash(error):
                raise
            raise SlugTaken(new.get("slug", "")) from error
        article.refresh_from_db()
    return bool(new)


def publish_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Let readers find the article."""
    return edit_article(article, seen=seen, author=author, status=Status.PUBLISHED)


def unpublish_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Make the article a draft again: readers and searches no longer find it."""
    return edit_article(article, seen=seen, author=author, status=Status.DRAFT)


def archive_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Keep the article for its editors only, as something that no longer holds."""
    return edit_article(article, seen=seen, author=author, status=Status.ARCHIVED)


def trash_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Take the article out of every list and search; it can be restored until it is purged."""
    return edit_article(article, seen=seen, author=author, status=Status.TRASHED)


def restore_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Take the article out of the trash, as what it was before."""
    before = article.trashed_from or Status.DRAFT
    return edit_article(article, seen=seen, author=author, status=before)


def give_article(article: Article, *, seen: int, to: User) -> bool:
    """Make somebody else the article's author; say whether it was not so already.

    Raises `Conflict` when the article has moved on.
    """
    if article.version != seen:
        raise Conflict
    if article.author_id == to.pk:
        return False
    mongo.in_transaction(lambda: _apply(article, seen, None, "", {"author": to}))
    article.refresh_from_db()
    return True


def purge_article(article: Article) -> None:
    """Remove the article with its chunks, revisions and what surrounds it, for good.

    Its images are left to the sweep, because other articles may show them, too.
    """
    mongo.in_transaction(lambda: purge_articles([article]))


def purge_trashed_article(article: Article, *, seen: int, author: User | None) -> bool:
    """Purge the article unless somebody restored it since it was seen. Raises `Conflict`."""
    return mongo.in_transaction(lambda: _purge_trashed(article, seen))


def purge_articles(articles: Sequence[Article]) -> None:
    """As `purge_article`, for several, in the transaction that the caller has begun."""
    ids = [article.pk for article in articles]
    mongo.chunks().delete_many({"article_id": {"$in": ids}}, session=mongo.session())
    for model in AROUND_ARTICLES:
        model.objects.filter(article_id__in=ids).delete()
    Article.objects.filter(pk__in=ids).delete()


def _purge_trashed(article: Article, seen: int) -> bool:
    still = Article.objects.filter(pk=article.pk, version=seen, status=Status.TRASHED)
    if not still.exists():
        raise Conflict
    purge_articles([article])
    return True


def reindex_article(article: Article) -> None:
    """Ask the worker to index the article again, at once."""
    Article.objects.filter(pk=article.pk).update(
        pending=True, attempts=0, not_before=timezone.now(), index_error=""
    )


def _is_slug_clash(error: IntegrityError) -> bool:
    """Whether the server named the index of slugs, as `kbsite/collections.py` does."""
    return "workspace_slug" in str(error.__cause__)


def _insert(fields: dict[str, Any]) -> Article:
    article = Article(**fields)
    article.save(force_insert=True)
    _insert_revision(article, article.revision, article.title, article.content, article.author, "")
    _free_address(article, article.slug)
    return article


def _apply(
    article: Article, seen: int, author: User | None, note: str, new: dict[str, Any]
) -> None:
    fields = {**new, **_following(article, author, new)}
    if not Article.objects.filter(pk=article.pk, version=seen).update(**fields):
        raise Conflict
    if INDEXED_FIELDS & new.keys():
        title, content = new.get("title", article.title), new.get("content", article.content)
        _insert_revision(article, article.revision + 1, title, content, author, note)
    if "slug" in new:
        _move_address(article, new["slug"])
    if chunk_fields := {name: new[name] for name in CHUNK_FIELDS & new.keys()}:
        mongo.chunks().update_many(
            {"article_id": article.pk}, {"$set": chunk_fields}, session=mongo.session()
        )


def _following(article: Article, author: User | None, new: dict[str, Any]) -> dict[str, Any]:
    """The fields that follow from the new ones."""
    now = timezone.now()
    fields: dict[str, Any] = {"version": F("version") + 1, "updated_at": now}
    if INDEXED_FIELDS & new.keys():
        fields |= {"revision": F("revision") + 1, "pending": True}
        fields |= {"attempts": 0, "not_before": now, "index_error": ""}
    if "title" in new:
        fields["title_key"] = title_key(new["title"])
    if "content" in new:
        fields["image_ids"] = image_ids(new["content"])
    if "status" in new:
        trashed = new["status"] == Status.TRASHED
        fields["trashed_at"] = now if trashed else None
        fields["trashed_by"] = author if trashed else None
        fields["trashed_from"] = article.status if trashed else ""
    return fields


def _move_address(article: Article, slug: str) -> None:
    """Let links to the slug that the article had lead to the one it has now."""
    _free_address(article, slug)
    OldAddress.objects.create(
        workspace_id=article.workspace_id, slug=article.slug, article_id=article.pk
    )


def _free_address(article: Article, slug: str) -> None:
    """A slug in use is nobody's old one."""
    OldAddress.objects.filter(workspace_id=article.workspace_id, slug=slug).delete()


def _insert_revision(
    article: Article,
    number: int,
    title: str,
    content: str,
    author: User | None,
    note: str,
) -> None:
    Revision.objects.create(
        article_id=article.pk,
        number=number,
        title=title,
        content=content,
        image_ids=image_ids(content),
        author=author,
        note=note,
    )
