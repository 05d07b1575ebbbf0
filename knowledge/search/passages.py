"""The last look at what was found: read from MongoDB through the scope, at this moment.

An index may lag. What is gone, unpublished, out of scope, moved out of the filter, or of another
revision than the article's indexed one is dropped here, whatever an engine said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from django.db.models import Q
from django.urls import reverse

from kbsite import mongo
from kbsite.mongo import ChunkDocument
from knowledge.access import Scope
from knowledge.models import Article, Status, Workspace
from knowledge.search.engine import ChunkHit, Filters

_ARTICLE_FIELDS = ("pk", "workspace_id", "slug", "indexed_revision", "indexed_at")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the asker may read; `breadcrumb` starts with the title as indexed."""

    chunk_id: ObjectId
    article_id: ObjectId
    workspace_id: str
    url: str
    breadcrumb: tuple[str, ...]
    anchor: str
    text: str
    start: int
    end: int
    revision: int
    indexed_at: datetime
    tags: tuple[str, ...]
    category: str

    @property
    def title(self) -> str:
        return self.breadcrumb[0]


def read(hits: Sequence[ChunkHit], filters: Filters) -> list[Candidate]:
    """The passages behind the hits that may be shown, in the order of the hits.

    One query each for articles, chunks and workspaces, by id. Of passages with the same text,
    as two articles may have, the first is kept.
    """
    articles = _articles(hits, filters)
    slugs = _slugs(articles)
    chunks = _chunks(hits, filters.scope)
    found: dict[str, Candidate] = {}
    for hit in hits:
        article, chunk = articles.get(hit.article_id), chunks.get(hit.chunk_id)
        if article and chunk and chunk["revision"] == article["indexed_revision"]:
            candidate = _candidate(article, chunk, slugs[article["workspace_id"]])
            found.setdefault(" ".join(candidate.text.split()), candidate)
    return list(found.values())


def _articles(hits: Sequence[ChunkHit], filters: Filters) -> dict[ObjectId, dict[str, Any]]:
    granted = Q(pk__in=[])
    for workspace_id in filters.scope.workspace_ids:
        shown = filters.scope.visibilities(workspace_id)
        granted |= Q(workspace_id=ObjectId(workspace_id), visibility__in=sorted(shown))
    narrowed = Q(tags__contains=sorted(filters.tags)) if filters.tags else Q()
    if filters.category:
        narrowed &= Q(category=filters.category)
    found = Article.objects.filter(
        granted, narrowed, pk__in={hit.article_id for hit in hits}, status=Status.PUBLISHED
    )
    return {article["pk"]: article for article in found.order_by().values(*_ARTICLE_FIELDS)}


def _chunks(hits: Sequence[ChunkHit], scope: Scope) -> dict[ObjectId, ChunkDocument]:
    found = mongo.chunks().find(
        {
            "_id": {"$in": [hit.chunk_id for hit in hits]},
            "status": Status.PUBLISHED,
            "$or": [
                {"workspace_id": workspace_id, "visibility": visibility}
                for workspace_id, visibility in sorted(scope.grants)
            ],
        },
        {"embedding": 0},
    )
    return {chunk["_id"]: chunk for chunk in found}


def _slugs(articles: dict[ObjectId, dict[str, Any]]) -> dict[ObjectId, str]:
    wanted = {article["workspace_id"] for article in articles.values()}
    found = Workspace.objects.filter(pk__in=wanted).order_by().only("slug")
    return {workspace.pk: workspace.slug for workspace in found}


def _candidate(article: dict[str, Any], chunk: ChunkDocument, workspace: str) -> Candidate:
    page = reverse("knowledge:article", args=[workspace, article["slug"]])
    return Candidate(
        chunk_id=chunk["_id"],
        article_id=chunk["article_id"],
        workspace_id=chunk["workspace_id"],
        url=f"{page}#{chunk['anchor']}" if chunk["anchor"] else page,
        breadcrumb=tuple(chunk["breadcrumb"]),
        anchor=chunk["anchor"],
        text=chunk["text"],
        start=chunk["start"],
        end=chunk["end"],
        revision=chunk["revision"],
        indexed_at=article["indexed_at"],
        tags=tuple(chunk["tags"]),
        category=chunk["category"],
    )
