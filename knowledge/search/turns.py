"""Who searches when: a few at a time, the others in a queue, and nobody past its end.

First come, first served: each who ends hands its turn to the one who has waited longest. How many
is `SEARCH_AT_ONCE` and `SEARCH_QUEUE`, read each time. What is done in a turn is `retrieve.py`.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

from knowledge.providers import Busy

WAIT_SECONDS: Final = 30.0
"""The longest that anybody waits for a turn, however slow the searches before it are."""
_FULL: Final = (
    "Too many people are searching at this moment, so this question was not searched for."
    " Nothing was lost: ask again in {} s."
)
_RECENT: Final = 0.2
"""The weight of the newest search in what one is expected to take."""


class Turns:
    """Safe in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._searching = 0
        self._queue: deque[threading.Event] = deque()
        self._seconds = 0.5

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises `Busy` where the queue is full, or too slow."""
        self._wait()
        started = time.monotonic()
        try:
            yield
        finally:
            self._end(time.monotonic() - started)

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def _wait(self) -> None:
        with self._lock:
            if self._searching < settings.SEARCH_AT_ONCE:
                self._searching += 1
                return
            # at once, and not after a wait that could have been foreseen to be in vain
            if len(self._queue) >= settings.SEARCH_QUEUE or self._expected() > WAIT_SECONDS:
                raise self._busy()
            called = threading.Event()
            self._queue.append(called)
        if not called.wait(WAIT_SECONDS):
            self._give_up(called)

    def _give_up(self, called: threading.Event) -> None:
        with self._lock:
            if called in self._queue:
                self._queue.remove(called)
                raise self._busy()
        # called in this very moment: the turn is to be used, or it would be lost

    def _end(self, seconds: float) -> None:
        with self._lock:
            self._seconds += _RECENT * (seconds - self._seconds)
            if self._queue and self._searching <= settings.SEARCH_AT_ONCE:
                self._queue.popleft().set()
            else:
                self._searching -= 1

    def _expected(self) -> float:
        """Seconds in which the queue as it is will be worked off."""
        return len(self._queue) * self._seconds / settings.SEARCH_AT_ONCE

    def _busy(self) -> Busy:
        wait = max(1, min(math.ceil(self._expected()), round(WAIT_SECONDS)))
        return Busy(_FULL.format(wait), retry_after=wait)
