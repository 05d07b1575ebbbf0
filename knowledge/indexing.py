"""Article → chunks → embeddings → swap: makes one leased article searchable.

Who holds the article is `leasing.py`; retrying and reporting are `worker.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from bson import ObjectId
from django.conf import settings
from pymongo import ReturnDocument

from kbsite import mongo
from kbsite.documents import ChunkDocument, Document
from knowledge import recipes
from knowledge.chunking import Chunk, chunk
from knowledge.leasing import LeaseLost
from knowledge.models import Revision
from knowledge.providers import Embedder, Vectors

MAX_CHUNKS = 10_000
OnBatch = Callable[[int, int], None]


class TooManySections(Exception):
    """The article would become more than MAX_CHUNKS chunks, which are held in memory at once."""


class BadEmbedding(Exception):
    """The embedder returned vectors of the wrong shape, or not finite."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing one article took: chunks in all, of which were newly embedded."""

    chunks: int
    embedded: int


def index_article(
    leased: Document,
    *,
    embedder: Embedder,
    active: str = "",
    on_batch: OnBatch = lambda _done, _total: None,
) -> Indexed:
    """Index the revision that the leased article document (as leased) names.

    `active` is the recipe that was searched when the embedder was chosen, if not its own.
    `on_batch` is called before each batch that is embedded, with how many of the article's
    chunks have their embedding and how many there are; what it raises ends the work.
    Readers see the old chunks or the new ones, never a mixture. Raises `LeaseLost`,
    `RecipeChanged`, `TooManySections`, `BadEmbedding`, and what the embedder raises.
    """
    revision = Revision.objects.get(article_id=leased["_id"], number=leased["revision"])
    pieces = chunk(revision.content, title=revision.title, max_chars=settings.CHUNK_MAX_CHARS)
    if len(pieces) > MAX_CHUNKS:
        raise TooManySections
    known = known_embeddings(leased, pieces, embedder.recipe)
    missing = [piece for piece in pieces if piece.content_hash not in known]
    ready = len(pieces) - len(missing)
    known |= embed(
        missing, embedder=embedder, on_batch=lambda done: on_batch(ready + done, len(pieces))
    )
    swap(leased, pieces, known, recipe=embedder.recipe, active=active or embedder.recipe)
    return Indexed(chunks=len(pieces), embedded=len(missing))


def known_embeddings(
    place: Mapping[str, Any], pieces: Sequence[Chunk], recipe: str
) -> dict[str, Any]:
    """Packed embeddings that the workspace of `place` (an article or a chunk) already has for
    these chunks, by content hash."""
    found = mongo.chunks().find(
        {
            "content_hash": {"$in": [piece.content_hash for piece in pieces]},
            "recipe": recipe,
            "workspace_id": str(place["workspace_id"]),
        },
        {"content_hash": 1, "embedding": 1},
    )
    return {document["content_hash"]: document["embedding"] for document in found}


def embed(
    pieces: Sequence[Chunk],
    *,
    embedder: Embedder,
    on_batch: Callable[[int], None] = lambda _done: None,
) -> dict[str, Any]:
    """Embed the chunks in batches; packed vectors by content hash."""
    embedded: dict[str, Any] = {}
    done = 0
    for batch in _batches(pieces):
        on_batch(done)
        done += len(batch)
        vectors = embedder.embed_documents([piece.embedding_input for piece in batch])
        _check(vectors, len(batch), embedder.dimensions)
        for piece, vector in zip(batch, vectors, strict=True):
            embedded[piece.content_hash] = mongo.pack_vector(vector)
    return embedded


def swap(
    leased: Document,
    pieces: Sequence[Chunk],
    embeddings: dict[str, Any],
    *,
    recipe: str,
    active: str,
) -> None:
    """Replace the article's chunks of this recipe, and say so on the article, in one transaction.

    Those of other recipes stay, whose vectors `reembed` uses again, unless they are of this very
    revision: it may have been cut anew.
    """

    def work() -> None:
        recipes.hold(active)
        _swap(leased, pieces, embeddings, recipe)

    mongo.in_transaction(work)


def _swap(
    leased: Document, pieces: Sequence[Chunk], embeddings: dict[str, Any], recipe: str
) -> None:
    article = _mark_indexed(leased, len(pieces))
    replaced = {"$or": [{"recipe": recipe}, {"revision": leased["revision"]}]}
    mongo.chunks().delete_many({"article_id": leased["_id"], **replaced}, session=mongo.session())
    documents = [
        _chunk_document(piece, article, leased["revision"], embeddings[piece.content_hash], recipe)
        for piece in pieces
    ]
    if documents:
        mongo.chunks().insert_many(documents, session=mongo.session())


def _mark_indexed(leased: Document, chunks: int) -> Document:
    """Release the article as indexed; it stays pending if it was saved again meanwhile.

    The document comes back as it is now: its tags, category, visibility and status may have
    changed since it was leased, and the chunks must carry the newest.
    """
    article = mongo.articles().find_one_and_update(
        {"_id": leased["_id"], "lease_owner": leased["lease_owner"]},
        [
            {
                "$set": {
                    "indexed_revision": leased["revision"],
                    # by $literal: an article may begin with a dollar
                    "indexed": {"$literal": _indexed_text(leased)},
                    "indexed_at": datetime.now(UTC),
                    "pending": {"$ne": ["$revision", leased["revision"]]},
                    "lease_owner": "",
                    "lease_until": None,
                    "attempts": 0,
                    "index_error": "",
                    "chunks_done": chunks,
                    "chunks_total": chunks,
                }
            }
        ],
        projection={"content": 0, "indexed": 0},
        return_document=ReturnDocument.AFTER,
        session=mongo.session(),
    )
    if article is None:
        raise LeaseLost
    return article


def _indexed_text(leased: Document) -> Document:
    """What search engines read beside the chunks; the article itself may be newer by now."""
    number = {"article_id": leased["_id"], "number": leased["revision"]}
    text = {"_id": 0, "title": 1, "content": 1}
    return mongo.revisions().find_one(number, text, session=mongo.session()) or {}


def _chunk_document(
    piece: Chunk, article: Document, revision: int, embedding: Any, recipe: str
) -> ChunkDocument:
    return {
        "_id": ObjectId(),
        "article_id": article["_id"],
        "workspace_id": str(article["workspace_id"]),
        "chunk_index": piece.chunk_index,
        "revision": revision,
        "breadcrumb": list(piece.breadcrumb),
        "anchor": piece.anchor,
        "text": piece.text,
        "start": piece.start,
        "end": piece.end,
        "content_hash": piece.content_hash,
        "embedding": embedding,
        "recipe": recipe,
        "tags": article["tags"],
        "category": article["category"],
        "visibility": article["visibility"],
        "status": article["status"],
    }


def _batches(pieces: Sequence[Chunk]) -> Iterator[Sequence[Chunk]]:
    """Batches of similar length, because a batch costs as much as its longest member."""
    ordered = sorted(pieces, key=lambda piece: len(piece.embedding_input))
    for first in range(0, len(ordered), settings.EMBED_BATCH):
        yield ordered[first : first + settings.EMBED_BATCH]


def _check(vectors: Vectors, count: int, dimensions: int) -> None:
    if vectors.shape != (count, dimensions) or not np.isfinite(vectors).all():
        raise BadEmbedding(f"expected {count} finite vectors of {dimensions} numbers")
