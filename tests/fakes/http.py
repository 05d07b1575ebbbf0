"""A small real HTTP/1.1 server on a free loopback port, in a thread of its own.

It gives the fakes what a framework would hide: when exactly the client went away, and the power
to break off in the middle of a byte sequence. One request per connection.
"""

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(eq=False)
class Call:
    """One request as it arrived, and what became of it. The events may be waited for."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    holding: threading.Event = field(default_factory=threading.Event)
    """Set when the answer waits for `release()`."""
    disconnected: threading.Event = field(default_factory=threading.Event)
    """Set when the client closed the connection before the answer was complete."""
    disconnected_at: float | None = None
    """`time.monotonic()` of that moment."""
    finished: threading.Event = field(default_factory=threading.Event)
    """Set when the server has done with the request, one way or another."""


class Broken(Exception):
    """Raised by `respond` to drop the connection without ending the response."""


class LoopbackServer:
    """Use as a context manager; `calls` lists every request in order of arrival."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.port = 0
        self._ready = threading.Event()
        self._arrival = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._open: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def wait_for_call(self, number: int = 1, *, timeout: float = 10) -> Call:
        """The `number`-th request (from 1), as soon as it has arrived."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: len(self.calls) >= number, timeout)
        return self.calls[number - 1]

    def release(self) -> None:
        """Let every answer that is being held, and every later one, run on to its end."""
        self._loop.call_soon_threadsafe(self._released.set)

    def hold(self) -> None:
        """Make answers that are told to wait do so again, after a `release()`."""
        self._loop.call_soon_threadsafe(self._released.clear)

    async def held(self, call: Call) -> None:
        call.holding.set()
        await self._released.wait()

    async def respond(self, call: Call, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping, self._released = asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._exchange(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _read_call(reader)
        except asyncio.IncompleteReadError:
            writer.close()
            return
        with self._arrival:
            self.calls.append(call)
            self._arrival.notify_all()
        answering = asyncio.ensure_future(self.respond(call, writer))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            _note_end(call, answering)
        finally:
            answering.cancel()
            leaving.cancel()
            writer.close()
            call.finished.set()


def _note_end(call: Call, answering: asyncio.Task[None]) -> None:
    left = not answering.done() or isinstance(_failed(answering), ConnectionError)
    if left:
        call.disconnected_at = time.monotonic()
        call.disconnected.set()


def _failed(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


async def _read_call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    sent = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(path=head[0].split(" ")[1], headers=headers, body=json.loads(sent or b"{}"))


async def send_json(
    writer: asyncio.StreamWriter,
    body: dict[str, Any],
    *,
    status: int = 200,
    retry_after: float | None = None,
) -> None:
    """A whole JSON response."""
    content = json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        "content-type: application/json",
        f"content-length: {len(content)}",
        "connection: close",
    ]
    if retry_after is not None:
        lines.append(f"retry-after: {retry_after:g}")
    writer.write("\r\n".join([*lines, "", ""]).encode() + content)
    await writer.drain()
