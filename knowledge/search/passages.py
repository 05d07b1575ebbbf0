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
from kbsite.documents import Document
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

    Of passages with the same text, as two articles may have, the first is kept.
    """
    if not hits:
        return []
    documents = _documents(hits, filters)
    found: dict[str, Candidate] = {}
    for hit in hits:
        chunk, article = documents.get(hit.chunk_id), documents.get(hit.article_id)
        workspace = documents.get(article["workspace_id"]) if article else None
        if chunk and article and workspace and chunk["revision"] == article["indexed_revision"]:
            text = " ".join(chunk["text"].split())
            found.setdefault(text, _candidate(chunk, article, workspace))
    return list(found.values())


def _documents(hits: Sequence[ChunkHit], filters: Filters) -> dict[ObjectId, Document]:
    """The hits' chunks and articles as far as the filter lets them through, and the workspaces
    it names; in one round trip, which takes two thirds of the time of three."""
    workspaces = filters.workspaces
    pipeline: list[Document] = [
        {"$match": _readable_chunks(hits, filters)},
        {"$project": {"embedding": 0, "content_hash": 0, "recipe": 0}},
        _and_from("articles", _readable_articles(hits, filters), _ARTICLE_FIELDS),
        _and_from("workspaces", {"_id": {"$in": workspaces}}, ("slug",)),
    ]
    found = mongo.database()["chunks"].aggregate(pipeline)
    return {document["_id"]: document for document in found}


def _and_from(collection: str, match: Document, fields: Sequence[str]) -> Document:
    pipeline = [{"$match": match}, {"$project": dict.fromkeys(fields, 1)}]
    return {"$unionWith": {"coll": collection, "pipeline": pipeline}}


def _readable_chunks(hits: Sequence[ChunkHit], filters: Filters) -> Document:
    return {
        "_id": {"$in": [hit.chunk_id for hit in hits]},
        "status": Status.PUBLISHED,
        "$or": [
            {"workspace_id": one, "visibility": {"$in": list(filters.shown(one))}}
            for one in filters.workspace_ids
        ],
    }


def _readable_articles(hits: Sequence[ChunkHit], filters: Filters) -> Document:
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
    return wanted


def _candidate(chunk: Document, article: Document, workspace: Document) -> Candidate:
    return Candidate(
        chunk_id=chunk["_id"],
        article_id=chunk["article_id"],
        workspace_id=chunk["workspace_id"],
        workspace_slug=workspace["slug"],
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
