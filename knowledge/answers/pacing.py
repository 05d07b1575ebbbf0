"""Events in batches, at a pace that a reader can use, for as long as they may read them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from knowledge.answers.events import Event, TokenEvent

CHECK_EVERY = 2.0
"""Seconds until somebody who lost access no longer gets more of an answer (T6)."""


async def paced(
    events: AsyncGenerator[Event, None], *, pause: float, check: Callable[[], Awaitable[None]]
) -> AsyncGenerator[list[Event], None]:
    """What came since the last batch; after tokens, nothing for `pause` seconds.

    An empty batch stands for CHECK_EVERY seconds of silence. `check` is awaited as often, and
    ends the stream by raising. The events are read by a task of their own, so that a reader who
    leaves while data is being sent is noticed as soon as this generator is closed.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(events, queue))
    checked = time.monotonic()
    try:
        while True:
            batch = await _next_batch(queue)
            if time.monotonic() - checked >= CHECK_EVERY:
                await check()
                checked = time.monotonic()
            yield [event for event in batch if event is not None]
            if None in batch:
                await reading
                return
            if any(isinstance(event, TokenEvent) for event in batch):
                await asyncio.sleep(pause)
    finally:
        reading.cancel()


async def _read(events: AsyncGenerator[Event, None], queue: asyncio.Queue[Event | None]) -> None:
    try:
        async with aclosing(events):
            async for event in events:
                queue.put_nowait(event)
    finally:
        queue.put_nowait(None)


async def _next_batch(queue: asyncio.Queue[Event | None]) -> list[Event | None]:
    try:
        async with asyncio.timeout(CHECK_EVERY):
            batch = [await queue.get()]
    except TimeoutError:
        return []
    while not queue.empty():
        batch.append(queue.get_nowait())
    return batch
