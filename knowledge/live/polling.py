"""What changed, found by asking: for a MongoDB whose change streams cannot be opened."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import ObjectId

from kbsite import mongo
from kbsite.documents import Document
from knowledge.live.changes import PROJECTION, Change, article_of

MAX_FOUND: Final = 2_000
# clocks of other machines: what a worker wrote may bear a time that is over here already
_MARGIN: Final = timedelta(seconds=10)


class Poller:
    """Remembers what it told, so that each change is told once."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._told: dict[ObjectId, Document] = {}

    async def changes(self, workspace_ids: Collection[ObjectId]) -> list[Change]:
        """The articles of these workspaces whose state is another than it was last time."""
        asked = datetime.now(UTC)
        found = {document["_id"]: document for document in await self._find(workspace_ids)}
        waited = {key for key, document in self._told.items() if document["pending"]}
        changed = [
            Change(key, article_of(document))
            for key, document in found.items()
            if self._told.get(key) != document
        ]
        # of more than can be asked for at once, those that are missing may only be left out
        missing = waited - found.keys() if len(found) < MAX_FOUND else ()
        gone = [Change(key, None) for key in missing]
        self._told, self._since = found, asked
        return changed + gone

    async def _find(self, workspace_ids: Collection[ObjectId]) -> list[Document]:
        after = {"$gte": self._since - _MARGIN}
        recent: list[Document] = [
            {"pending": True},
            {"indexed_at": after},
            {"updated_at": after},
            {"_id": {"$in": list(self._told)}},
        ]
        query = {"workspace_id": {"$in": list(workspace_ids)}, "$or": recent}
        return await mongo.async_articles().find(query, PROJECTION).limit(MAX_FOUND).to_list()
