"""MongoDB's own fusion of both legs on chunks, `$rankFusion`: whether the server has it, and it.

No search uses it. It knows nothing of the leg of articles, in which a title weighs more, so its
order is another one than the anchored fusion's; the engine contract compares both on a server
that has it, and until they agree there, `fusion.py` fuses everywhere.
"""

import logging
from typing import Final

import pymongo
from pymongo.database import Database
from pymongo.errors import OperationFailure

from kbsite.documents import Document
from knowledge.providers import Vectors
from knowledge.search import atlas_pipelines
from knowledge.search.atlas import chunk_hits
from knowledge.search.atlas_readiness import SECONDS
from knowledge.search.engine import ChunkHit, Filters

logger = logging.getLogger(__name__)

FIRST_VERSION: Final = [8, 1]
"""From here on a leg may be a `$vectorSearch`."""
_TRIED: Final[list[Document]] = [
    {"$rankFusion": {"input": {"pipelines": {"any": [{"$sort": {"_id": 1}}, {"$limit": 1}]}}}},
    {"$limit": 1},
]


class NativeFusion:
    """The server's fusion over the chunks of one recipe."""

    def __init__(self, database: Database[Document], *, recipe: str) -> None:
        self._database = database
        self._recipe = recipe
        self._available: bool | None = None

    @property
    def available(self) -> bool:
        """Asked once: the version, and then the stage itself, which may be switched off."""
        if self._available is None:
            self._available = self._probe()
        return self._available

    def fused(
        self, *, question: str, vector: Vectors, filters: Filters, each: int, limit: int
    ) -> list[ChunkHit]:
        """The best chunks of both legs, each at most so long. Raises pymongo's errors."""
        pipeline = atlas_pipelines.fused(
            question, vector, filters, recipe=self._recipe, each=each, limit=limit
        )
        with pymongo.timeout(SECONDS):
            found = list(self._database["chunks"].aggregate(pipeline) if pipeline else [])
        return chunk_hits(found, [1.0] * len(found))

    def _probe(self) -> bool:
        with pymongo.timeout(SECONDS):
            version = self._database.client.server_info()["versionArray"]
            if version[:2] < FIRST_VERSION:
                return False
            try:
                list(self._database["chunks"].aggregate(_TRIED))
            except OperationFailure as error:
                logger.info("no fusion in the server: code %s", error.code)
                return False
        return True
