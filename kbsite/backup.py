"""Saving the whole database to one file and loading it again; the wheel has no dump tool.

The file's form is in `kbsite/archive.py`. Everything is in it: users with their password
hashes, articles, revisions, chunks, answers, GridFS. What is not: `var/secret_key` and `.env`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from kbsite.archive import (
    ArchiveError,
    ArchiveWriter,
    CollectionInfo,
    read_documents,
    read_header,
)
from kbsite.documents import Document

RAW = CodecOptions(document_class=RawBSONDocument)
# What a restore has loaded is kept under these names until all of it is there.
STAGING = "restoring."
BATCH_BYTES = 8 * 1024 * 1024
# A collection was created or got an index after the snapshot was taken.
SNAPSHOT_UNAVAILABLE, SNAPSHOT_ATTEMPTS = 246, 5
Progress = Callable[[str], object]


class NotEmpty(Exception):
    """The database that a restore would replace holds data."""


class HalfRestored(Exception):
    """The last step of a restore failed, after which only doing it again helps."""


def backup(database: Database[Document], path: Path, *, progress: Progress) -> dict[str, int]:
    """Save `database` as it is at one moment; returns the documents saved by collection.

    `progress` is called with the collection's name for each document. Raises
    `FileExistsError`, `OSError` and `PyMongoError`; no file is left behind then.
    """
    with _new_file(path) as file:
        for attempt in range(SNAPSHOT_ATTEMPTS):
            try:
                return _save(database, file, progress)
            except OperationFailure as error:
                if error.code != SNAPSHOT_UNAVAILABLE or attempt == SNAPSHOT_ATTEMPTS - 1:
                    raise
                file.seek(0)
                file.truncate()
    raise AssertionError("the loop returns or raises")


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file for this user only, which gets its name when it is whole and on disk."""
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _save(database: Database[Document], file: IO[bytes], progress: Progress) -> dict[str, int]:
    infos = [_info(database, entry) for entry in _collections(database)]
    header = {
        "created_at": datetime.now(UTC),
        "server": database.client.server_info()["version"],
        "collections": [info._asdict() for info in infos],
    }
    writer = ArchiveWriter(file, header)
    with database.client.start_session(snapshot=True) as session:
        for info in infos:
            writer.start_collection(info.name)
            for document in _documents(database, info.name, session):
                writer.add(bytes(document.raw))
                progress(info.name)
    writer.finish()
    return writer.counts


def _collections(database: Database[Document]) -> list[Document]:
    """What there is to save, by name: no views, nothing that MongoDB keeps for itself."""
    kinds = {"type": {"$in": ["collection", "timeseries"]}}
    entries = [dict(entry) for entry in database.list_collections(filter=kinds)]
    ours = [e for e in entries if not e["name"].startswith(("system.", STAGING))]
    return sorted(ours, key=lambda entry: str(entry["name"]))


def _info(database: Database[Document], entry: Document) -> CollectionInfo:
    options = dict(entry["options"])
    if "timeseries" in options and "granularity" in options["timeseries"]:
        # derived from the granularity; some servers refuse to be told both
        options["timeseries"].pop("bucketMaxSpanSeconds", None)
    indexes = [dict(index) for index in database[entry["name"]].list_indexes()]
    ours = [index for index in indexes if index["name"] != "_id_"]
    return CollectionInfo(entry["name"], options, ours)


def _documents(
    database: Database[Document], name: str, session: ClientSession
) -> Iterator[RawBSONDocument]:
    collection = database.get_collection(name, codec_options=RAW)
    yield from collection.find(session=session)


def restore(
    database: Database[Document], path: Path, *, force: bool, progress: Progress
) -> dict[str, int]:
    """Make `database` what the archive holds; returns the documents loaded by collection.

    The file is read to its end before anything is written, and takes the place of what is
    there only once all of it is loaded, so a failure changes nothing. Raises `ArchiveError`,
    `NotEmpty` unless `force`, and `PyMongoError`; `HalfRestored` when the renames at the end fail.
    """
    infos = read_header(path)
    if not force and not is_empty(database):
        raise NotEmpty
    known = {info.name for info in infos}
    if any(name not in known for name, _ in read_documents(path)):
        raise ArchiveError(f"{path} is damaged: it holds a collection that it does not name.")
    _drop_staged(database)
    try:
        counts = _stage(database, path, infos, progress)
        _replace(database, infos)
    finally:
        _drop_staged(database)
    return counts


def is_empty(database: Database[Document]) -> bool:
    """Whether no collection holds a document."""
    return all(database[e["name"]].find_one() is None for e in _collections(database))


def _drop_staged(database: Database[Document]) -> None:
    for name in database.list_collection_names():
        if name.startswith(STAGING):
            database.drop_collection(name)


def _stage(
    database: Database[Document], path: Path, infos: list[CollectionInfo], progress: Progress
) -> dict[str, int]:
    for info in infos:
        options = {} if "timeseries" in info.options else info.options
        database.command({"create": STAGING + info.name, **options})
    counts = dict.fromkeys((info.name for info in infos), 0)
    for name, batch in _batches(path):
        database[STAGING + name].insert_many(batch)
        counts[name] += len(batch)
        for _ in batch:
            progress(name)
    for info in infos:
        if info.indexes and "timeseries" not in info.options:
            _create_indexes(database, STAGING + info.name, info.indexes)
    return counts


def _batches(path: Path) -> Iterator[tuple[str, list[Any]]]:
    """The archive's documents, some megabytes of one collection at a time."""
    current, batch, size = "", list[RawBSONDocument](), 0
    for name, document in read_documents(path):
        if batch and (name != current or size > BATCH_BYTES):
            yield current, batch
            batch, size = [], 0
        current = name
        batch.append(RawBSONDocument(document))
        size += len(document)
    if batch:
        yield current, batch


def _create_indexes(database: Database[Document], name: str, indexes: list[dict[str, Any]]) -> None:
    specs = [{k: v for k, v in index.items() if k not in ("v", "ns")} for index in indexes]
    database.command({"createIndexes": name, "indexes": specs})


def _replace(database: Database[Document], infos: list[CollectionInfo]) -> None:
    """Put what was staged into place: renames, which take no time however much it is."""
    try:
        _swap(database, infos)
    except PyMongoError as error:
        raise HalfRestored(str(error)) from error


def _swap(database: Database[Document], infos: list[CollectionInfo]) -> None:
    for entry in _collections(database):
        if entry["name"] not in {info.name for info in infos} or entry["type"] == "timeseries":
            database.drop_collection(entry["name"])
    for info in infos:
        if "timeseries" in info.options:
            _fill_timeseries(database, info)
        else:
            database[STAGING + info.name].rename(info.name, dropTarget=True)


def _fill_timeseries(database: Database[Document], info: CollectionInfo) -> None:
    """A time-series collection cannot be renamed, so it is made anew and filled."""
    database.command({"create": info.name, **info.options})
    staged = database.get_collection(STAGING + info.name, codec_options=RAW)
    cursor: Iterator[Any] = staged.find()
    while batch := [document for document, _ in zip(cursor, range(1_000), strict=False)]:
        database[info.name].insert_many(batch)
    if info.indexes:
        _create_indexes(database, info.name, info.indexes)
