"""Which model's vectors are searched, and the rule that keeps that whole while it changes.

A recipe names an embedder and its version. Chunks of several recipes live side by side: equal
documents but for `recipe`, `embedding` and `_id`. Which of them is searched is one document in
`settings`; before anything is indexed there is none. Who changes it is `knowledge.reembedding`.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database

from kbsite import mongo
from kbsite.documents import Document
from kbsite.mongo import unpack_vector
from knowledge import providers
from knowledge.providers import Embedder, ProviderError

logger = logging.getLogger(__name__)

ID: Final = "embedding"
ADVICE: Final = (
    "the configured embedder differs from the one that is searched: run `manage.py reembed`"
)


UNKNOWN: Final = 1
"""The length of vectors of which there are none, and no model here that makes them."""


class RecipeChanged(Exception):
    """Another recipe is searched now than when the work began; nothing was written."""


@dataclass(frozen=True, slots=True)
class Recipes:
    """Searched is `active`. `next` is being made; `previous` was searched before; "": none."""

    active: str
    next: str = ""
    previous: str = ""
    owner: str = ""
    lease_until: datetime | None = None
    switched_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Whether a run makes `next` now; one that has not renewed its lease in time is gone."""
        until = self.lease_until
        return bool(self.owner) and until is not None and until > datetime.now(UTC)


class Incomplete(NamedTuple):
    """An article, its indexed revision, and how many of its chunks a recipe lacks."""

    article_id: ObjectId
    revision: int
    missing: int


def read(database: Database[Document] | None = None) -> Recipes:
    """As the document says, or would if it were written now."""
    if database is None:
        database = mongo.database()
    stored = database["settings"].find_one({"_id": ID})
    if stored is None:
        return Recipes(active=_unsettled(database))
    return Recipes(**{name: stored[name] for name in Recipes.__slots__ if name in stored})


def settle() -> Recipes:
    """Write down which recipe is searched, where nobody has; what is stored stays as it is."""
    found = read()
    mongo.site_settings().update_one(
        {"_id": ID}, {"$setOnInsert": {"active": found.active}}, upsert=True
    )
    return read()


def _unsettled(database: Database[Document]) -> str:
    """What a site of an older version holds, else the configured recipe.

    The configured one wins where a version that switched at once was half-way there.
    """
    configured = providers.embedder().recipe
    for wanted in ({"recipe": configured}, {}):
        if found := database["chunks"].find_one(wanted, {"recipe": 1}):
            return str(found["recipe"])
    return configured


def hold(active: str) -> None:
    """In a transaction that writes chunks: let no switch come between. Raises `RecipeChanged`.

    A switch writes the same document, so of the two one is tried again and sees the other.
    """
    held: Any = mongo.site_settings().find_one_and_update(
        {"_id": ID},
        {"$setOnInsert": {"active": active}, "$set": {"held": ObjectId()}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=mongo.session(),
    )
    if held["active"] != active:
        raise RecipeChanged


def embedder_for(recipe: str) -> Embedder:
    """The recipe's embedder; where it cannot be made (a key was removed), the configured one.

    What that one embeds is found by its words until the articles have the recipe's vectors.
    """
    try:
        return providers.embedder_of(recipe)
    except ProviderError:
        return providers.embedder()


def dimensions(database: Database[Document], recipe: str) -> int:
    """The length of its vectors, read from one where there is no embedder to ask."""
    try:
        return providers.embedder_of(recipe).dimensions
    except ProviderError:
        found = database["chunks"].find_one({"recipe": recipe}, {"embedding": 1})
        return len(unpack_vector(found["embedding"])) if found else UNKNOWN


def incomplete(recipe: str, *, session: ClientSession | None = None) -> Iterator[Incomplete]:
    """Articles of which some chunk is not there in this recipe.

    Chunks are numbered from 0, so their greatest number says how many there are to be. What it
    groups is in one index, and no text or vector is read.
    """
    ours = {"$cond": [{"$eq": ["$recipe", recipe]}, 1, 0]}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"recipe": {"$gt": ""}}},  # which makes it read that index alone
        {
            "$group": {
                "_id": {"article_id": "$article_id", "revision": "$revision"},
                "last": {"$max": "$chunk_index"},
                "ours": {"$sum": ours},
            }
        },
        {"$match": {"$expr": {"$lte": ["$ours", "$last"]}}},
        {
            "$lookup": {
                "from": "articles",
                "localField": "_id.article_id",
                "foreignField": "_id",
                "pipeline": [{"$project": {"indexed_revision": 1}}],
                "as": "article",
            }
        },
        {"$match": {"$expr": {"$in": ["$_id.revision", "$article.indexed_revision"]}}},
    ]
    chunks = mongo.database()["chunks"]
    for one in chunks.aggregate(pipeline, session=session):
        missing = one["last"] + 1 - one["ours"]
        yield Incomplete(one["_id"]["article_id"], one["_id"]["revision"], missing)
