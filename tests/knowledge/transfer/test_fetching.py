"""U1: pages are fetched from the open internet only, and only so much and so long."""

import gzip
import ipaddress
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from knowledge.transfer import fetching
from knowledge.transfer.fetching import CannotFetch, checked_url, fetch
from knowledge.transfer.network import Network, is_public
from tests.knowledge.transfer.web import address, endless, page, reaching, redirect, serving

PRIVATE = "private network"


def refusal(url: str, **how: Any) -> str:
    with pytest.raises(CannotFetch) as refused:
        fetch(url, **how)
    return str(refused.value)


def test_a_page_is_fetched_with_its_kind_and_charset() -> None:
    with serving({"/a?b=1": page(b"<p>Hi", "text/html; charset=ISO-8859-1")}) as server:
        found = fetch(address(server, "/a?b=1#c"), network=reaching(server))
    assert (found.body, found.suffix, found.charset) == (b"<p>Hi", ".html", "iso-8859-1")
    assert found.url.endswith("/a?b=1")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "192.0.0.8",
        "192.0.0.10",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_u1_addresses_inside_of_a_network_are_refused(host: str) -> None:
    assert PRIVATE in refusal(f"http://{host}/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://0177.1/", "no usual name"),
        ("http://0x7f.1/", "no usual name"),
        ("http://2130706433/", "no usual name"),
        ("http://127.1/", "no usual name"),
        ("http://017700000001/", "no usual name"),
        ("http://0x7f000001/", "no usual name"),
        ("http://user@example.org/", "user name or a password"),
        ("http://user:pw@example.org/", "user name or a password"),
        ("file:///etc/passwd", "http:// or https://"),
        ("gopher://example.org/", "http:// or https://"),
        ("ftp://example.org/", "http:// or https://"),
        ("//example.org/", "http:// or https://"),
        ("javascript:alert(1)", "http:// or https://"),
        ("http:///", "no usual name"),
        ("http://exa mple.org/", "a space or a character"),
        ("http://example.org\\@127.0.0.1/", "a space or a character"),
        ("http://example.org/\r\nHost: x", "a space or a character"),
        ("http://①②⑦.0.0.1/", "not the address of a page"),
        ("", "http:// or https://"),
    ],
)
def test_u1_addresses_that_are_not_of_a_page_are_refused_without_asking(
    url: str, reason: str
) -> None:
    with pytest.raises(CannotFetch, match=reason):
        checked_url(url)


def test_u1_other_ports_are_refused() -> None:
    assert "ports" in refusal("http://example.org:22/", network=Network(resolve=never))


def never(host: str, port: int) -> list[str]:
    raise AssertionError("nobody may be asked")


def test_u1_a_name_with_one_private_address_is_refused() -> None:
    mixed = Network(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"])
    assert PRIVATE in refusal("http://example.org/", network=mixed)


def test_u1_a_name_is_looked_up_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    asked: list[str] = []
    tried: list[Any] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    def connect(where: Any, *_: Any, **__: Any) -> socket.socket:
        tried.append(where)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    refusal("http://rebinding.example/", network=Network(resolve=resolve))
    assert asked == ["rebinding.example"]
    assert tried == [("93.184.215.14", 80)]


def test_u1_a_name_that_was_not_found_is_not_tried_again() -> None:
    answers: list[Any] = [OSError(), ["127.0.0.1"]]

    def resolve(host: str, port: int) -> list[str]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return list(answer)

    said = refusal("http://later.example/", network=Network(resolve=resolve))
    assert "was not found" in said
    assert "reaches the internet" in said
    assert PRIVATE in refusal("http://later.example/", network=Network(resolve=resolve))


def test_redirects_are_followed_and_the_last_address_is_told() -> None:
    pages = {"/": redirect("/b"), "/b": redirect("c"), "/c": page(b"Hi", "text/markdown")}
    with serving(pages) as server:
        found = fetch(address(server), network=reaching(server))
    assert (found.url[-2:], found.suffix) == ("/c", ".md")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://10.0.0.1/", "ports"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://u:p@example.org/", "user name"),
        ("/", "more than 5 times"),
        ("http://[bad", "no address"),
    ],
)
def test_u1_each_redirect_is_checked_anew(location: str, reason: str) -> None:
    with serving({"/": redirect(location)}) as server:
        assert reason in refusal(address(server), network=reaching(server))


def test_u1_a_redirect_into_a_private_network_is_refused() -> None:
    with serving({"/": redirect("/inside")}) as server:
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])
        port = server.server_address[1]
        network = Network(
            resolve=lambda host, port: next(answers),
            allows=lambda found: found == ipaddress.ip_address("127.0.0.1"),
            ports=frozenset({port}),
        )
        assert PRIVATE in refusal(address(server), network=network)
        assert server.requests == ["/"]  # type: ignore[attr-defined]


def test_u1_an_endless_page_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"/": endless(b"x" * 65536)}) as server:
        assert "too large" in refusal(address(server), network=reaching(server))


def test_u1_a_gzip_bomb_is_left_before_it_fills_memory() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024))
    with serving({"/": page(bomb, Content_Encoding="gzip")}) as server:
        assert "too large" in refusal(address(server), network=reaching(server))


def test_a_compressed_page_is_read() -> None:
    with serving({"/": page(gzip.compress(b"Hi"), Content_Encoding="gzip")}) as server:
        assert fetch(address(server), network=reaching(server)).body == b"Hi"


@pytest.mark.parametrize(
    ("handle", "reason"),
    [
        (page(b"x", "image/png"), "not a page of text"),
        (page(b"x", "application/zip"), "not a page of text"),
        (page(b"x", Content_Encoding="br"), "not asked for"),
        (page(b"no gzip", Content_Encoding="gzip"), "damaged"),
        (page(gzip.compress(b"x" * 99)[:-4], Content_Encoding="gzip"), "cut off"),
        (lambda request: request.send_error(404), "status 404"),
        (lambda request: request.wfile.write(b"\x00\x01 no HTTP"), "does not answer"),
    ],
)
def test_what_is_no_page_is_refused_with_the_reason(
    handle: Callable[[BaseHTTPRequestHandler], None], reason: str
) -> None:
    with serving({"/": handle}) as server:
        assert reason in refusal(address(server), network=reaching(server))


def test_u1_a_page_that_trickles_is_left_at_the_time_limit() -> None:
    with serving({"/": endless(b"x", pause=0.05)}) as server:
        began = time.monotonic()
        said = refusal(address(server), network=reaching(server), time_limit=0.5)
    assert "took too long" in said
    assert time.monotonic() - began < 3


def test_u1_a_lookup_that_hangs_is_left_at_the_time_limit() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(2)
        return []

    began = time.monotonic()
    refusal("http://slow.example/", network=Network(resolve=hang), time_limit=0.3)
    assert time.monotonic() - began < 1.5


def test_u1_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving({"/": page(b"Hi")}) as server:
        assert fetch(address(server), network=reaching(server)).body == b"Hi"


def test_a_server_that_is_not_who_it_says_is_refused() -> None:
    with serving({"/": page(b"Hi")}) as server:
        said = refusal(address(server).replace("http:", "https:"), network=reaching(server))
    assert "show who it is" in said or "does not answer" in said


@pytest.mark.parametrize("public", ["93.184.215.14", "2606:2800:21f:cb07::1", "8.8.8.8"])
def test_addresses_of_the_open_internet_are_allowed(public: str) -> None:
    assert is_public(ipaddress.ip_address(public))
    assert fetching.MAX_BYTES == 10 * 1024 * 1024
