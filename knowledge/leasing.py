"""Who indexes which article, and when it is tried again: each step is one atomic update.

Times are this machine's clock; a lease outlasts the drift of any synchronised one. A worker
that is killed keeps its article for at most LEASE_SECONDS.
"""

import random
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from django.conf import settings
from pymongo import ASCENDING, DESCENDING, ReturnDocument

from kbsite.documents import Document
from kbsite.mongo import articles
from knowledge.models import Status

FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(minutes=10)


class LeaseLost(Exception):
    """Another worker has the article now, or it is gone; nothing was written."""


def lease_next(owner: str) -> Document | None:
    """Take the article that was saved last, for LEASE_SECONDS; None if none is due.

    Not the one that has waited longest: behind the newest save somebody is waiting to find it,
    and it must not queue behind an import of hundreds.
    """
    now = datetime.now(UTC)
    return articles().find_one_and_update(
        {
            "pending": True,
            "not_before": {"$lte": now},
            "$or": [{"lease_until": None}, {"lease_until": {"$lt": now}}],
        },
        {
            "$set": {
                "lease_owner": f"{owner}/{ObjectId()}",
                "lease_until": _lease_end(now),
                "chunks_done": 0,
                "chunks_total": 0,
            },
            "$inc": {"attempts": 1},
        },
        projection={"content": 0, "indexed": 0},
        sort=[("updated_at", DESCENDING), ("_id", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def renew(leased: Document, *, done: int, total: int) -> None:
    """Keep the article for another LEASE_SECONDS, and say how many of its chunks are embedded.

    Raises `LeaseLost`.
    """
    lease_until = _lease_end(datetime.now(UTC))
    held = articles().update_one(
        _held(leased),
        {"$set": {"lease_until": lease_until, "chunks_done": done, "chunks_total": total}},
    )
    if not held.matched_count:
        raise LeaseLost


def release(leased: Document) -> None:
    """Give the article back untried."""
    articles().update_one(
        _held(leased),
        {"$set": {"lease_owner": "", "lease_until": None, "attempts": leased["attempts"] - 1}},
    )


def put_off(leased: Document, *, reason: str) -> None:
    """Keep the reason on the article, for its editor, and try again later.

    An article that was saved again meanwhile is only given back: what failed is no longer it.
    """
    failed = articles().update_one(
        {**_held(leased), "revision": leased["revision"]},
        {
            "$set": {
                "lease_owner": "",
                "lease_until": None,
                "index_error": reason[:300],
                "not_before": datetime.now(UTC) + retry_delay(leased["attempts"]),
            }
        },
    )
    if not failed.matched_count:
        release(leased)


def try_now(workspace_id: ObjectId, article_id: ObjectId | None = None) -> int:
    """Let the article that failed, or each in the workspace, be tried at once; returns how many.

    What failed again waits as long as it would have: an impatient editor does not make a model
    that is down busier. One that is being tried, or no longer failed, is left as it is.
    """
    now = datetime.now(UTC)
    failed: Document = {
        "workspace_id": workspace_id,
        "pending": True,
        "index_error": {"$ne": ""},
        "not_before": {"$gt": now},
        "status": {"$ne": Status.TRASHED},
    }
    if article_id is not None:
        failed["_id"] = article_id
    return articles().update_many(failed, {"$set": {"not_before": now}}).matched_count


def retry_delay(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s ... at most 10 min, each with up to 20 % more so that retries spread."""
    doubled: timedelta = FIRST_RETRY * 2 ** min(attempts - 1, 10)
    return min(doubled, LAST_RETRY) * random.uniform(1.0, 1.2)  # noqa: S311


def _held(leased: Document) -> Document:
    return {"_id": leased["_id"], "lease_owner": leased["lease_owner"]}


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
