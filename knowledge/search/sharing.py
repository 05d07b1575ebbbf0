"""One search for all who ask the same at the same moment: the first does it, the others wait.

What the same is, is said by a key that holds the asker's scope (T1); `retrieve.py` makes it.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Sharing(Generic[Key, Result]):
    """Work on its way, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Key, Future[Result]] = {}

    def share(self, key: Key, work: Callable[[], Result], *, timeout: float) -> tuple[Result, bool]:
        """The result of `work`, and whether it is another caller's.

        An exception is everybody's. Raises `TimeoutError` for a caller who has waited for
        another's work for `timeout` seconds; the work goes on, and so do those who still wait.
        """
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future[Result]()
        if running is not None:
            return running.result(timeout), True
        return self._done(key, mine, work), False

    def _done(self, key: Key, mine: "Future[Result]", work: Callable[[], Result]) -> Result:
        try:
            result = work()
        except BaseException as error:
            self._forget(key)
            mine.set_exception(error)
            raise
        self._forget(key)
        mine.set_result(result)
        return result

    def _forget(self, key: Key) -> None:
        with self._lock:
            del self._running[key]
