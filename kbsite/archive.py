"""The backup file: gzip over a stream of tagged BSON documents, checksummed at its end.

    H {format, version, created_at, server, collections: [{name, options, indexes}]}
    C {name}            the documents that follow belong to this collection
    D document          as the database holds it, byte for byte
    E {counts: [{name, documents}], sha256}    of everything before, uncompressed

Only the file is here; what goes into it and comes out of it is in `kbsite/backup.py`.
"""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import bson
from bson.errors import BSONError

FORMAT, VERSION = "kb-backup", 1
HEADER, COLLECTION, DOCUMENT, END = b"H", b"C", b"D", b"E"
# MongoDB's limit of 16 MB a document, and room for what a file system collection adds
MAX_DOCUMENT_BYTES = 17 * 1024 * 1024
COMPRESSION = 6


class ArchiveError(Exception):
    """The file is not a whole backup that this version can read; the message says which."""


class CollectionInfo(NamedTuple):
    """One collection of the header: creation options and index definitions as MongoDB has them."""

    name: str
    options: dict[str, Any]
    indexes: list[dict[str, Any]]


class ArchiveWriter:
    """Writes one archive, in order: collections and their documents, then `finish`."""

    def __init__(self, file: IO[bytes], header: dict[str, Any]) -> None:
        self.counts: dict[str, int] = {}
        self._name = ""
        self._digest = hashlib.sha256()
        self._gzip = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION)
        self._put(HEADER, bson.encode({"format": FORMAT, "version": VERSION, **header}))

    def start_collection(self, name: str) -> None:
        self._name = name
        self.counts[name] = 0
        self._put(COLLECTION, bson.encode({"name": name}))

    def add(self, document: bytes) -> None:
        """Add one BSON document to the collection that was started last."""
        self.counts[self._name] += 1
        self._put(DOCUMENT, document)

    def finish(self) -> None:
        """Write the counts and the checksum; without them the file counts as cut off."""
        counts = [{"name": name, "documents": count} for name, count in self.counts.items()]
        end = bson.encode({"counts": counts, "sha256": self._digest.hexdigest()})
        self._gzip.write(END + end)
        self._gzip.close()

    def _put(self, tag: bytes, document: bytes) -> None:
        self._digest.update(tag + document)
        self._gzip.write(tag + document)


def read_header(path: Path) -> list[CollectionInfo]:
    """The collections that an archive holds. Raises `ArchiveError`."""
    with _opened(path) as file:
        tag, raw = _next(file)
        header = bson.decode(raw) if tag == HEADER else {}
    if header.get("format") != FORMAT:
        raise ArchiveError(f"{path} is not a backup of this product.")
    if header["version"] != VERSION:
        raise ArchiveError(
            f"{path} has format {header['version']}; this version reads format {VERSION}."
        )
    return [CollectionInfo(**info) for info in header["collections"]]


def read_documents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each document as (collection name, BSON), checking everything on the way.

    Raises `ArchiveError` at the first thing that is wrong; at the end at the latest, so a
    caller that must not act on half a file reads it once before it acts.
    """
    digest, name, counts = hashlib.sha256(), "", dict[str, int]()
    with _opened(path) as file:
        tag, raw = _next(file)
        while tag != END:
            digest.update(tag + raw)
            if tag == COLLECTION:
                name = bson.decode(raw)["name"]
                counts[name] = 0
            elif tag == DOCUMENT:
                counts[name] += 1
                yield name, raw
            tag, raw = _next(file)
        _check_end(path, bson.decode(raw), counts, digest.hexdigest())
        if file.read(1):
            raise ArchiveError(f"{path} goes on after its end.")


def _check_end(path: Path, end: dict[str, Any], counts: dict[str, int], sha256: str) -> None:
    expected = {entry["name"]: entry["documents"] for entry in end["counts"]}
    if end["sha256"] != sha256 or expected != counts:
        raise ArchiveError(f"{path} is damaged: its checksum or its counts do not match.")


def _next(file: gzip.GzipFile) -> tuple[bytes, bytes]:
    """The next tag and BSON document."""
    start = _exactly(file, 5)
    (length,) = struct.unpack_from("<i", start, 1)
    if not 5 <= length <= MAX_DOCUMENT_BYTES:
        raise ValueError("a document of impossible length")
    return start[:1], start[1:] + _exactly(file, length - 4)


def _exactly(file: gzip.GzipFile, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile]:
    """The uncompressed stream; whatever is wrong with it becomes an `ArchiveError`."""
    try:
        with gzip.GzipFile(path, "rb") as file:
            yield file
    except EOFError:
        raise ArchiveError(f"{path} is cut off: it ends too early.") from None
    except gzip.BadGzipFile:
        raise ArchiveError(f"{path} is damaged, or not a backup of this product.") from None
    except (zlib.error, ValueError, KeyError, TypeError, BSONError):
        raise ArchiveError(f"{path} is damaged: its content cannot be read.") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}.") from None
