"""What was changed a moment ago, and waiting for the search index to follow.

MongoDB says that an article is searchable; the index of this process follows its changes, a tenth
of a second later or so. Who is told *searchable* and asks must find it.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import ObjectId

from kbsite import mongo
from knowledge.search import running
from knowledge.search.engine import Filters

INDEX_LAG: Final = timedelta(seconds=10)
"""What was indexed this shortly before a search may not have been in the search index yet."""
_JUST_NOW: Final = timedelta(seconds=2)
"""How long after a change an index that keeps up may still lack it."""
_AT_ONCE_SECONDS: Final = 0.3
"""How long every search may wait: while articles are being imported, there is always something."""
_LATE_SECONDS: Final = 1.0


def changed_since(moment: datetime, workspaces: Collection[ObjectId]) -> bool:
    """Whether an article of the workspaces was indexed or edited after `moment`."""
    later = {"$gt": moment}
    changed = {
        "workspace_id": {"$in": list(workspaces)},
        "$or": [{"indexed_at": later}, {"updated_at": later}],
    }
    return mongo.articles().find_one(changed, {"_id": 1}) is not None


def follow(filters: Filters) -> None:
    """Before a search: let the index follow what was changed a moment ago."""
    _caught_up(filters, _JUST_NOW, _AT_ONCE_SECONDS)


def caught_up(filters: Filters) -> bool:
    """After a search that found nothing: whether the index was slow, and now has what it lacked."""
    return _caught_up(filters, INDEX_LAG, _LATE_SECONDS)


def _caught_up(filters: Filters, lag: timedelta, seconds: float) -> bool:
    changed = changed_since(datetime.now(UTC) - lag, filters.workspaces)
    return changed and running.engine().wait_until_current(seconds)
