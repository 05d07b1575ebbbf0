"""What an export holds, in parts that one import takes each: so many files, so many bytes.

A part is a range of articles by their ids, so that it stays the same whatever is saved or
created meanwhile. Writing it is `exporting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bson import ObjectId
from django.conf import settings
from django.db.models import QuerySet

from kbsite import mongo
from knowledge.access import Scope
from knowledge.models import Article, Status, Workspace
from knowledge.transfer.archives import MAX_ENTRIES
from knowledge.transfer.jobs import MAX_FILES

_AROUND_A_FILE: Final = 2_000
"""Bytes, about: its front matter, and what the zip says of it."""


@dataclass(slots=True)
class Part:
    """The articles after the id `after`, up to `until`; an empty end is open. `size`: in bytes,
    before it is packed.
    """

    number: int
    after: str = ""
    until: str = ""
    articles: int = 0
    size: int = 0
    pictures: set[ObjectId] = field(default_factory=set)

    @property
    def too_large(self) -> bool:
        """Whether a single article with its pictures is more than an import takes."""
        return self.size > settings.IMPORT_MAX_BYTES

    def takes(self, article: Article, lengths: Mapping[ObjectId, int]) -> bool:
        """Add the article and its pictures, of these lengths, if there is room, or nothing yet."""
        new = (set(article.image_ids) & lengths.keys()) - self.pictures
        size = self.size + len(article.content.encode()) + sum(lengths[picture] for picture in new)
        size += _AROUND_A_FILE * (1 + len(new))
        entries = self.articles + 1 + len(self.pictures) + len(new)
        fits = self.articles < MAX_FILES and entries <= MAX_ENTRIES
        if self.articles and not (fits and size <= settings.IMPORT_MAX_BYTES):
            return False
        self.articles, self.size, self.pictures = self.articles + 1, size, self.pictures | new
        return True


def exported_articles(
    workspace: Workspace, scope: Scope, *, after: str = "", until: str = ""
) -> QuerySet[Article]:
    """What `scope` reads and is not in the trash, from a range of ids, by id."""
    shown = scope.visibilities(str(workspace.pk))
    articles = Article.objects.filter(workspace_id=workspace.pk, visibility__in=shown)
    if after:
        articles = articles.filter(pk__gt=after)
    if until:
        articles = articles.filter(pk__lte=until)
    return articles.exclude(status=Status.TRASHED).order_by("pk")


def parts_of(workspace: Workspace, scope: Scope) -> list[Part]:
    """The export's parts: one, as long as an import takes it all; none without articles."""
    pictures = mongo.image_files().find({"metadata.workspace_id": workspace.pk}, {"length": 1})
    lengths = {picture["_id"]: picture["length"] for picture in pictures}
    parts: list[Part] = []
    last = ""
    articles = exported_articles(workspace, scope).only("content", "image_ids")
    for article in articles.iterator(chunk_size=50):
        if not (parts and parts[-1].takes(article, lengths)):
            parts.append(_next_part(parts, last))
            parts[-1].takes(article, lengths)
        last = str(article.pk)
    return parts


def _next_part(parts: list[Part], last: str) -> Part:
    if parts:
        parts[-1].until = last
    return Part(len(parts) + 1, after=last)
