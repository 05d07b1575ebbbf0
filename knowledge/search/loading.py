"""Reading from MongoDB what a local index is made of: published articles as they were indexed.

This is the one reader of whole articles that takes no `Scope`: it feeds the index, which hands
out ids only. What a person gets to see is read again, through their scope, by `passages.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database

from kbsite.documents import Document
from kbsite.mongo import unpack_vector
from knowledge.models import Status
from knowledge.providers import Vectors

# articles read at once: a few MB of text and vectors, 200 MB if all are as long as they may be
BATCH: Final = 200
_ARTICLE_FIELDS: Final = (
    "workspace_id",
    "summary",
    "tags",
    "category",
    "visibility",
    "indexed_revision",
    "indexed",
)


@dataclass(frozen=True, slots=True)
class LoadedChunk:
    """A chunk to index; without `vector` (another model's) only its words are found."""

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
            _ARTICLE_FIELDS,
        )
    )
    chunks = _chunks(database, articles, recipe)
    return [
        _loaded(article, tuple(chunks.get(article["_id"], ())))
        for article in articles
        if article.get("indexed")
    ]


def _loaded(article: Document, chunks: tuple[LoadedChunk, ...]) -> LoadedArticle:
    return LoadedArticle(
        article_id=article["_id"],
        workspace_id=str(article["workspace_id"]),
        title=article["indexed"]["title"],
        content=article["indexed"]["content"],
        summary=article["summary"],
        tags=frozenset(article["tags"]),
        category=article["category"],
        visibility=article["visibility"],
        chunks=chunks,
    )


def _chunks(
    database: Database[Document], articles: Sequence[Document], recipe: str
) -> dict[ObjectId, list[LoadedChunk]]:
    """Chunks by article; one of another revision belongs to a swap that will be told of.

    An article that the recipe has nothing of is found by the words of what another has.
    """
    indexed = {article["_id"]: article["indexed_revision"] for article in articles}
    chunks = _of_recipe(database, indexed, recipe)
    rest = {one: revision for one, revision in indexed.items() if one not in chunks}
    others = database["chunks"].distinct("recipe") if rest else []
    for other in sorted(set(others) - {recipe}):
        found = _of_recipe(database, rest, other)
        chunks |= {one: [replace(chunk, vector=None) for chunk in found[one]] for one in found}
    return chunks


def _of_recipe(
    database: Database[Document], indexed: dict[ObjectId, int], recipe: str
) -> dict[ObjectId, list[LoadedChunk]]:
    found = database["chunks"].find(
        {"recipe": recipe, "article_id": {"$in": list(indexed)}},
        ["article_id", "revision", "breadcrumb", "text", "embedding"],
    )
    chunks: dict[ObjectId, list[LoadedChunk]] = {}
    for document in found.sort([("article_id", 1), ("revision", 1), ("chunk_index", 1)]):
        if document["revision"] == indexed[document["article_id"]]:
            chunks.setdefault(document["article_id"], []).append(_chunk(document))
    return chunks


def _chunk(document: dict[str, Any]) -> LoadedChunk:
    return LoadedChunk(
        chunk_id=document["_id"],
        heading=" ".join(document["breadcrumb"]),
        text=document["text"],
        vector=unpack_vector(document["embedding"]),
    )
