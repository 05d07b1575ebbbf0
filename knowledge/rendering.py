"""Markdown to safe HTML for pages: articles in a process that can be killed, answers in this one.

An article is a megabyte from anybody, and some Markdown takes long to read, so it is rendered by
a child that is killed at the time limit; an editor's previews and merges take the same way. Two
children serve all threads; they stay for the next article and end with this process. What the
HTML holds is `article_html` and `answer_html`.
"""

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from knowledge.answer_html import render_answer
from knowledge.links import Reference
from knowledge.markdown import Heading
from knowledge.rendering_process import read_frame, write_frame

__all__ = [
    "VERSION",
    "Heading",
    "Reference",
    "RenderError",
    "RenderTimeout",
    "RenderUnavailable",
    "Rendered",
    "ask_child",
    "render",
    "render_answer",
]

VERSION: Final = "2"
"""Raise it with every change of what an article's HTML is, or of what can be rendered at all:
pages that another version made are rendered again when they are next looked at."""

TIME_LIMIT: Final = 3.0
"""Seconds one article may take, its child's start not counted."""

MAX_CHARS: Final = 2_000_000
"""As the largest ARTICLE_MAX_CHARS."""

MAX_PAGE_BYTES: Final = 8_000_000
"""HTML, headings and references together. They are stored in one document with up to 8 MB of
Markdown (`MAX_CHARS` of four bytes), and a document of MongoDB holds 16 MiB."""

MAX_HEADINGS: Final = 10_000
_CHILDREN: Final = 2
_WAIT_FOR_A_CHILD: Final = 10.0
_START_LIMIT: Final = 30.0
_PASSED_ON: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
"""What the child may see of the environment: no keys, no passwords."""

_ROOT: Final = Path(__file__).resolve().parent.parent


class RenderError(Exception):
    """The article cannot be rendered; the message never quotes it."""


class RenderTimeout(RenderError):
    """Rendering took longer than its limit and was stopped."""


class RenderUnavailable(RenderError):
    """No rendering process got free or could start: the article is not to blame, try again."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML, the headings that have an anchor in it, and what of this site it refers to."""

    html: str
    headings: tuple[Heading, ...]
    references: tuple[Reference, ...] = ()


def render(
    source: str, *, title: str = "", source_path: str = "", time_limit: float = TIME_LIMIT
) -> Rendered:
    """Render an article under its page's `title`. Blocks; safe to call from any thread.

    `source_path` is the file that it was imported from, if any: links to its siblings need it.

    Raises `RenderTimeout` after `time_limit` seconds, `RenderUnavailable` when there is no child
    for it, and `RenderError` when `source` or the page is too large, or breaks the renderer.
    """
    if len(source) > MAX_CHARS:
        raise RenderError(f"longer than {MAX_CHARS} characters")
    request = {"work": "article", "source": source, "title": title, "source_path": source_path}
    reply = ask_child(request, time_limit)
    if _bytes(reply) > MAX_PAGE_BYTES or len(reply["headings"]) > MAX_HEADINGS:
        raise RenderError("too large a page")
    return Rendered(
        reply["html"],
        tuple(Heading(**heading) for heading in reply["headings"]),
        tuple(Reference(**reference) for reference in reply["references"]),
    )


def ask_child(request: dict[str, Any], time_limit: float = TIME_LIMIT) -> dict[str, Any]:
    """What a child answers to `request`, as `rendering_process` knows it. Raises as `render`."""
    with _children.borrow() as child:
        reply = child.ask(request, time_limit)
    if "error" in reply:
        raise RenderError(reply["error"])
    return reply


def _bytes(reply: dict[str, Any]) -> int:
    """What the page takes in the database, its lists' few bytes of numbers and names aside."""
    texts = [reply["html"], *(h[name] for h in reply["headings"] for name in ("text", "anchor"))]
    texts += [r[name] for r in reply["references"] for name in ("target", "text")]
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


class _Child:
    """One rendering process and the pipes to it. `alive` tells whether it can serve again."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.rendering_process"],
            cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)
        self._killed = False
        self._warm_up()

    @property
    def alive(self) -> bool:
        return not self._killed and self._process.poll() is None

    def ask(self, request: dict[str, Any], time_limit: float) -> dict[str, Any]:
        """The child's reply. The timer's kill breaks both pipes, and so ends the wait."""
        timer = threading.Timer(time_limit, self._kill)
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                write_frame(self._requests, request)
                if (reply := read_frame(self._replies)) is not None:
                    return reply
        finally:
            timer.cancel()
        if self._killed:
            raise RenderTimeout(f"took longer than {time_limit:g} s")
        raise RenderError("the rendering process ended")

    def end(self) -> None:
        """Kill the process and reap it."""
        self._kill()
        with contextlib.suppress(OSError):
            self._process.communicate()

    def _warm_up(self) -> None:
        """Let the child import what rendering needs, outside of an article's time limit."""
        try:
            self.ask({"work": "article", "source": "", "title": ""}, _START_LIMIT)
        except RenderError as error:
            self.end()
            raise RenderUnavailable("no rendering process could start") from error

    def _kill(self) -> None:
        self._killed = True
        self._process.kill()


class _Children:
    """The children nobody uses just now; at most `_CHILDREN` exist."""

    def __init__(self) -> None:
        self._idle: list[_Child] = []
        self._idle_lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_CHILDREN)

    @contextlib.contextmanager
    def borrow(self) -> Iterator[_Child]:
        """A child for one request. It stays only if all went well with it."""
        if not self._places.acquire(timeout=_WAIT_FOR_A_CHILD):
            raise RenderUnavailable("too many articles at once")
        try:
            child = self._take()
            try:
                yield child
            except BaseException:
                child.end()
                raise
            self._give_back(child)
        finally:
            self._places.release()

    def end(self) -> None:
        """End the idle children; a busy one ends when its pipe to this process closes."""
        while child := self._next_idle():
            child.end()

    def _take(self) -> _Child:
        while child := self._next_idle():
            if child.alive:
                return child
            child.end()
        return _Child()

    def _next_idle(self) -> _Child | None:
        with self._idle_lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, child: _Child) -> None:
        if child.alive:
            self._idle.append(child)
        else:
            child.end()


_children: Final = _Children()
atexit.register(_children.end)
