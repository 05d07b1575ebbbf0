"""The background worker: lease a pending article, index it, retry with back-off, for ever.

The article is the outbox: `pending` was set by the write that needs indexing, and a change
stream on it wakes the worker; polling is the safety net.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from bson import ObjectId
from django.conf import settings
from pymongo.errors import PyMongoError

from accounts.sending import start_sending
from kbsite import mongo
from kbsite.documents import Document
from kbsite.logs import without_message
from kbsite.mongo import articles
from knowledge import recipes
from knowledge.article_page import lay_out, lay_out_newest
from knowledge.authoring.sweeping import sweep, sweep_files
from knowledge.index_failures import reason_for
from knowledge.indexing import Indexed, index_article
from knowledge.leasing import LeaseLost, lease_next, put_off, release, renew
from knowledge.models import Revision
from knowledge.providers import Embedder
from knowledge.recipes import RecipeChanged
from knowledge.transfer.import_thread import start_importing

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY = 2.0
POLL_EVERY = 1.0
SWEEP_EVERY = 60.0
SWEEP_FILES_EVERY = 3600.0
PROGRESS_EVERY = 0.5
"""Seconds between two notes of how far an article is; the lease is renewed with each."""
SILENT_AFTER = 30.0
"""Seconds without a heartbeat after which a worker counts as gone: one batch can take long."""
WAKING: list[Document] = [
    {
        "$match": {
            "$or": [
                {"operationType": "insert"},
                {"updateDescription.updatedFields.pending": True},
            ]
        }
    },
    {"$project": {"_id": 1}},
]


class Stopping(Exception):
    """The worker was asked to stop; the article goes back as it was."""


@dataclass
class Worker:
    """One indexing process. `stop` may be set from a signal handler or another thread.

    Without an `embedder` of its own it uses, article by article, the one that is searched.
    """

    embedder: Embedder | None = None
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    stop: threading.Event = field(default_factory=threading.Event)
    _beaten: float = -HEARTBEAT_EVERY
    _noted: float = 0.0
    _swept: float = -SWEEP_EVERY
    _swept_files: float = -SWEEP_FILES_EVERY
    _pages: Iterator[None] = field(default_factory=lay_out_newest)

    def run(self) -> None:
        """Index what is pending, then wait to be woken; ends when `stop` is set."""
        start_importing(self.name, self.stop)
        start_sending(self.stop)
        try:
            while not self.stop.is_set():
                self._index_while_mongodb_answers()
        finally:
            self.stop.set()  # where something else broke, the other threads end as well

    def drain(self) -> Iterator[tuple[Document, Indexed | None]]:
        """Index each article that is due until none is; yields it with what it took.

        None stands for a failure: its reason is on the article, which waits for its retry.
        """
        while not self.stop.is_set():
            self.beat(None)
            leased = lease_next(self.name)
            if leased is None:
                return
            yield leased, self.index(leased)

    def index(self, leased: Document) -> Indexed | None:
        """Index one leased article; None if that failed and was put off.

        One that was given back or taken over counts as nothing done.
        """
        self._noted = -PROGRESS_EVERY
        try:
            active = self.embedder.recipe if self.embedder else recipes.read().active
            indexed = index_article(
                leased,
                embedder=self.embedder or recipes.embedder_for(active),
                active=active,
                on_batch=lambda done, total: self._between_batches(leased, done, total),
            )
            self._lay_out(leased)
            return indexed
        except (Stopping, RecipeChanged):
            release(leased)
        except LeaseLost:
            logger.info("article %s is another worker's now", leased["_id"])
        except Exception as error:  # whatever one article does, the others must be indexed
            logger.error("article %s: %s", leased["_id"], without_message(error))
            put_off(leased, reason=reason_for(error))
            return None
        return Indexed(chunks=0, embedded=0)

    def sweep(self) -> None:
        """Clear away what has had its time, and render once what another renderer did.

        Articles that are to be indexed go first.
        """
        self._swept = time.monotonic()
        files = sweep_files() if self._files_are_due() else iter(())
        try:
            for _ in chain(sweep(), files, self._pages):
                for _ in self.drain():
                    pass
                if self.stop.is_set():
                    return
        except Exception as error:  # the next sweep goes on; articles must be indexed meanwhile
            logger.error("sweeping: %s", without_message(error))

    def _files_are_due(self) -> bool:
        due = self._swept - self._swept_files >= SWEEP_FILES_EVERY
        if due:
            self._swept_files = self._swept
        return due

    def beat(self, indexing: ObjectId | None) -> None:
        """Say that this worker is alive, at most every HEARTBEAT_EVERY seconds."""
        if time.monotonic() - self._beaten < HEARTBEAT_EVERY:
            return
        self._beaten = time.monotonic()
        mongo.heartbeats().update_one(
            {"_id": self.name},
            {"$set": {"at": datetime.now(UTC), "indexing": indexing}},
            upsert=True,
        )

    def leave(self) -> None:
        """Take the heartbeat away, so that a clean stop is not seen as a dead worker."""
        mongo.heartbeats().delete_one({"_id": self.name})

    def _index_while_mongodb_answers(self) -> None:
        try:
            self._index_as_woken()
        except PyMongoError as error:
            logger.warning("MongoDB does not answer (%s); trying again", type(error).__name__)
            self.stop.wait(POLL_EVERY)

    def _index_as_woken(self) -> None:
        with articles().watch(WAKING, max_await_time_ms=int(POLL_EVERY * 1000)) as changes:
            while not self.stop.is_set():
                for _ in self.drain():
                    pass
                if time.monotonic() - self._swept >= SWEEP_EVERY:
                    self.sweep()
                changes.try_next()

    def _lay_out(self, leased: Document) -> None:
        """Render what was indexed, so that its links are known before anybody looks at it."""
        try:
            newest = Revision.objects.get(article_id=leased["_id"], number=leased["revision"])
            lay_out(newest, source_path=leased["source_path"])
        except Exception as error:  # it is searchable already, and rendered when it is looked at
            logger.warning("rendering %s: %s", leased["_id"], type(error).__name__)

    def _between_batches(self, leased: Document, done: int, total: int) -> None:
        if self.stop.is_set():
            raise Stopping
        self.beat(leased["_id"])
        if time.monotonic() - self._noted >= min(PROGRESS_EVERY, settings.LEASE_SECONDS / 4):
            self._noted = time.monotonic()
            renew(leased, done=done, total=total)


def ask_for_missing(recipe: str) -> int:
    """Ask for indexing of articles that are not whole in the recipe; returns how many.

    There are some where the recipe's embedder could not be made for a time, or an older version
    of this product was at work.
    """
    missing = [one.article_id for one in recipes.incomplete(recipe)]
    asked = articles().update_many(
        {"_id": {"$in": missing}, "pending": False},
        {"$set": {"pending": True, "attempts": 0, "not_before": datetime.now(UTC)}},
    )
    return asked.modified_count


def count_pending() -> int:
    return articles().count_documents({"pending": True})


def count_failing() -> int:
    """Articles that could not be indexed and wait for their next try."""
    return articles().count_documents({"pending": True, "index_error": {"$ne": ""}})
