"""One change stream for each process, shared by all open pages; it lives while one is open.

A change is kept for a while, for pages that were away for a moment. Where change streams cannot
be opened the database is polled instead, and the stream tried again from time to time.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary, WeakSet

from asgiref.sync import sync_to_async

from kbsite import mongo
from knowledge.live.catching_up import changes_between, is_token
from knowledge.live.changes import PIPELINE, Change, token_of
from knowledge.live.followers import Follower
from knowledge.live.polling import Poller
from knowledge.live.viewers import current_rights

logger = logging.getLogger(__name__)

MAX_STREAMS = 1_000
MAX_STREAMS_EACH = 12
CHECK_EVERY = 1.0
POLL_EVERY = 2.0
TRY_STREAM_EVERY = 10.0
KEPT: Final = 500
_AWAIT_MS: Final = 1_000


class Full(Exception):
    """As many streams are open as this process, or this person, may have."""


class Hub:
    """Follows articles for the pages that are open on one event loop."""

    def __init__(self) -> None:
        self.mode: Literal["stream", "polling"] = "stream"
        self.position = ""
        self._admitted: WeakSet[Follower] = WeakSet()
        self._following: set[Follower] = set()
        self._recent: deque[Change] = deque(maxlen=KEPT)
        self._kept_from = ""
        self._current_at = datetime.now(UTC)
        self._ready = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    @property
    def subscribers(self) -> int:
        return len(self._following)

    def admit(self, follower: Follower) -> None:
        """Count the page from now on, for as long as somebody holds it. Raises `Full`."""
        each = Counter(open_.viewer.user_id for open_ in self._admitted)
        if len(self._admitted) >= MAX_STREAMS:
            raise Full
        if each[follower.viewer.user_id] >= MAX_STREAMS_EACH:
            raise Full
        self._admitted.add(follower)

    @asynccontextmanager
    async def following(self, follower: Follower) -> AsyncGenerator[None, None]:
        """Tell the page what changes from now on; starts with the first one, ends with the last."""
        self._following.add(follower)
        try:
            if self._work is None:
                self._start()
            await self._ready.wait()
            yield
        finally:
            self._following.discard(follower)
            self._admitted.discard(follower)
            if not self._following and self._work is not None:
                self._work.cancel()
                self._work = None

    async def missed(self, follower: Follower, after: str) -> list[Change] | None:
        """What changed since the token, so that only what is newer follows; None if unknown."""
        until = self.position
        if self.mode != "stream" or not is_token(after) or after > until:
            return None
        if after >= self._kept_from:
            found: list[Change] | None = [kept for kept in self._recent if kept.token > after]
        else:
            found = await changes_between(after, until, follower.viewer.workspace_id)
        if found is not None:
            follower.seen_until = until
        return found

    def _start(self) -> None:
        self._ready.clear()
        self._recent.clear()
        self.position = ""
        self._work = asyncio.create_task(self._run(), name="live-hub")

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow(), name="live-changes")
            both.create_task(self._keep_rights(), name="live-rights")

    async def _follow(self) -> None:
        while True:
            try:
                await self._stream()
            except Exception as error:  # whatever it is, the pages are to be told what changes
                # by type only: a driver's message can quote a document
                logger.warning("no change stream, so polling: %s", type(error).__name__)
            self.mode = "polling"
            self._ready.set()
            await self._poll()

    async def _stream(self) -> None:
        """Follow the change stream until it ends; goes on where the last one was."""
        resumed, self.position = self.position, ""
        async with await mongo.async_articles().watch(
            PIPELINE,
            full_document="updateLookup",
            resume_after={"_data": resumed} if resumed else None,
            max_await_time_ms=_AWAIT_MS,
        ) as stream:
            self._opened(resumed or token_of(stream.resume_token), anew=not resumed)
            while stream.alive:
                document = await stream.try_next()
                if document is not None:
                    self._publish(Change.of(document))
                self.position = token_of(stream.resume_token) or self.position
                self._current_at = datetime.now(UTC)

    def _opened(self, position: str, *, anew: bool) -> None:
        self.position = position
        self.mode = "stream"
        if anew:
            self._recent.clear()
            self._kept_from = position
            if self._ready.is_set():
                for follower in self._following:
                    follower.start_over()
        self._ready.set()

    async def _poll(self) -> None:
        """Ask the database, until it is time to try the stream again."""
        poller = Poller(since=self._current_at)
        for _ in range(max(1, round(TRY_STREAM_EVERY / POLL_EVERY))):
            try:
                watched = {follower.viewer.workspace_id for follower in self._following}
                for change in await poller.changes(watched):
                    self._publish(change)
                self._current_at = datetime.now(UTC)
            except Exception as error:
                logger.info("not polled: %s", type(error).__name__)
            await asyncio.sleep(POLL_EVERY)

    def _publish(self, change: Change) -> None:
        if change.token:
            if len(self._recent) == KEPT:
                self._kept_from = self._recent[0].token
            self._recent.append(change)
            self.position = change.token
        for follower in self._following:
            follower.offer(change)

    async def _keep_rights(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            followers = list(self._following)
            viewers = {follower.viewer for follower in followers}
            try:
                rights = await sync_to_async(current_rights, thread_sensitive=False)(viewers)
            except Exception as error:  # whatever it is: who may see what is not known
                logger.warning("rights cannot be read: %s", type(error).__name__)
                for follower in followers:
                    follower.cut_off()
                continue
            for follower in followers:
                follower.grant(rights.get(follower.viewer))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The running event loop's."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def live_status() -> dict[str, Any]:
    """How this process follows changes, and for how many pages; see /healthz."""
    hubs = list(_hubs.values())
    polling = any(each.mode == "polling" for each in hubs)
    return {
        "mode": "polling" if polling else "stream",
        "subscribers": sum(each.subscribers for each in hubs),
    }
