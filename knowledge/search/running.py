"""The one engine of this process: started with the web process, or by the first search.

It searches the active recipe; after a switch `following.py` puts another engine in its place.
"""

import logging
import threading
from functools import partial

from django.conf import settings
from pymongo.database import Database
from pymongo.errors import PyMongoError

from kbsite import mongo
from kbsite.documents import Document
from knowledge import recipes
from knowledge.providers import ProviderError
from knowledge.search.atlas import AtlasEngine
from knowledge.search.atlas_indexes import has_search_nodes
from knowledge.search.engine import Engine, EngineStatus, Kind
from knowledge.search.following import Follower
from knowledge.search.local import LocalEngine

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_running: Engine | None = None
_follower: Follower | None = None


def engine() -> Engine:
    """The engine, started if need be. A search keeps to the one that it began with.

    Raises `ProviderError` while it cannot be known which one this site uses.
    """
    return _running or start_engine(warm=False)


def ready_engine() -> Engine | None:
    """The engine if there is one already: for what is shown only where nobody has to wait."""
    return _running


def start_engine(*, warm: bool = True, kind: Kind | None = None) -> Engine:
    """Begin to serve; with `warm`, make ready in the background. Returns at once.

    The settings choose the engine, unless `kind` names one. A running engine is left alone.
    Raises `ProviderError` as `engine` does.
    """
    global _running, _follower
    with _lock:
        if _running is None:
            database, made = mongo.database(), partial(_made, kind or chosen_kind())
            _running = made(database, recipes.read(database).active)
            _running.start(warm=warm)
            _follower = Follower(database, current=ready_engine, make=made, replace=_replace)
            _follower.start()
        return _running


def stop_engine() -> None:
    """Stop following the database and forget the index. May be called twice."""
    global _running, _follower
    with _lock:
        engine, follower = _running, _follower
        _running = _follower = None
    # without the lock, which the follower takes to put an engine in place
    for one in (follower, engine):
        if one is not None:
            one.stop()


def chosen_kind() -> Kind:
    """The engine that the settings name, or that the server is able to be.

    Raises `ProviderError` where the server has to be asked and does not answer: an engine
    chosen in the dark could index a whole site in the memory of this process.
    """
    named: Kind | str = settings.SEARCH_ENGINE
    if named in ("local", "atlas"):
        return "atlas" if named == "atlas" else "local"
    try:
        return "atlas" if has_search_nodes(mongo.database()) else "local"
    except PyMongoError as error:
        logger.warning("no search engine chosen yet: %s", type(error).__name__)
        raise ProviderError("The search is not ready yet. Try again soon.", "busy") from None


def wait_until_current(timeout: float = 10.0) -> bool:
    """Wait until all that was written before this call can be found; False if it took longer."""
    return engine().wait_until_current(timeout)


def engine_status() -> EngineStatus:
    """For /healthz: never starts an engine, and waits for none longer than a second."""
    if _running is not None:
        return _running.status()
    return {"engine": "local", "chunks": 0, "workspaces": 0, "lag_seconds": 0.0, "state": "stopped"}


def _made(kind: Kind, database: Database[Document], recipe: str) -> Engine:
    implementation = AtlasEngine if kind == "atlas" else LocalEngine
    dimensions = recipes.dimensions(database, recipe)
    return implementation(database, recipe=recipe, dimensions=dimensions)


def _replace(old: Engine, new: Engine) -> bool:
    """Let `new` serve, unless `old` was stopped meanwhile."""
    global _running
    with _lock:
        if _running is not old:
            return False
        _running = new
        return True
