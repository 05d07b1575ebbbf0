"""The one place that opens MongoDB clients, and an accessor for each pymongo collection.

What they hold is `kbsite/documents.py`, their indexes are `kbsite/collections.py`.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np
from bson.binary import Binary, BinaryVectorDtype
from bson.codec_options import CodecOptions
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django_mongodb_backend.base import DatabaseWrapper
from gridfs import GridFSBucket
from numpy.typing import NDArray
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError

from kbsite.documents import AnswerDocument, ChunkDocument, Document, Heartbeat, UsageEvent

T = TypeVar("T")
# Django's models want naive datetimes from the client, so awareness is set per database
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_PASSING = ("TransientTransactionError", "RetryableWriteError")


_async_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncMongoClient[Document]] = (
    WeakKeyDictionary()
)
_async_clients_lock = threading.Lock()


def _wrapper() -> DatabaseWrapper:
    """This thread's Django connection, which knows MongoDB sessions."""
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])


def client() -> MongoClient[Document]:
    """Django's own client, so that both share one pool and one session."""
    connection = _wrapper()
    connection.ensure_connection()
    return cast("MongoClient[Document]", connection.connection)


def database() -> Database[Document]:
    """The database that Django's models live in."""
    return client().get_database(_wrapper().settings_dict["NAME"], codec_options=AWARE)


def async_database() -> AsyncDatabase[Document]:
    """The same database for coroutines: one client for each running event loop."""
    loop = asyncio.get_running_loop()
    with _async_clients_lock:
        if loop not in _async_clients:
            host = _wrapper().settings_dict["HOST"]
            _async_clients[loop] = AsyncMongoClient(host, **settings.MONGODB_OPTIONS)
        name = _wrapper().settings_dict["NAME"]
        return _async_clients[loop].get_database(name, codec_options=AWARE)


@contextmanager
def throwaway_database(name: str) -> Iterator[Database[Document]]:
    """Let this process use a database of that name, on the same server; drops it afterwards.

    Models and pymongo alike, in this thread and in those that ask for a connection meanwhile.
    """
    connection = _wrapper()
    before = connection.settings_dict["NAME"]
    _use(connection, name)
    try:
        yield database()
    finally:
        try:
            client().drop_database(name)
        finally:
            _use(connection, before)


def _use(connection: DatabaseWrapper, name: str) -> None:
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    connection.init_connection_state()


async def close_async_client() -> None:
    """Close the running loop's client, if it opened one."""
    with _async_clients_lock:
        opened = _async_clients.pop(asyncio.get_running_loop(), None)
    if opened is not None:
        await opened.close()


def session() -> ClientSession | None:
    """The session of the transaction that this thread is in, for pymongo calls to join it."""
    return cast("ClientSession | None", _wrapper().session)


def in_transaction(work: Callable[[], T]) -> T:
    """Run `work` in one transaction that models and pymongo (`session=session()`) share.

    It is retried as a whole on transient errors, for up to 120 s, as pymongo's
    `with_transaction` does; `work` must therefore be repeatable. Calls may nest: the inner
    one joins the outer. (Django's own `atomic` for MongoDB does not retry.)
    """
    if session() is not None:
        return work()
    with client().start_session() as opened:
        return opened.with_transaction(lambda joined: _attempt(work, joined))


def _attempt(work: Callable[[], T], joined: ClientSession) -> T:
    with _models_join(joined):
        try:
            return work()
        except DatabaseError as error:
            cause = error.__cause__
            # with_transaction recognises pymongo's errors only, and Django has wrapped this one
            if isinstance(cause, PyMongoError) and cause.has_error_label(
                "TransientTransactionError"
            ):
                raise cause from error
            raise


@contextmanager
def _models_join(joined: ClientSession) -> Iterator[None]:
    connection = _wrapper()
    connection.session, connection.in_atomic_block_mongo = joined, True
    try:
        yield
    finally:
        connection.session, connection.in_atomic_block_mongo = None, False


def passes(error: Exception) -> bool:
    """Whether MongoDB was only away or too busy, so that the same can work later."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return isinstance(cause, PyMongoError) and (
        isinstance(cause, ConnectionFailure)
        or cause.timeout
        or any(cause.has_error_label(label) for label in _PASSING)
    )


def articles() -> Collection[Document]:
    """The articles beneath their model: for the lease and the swap only."""
    return database()["articles"]


def revisions() -> Collection[Document]:
    """What articles said, beneath its model: never written here."""
    return database()["article_revisions"]


def async_articles() -> AsyncCollection[Document]:
    """The articles for coroutines: their state is read by `knowledge.live`, and never written."""
    return async_database()["articles"]


def chunks() -> Collection[ChunkDocument]:
    return cast("Collection[ChunkDocument]", database()["chunks"])


def answers() -> Collection[AnswerDocument]:
    return cast("Collection[AnswerDocument]", database()["answers"])


def async_answers() -> AsyncCollection[AnswerDocument]:
    return cast("AsyncCollection[AnswerDocument]", async_database()["answers"])


def async_usage_events() -> AsyncCollection[UsageEvent]:
    return cast("AsyncCollection[UsageEvent]", async_database()["usage_events"])


def heartbeats() -> Collection[Heartbeat]:
    return cast("Collection[Heartbeat]", database()["heartbeats"])


def images() -> GridFSBucket:
    """Articles' pictures, by `knowledge.authoring.images`; `metadata.workspace_id` says whose."""
    return GridFSBucket(database(), bucket_name="images")


def image_files() -> Collection[Document]:
    """What GridFS knows of each file in `images`."""
    return database()["images.files"]


def uploads() -> GridFSBucket:
    """Files to import, by `knowledge.transfer.jobs`; `metadata.workspace_id` says whose."""
    return GridFSBucket(database(), bucket_name="uploads")


def site_settings() -> Collection[Document]:
    """Singletons told apart by `_id`."""
    return database()["settings"]


def pack_vector(vector: NDArray[np.float32]) -> Binary:
    """A float32 vector of shape (d,) as BSON: half the size and 7 times the speed of a list."""
    return Binary.from_vector(vector.tolist(), BinaryVectorDtype.FLOAT32)


def unpack_vector(packed: Binary) -> NDArray[np.float32]:
    """The vector, shape (d,), without a copy: BSON vectors start with a 2-byte header."""
    return np.frombuffer(packed, dtype="<f4", offset=2)
