"""The parts of the running engine that tests take hold of."""

from knowledge.search import running
from knowledge.search.feed import Feed
from knowledge.search.local import LocalEngine


def local_feed() -> Feed:
    """By what the local engine follows the database."""
    engine = running.engine()
    assert isinstance(engine, LocalEngine)
    return engine._feed
