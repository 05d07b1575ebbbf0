"""Follows which recipe is searched: after a switch the next engine is made, then put in place.

One thread for each process, which reads one small document a second. The old engine serves until
the new one has every workspace, so that no search waits or finds nothing.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from pymongo.database import Database

from kbsite.documents import Document
from knowledge import recipes
from knowledge.search.engine import Engine

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.2
_STOP_SECONDS: Final = 5.0


class Follower:
    """`current()` is the engine that serves, `make` makes the one of another recipe, and
    `replace(old, new)` says whether it was put in place."""

    def __init__(
        self,
        database: Database[Document],
        *,
        current: Callable[[], Engine | None],
        make: Callable[[Database[Document], str], Engine],
        replace: Callable[[Engine, Engine], bool],
    ) -> None:
        self._database, self._current = database, current
        self._make, self._replace = make, replace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recipe-follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            try:
                self._follow()
            except Exception as error:  # MongoDB is away, for one; the next second tries again
                logger.warning("not following the recipe: %s", type(error).__name__)

    def _follow(self) -> None:
        old, recipe = self._current(), recipes.read(self._database).active
        if old is None or old.recipe == recipe:
            return
        new = self._make(self._database, recipe)
        new.start(warm=True)
        if self._is_ready(new) and self._replace(old, new):
            logger.info("searching %s now", recipe)
            old.stop()
        else:
            new.stop()

    def _is_ready(self, engine: Engine) -> bool:
        """Wait until it has every workspace; False where the process ends first."""
        while engine.status()["state"] != "ready":
            if self._stopping.wait(_LOOK_SECONDS):
                return False
        return True
