"""An upload's files, as pages and pictures: everything hostile is read by a child with limits.

The child (`reading_process`) is killed when one answer takes longer than its limit, and another
one goes on with the next file. What a page becomes is `importing`.
"""

import base64
import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast

from knowledge.rendering_process import read_frame, write_frame
from knowledge.transfer.markdown_files import CannotRead, Page, page_of_converted, page_of_text
from knowledge.transfer.references import Reference

TIME_LIMIT: Final = 30.0
"""Seconds for one file to be read, or for its links to be found."""

START_LIMIT: Final = 60.0
_PASSED_ON: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
_ROOT: Final = Path(__file__).resolve().parents[2]
_TOO_SLOW: Final = f"it takes longer than {TIME_LIMIT:g} seconds to read"


class CannotOpen(Exception):
    """Nothing of the upload can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the upload that may become an article, unless `problem` says why not."""

    path: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The upload's files, and how many others there are that never become articles."""

    files: list[ListedFile]
    ignored: int


class Upload:
    """One upload, read by a child process while the `with` block lasts.

    `name` tells its kind by its end; `url` and `charset` are those of a page from the web.
    """

    def __init__(self, path: Path, *, name: str, url: str = "", charset: str = "") -> None:
        self._about = {"path": str(path), "name": name, "url": url, "charset": charset}
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def listing(self) -> Listing:
        """Raises `CannotOpen`."""
        try:
            reply = self._ask(do="list")
        except CannotRead as error:
            raise CannotOpen(str(error)) from error
        return Listing([ListedFile(**file) for file in reply["files"]], reply["ignored"])

    def page(self, path: str) -> Page:
        """What the file says. Raises `CannotRead`."""
        reply = self._ask(do="read", path=path)
        if reply["native"]:
            return page_of_text(reply["markdown"], path)
        return page_of_converted(reply["markdown"], path, reply["title"], reply["summary"])

    def references(self, text: str) -> list[Reference]:
        """The addresses in a text. Raises `CannotRead` where finding them takes too long."""
        reply = self._ask(do="references", text=text)
        return [Reference(**reference) for reference in reply["references"]]

    def picture(self, path: str) -> bytes | None:
        """A picture of the upload, or None where there is none. Raises `CannotRead`."""
        data = self._ask(do="picture", path=path)["data"]
        return None if data is None else base64.b64decode(data)

    def _begin(self) -> None:
        self._child = _Child()
        reply = self._child.ask(self._about, START_LIMIT)
        if reply is None or "refused" in reply:
            self._end()
            raise CannotOpen(reply["refused"] if reply else "it cannot be read at all")

    def _end(self) -> None:
        if self._child:
            self._child.end()
            self._child = None

    def _ask(self, **request: str) -> dict[str, Any]:
        if self._child is None:
            self._begin()
        reply = self._child.ask(request, TIME_LIMIT) if self._child else None
        if reply is None:
            self._end()
            raise CannotRead(_TOO_SLOW)
        if "refused" in reply:
            raise CannotRead(reply["refused"])
        return reply


class _Child:
    """The reading process and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.transfer.reading_process"],
            cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)

    def ask(self, request: dict[str, Any], time_limit: float) -> dict[str, Any] | None:
        """The child's reply; None where it was killed at the time limit, or ended."""
        timer = threading.Timer(time_limit, self._process.kill)
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                write_frame(self._requests, request)
                return read_frame(self._replies)
        finally:
            timer.cancel()
        return None

    def end(self) -> None:
        """Kill the process and reap it."""
        self._process.kill()
        with contextlib.suppress(OSError):
            self._process.communicate()
