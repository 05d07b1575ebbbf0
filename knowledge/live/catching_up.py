"""What a page missed while it was away for longer than is kept: by a change stream of its own.

It only reads up to where the shared stream is, and is bounded in number, in time, in how far back
it looks and in what it may find. The token comes from a browser, so it may be anything: whatever
MongoDB does not take ends like one that is too old.
"""

import asyncio
import logging
import re
import time
from datetime import timedelta
from typing import Final
from weakref import WeakKeyDictionary

from bson import ObjectId
from pymongo.errors import PyMongoError

from kbsite import mongo
from knowledge.live.changes import PIPELINE, Change, token_of

logger = logging.getLogger(__name__)

MAX_AT_ONCE: Final = 4
MAX_CHANGES: Final = 500
SECONDS: Final = 3.0
MAX_AGE: Final = timedelta(minutes=30)
_POLL_MS: Final = 50
_TOKEN: Final = re.compile(r"[0-9A-F]{16,1024}")
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def is_token(text: str) -> bool:
    """Whether it looks like a place in a change stream, as MongoDB writes them."""
    return _TOKEN.fullmatch(text) is not None


def is_recent(token: str) -> bool:
    """Whether it is no older than MAX_AGE: MongoDB would read all that it has written since.

    The digits after the first byte are the place's time, in seconds.
    """
    return int(token[2:10], 16) >= time.time() - MAX_AGE.total_seconds()


async def changes_between(after: str, until: str, workspace_id: ObjectId) -> list[Change] | None:
    """The workspace's changes after one token up to another; None if nobody can say by now."""
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_AT_ONCE))
    if slots.locked() or not is_recent(after):
        return None
    try:
        async with slots, asyncio.timeout(SECONDS):
            return await _read(after, until, workspace_id)
    except (PyMongoError, TimeoutError) as error:
        logger.info("a page cannot catch up: %s", type(error).__name__)
        return None


async def _read(after: str, until: str, workspace_id: ObjectId) -> list[Change] | None:
    of_workspace = {"fullDocument.workspace_id": {"$in": [workspace_id, None]}}
    found: list[Change] = []
    async with await mongo.async_articles().watch(
        [*PIPELINE, {"$match": of_workspace}],
        full_document="updateLookup",
        resume_after={"_data": after},
        max_await_time_ms=_POLL_MS,
    ) as stream:
        looked_at = ""
        while (here := token_of(stream.resume_token)) < until:
            document = await stream.try_next()
            if document is not None:
                found.append(Change.of(document))
            elif here == looked_at:  # a stream that was just opened is ahead of the last change
                break
            else:
                looked_at = here
            if len(found) > MAX_CHANGES or not stream.alive:
                return None
    return [change for change in found if change.token <= until]
