"""Zips from anybody, read in memory and never unpacked to a disk (SECURITY U2).

Pure, without Django: `reading_process` opens them, with limits of memory and time on top of the
counts here. What a zip says of itself is believed nowhere: what is read is counted.
"""

import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Final

MAX_ENTRIES: Final = 10_000
MAX_TOTAL_BYTES: Final = 500 * 1024 * 1024
MAX_FILE_BYTES: Final = 50 * 1024 * 1024
MAX_RATIO: Final = 200
RATIO_FROM_BYTES: Final = 1024 * 1024
"""Small files may well shrink more than a bomb needs to."""

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED: Final = 0x1
_HIDDEN: Final = {"__MACOSX", "node_modules"}


class BadArchive(Exception):
    """It cannot be read as a whole, or one file cannot; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a zip: its path, and why it is not read, if it is not."""

    path: str
    problem: str = ""


class Archive:
    """A zip. `files` are those that somebody meant to be in it: no folders, nothing hidden."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises `BadArchive` where nothing of it should be read."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
            raise BadArchive("it is damaged, or not a zip") from error
        infos = self._zip.infolist()
        _check_whole(infos)
        self._left = MAX_TOTAL_BYTES
        self._infos = {info.filename: info for info in infos if not info.is_dir()}
        repeated = _repeated(infos)
        self.files = [
            Entry(name, _problem(info, repeated))
            for name, info in self._infos.items()
            if not is_hidden(name)
        ]

    def __contains__(self, path: str) -> bool:
        return path in self._infos

    def read(self, path: str) -> bytes:
        """The file's bytes, at most MAX_FILE_BYTES. Raises `BadArchive`."""
        info = self._infos[path]
        if problem := _problem(info, set()):
            raise BadArchive(problem)
        try:
            return b"".join(self._pieces(info))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise BadArchive("it is damaged") from error

    def _pieces(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        size = 0
        with self._zip.open(info) as file:
            while piece := file.read(64 * 1024):
                size += len(piece)
                self._left -= len(piece)
                if size > MAX_FILE_BYTES:
                    raise BadArchive(_too_large())
                if self._left < 0:
                    raise BadArchive(_too_much())
                yield piece


def is_hidden(path: str) -> bool:
    """Whether a part of the path is one that no author wrote: `.git`, `__MACOSX`."""
    return any(_names_hidden(part) for part in path.split("/"))


def _names_hidden(part: str) -> bool:
    return part in _HIDDEN or (part.startswith(".") and part not in (".", ".."))


def _check_whole(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_ENTRIES:
        raise BadArchive(f"it holds more than {MAX_ENTRIES:,} files")
    if sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
        raise BadArchive(_too_much())
    ends = sorted((info.header_offset, info.compress_size) for info in infos)
    for (start, size), (following, _) in pairwise(ends):
        if start + size > following:
            raise BadArchive("its files lie over one another, as in a bomb")


def _problem(info: zipfile.ZipInfo, repeated: set[str]) -> str:
    """Why the entry is not read, or nothing."""
    name = info.orig_filename
    if "\0" in name:
        return "its name holds the character NUL"
    if "\\" in name or name.startswith("/") or ":" in name.split("/")[0]:
        return "its name is not a path inside the zip"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "its path leads out of the zip, or nowhere"
    if info.filename.casefold() in repeated:
        return "the zip holds two files of this name"
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        return "it is a link or a device, not a file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.compress_type not in _METHODS:
        return "it is compressed in an unusual way; make the zip with an ordinary program"
    return _size_problem(info)


def _size_problem(info: zipfile.ZipInfo) -> str:
    if info.file_size > MAX_FILE_BYTES:
        return _too_large()
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        return f"it grows to more than {MAX_RATIO} times its size, as a bomb does"
    if info.filename.lower().endswith(".zip"):
        return "it is a zip inside of the zip"
    return ""


def _repeated(infos: list[zipfile.ZipInfo]) -> set[str]:
    counted = Counter(info.filename.casefold() for info in infos if not info.is_dir())
    return {name for name, count in counted.items() if count > 1}


def _too_large() -> str:
    return f"it is over {MAX_FILE_BYTES // 1024 // 1024} MB large"


def _too_much() -> str:
    return f"its files are over {MAX_TOTAL_BYTES // 1024 // 1024} MB large together"
