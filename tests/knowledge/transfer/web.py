"""A hostile web server on loopback, and a network that lets an import reach it."""

import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from knowledge.transfer.network import Network

Handle = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(pages: dict[str, Handle]) -> Iterator[ThreadingHTTPServer]:
    """A server that answers each path as told; `requests` lists the paths that were asked for."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            pages[self.path](self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = requests  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def page(body: bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return handle


def endless(piece: bytes, *, pause: float = 0.0) -> Handle:
    """A page that never ends."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.end_headers()
        try:
            while True:
                request.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            return

    return handle


def redirect(location: str) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return handle


def reaching(server: ThreadingHTTPServer) -> Network:
    """A network on which every name is the server, and loopback is allowed for it alone."""
    port = server.server_address[1]
    return Network(
        resolve=lambda host, _: ["127.0.0.1"],
        allows=lambda address: address == ipaddress.ip_address("127.0.0.1"),
        ports=frozenset({port}),
    )


def address(server: ThreadingHTTPServer, path: str = "/") -> str:
    return f"http://pages.example:{server.server_address[1]}{path}"
