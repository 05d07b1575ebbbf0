"""Reading only what a search by meaning needs, for the seconds in which the rest is still read.

An index of words takes ten times as long to make as the vectors to read. A web process that
starts therefore searches by meaning alone at first; `local.py` says when.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bson import ObjectId
from pymongo.database import Database

from kbsite.documents import Document
from kbsite.mongo import unpack_vector
from knowledge.models import Status
from knowledge.search.loading import LoadedArticle, LoadedChunk

_BATCH: Final = 1_000
_ARTICLE: Final = ("tags", "category", "visibility", "indexed_revision")
_CHUNK: Final = ("article_id", "revision", "embedding")


def load_vectors(
    database: Database[Document], workspace_id: str, *, recipe: str
) -> Iterator[list[LoadedArticle]]:
    """The workspace's published articles without a word of them, in batches."""
    indexed = {"status": Status.PUBLISHED, "indexed_revision": {"$gt": 0}}
    found = database["articles"].find(
        {"workspace_id": ObjectId(workspace_id), **indexed}, _ARTICLE, sort=[("_id", 1)]
    )
    articles = list(found)
    for first in range(0, len(articles), _BATCH):
        some = articles[first : first + _BATCH]
        chunks = _chunks(database, some, recipe)
        yield [_wordless(one, workspace_id, chunks.get(one["_id"], [])) for one in some]


def _chunks(
    database: Database[Document], articles: Sequence[Document], recipe: str
) -> dict[ObjectId, list[LoadedChunk]]:
    current = {one["_id"]: one["indexed_revision"] for one in articles}
    wanted = {"article_id": {"$in": list(current)}, "recipe": recipe}
    chunks: dict[ObjectId, list[LoadedChunk]] = {}
    for document in database["chunks"].find(wanted, _CHUNK, batch_size=10 * _BATCH):
        if document["revision"] == current[document["article_id"]]:
            vector = unpack_vector(document["embedding"])
            chunk = LoadedChunk(document["_id"], heading="", text="", vector=vector)
            chunks.setdefault(document["article_id"], []).append(chunk)
    return chunks


def _wordless(article: Document, workspace_id: str, chunks: Sequence[LoadedChunk]) -> LoadedArticle:
    return LoadedArticle(
        article_id=article["_id"],
        workspace_id=workspace_id,
        title="",
        content="",
        summary="",
        tags=frozenset(article["tags"]),
        category=article["category"],
        visibility=article["visibility"],
        chunks=tuple(chunks),
    )
