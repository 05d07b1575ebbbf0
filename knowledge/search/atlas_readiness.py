"""Whether MongoDB's search nodes answer: which indexes can be searched, and how long one waits."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pymongo
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from kbsite.documents import Document
from knowledge.providers import ProviderError
from knowledge.search.atlas_indexes import states

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""The longest that one leg waits: a search on an index that is being built may hang."""
_READY_SECONDS, _UNREADY_SECONDS = 300.0, 3.0
"""How long an answer to which indexes can be searched holds: all of them, or not."""
_SILENT: Final = "The search does not answer at the moment. Nothing was lost; try again soon."


class Readiness:
    """Which of the wanted indexes can be searched; the server is not asked for every search."""

    def __init__(self, database: Database[Document], wanted: Sequence[str]) -> None:
        self.wanted = frozenset(wanted)
        self._database = database
        self._lock = threading.Lock()
        self._able: frozenset[str] | ProviderError = frozenset()
        self._asked_again_at = 0.0

    def queryable(self) -> frozenset[str]:
        """Those that answer. Raises `ProviderError` where the server does not.

        One search asks at a time, the others go by what was known before.
        """
        due = time.monotonic() >= self._asked_again_at
        if due and self._lock.acquire(blocking=not self._asked_again_at):
            try:
                self._look()
            finally:
                self._lock.release()
        if isinstance(self._able, ProviderError):
            raise ProviderError(_SILENT, "busy")
        return self._able

    def forget(self) -> None:
        """Ask again next time."""
        self._asked_again_at = min(self._asked_again_at, time.monotonic())

    def _look(self) -> None:
        if time.monotonic() < self._asked_again_at:  # somebody else has asked meanwhile
            return
        try:
            self._able = self._ask()
        except ProviderError as error:
            self._able = error
        held = _READY_SECONDS if self._able == self.wanted else _UNREADY_SECONDS
        self._asked_again_at = time.monotonic() + held

    def _ask(self) -> frozenset[str]:
        try:
            with pymongo.timeout(SECONDS):
                found = states(self._database)
        except OperationFailure as error:
            if error.timeout:
                raise as_provider_error(error) from None
            # not allowed to ask: let the searches themselves tell
            return self.wanted
        except PyMongoError as error:
            raise as_provider_error(error) from None
        return frozenset(name for name in self.wanted if name in found and found[name].queryable)


@contextmanager
def answering(seconds: float) -> Iterator[None]:
    """MongoDB has so long to answer, else `ProviderError`."""
    try:
        with pymongo.timeout(seconds):
            yield
    except PyMongoError as error:
        raise as_provider_error(error) from None


def as_provider_error(error: PyMongoError) -> ProviderError:
    # by type and code only: a server's message can quote the question
    logger.warning("search failed: %s %s", type(error).__name__, getattr(error, "code", ""))
    return ProviderError(_SILENT, "busy")
