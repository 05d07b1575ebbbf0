"""What the activity page of a workspace lists, and whether somebody does the work."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import DESCENDING

from kbsite import mongo
from knowledge.browsing.cursors import Match, ordered
from knowledge.index_state import IndexState, Kind, index_state
from knowledge.models import LONG_FIELDS, Article, Status, Workspace
from knowledge.worker import SILENT_AFTER

MAX_LISTED = 50
MAX_RECENT = 20

Row = tuple[Article, IndexState]


@dataclass(frozen=True, slots=True)
class Activity:
    """The articles that search has yet to follow, by what becomes of them, and the latest done.

    `unfinished` counts all of them, of which the newest MAX_LISTED are listed. `worker_seen` is
    when a worker was last heard of, None for never.
    """

    indexing: list[Row]
    failed: list[Row]
    waiting: list[Row]
    recent: list[Row]
    unfinished: int
    worker_seen: datetime | None

    @property
    def listed(self) -> int:
        return len(self.indexing) + len(self.failed) + len(self.waiting)

    @property
    def worker_alive(self) -> bool:
        if self.worker_seen is None:
            return False
        return (datetime.now(UTC) - self.worker_seen).total_seconds() <= SILENT_AFTER


def activity_of(workspace: Workspace) -> Activity:
    """The workspace's activity now; without the articles in the trash, or their text."""
    here = {"workspace_id": workspace.pk, "status": {"$ne": str(Status.TRASHED)}}
    unfinished = here | {"pending": True}
    done = here | {"pending": False, "indexed_at": {"$ne": None}}
    rows = _rows(unfinished, {"updated_at": -1, "_id": -1}, limit=MAX_LISTED)
    latest = mongo.heartbeats().find_one(sort=[("at", DESCENDING)])
    return Activity(
        indexing=_those(rows, "indexing"),
        failed=_those(rows, "failed"),
        waiting=_those(rows, "waiting"),
        recent=_rows(done, {"indexed_at": -1}, limit=MAX_RECENT),
        unfinished=mongo.articles().count_documents(unfinished),
        worker_seen=latest["at"] if latest else None,
    )


def _those(rows: list[Row], kind: Kind) -> list[Row]:
    return [row for row in rows if row[1].kind == kind]


def _rows(match: Match, order: dict[str, int], *, limit: int) -> list[Row]:
    found = ordered(Article, match, order, limit=limit, without=LONG_FIELDS)
    return [(article, index_state(article)) for article in found]
