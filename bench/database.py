"""A database that a benchmark may fill and throw away, on an embedded server of its own."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbsite import mongod


@contextmanager
def throwaway_database() -> Iterator[str]:
    """Set Django up on a fresh, migrated database; drops it afterwards. Yields its URI.

    `MONGODB_URI` names a server to use instead of starting one.
    """
    if given := os.environ.get("MONGODB_URI"):
        with _prepared(given):
            yield given
        return
    with (
        tempfile.TemporaryDirectory() as var,
        mongod.embedded(Path(var)) as running,
        _prepared(running.uri),
    ):
        yield running.uri


@contextmanager
def _prepared(uri: str) -> Iterator[None]:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    os.environ.update(
        MONGODB_URI=uri, MONGODB_DATABASE=name, DJANGO_SETTINGS_MODULE="kbsite.settings"
    )
    import django
    from django.core.management import call_command

    from kbsite import mongo
    from kbsite.collections import ensure_collections

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    ensure_collections(mongo.database())
    try:
        yield
    finally:
        mongo.client().drop_database(name)
        mongo.client().close()
