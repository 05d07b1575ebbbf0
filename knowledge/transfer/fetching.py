"""One page from the web, for an import: with limits, and never from a private network.

`checked_url` says at once what can be said of an address without asking anybody; `fetch` asks.
Which addresses may be connected to is `network`; what becomes of the page is `converting`.
"""

import re
import ssl
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import certifi
import httpcore
import httpx

from knowledge.transfer.formats import BY_CONTENT_TYPE
from knowledge.transfer.network import GuardedBackend, Network, Refused, remaining

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_REDIRECTS: Final = 5
TIME_LIMIT: Final = 30.0
"""Seconds for everything together, redirects included."""

STEP_LIMIT: Final = 10.0
_TIMEOUTS: Final = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), STEP_LIMIT)}
_HEADERS: Final[dict[bytes | str, bytes | str]] = {
    "User-Agent": "knowledge-base-import",
    "Accept": "text/html, text/markdown, text/plain, application/pdf",
    "Accept-Encoding": "gzip",
}
_PLAIN_CODINGS: Final = {"", "identity"}
_ZLIB_CODINGS: Final = {"gzip", "x-gzip", "deflate"}
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_INVISIBLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NUMBER: Final = re.compile(r"(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_DOTTED: Final = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")
_TOO_LARGE: Final = f"This page is too large: {MAX_BYTES // 1024 // 1024} MB are the most."
_ANYWHERE: Final = Network()


class CannotFetch(Exception):
    """The page is not fetched; the message is a sentence for whoever gave its address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: `url` is where it was found in the end, `suffix` what kind of file it is."""

    url: str
    suffix: str
    charset: str
    body: bytes


def checked_url(url: str) -> str:
    """The address in its plain form, without its fragment. Raises `CannotFetch`."""
    if _INVISIBLE.search(url.strip()):
        raise CannotFetch("This address holds a space or a character that no address has.")
    try:
        parsed = httpx.URL(url.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise CannotFetch("This is not the address of a page.") from error
    if parsed.scheme not in ("http", "https"):
        raise CannotFetch("Only addresses that begin with http:// or https:// can be imported.")
    if parsed.userinfo:
        raise CannotFetch("An address with a user name or a password in it is not fetched.")
    if not parsed.host or _is_odd_number(parsed.host):
        raise CannotFetch("This is not the address of a page: its host has no usual name.")
    return str(parsed)


def fetch(url: str, *, network: Network = _ANYWHERE, time_limit: float = TIME_LIMIT) -> Fetched:
    """The page at `url`, following up to MAX_REDIRECTS. Blocks. Raises `CannotFetch`."""
    deadline = time.monotonic() + time_limit
    backend = GuardedBackend(network, deadline)
    with httpcore.ConnectionPool(
        ssl_context=_trusting(), network_backend=backend, max_keepalive_connections=0
    ) as pool:
        try:
            return _follow(pool, checked_url(url), deadline)
        except Refused as error:
            raise CannotFetch(str(error)) from error
        except httpcore.TimeoutException as error:
            raise CannotFetch("The page's server took too long. Try again later.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise CannotFetch(_trouble(error)) from error


def _follow(pool: httpcore.ConnectionPool, url: str, deadline: float) -> Fetched:
    for _ in range(MAX_REDIRECTS + 1):
        with pool.stream("GET", url, headers=_HEADERS, extensions=_TIMEOUTS) as response:
            headers = {
                k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers
            }
            if response.status not in _REDIRECTS or "location" not in headers:
                return _fetched(url, response, headers, deadline)
        url = checked_url(_joined(url, headers["location"]))
    raise CannotFetch(f"The address leads on to others more than {MAX_REDIRECTS} times.")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise CannotFetch("The page's server leads on to something that is no address.") from error


def _fetched(
    url: str, response: httpcore.Response, headers: dict[str, str], deadline: float
) -> Fetched:
    if response.status != 200:
        raise CannotFetch(f"The page's server answered with status {response.status}, not a page.")
    kind, charset = _content_type(headers.get("content-type", ""))
    if kind not in BY_CONTENT_TYPE:
        raise CannotFetch("This is not a page of text: HTML, Markdown, plain text or PDF.")
    pieces = _counted(response.iter_stream(), deadline)
    body = b"".join(_counted(_decoded(pieces, headers.get("content-encoding", "")), deadline))
    return Fetched(url, BY_CONTENT_TYPE[kind], charset, body)


def _counted(pieces: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        remaining(deadline)
        total += len(piece)
        if total > MAX_BYTES:
            raise CannotFetch(_TOO_LARGE)
        yield piece


def _decoded(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """The pieces without their compression, no more at once than may come at all."""
    coding = coding.strip().lower()
    if coding in _PLAIN_CODINGS:
        yield from pieces
        return
    if coding not in _ZLIB_CODINGS:
        raise CannotFetch("The page's server sent it compressed in a way that was not asked for.")
    expand = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        for piece in pieces:
            yield expand.decompress(piece, MAX_BYTES + 1)
            if expand.unconsumed_tail:
                raise CannotFetch(_TOO_LARGE)
    except zlib.error as error:
        raise CannotFetch("The page came damaged. Try again later.") from error
    if not expand.eof:
        raise CannotFetch("The page came cut off. Try again later.")


def _content_type(header: str) -> tuple[str, str]:
    kind, _, parameters = header.partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", parameters, re.IGNORECASE)
    return kind.strip().lower(), charset[1].lower() if charset else ""


def _is_odd_number(host: str) -> bool:
    """A host such as 0177.1, 0x7f.1 or 2130706433, which some programs read as an IPv4 address."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" not in host and bool(_NUMBER.fullmatch(last)) and not _DOTTED.fullmatch(host)


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _trouble(error: Exception) -> str:
    if isinstance(error.__cause__ or error.__context__ or error, ssl.SSLError):
        return "The page's server could not show who it is (its certificate is not valid)."
    return "The page's server does not answer. Check the address, or try again later."
