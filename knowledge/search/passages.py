"""The last look at what was found: read from MongoDB through the scope, at this moment.

An index may lag. What is gone, unpublished, out of scope, moved out of the filter, or of another
revision than the article's indexed one is dropped here, whatever an engine said. Read with
pymongo, because this is on the path of every question: the models' layer takes twice as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bson import ObjectId
from django.urls import reverse

from kbsite import mongo
from kbsite.mongo import ChunkDocument, Document
from knowledge.models import Status
from knowledge.search.engine import ChunkHit, Filters

_ARTICLE_FIELDS: Final = ("workspace_id", "slug", "indexed_revision", "indexed_at")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the asker may read; `breadcrumb` starts with the title as indexed."""

    chunk_id: ObjectId
    article_id: ObjectId
    workspace_id: str
    workspace_slug: str
    article_slug: str
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

    @property
    def url(self) -> str:
        """The passage's section on the article's page."""
        page = reverse("knowledge:article", args=[self.workspace_slug, self.article_slug])
        return f"{page}#{self.anchor}" if self.anchor else page


def read(hits: Sequence[ChunkHit], filters: Filters) -> list[Candidate]:
    """The passages behind the hits that may be shown, in the order of the hits.

    One query each for articles, chunks and workspaces, by id. Of passages with the same text,
    as two articles may have, the first is kept.
    """
    if not hits:
        return []
    articles = _articles(hits, filters)
    chunks = _chunks(hits, filters)
    slugs = _slugs(articles)
    found: dict[str, Candidate] = {}
    for hit in hits:
        article, chunk = articles.get(hit.article_id), chunks.get(hit.chunk_id)
        if article and chunk and chunk["revision"] == article["indexed_revision"]:
            candidate = _candidate(article, chunk, slugs[article["workspace_id"]])
            found.setdefault(" ".join(candidate.text.split()), candidate)
    return list(found.values())


def _articles(hits: Sequence[ChunkHit], filters: Filters) -> dict[ObjectId, Document]:
    wanted: Document = {
        "_id": {"$in": list({hit.article_id for hit in hits})},
        "status": Status.PUBLISHED,
        "$or": [
            {"workspace_id": ObjectId(one), "visibility": {"$in": list(filters.shown(one))}}
            for one in filters.workspace_ids
        ],
    }
    if filters.tags:
        wanted["tags"] = {"$all": list(filters.tags)}
    if filters.category:
        wanted["category"] = filters.category
    return {article["_id"]: article for article in mongo.articles().find(wanted, _ARTICLE_FIELDS)}


def _chunks(hits: Sequence[ChunkHit], filters: Filters) -> dict[ObjectId, ChunkDocument]:
    found = mongo.chunks().find(
        {
            "_id": {"$in": [hit.chunk_id for hit in hits]},
            "status": Status.PUBLISHED,
            "$or": [
                {"workspace_id": one, "visibility": {"$in": list(filters.shown(one))}}
                for one in filters.workspace_ids
            ],
        },
        {"embedding": 0, "content_hash": 0, "recipe": 0},
    )
    return {chunk["_id"]: chunk for chunk in found}


def _slugs(articles: dict[ObjectId, Document]) -> dict[ObjectId, str]:
    wanted = list({article["workspace_id"] for article in articles.values()})
    found = mongo.database()["workspaces"].find({"_id": {"$in": wanted}}, ["slug"])
    return {workspace["_id"]: workspace["slug"] for workspace in found}


def _candidate(article: Document, chunk: ChunkDocument, workspace: str) -> Candidate:
    return Candidate(
        chunk_id=chunk["_id"],
        article_id=chunk["article_id"],
        workspace_id=chunk["workspace_id"],
        workspace_slug=workspace,
        article_slug=article["slug"],
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
