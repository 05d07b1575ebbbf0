"""The network as an import may use it: public addresses only, each looked up once (SECURITY U1).

A name is resolved here, every address that it has must be public, and the connection goes to
exactly one of these: a server of names that answers otherwise the second time changes nothing.
TLS and the Host header keep the name. What is fetched, and how much of it, is `fetching`.
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, Final

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]

MAX_ADDRESSES: Final = 4
_PORTS: Final = frozenset({80, 443})
_NOT_PUBLIC: Final = [
    ipaddress.ip_network(block)
    for block in (
        "100.64.0.0/10",  # carriers' own
        "168.63.129.16/32",  # Azure's service for the machines it hosts
        "192.0.0.0/24",  # protocols' own
        "192.88.99.0/24",  # 6to4 relays
        "fec0::/10",  # site-local, before it was given up
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
]
_LAST_IS_IPV4: Final = [
    ipaddress.IPv6Network(block)
    for block in (
        "::/96",  # compatible
        "::ffff:0:0:0/96",  # translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a network's own
    )
]


class Refused(Exception):
    """The connection is not made, or was ended; the message is a sentence for people."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet, whatever form it comes in."""
    inner = _carried(address)
    if inner is not None:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in block for block in _NOT_PUBLIC if block.version == address.version)
    )


def _carried(address: Address) -> Address | None:
    """The IPv4 address inside of an IPv6 one: mapped, 6to4, Teredo, or in its last 32 bits."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in block for block in _LAST_IS_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True, slots=True)
class Network:
    """What may be reached, and how names are looked up. Tests give others; the site has one."""

    resolve: Resolve = resolve
    allows: Callable[[Address], bool] = is_public
    ports: frozenset[int] = _PORTS


class GuardedBackend(httpcore.NetworkBackend):
    """Connections to allowed addresses, all of which end at `deadline` (of the monotonic clock)."""

    def __init__(self, network: Network, deadline: float) -> None:
        self._network, self._deadline = network, deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if port not in self._network.ports:
            raise Refused("Only the usual ports of the web, 80 and 443, are fetched from.")
        addresses = self._lookup(host, port)
        _check(addresses, self._network)
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, timeout)
        return self._connect(addresses[-1], port, timeout)

    def _connect(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        limit = remaining(self._deadline, timeout)
        return _Ending(self._sockets.connect_tcp(address, port, timeout=limit), self._deadline)

    def _lookup(self, host: str, port: int) -> list[str]:
        """The host's addresses. Looked up in a thread, since that cannot be interrupted."""
        found: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

        def look() -> None:
            try:
                found.put(self._network.resolve(host, port))
            except (OSError, UnicodeError):
                found.put(None)

        threading.Thread(target=look, daemon=True, name="lookup").start()
        try:
            addresses = found.get(timeout=remaining(self._deadline))
        except queue.Empty:
            addresses = None
        if not addresses:
            raise Refused(
                f"The name “{host}” was not found. Check the address, and whether this site's "
                "computer reaches the internet."
            )
        return addresses[:MAX_ADDRESSES]


class _Ending(httpcore.NetworkStream):
    """A stream on which nothing, however slowly it trickles, outlasts the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=remaining(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=remaining(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secure = self._stream.start_tls(
            ssl_context, server_hostname, remaining(self._deadline, timeout)
        )
        return _Ending(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def remaining(deadline: float, timeout: float | None = None) -> float:
    """Seconds that one step may take. Raises `httpcore.TimeoutException` after the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("over the time limit")
    return left if timeout is None else min(left, timeout)


def _check(addresses: list[str], network: Network) -> None:
    """A name with a single private address is refused as a whole."""
    for address in addresses:
        if not network.allows(ipaddress.ip_address(address.partition("%")[0])):
            raise Refused(
                "This address leads into a private network. Only pages of the open internet "
                "can be imported."
            )
