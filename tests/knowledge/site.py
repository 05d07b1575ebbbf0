"""The site on a real uvicorn in a thread, and a client that can leave as rudely as a browser."""

import asyncio
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import uvicorn

from kbsite.asgi import application
from kbsite.mongo import close_async_client
from knowledge.answers import generation

_ABORT = struct.pack("ii", 1, 0)
_EVENT = re.compile(r"event: (\w+)\n((?:data:.*\n)+)\n")


class Site:
    """Use as a context manager. It shares the tests' settings and database."""

    def __enter__(self) -> Self:
        self._server = uvicorn.Server(
            uvicorn.Config(application, port=0, lifespan="off", log_level="critical")
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self._server.serve()
        await generation.stop_all()
        await close_async_client()

    def open(self, path: str, **how: Any) -> "Visit":
        return Visit(self.port, path, **how)

    @property
    def thread_id(self) -> int | None:
        """The thread of the server's event loop."""
        return self._thread.ident

    def tasks(self) -> int:
        """How many tasks the server has, its own included."""
        return len(asyncio.all_tasks(self.loop))


class Visit:
    """One request on a socket of its own, and what has been read of the response."""

    def __init__(
        self, port: int, path: str, *, body: str = "", headers: str = "", buffer: int = 0
    ) -> None:
        method = f"POST {path}" if body else f"GET {path}"
        length = f"Content-Length: {len(body.encode())}\r\n" if body else ""
        request = f"{method} HTTP/1.0\r\nHost: localhost\r\n{length}{headers}\r\n{body}"
        self._socket = socket.socket()
        self._socket.settimeout(10)
        if buffer:  # bytes that the system takes for a client who does not read
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(request.encode())
        self._read = b""

    @property
    def head(self) -> str:
        return self.until("\r\n\r\n").partition("\r\n\r\n")[0]

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    @property
    def body(self) -> str:
        """All of it: waits for the end."""
        while data := self._socket.recv(65_536):
            self._read += data
        return self._read.decode().partition("\r\n\r\n")[2]

    @property
    def events(self) -> list[tuple[str, str]]:
        """Every server-sent event, by name, with its data; waits for the end."""
        return [
            (name, "\n".join(line[6:] for line in data.splitlines()))
            for name, data in _EVENT.findall(self.body)
        ]

    @property
    def read(self) -> str:
        """What was read so far."""
        return self._read.decode()

    def more(self) -> None:
        """Read what has come, or wait for it; fails at the end."""
        data = self._socket.recv(65_536)
        assert data, f"ended: {self._read!r}"
        self._read += data

    def until(self, expected: str) -> str:
        """What was read once it contains the text."""
        while expected.encode() not in self._read:
            self.more()
        return self.read

    def abort(self) -> None:
        """Reset the connection, as a killed browser does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._socket.close()

    def close(self) -> None:
        self._socket.close()


def wait_until(condition: Callable[[], bool], *, seconds: float = 5) -> None:
    """Wait for another thread or process; fails when it takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
