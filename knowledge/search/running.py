"""The one engine of this process: started with the web process, or by the first search."""

import threading

from kbsite import mongo
from knowledge import providers
from knowledge.search.engine import EngineStatus
from knowledge.search.local import LocalEngine

_lock = threading.Lock()
_running: LocalEngine | None = None


def engine() -> LocalEngine:
    """The engine, started if need be; it is replaced when the site's embedder was."""
    running = _running
    if running is not None and running.recipe == providers.embedder().recipe:
        return running
    return start_engine(warm=False)


def ready_engine() -> LocalEngine | None:
    """The engine if there is one already: for what is shown only where nobody has to wait."""
    return _running


def start_engine(*, warm: bool = True) -> LocalEngine:
    """Start following the database; with `warm`, build every workspace in the background.

    Returns at once. A running engine of the same embedder is left alone.
    """
    global _running
    with _lock:
        embedder = providers.embedder()
        if _running is not None and _running.recipe == embedder.recipe:
            return _running
        _stop()
        _running = LocalEngine(
            mongo.database(), recipe=embedder.recipe, dimensions=embedder.dimensions
        )
        _running.start(warm=warm)
        return _running


def stop_engine() -> None:
    """Stop following the database and forget the index. May be called twice."""
    with _lock:
        _stop()


def wait_until_current(timeout: float = 10.0) -> bool:
    """Wait until all that was written before this call can be found; False if it took longer."""
    return engine().wait_until_current(timeout)


def engine_status() -> EngineStatus:
    """For /healthz: never starts an engine and never waits for one."""
    if _running is not None:
        return _running.status()
    return {"engine": "local", "chunks": 0, "workspaces": 0, "lag_seconds": 0.0, "state": "stopped"}


def _stop() -> None:
    global _running
    if _running is not None:
        _running.stop()
        _running = None
