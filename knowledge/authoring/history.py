"""The revisions of an article: what it said and who wrote it; an older one made new again.

What differs between two of them is `diffing`; every write is `editing`.
"""

from collections.abc import Iterable
from typing import Final

from accounts.models import User
from knowledge.browsing.cursors import InOrder
from knowledge.editing import edit_article
from knowledge.models import Article, Revision

NO_NUMBER: Final = 2**31
"""More than any revision's."""

TEXTS: Final = ("content", "html", "headings", "references", "image_ids")


def revisions_of(article: Article, *, below: int = NO_NUMBER) -> InOrder[Revision]:
    """All of them, or those with a lower number; without their texts, the newest first."""
    match = {"article_id": article.pk, "number": {"$lt": below}}
    return InOrder(Revision, match, {"number": -1}, without=TEXTS)


def revision_or_none(article: Article, number: int) -> Revision | None:
    return Revision.objects.filter(article_id=article.pk, number=number).first()


def with_authors(revisions: Iterable[Revision]) -> list[Revision]:
    """The revisions with their authors, read at once."""
    listed = list(revisions)
    users = User.objects.in_bulk({revision.author_id for revision in listed} - {None})
    for revision in listed:
        revision.author = users.get(revision.author_id)
    return listed


def restore_revision(
    article: Article, revision: Revision, *, seen: int, author: User | None
) -> bool:
    """Make a new revision that says what that one said; False if the newest says it already.

    The address, tags and visibility stay, because revisions do not hold them. Raises `Conflict`
    as `edit_article` does.
    """
    return edit_article(
        article,
        seen=seen,
        author=author,
        note=f"Restored revision {revision.number}",
        title=revision.title,
        content=revision.content,
    )
