"""Reading from MongoDB what a local index is made of: published articles as they were indexed.

This is the one reader of whole articles that takes no `Scope`: it feeds the index, which hands
out ids only. What a person gets to see is read again, through their scope, by `passages.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database

from kbsite.mongo import Document, unpack_vector
from knowledge.models import Status
from knowledge.providers import Vectors

# articles read at once: a few MB of text and vectors, 200 MB if all are as long as they may be
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class LoadedChunk:
    """A chunk to index; without `vector` (another model made it) only its words are found."""

    chunk_id: ObjectId
    heading: str
    text: str
    vector: Vectors | None


@dataclass(frozen=True, slots=True)
class LoadedArticle:
    """A published article: title and content at its indexed revision, the rest as it is now."""

    article_id: ObjectId
    workspace_id: str
    title: str
    content: str
    summary: str
    tags: frozenset[str]
    category: str
    visibility: str
    chunks: tuple[LoadedChunk, ...]


def workspace_ids(database: Database[Document]) -> list[str]:
    """Every workspace, as chunks name it."""
    return [str(found["_id"]) for found in database["workspaces"].find({}, {"_id": 1})]


def load_workspace(
    database: Database[Document], workspace_id: str, *, recipe: str
) -> Iterator[list[LoadedArticle]]:
    """The workspace's published articles, in batches."""
    found = database["articles"].find({"workspace_id": ObjectId(workspace_id)}, {"_id": 1})
    ids = [article["_id"] for article in found.sort("_id")]
    for first in range(0, len(ids), BATCH):
        yield load_articles(database, ids[first : first + BATCH], recipe=recipe)


def load_articles(
    database: Database[Document], ids: Sequence[ObjectId], *, recipe: str
) -> list[LoadedArticle]:
    """Those of the articles that are published and indexed; the others are not to be found."""
    articles = list(
        database["articles"].find(
            {"_id": {"$in": ids}, "status": Status.PUBLISHED, "indexed_revision": {"$gt": 0}},
            ["workspace_id", "summary", "tags", "category", "visibility", "indexed_revision"],
        )
    )
    texts = _texts(database, articles)
    chunks = _chunks(database, articles, recipe)
    return [
        _loaded(article, texts[article["_id"]], tuple(chunks.get(article["_id"], ())))
        for article in articles
        if article["_id"] in texts
    ]


def _loaded(article: Document, text: Document, chunks: tuple[LoadedChunk, ...]) -> LoadedArticle:
    return LoadedArticle(
        article_id=article["_id"],
        workspace_id=str(article["workspace_id"]),
        title=text["title"],
        content=text["content"],
        summary=article["summary"],
        tags=frozenset(article["tags"]),
        category=article["category"],
        visibility=article["visibility"],
        chunks=chunks,
    )


def _texts(database: Database[Document], articles: Sequence[Document]) -> dict[ObjectId, Document]:
    wanted = [
        {"article_id": article["_id"], "number": article["indexed_revision"]}
        for article in articles
    ]
    if not wanted:
        return {}
    found = database["article_revisions"].find({"$or": wanted}, ["article_id", "title", "content"])
    return {revision["article_id"]: revision for revision in found}


def _chunks(
    database: Database[Document], articles: Sequence[Document], recipe: str
) -> dict[ObjectId, list[LoadedChunk]]:
    """Chunks by article; one of another revision belongs to a swap that will be told of."""
    indexed = {article["_id"]: article["indexed_revision"] for article in articles}
    found = database["chunks"].find(
        {"article_id": {"$in": list(indexed)}},
        ["article_id", "revision", "breadcrumb", "text", "embedding", "recipe"],
    )
    chunks: dict[ObjectId, list[LoadedChunk]] = {}
    for document in found.sort([("article_id", 1), ("chunk_index", 1)]):
        if document["revision"] == indexed[document["article_id"]]:
            chunks.setdefault(document["article_id"], []).append(_chunk(document, recipe))
    return chunks


def _chunk(document: dict[str, Any], recipe: str) -> LoadedChunk:
    return LoadedChunk(
        chunk_id=document["_id"],
        heading=" ".join(document["breadcrumb"]),
        text=document["text"],
        vector=unpack_vector(document["embedding"]) if document["recipe"] == recipe else None,
    )
