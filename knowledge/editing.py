"""Every write to an article by a person, an import or the admin panel goes through here.

Each is compare-and-set on `version` and, where it touches more than one document, one
transaction. The worker's fields are not written here, except to ask for indexing.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from kbsite import mongo
from knowledge.models import MAX_SLUG, Article, Revision, Status, Workspace

INDEXED_FIELDS = {"title", "content"}
CHUNK_FIELDS = {"tags", "category", "visibility", "status"}
EDITABLE_FIELDS = INDEXED_FIELDS | CHUNK_FIELDS | {"summary", "slug"}
SLUG_TRIES = 20


class Conflict(Exception):
    """Somebody else saved the article since it was read."""


class SlugTaken(Exception):
    """Another article of the workspace has this slug."""


def create_article(
    *,
    workspace: Workspace,
    author: AbstractBaseUser | None,
    title: str,
    content: str,
    slug: str = "",
    **fields: Any,
) -> Article:
    """Store a new article and its first revision, to be indexed.

    Without a slug one is made from the title. Raises `SlugTaken` when the given one exists.
    """
    for number in range(1, SLUG_TRIES + 1):
        candidate = slug or slug_for(title, number=number)
        article = Article(
            workspace=workspace, author=author, title=title, content=content, slug=candidate
        )
        for name, value in fields.items():
            setattr(article, name, value)
        try:
            return mongo.in_transaction(lambda article=article: _insert(article))  # type: ignore[misc]
        except IntegrityError as error:
            if slug or number == SLUG_TRIES:
                raise SlugTaken(candidate) from error
    raise SlugTaken(slug)


def slug_for(title: str, *, number: int = 1) -> str:
    """A slug for a title: ASCII words, or a random name where the title has none."""
    base = slugify(title)[: MAX_SLUG - 4].strip("-_") or f"article-{get_random_string(8).lower()}"
    return base if number == 1 else f"{base}-{number}"


def edit_article(
    article: Article,
    *,
    seen: int,
    author: AbstractBaseUser | None,
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
            raise SlugTaken(new.get("slug", "")) from error
        article.refresh_from_db()
    return bool(new)


def publish_article(article: Article, *, seen: int, author: AbstractBaseUser | None) -> bool:
    """Let readers find the article."""
    return edit_article(article, seen=seen, author=author, status=Status.PUBLISHED)


def trash_article(article: Article, *, seen: int, author: AbstractBaseUser | None) -> bool:
    """Take the article out of every list and search; its text is kept."""
    return edit_article(article, seen=seen, author=author, status=Status.TRASHED)


def purge_article(article: Article) -> None:
    """Remove the article with its chunks and revisions, for good."""
    mongo.in_transaction(lambda: _purge(article))


def reindex_article(article: Article) -> None:
    """Ask the worker to index the article again, at once."""
    Article.objects.filter(pk=article.pk).update(
        pending=True, attempts=0, not_before=timezone.now(), index_error=""
    )


def _insert(article: Article) -> Article:
    article.save(force_insert=True)
    _insert_revision(article, article.revision, article.title, article.content, article.author, "")
    return article


def _apply(
    article: Article, seen: int, author: AbstractBaseUser | None, note: str, new: dict[str, Any]
) -> None:
    now = timezone.now()
    fields = {**new, "version": F("version") + 1, "updated_at": now}
    if INDEXED_FIELDS & new.keys():
        fields |= {"revision": F("revision") + 1, "pending": True}
        fields |= {"attempts": 0, "not_before": now, "index_error": ""}
    if not Article.objects.filter(pk=article.pk, version=seen).update(**fields):
        raise Conflict
    if INDEXED_FIELDS & new.keys():
        title, content = new.get("title", article.title), new.get("content", article.content)
        _insert_revision(article, article.revision + 1, title, content, author, note)
    if chunk_fields := {name: new[name] for name in CHUNK_FIELDS & new.keys()}:
        mongo.chunks().update_many(
            {"article_id": article.pk}, {"$set": chunk_fields}, session=mongo.session()
        )


def _insert_revision(
    article: Article,
    number: int,
    title: str,
    content: str,
    author: AbstractBaseUser | None,
    note: str,
) -> None:
    Revision.objects.create(
        article_id=article.pk, number=number, title=title, content=content, author=author, note=note
    )


def _purge(article: Article) -> None:
    mongo.chunks().delete_many({"article_id": article.pk}, session=mongo.session())
    Revision.objects.filter(article_id=article.pk).delete()
    Article.objects.filter(pk=article.pk).delete()
