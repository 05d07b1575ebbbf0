"""Events in batches, at a pace that a reader can use, for as long as they may read them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from knowledge.answers.events import Event, TokenEvent

CHECK_EVERY = 1.0
"""Seconds between two looks at whether somebody still has access, so that an answer ends within
two seconds of losing it, whatever the looks take (T6, S2)."""


async def paced(
    events: AsyncGenerator[Event, None], *, pause: float, check: Callable[[], Awaitable[None]]
) -> AsyncGenerator[list[Event], None]:
    """What came since the last batch; after tokens, nothing for `pause` seconds.

    `check` is awaited every CHECK_EVERY seconds, whether something comes or not, and ends the
    stream by raising; an empty batch stands for the silence until then. The events are read by a
    task of their own, so that a reader who leaves while data is being sent is noticed as soon as
    this generator is closed.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(events, queue))
    checked = time.monotonic()
    try:
        while True:
            batch = await _next_batch(queue, seconds=checked + CHECK_EVERY - time.monotonic())
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


async def _next_batch(queue: asyncio.Queue[Event | None], *, seconds: float) -> list[Event | None]:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            batch = [await queue.get()]
    except TimeoutError:
        return []
    while not queue.empty():
        batch.append(queue.get_nowait())
    return batch
