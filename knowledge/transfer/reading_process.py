"""The process that reads what was uploaded, so that it can be killed: no Django, no keys.

It is given the upload's path, holds itself to limits of memory, and answers requests, each a
frame as in `rendering_process`, until its input ends. `reading` starts it and knows the limits
of time. Nothing is ever written to a disk here.
"""

import base64
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from knowledge.rendering_process import read_frame, write_frame
from knowledge.transfer.archives import Archive, BadArchive, Entry
from knowledge.transfer.converting import EMBEDDED, CannotConvert, Converted, convert
from knowledge.transfer.formats import ARCHIVE, MARKDOWN, PICTURES, is_importable, suffix_of
from knowledge.transfer.references import references

MEMORY_LIMIT: Final = 1 << 30
MAX_MARKDOWN_BYTES: Final = 8_000_000
"""The longest article in four-byte characters."""


class _CannotRead(Exception):
    """The message says why."""


class _Upload:
    """The open upload: a zip, or one file that stands for itself."""

    def __init__(self, path: str, name: str, url: str, charset: str) -> None:
        self._path, self._name, self._url, self._charset = Path(path), name, url, charset
        self._archive = Archive(self._path.open("rb")) if suffix_of(name) == ARCHIVE else None
        self._pictures: list[bytes] = []

    def list(self) -> dict[str, Any]:
        """The files that may become articles, and how many others there are."""
        entries = self._archive.files if self._archive else [Entry(self._name)]
        listed = [entry for entry in entries if is_importable(entry.path) or entry.problem]
        others = [e for e in entries if not is_importable(e.path) and not e.problem]
        ignored = [entry for entry in others if suffix_of(entry.path) not in PICTURES]
        return {"files": [asdict(entry) for entry in listed], "ignored": len(ignored)}

    def read(self, path: str) -> dict[str, Any]:
        """A file as Markdown: `native` says that it was Markdown before."""
        data, suffix = self._bytes(path), suffix_of(path)
        self._pictures = []
        if suffix in MARKDOWN:
            return {"native": True, **asdict(Converted(_text(data)))}
        converted = convert(data, suffix, url=self._url, charset=self._charset)
        self._pictures = converted.pictures
        return {"native": False, **asdict(converted), "pictures": []}

    def references(self, text: str) -> dict[str, Any]:
        return {"references": [asdict(reference) for reference in references(text)]}

    def picture(self, path: str) -> dict[str, Any]:
        """A picture's bytes, of the zip or of the Word file that was read last; null for none."""
        if path.startswith(EMBEDDED):
            number = path.removeprefix(EMBEDDED)
            known = number.isdecimal() and int(number) < len(self._pictures)
            data = self._pictures[int(number)] if known else None
        else:
            data = self._archive.read(path) if self._archive and path in self._archive else None
        return {"data": None if data is None else base64.b64encode(data).decode()}

    def _bytes(self, path: str) -> bytes:
        return self._archive.read(path) if self._archive else self._path.read_bytes()


def _text(data: bytes) -> str:
    if len(data) > MAX_MARKDOWN_BYTES:
        raise _CannotRead("it is longer than an article can be")
    if b"\0" in data:
        raise _CannotRead("it is binary, not text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _CannotRead(f"it is not UTF-8 (byte {error.start + 1})") from error


def _answer(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except (BadArchive, CannotConvert, _CannotRead) as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": "it takes more memory to read than a file may"}
    except Exception as error:  # whatever one file does, the next one is read
        return {"refused": f"it cannot be read ({type(error).__name__})"}


def _serve(requests: Any, replies: Any) -> None:
    opening = read_frame(requests)
    opened: list[_Upload] = []

    def begin() -> dict[str, Any]:
        opened.append(_Upload(**(opening or {})))
        return {}

    write_frame(replies, _answer(begin))
    while opened and (request := read_frame(requests)) is not None:
        ask = getattr(opened[0], request.pop("do"))
        write_frame(replies, _answer(lambda ask=ask, given=request: ask(**given)))  # type: ignore[misc]


def _limit_this_process() -> None:
    """Signals to the whole group are for the parent, which closes the input when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has them
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    _limit_this_process()
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with contextlib.suppress(BrokenPipeError):
        _serve(requests, replies)


if __name__ == "__main__":
    main()
