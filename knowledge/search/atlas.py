"""The search engine inside MongoDB: Atlas, or MongoDB 8.2+ with `mongot`, chosen by one setting.

The server's search nodes follow the database by themselves, so there is no feed here, and what
was just written may not be found yet. What is asked is `atlas_pipelines.py`; of which indexes,
`atlas_indexes.py`; whether they answer, `atlas_readiness.py`. Scores stay here: what comes out
are ranks, and relevance as `local.py` has.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pymongo
from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import PyMongoError

from kbsite.documents import Document
from kbsite.mongo import unpack_vector
from knowledge.providers import ProviderError, Vectors
from knowledge.search import atlas_pipelines, calibration
from knowledge.search.atlas_indexes import ARTICLES, PASSAGES, vector_index
from knowledge.search.atlas_readiness import SECONDS, Readiness, answering
from knowledge.search.engine import ArticleHit, ChunkHit, EngineStatus, Filters

logger = logging.getLogger(__name__)

_STATUS_SECONDS: Final = 1.0
_LOOK_UP_SECONDS: Final = 2.0
"""The longest that a search waits to hear which words stand nowhere: it can do without."""
_ORTHOGONAL: Final = 0.5  # (1 + cosine) / 2 for a cosine of 0
# the nearest are often the article's own
_RELATED_CHUNKS: Final = 250
_RELATED_SECONDS: Final = 0.5
# of the vectors that the centres of articles are made from; 8 MB at 1024 dimensions
_CENTRE_CHUNKS: Final = 2_000

_BUILDING: Final = "The search index is still being built. Try again in a few minutes."


class AtlasEngine:
    """Implements `Engine`. `recipe` and `dimensions` are the embedder's."""

    remote = True

    def __init__(self, database: Database[Document], *, recipe: str, dimensions: int) -> None:
        self.recipe = recipe
        self._database = database
        self._vectors = vector_index(dimensions)
        self._readiness = Readiness(database, (ARTICLES, PASSAGES, self._vectors))

    def start(self, *, warm: bool) -> None:
        """There is nothing to build in this process."""

    def stop(self) -> None:
        """The client belongs to the site."""

    def wait_until_current(self, timeout: float) -> bool:
        """The server does not say how far its search nodes have followed."""
        return False

    def status(self) -> EngineStatus:
        chunks, able = 0, frozenset[str]()
        try:
            with pymongo.timeout(_STATUS_SECONDS):
                able = self._readiness.queryable()
                chunks = self._database["chunks"].estimated_document_count()
        except (PyMongoError, ProviderError) as error:
            logger.warning("search status unknown: %s", type(error).__name__)
        whole = able >= self._readiness.wanted
        return {
            "engine": "atlas",
            "chunks": chunks,
            "workspaces": 0,
            "lag_seconds": None,
            "state": "ready" if whole else "rebuilding" if able else "warming",
        }

    def prepare(self, *, filters: Filters) -> None:
        """Raises `ProviderError` while there is neither an index of words nor of vectors."""
        if filters.workspace_ids and not self._readiness.queryable():
            raise ProviderError(_BUILDING, "busy")

    def articles(self, *, question: str, filters: Filters, limit: int) -> list[ArticleHit]:
        pipeline = atlas_pipelines.articles(question, filters, limit=limit)
        found = self._find(ARTICLES, "articles", pipeline)
        return [
            ArticleHit(one["_id"], rank, strength)
            for rank, (one, strength) in enumerate(zip(found, _shares(found), strict=True), start=1)
        ]

    def passages(self, *, question: str, filters: Filters, limit: int) -> list[ChunkHit]:
        pipeline = atlas_pipelines.passages(question, filters, recipe=self.recipe, limit=limit)
        found = self._find(PASSAGES, "chunks", pipeline)
        return chunk_hits(found, _shares(found))

    def nearest(self, *, vector: Vectors, filters: Filters, limit: int) -> list[ChunkHit]:
        pipeline = atlas_pipelines.nearest(vector, filters, recipe=self.recipe, limit=limit)
        found = self._find(self._vectors, "chunks", pipeline)
        near = [one for one in found if one["score"] > _ORTHOGONAL]
        cosines = [2 * one["score"] - 1 for one in near]
        return chunk_hits(near, calibration.strengths(self.recipe, cosines))

    def unwritten(self, *, question: str, filters: Filters) -> frozenset[str]:
        pipeline = atlas_pipelines.written(question, filters)
        found = self._find(ARTICLES, "articles", pipeline, seconds=_LOOK_UP_SECONDS)
        return frozenset(atlas_pipelines.looked_up(question)) - {one["word"] for one in found}

    def relevance(
        self, *, vector: Vectors, hits: Sequence[ChunkHit], filters: Filters
    ) -> list[float | None]:
        """From the stored vectors: a hit by words alone has no score from the search nodes."""
        if not hits or not filters.workspace_ids:
            return [None] * len(hits)
        ids = {"_id": {"$in": [hit.chunk_id for hit in hits]}}
        with answering(SECONDS):
            found = {one["_id"]: _vector(one) for one in self._stored(ids, filters, len(hits))}
        cosines = [found[one] @ vector if (one := hit.chunk_id) in found else None for hit in hits]
        return [
            None if cosine is None else calibration.from_cosine(self.recipe, float(cosine))
            for cosine in cosines
        ]

    def related(self, *, article_id: ObjectId, filters: Filters, limit: int) -> list[ArticleHit]:
        if not filters.workspace_ids:
            return []
        try:
            with answering(_RELATED_SECONDS):
                found = self._related(article_id, filters, limit)
        except ProviderError:
            return []
        return [ArticleHit(one, rank) for rank, one in enumerate(found, start=1)]

    def _find(
        self, index: str, collection: str, pipeline: list[Document], *, seconds: float = SECONDS
    ) -> list[Document]:
        """What the pipeline finds. Raises `ProviderError`: a missing index would find nothing."""
        if not pipeline:
            return []
        if index not in self._readiness.queryable():
            raise ProviderError(_BUILDING, "busy")
        try:
            with answering(seconds):
                return list(self._database[collection].aggregate(pipeline))
        except ProviderError:
            self._readiness.forget()
            raise

    def _related(self, article_id: ObjectId, filters: Filters, limit: int) -> list[ObjectId]:
        """Candidates by their chunks, ordered by the cosines of the articles' centres."""
        own = self._centres([article_id], filters)
        if article_id not in own:
            return []
        near = self.nearest(vector=own[article_id], filters=filters, limit=_RELATED_CHUNKS)
        others = list(dict.fromkeys(hit.article_id for hit in near if hit.article_id != article_id))
        centres = self._centres(others[: 4 * limit], filters)
        cosines = {one: float(centre @ own[article_id]) for one, centre in centres.items()}
        floor = calibration.related_floor(self.recipe)
        best = sorted(cosines, key=lambda one: -cosines[one])[:limit]
        return [one for one in best if cosines[one] >= floor]

    def _centres(self, ids: Sequence[ObjectId], filters: Filters) -> dict[ObjectId, Vectors]:
        """The unit mean of each article's vectors, where it has any."""
        totals: dict[ObjectId, Vectors] = {}
        wanted = {"article_id": {"$in": list(ids)}, "status": "published"}
        for one in self._stored(wanted, filters, _CENTRE_CHUNKS):
            totals[one["article_id"]] = totals.get(one["article_id"], 0) + _vector(one)
        return {one: total / (np.linalg.norm(total) or 1.0) for one, total in totals.items()}

    def _stored(
        self, wanted: Mapping[str, Any], filters: Filters, limit: int
    ) -> Iterator[Document]:
        """Chunks of this recipe in the filter's workspaces, with their vectors."""
        within = {"recipe": self.recipe, "workspace_id": {"$in": filters.workspace_ids}}
        fields = ["article_id", "embedding"]
        return self._database["chunks"].find({**wanted, **within}, fields).limit(limit)


def chunk_hits(found: Sequence[Document], strengths: Sequence[float]) -> list[ChunkHit]:
    """Chunks in their order, ranked from 1."""
    return [
        ChunkHit(one["_id"], one["article_id"], rank, strength)
        for rank, (one, strength) in enumerate(zip(found, strengths, strict=True), start=1)
    ]


def _shares(found: Sequence[Document]) -> list[float]:
    """Each score as a share of the best one's."""
    best = found[0]["score"] if found else 1.0
    return [one["score"] / best if best > 0 else 1.0 for one in found]


def _vector(chunk: Document) -> Vectors:
    return unpack_vector(chunk["embedding"])
