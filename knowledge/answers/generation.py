"""One answer on its way, for everyone in this process who follows it.

A `Generation` is a task and its events so far. The task claims the answer and writes it
(`writing`), or, where another process owns it, mirrors what that one stores. Followers come and
go; each sees every event from the first on. When the last has been gone for GRACE seconds the
task is cancelled, and with it the request to the model. (SECURITY D1)
"""

import asyncio
import contextvars
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from bson import ObjectId

from knowledge.answers import store
from knowledge.answers.events import (
    DoneEvent,
    ErrorEvent,
    Event,
    Stopped,
    TokenEvent,
    failure,
    from_json,
)
from knowledge.answers.writing import Writing

logger = logging.getLogger(__name__)

GRACE = 0.5
"""Seconds an answer is written on for nobody, so that a reload can take it up again."""
POLL = 0.25
"""Seconds between two looks at an answer that another process writes."""
MAX_WRITING = 32
"""Answers that one process writes at a time; each holds a connection to the model."""

_OWNER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
_generations: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[ObjectId, "Generation"]] = (
    WeakKeyDictionary()
)


def generation_of(answer_id: ObjectId) -> "Generation":
    """The generation of an unfinished answer in this process, started if there is none."""
    running = _running()
    if answer_id not in running:
        running[answer_id] = Generation(answer_id)
    return running[answer_id]


async def stop(answer_id: ObjectId) -> None:
    """End the answer where it is, whichever process writes it; a finished one stays as it is."""
    running = _running().get(answer_id)
    if running is not None and running.writing is not None:
        running.writing.stop("by_reader")
    else:
        await store.ask_to_stop(answer_id)


async def stop_all() -> None:
    """End every answer that this event loop writes and wait until each is stored: it is ending."""
    running = list(_running().values())
    for generation in running:
        generation.end("server_stopping")
    await asyncio.gather(*(generation.ended() for generation in running))


class Generation:
    """The events of one answer so far, their source, and who waits for more."""

    def __init__(self, answer_id: ObjectId) -> None:
        self.answer_id = answer_id
        self.writing: Writing | None = None
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self._followers = 0
        # an empty context: the request that starts an answer ends before it does
        self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def follow(self) -> AsyncGenerator[Event, None]:
        """Every event from the first on, as it comes; ends after the ending."""
        self._followers += 1
        try:
            seen = 0
            while not self._is_whole(seen):
                news = self._news
                while seen < len(self._events):
                    seen += 1
                    yield self._events[seen - 1]
                if not self._is_whole(seen):
                    await news.wait()
        finally:
            self._followers -= 1
            self._abandon_later()

    def end(self, reason: Stopped) -> None:
        """Break off: nobody follows, or nobody should."""
        if self.writing is None:
            self._task.cancel()
        else:
            self.writing.stop(reason)

    async def ended(self) -> None:
        """Wait until the answer is stored as far as it came."""
        await asyncio.wait([self._task])

    def _is_whole(self, seen: int) -> bool:
        return 0 < seen == len(self._events) and isinstance(
            self._events[-1], DoneEvent | ErrorEvent
        )

    def _publish(self, event: Event) -> None:
        self._events.append(event)
        self._news.set()
        self._news = asyncio.Event()

    def _abandon_later(self) -> None:
        if not self._followers and not self._task.done():
            self._task.get_loop().call_later(GRACE, self._abandon)

    def _abandon(self) -> None:
        if self._followers:
            return
        if self.writing is not None and self.writing.followed_until > datetime.now(UTC):
            self._abandon_later()
        else:
            self.end("reader_left")

    async def _run(self) -> None:
        try:
            await self._write_or_mirror()
        except Exception as error:  # whatever went wrong, followers must not wait for ever
            logger.error("answer %s: %s", self.answer_id, type(error).__name__)
            self._publish(failure("internal"))
        finally:
            _running().pop(self.answer_id, None)

    async def _write_or_mirror(self) -> None:
        if sum(other.writing is not None for other in _running().values()) >= MAX_WRITING:
            self._publish(failure("busy"))
            return
        self.writing = Writing(self.answer_id, owner=_OWNER, publish=self._publish)
        if not await self.writing.run():
            self.writing = None
            await self._mirror()

    async def _mirror(self) -> None:
        """Publish what another process stores, until it has ended."""
        shown = 0
        while stored := await store.look(self.answer_id):
            text = store.text_of(stored["events"])
            if len(text) > shown:
                self._publish(TokenEvent(text[shown:]))
                shown = len(text)
            if stored["state"] in store.FINISHED:
                self._publish(from_json(stored["events"][-1]))
                return
            await asyncio.sleep(POLL)
        self._publish(failure("internal"))


def _running() -> dict[ObjectId, Generation]:
    return _generations.setdefault(asyncio.get_running_loop(), {})
