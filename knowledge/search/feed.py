"""Follows the changes of articles in MongoDB and says which ones a search index must read again.

One thread with one change stream for each process. The swap and every edit of what filters see
touch the article in the same transaction as its chunks, so watching articles is enough; no
article text crosses, only ids. What is done about a change is `local.py`.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Literal

from bson import ObjectId
from pymongo.change_stream import ChangeStream
from pymongo.database import Database

from kbsite.documents import Document

logger = logging.getLogger(__name__)

State = Literal["stopped", "warming", "ready", "rebuilding", "failed"]

# `indexed_at`, because indexing one revision again changes the chunks but not its number
_FIELDS: Final = ("indexed_at", "status", "visibility", "tags", "category", "summary")
_WHOLE: Final = ("insert", "replace", "delete", "drop", "rename", "dropDatabase", "invalidate")
_PIPELINE: Final[list[dict[str, Any]]] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": _WHOLE}},
                *({f"updateDescription.updatedFields.{f}": {"$exists": True}} for f in _FIELDS),
            ]
        }
    },
    {"$project": {"documentKey": 1}},
]
# with nothing new, the longest until it is asked again; whoever waits to be current has it at once
_IDLE_SECONDS: Final = 0.1
_AT_ONCE_MS: Final = 1
# changes in a burst are applied together, at most this often
_PAUSE_SECONDS: Final = 0.1
_RETRY_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 5.0


class Feed:
    """The follower; what it calls runs in its thread.

    `rebuild(lost)` is called once the stream is open and, with `lost` true, whenever changes may
    have been missed; `apply` gets the ids of articles that changed.
    """

    def __init__(
        self,
        database: Database[Document],
        *,
        rebuild: Callable[[bool], None],
        apply: Callable[[set[ObjectId]], None],
    ) -> None:
        self.state: State = "stopped"
        self._database = database
        self._rebuild = rebuild
        self._apply = apply
        self._stopping = threading.Event()
        self._opened = threading.Event()
        self._wanted = threading.Event()
        self._news = threading.Condition()
        self._current_at = self._applied_at = time.monotonic()
        self._pending: set[ObjectId] = set()
        self._thread = threading.Thread(target=self._run, name="search-feed", daemon=True)

    def start(self) -> None:
        self.state = "warming"
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()
        # a rebuild is not waited for: the thread is a daemon and writes to nothing but memory
        self._thread.join(_STOP_SECONDS)
        self.state = "stopped"

    @property
    def lag_seconds(self) -> float:
        """How old at most the newest change is that was not applied yet."""
        return time.monotonic() - self._current_at

    def wait_until_open(self, timeout: float) -> bool:
        """Wait until whatever is read from now on, and changes later, will be told of."""
        return self._opened.wait(timeout)

    def wait_until_current(self, timeout: float) -> bool:
        """Wait until every write acknowledged before this call is applied; False if too late."""
        asked = time.monotonic()
        self._wanted.set()
        with self._news:
            return self._news.wait_for(lambda: self._current_at >= asked, timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception as error:
                # by type only: a driver's message can quote a document
                logger.warning("search feed interrupted: %s", type(error).__name__)
                self.state = "failed"
                self._stopping.wait(_RETRY_SECONDS)

    def _follow(self) -> None:
        """Open the stream, rebuild, apply what changed meanwhile and since; until it ends."""
        watched = self._database["articles"].watch(_PIPELINE, max_await_time_ms=_AT_ONCE_MS)
        with watched as stream:
            self._opened.set()
            self._pending.clear()
            lost = self.state != "warming"
            self.state = "rebuilding" if lost else "warming"
            self._rebuild(lost)
            self.state = "ready"
            while stream.alive and not self._stopping.is_set():
                self._poll(stream)

    def _poll(self, stream: ChangeStream[Document]) -> None:
        self._wanted.clear()
        asked = time.monotonic()
        change = stream.try_next()
        if change is not None and "documentKey" in change:
            self._pending.add(change["documentKey"]["_id"])
        if self._pending and (change is None or asked - self._applied_at >= _PAUSE_SECONDS):
            self._apply(self._pending)
            self._pending = set()
            self._applied_at = time.monotonic()
        if change is None:
            self._mark_current(asked)
            self._wanted.wait(_IDLE_SECONDS)

    def _mark_current(self, asked: float) -> None:
        """An empty poll: everything before it was asked has been applied."""
        with self._news:
            self._current_at = asked
            self._news.notify_all()
