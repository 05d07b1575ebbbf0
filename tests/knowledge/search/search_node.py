"""Waiting for real search nodes, which follow the database in their own time."""

import time
from typing import Any

from kbsite import mongo
from knowledge.providers import Embedder
from knowledge.search import atlas_indexes

BUILT_SECONDS, FOLLOWED_SECONDS = 300.0, 60.0


def prepare(dimensions: int) -> None:
    """Make the indexes, the first time, and wait until they answer."""
    wanted = atlas_indexes.search_indexes([dimensions])
    atlas_indexes.ensure_search_indexes(mongo.database(), wanted, say=print)
    atlas_indexes.wait_until_queryable(
        mongo.database(), wanted, timeout=BUILT_SECONDS, say=print, poll=0.5
    )


def wait_until_current(embedder: Embedder) -> None:
    """Wait until each index holds the articles and chunks that there are, and no others."""
    deadline = time.monotonic() + FOLLOWED_SECONDS
    while not _is_current(embedder):
        assert time.monotonic() < deadline, "the search nodes lag"
        time.sleep(0.2)


def _is_current(embedder: Embedder) -> bool:
    database = mongo.database()
    articles = {one["_id"] for one in database["articles"].find({"indexed": {"$exists": True}})}
    chunks = {one["_id"] for one in database["chunks"].find({}, ["_id"])}
    near = {
        "index": atlas_indexes.vector_index(embedder.dimensions),
        "path": "embedding",
        "queryVector": embedder.embed_query("anything").tolist(),
        "exact": True,
        "limit": 1_000,
    }
    return (
        _found("articles", {"$search": _all(atlas_indexes.ARTICLES, "indexed.title")}) == articles
        and _found("chunks", {"$search": _all(atlas_indexes.PASSAGES, "recipe")}) == chunks
        and _found("chunks", {"$vectorSearch": near}) == chunks
    )


def _all(index: str, path: str) -> dict[str, Any]:
    return {"index": index, "exists": {"path": path}}


def _found(collection: str, stage: dict[str, Any]) -> set[object]:
    found = mongo.database()[collection].aggregate([stage, {"$project": {"_id": 1}}])
    return {one["_id"] for one in found}
