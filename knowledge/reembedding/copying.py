"""Batch by batch: the chunks that the next recipe lacks, embedded and stored beside the others.

Nothing reads them before the switch, so each batch is stored as soon as it is embedded: a run
that was killed goes on where it was. One that was killed between the two embeds that one batch
again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bson import ObjectId
from django.conf import settings

from kbsite import mongo
from kbsite.documents import ChunkDocument
from knowledge import recipes
from knowledge.chunking import Chunk
from knowledge.indexing import embed, known_embeddings
from knowledge.providers import Embedder
from knowledge.reembedding.lease import Lease
from knowledge.reembedding.pacing import Pace

_OF_A_CHUNK = ("chunk_index", "anchor", "text", "start", "end")


def copy_missing(embedder: Embedder, *, lease: Lease, pace: Pace) -> Iterator[int]:
    """Make the recipe whole as far as it can be seen now; yields how many chunks each step stored.

    Articles may be indexed meanwhile, so the next call can find more to do. Raises `Lost`,
    `BadEmbedding`, and what the embedder raises in spite of all patience.
    """
    for article_id, revision, _ in list(recipes.incomplete(lease.recipe)):
        wanted = _missing(article_id, revision, lease.recipe)
        for first in range(0, len(wanted), settings.EMBED_BATCH):
            lease.renew()
            yield _copy(wanted[first : first + settings.EMBED_BATCH], embedder, pace)
        older = {"article_id": article_id, "recipe": lease.recipe, "revision": {"$lt": revision}}
        mongo.chunks().delete_many(older)


def _missing(article_id: ObjectId, revision: int, recipe: str) -> list[ObjectId]:
    """Chunks to copy: any recipe's will do, because all of one revision are cut alike."""
    there = {"article_id": article_id, "revision": revision}
    have = set(mongo.chunks().distinct("chunk_index", {**there, "recipe": recipe}))
    others = mongo.chunks().find({**there, "recipe": {"$ne": recipe}}, {"chunk_index": 1})
    wanted: dict[int, ObjectId] = {}
    for other in others.sort("chunk_index"):
        if other["chunk_index"] not in have:
            wanted.setdefault(other["chunk_index"], other["_id"])
    return list(wanted.values())


def _copy(ids: Sequence[ObjectId], embedder: Embedder, pace: Pace) -> int:
    found = list(mongo.chunks().find({"_id": {"$in": ids}}, {"embedding": 0}))
    if not found:  # replaced or removed meanwhile
        return 0
    pieces = {document["_id"]: _piece(document) for document in found}
    embeddings = known_embeddings(found[0], list(pieces.values()), embedder.recipe)
    new = {piece.content_hash: piece for piece in pieces.values()}
    missing = [piece for content_hash, piece in new.items() if content_hash not in embeddings]
    embeddings |= pace.patiently(missing, lambda: embed(missing, embedder=embedder))
    hashes = {chunk_id: piece.content_hash for chunk_id, piece in pieces.items()}
    return mongo.in_transaction(lambda: _store(hashes, embeddings, embedder.recipe))


def _piece(document: ChunkDocument) -> Chunk:
    fields: dict[str, Any] = {name: document[name] for name in _OF_A_CHUNK}  # type: ignore[literal-required]
    return Chunk(breadcrumb=tuple(document["breadcrumb"]), **fields)


def _store(hashes: dict[ObjectId, str], embeddings: dict[str, Any], recipe: str) -> int:
    """Insert the copies of those originals that are still there, as they are now.

    An edit, a purge and the worker's swap write the originals, too. So each of them comes before
    this transaction or after it, and one after it finds the copies as well.
    """
    originals: Any = {"_id": {"$in": list(hashes)}}
    session = mongo.session()
    mongo.chunks().update_many(originals, {"$set": {"copied": ObjectId()}}, session=session)
    found = list(mongo.chunks().find(originals, {"embedding": 0, "copied": 0}, session=session))
    if not found:
        return 0
    there = {"article_id": found[0]["article_id"], "revision": found[0]["revision"]}
    have = mongo.chunks().distinct("chunk_index", {**there, "recipe": recipe}, session=session)
    copies = [
        _copied(original, hashes[original["_id"]], embeddings, recipe)
        for original in found
        if original["chunk_index"] not in have
    ]
    if copies:
        mongo.chunks().insert_many(copies, session=session)
    return len(copies)


def _copied(
    original: ChunkDocument, content_hash: str, embeddings: dict[str, Any], recipe: str
) -> ChunkDocument:
    return {
        **original,
        "_id": ObjectId(),
        "recipe": recipe,
        "content_hash": content_hash,
        "embedding": embeddings[content_hash],
    }
