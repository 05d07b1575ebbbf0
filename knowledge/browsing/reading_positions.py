"""Where each reader was: the articles they opened last, and the section they left them at.

Kept for people with an account only; what is shown is only what they may still read.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from knowledge.access import Rights, may_read, rights_of
from knowledge.models import Article, ReadingPosition, Revision, Workspace

KEPT: Final = 100
CONTINUED: Final = 3
"""How many of them are offered."""
LOOKED_AT: Final = 20
"""Positions looked through for ones that may be shown: others were moved, hidden or removed."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """An article to go on with, at a section of it where one was noted."""

    article: Article
    position: ReadingPosition

    @property
    def url(self) -> str:
        anchor = f"#{self.position.anchor}" if self.position.anchor else ""
        return self.article.get_absolute_url() + anchor


def record_visit(user: User, article: Article) -> None:
    """Remember that the user opened the article now; of the KEPT newest, only."""
    mine = ReadingPosition.objects.filter(user_id=user.pk)
    if mine.filter(article_id=article.pk).update(read_at=timezone.now()):
        return
    try:
        ReadingPosition.objects.create(
            user=user, workspace_id=article.workspace_id, article_id=article.pk
        )
    except IntegrityError:  # the same reader, in two tabs at once
        return
    if oldest := list(mine.order_by("-read_at").values_list("pk", flat=True)[KEPT:]):
        ReadingPosition.objects.filter(pk__in=oldest).delete()


def record_section(user: User, article: Article, anchor: str) -> bool:
    """Remember the section; False where the article has none of that name, or was not opened."""
    revision = Revision.objects.filter(article_id=article.pk, number=article.revision)
    headings: list[dict[str, Any]] = revision.values_list("headings", flat=True).first() or []
    texts = {heading["anchor"]: heading["text"] for heading in headings}
    if anchor and anchor not in texts:
        return False
    mine = ReadingPosition.objects.filter(user_id=user.pk, article_id=article.pk)
    heading = texts.get(anchor, "")[:200]
    return bool(mine.update(anchor=anchor, heading=heading, read_at=timezone.now()))


def continuations(
    user: User, *, most: int, workspace: Workspace | None = None
) -> list[Continuation]:
    """The articles read last that the user may still read, in one workspace or in all."""
    positions = ReadingPosition.objects.filter(user_id=user.pk)
    if workspace:
        positions = positions.filter(workspace_id=workspace.pk)
    newest = list(positions.order_by("-read_at")[:LOOKED_AT])
    articles = Article.objects.defer("content").in_bulk([p.article_id for p in newest])
    spaces = Workspace.objects.in_bulk({p.workspace_id for p in newest})
    rights = rights_of([user], [(user.pk, pk) for pk in spaces])
    found = []
    for position in newest:
        article = articles.get(position.article_id)
        if article and may_read(rights.get((user.pk, article.workspace_id), Rights()), article):
            article.workspace = spaces[article.workspace_id]
            found.append(Continuation(article, position))
    return found[:most]


def forget(user: User) -> None:
    """Remove everything that is kept about what the user read."""
    ReadingPosition.objects.filter(user_id=user.pk).delete()
