"""U2: what a request sends is refused beyond a limit, whoever sends it and wherever to."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from kbsite.asgi import django_application
from kbsite.body_limit import BEYOND, Message, Receive, Send, limited
from tests.guarding import unguarded

MOST = 10
PIECE = b"12345"


class Sender:
    """A client that sends pieces for ever, and keeps what it is answered."""

    def __init__(self, path: str = "/w/team/imports/", length: int | None = None) -> None:
        headers = [] if length is None else [(b"content-length", str(length).encode())]
        headers += [(b"host", b"testserver")]
        self.scope: Message = {"type": "http", "method": "POST", "path": path, "headers": headers}
        self.pieces = 0
        self.answer: list[Mapping[str, Any]] = []

    async def receive(self) -> Message:
        self.pieces += 1
        return {"type": "http.request", "body": PIECE, "more_body": True}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.answer.append(message)

    def ask(self, *, pieces: int) -> int:
        async def application(scope: Message, receive: Receive, send: Send) -> None:
            if BEYOND in scope:
                await django_application(scope, receive, send)
                return
            for _ in range(pieces):
                await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        asyncio.run(limited(application, self.scope, self.receive, self.send, most=MOST))
        return int(self.answer[0]["status"])

    def headers(self) -> dict[str, str]:
        pairs = self.answer[0]["headers"]
        return {name.decode().lower(): value.decode() for name, value in pairs}


@pytest.mark.parametrize("length", [None, MOST])
def test_a_body_within_the_limit_is_read(length: int | None) -> None:
    assert Sender(length=length).ask(pieces=2) == 200


def test_u2_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    client = Sender(length=MOST + 1)
    assert client.ask(pieces=2) == 413
    assert client.pieces == 0


@pytest.mark.parametrize("length", [None, MOST])
def test_u2_a_body_that_does_not_say_or_lies_is_read_no_further_than_the_limit(
    length: int | None,
) -> None:
    client = Sender(length=length)
    assert client.ask(pieces=1000) == 413
    assert client.pieces == 3


def test_programs_are_told_in_a_problem_document() -> None:
    client = Sender("/api/v1/workspaces/", length=MOST + 1)
    client.ask(pieces=0)
    assert client.headers()["content-type"] == "application/problem+json"
    assert json.loads(client.answer[1]["body"])["status"] == 413


@pytest.mark.parametrize("path", ["/w/team/imports/", "/api/v1/workspaces/", "/static/site.css"])
@pytest.mark.parametrize("length", [None, MOST + 1])
def test_u2_c2_a_refusal_is_guarded_like_any_answer_and_ends_the_connection(
    path: str, length: int | None
) -> None:
    client = Sender(path, length)
    assert client.ask(pieces=1000) == 413
    assert unguarded(client.headers()) == {}
    assert client.headers()["connection"] == "close"
