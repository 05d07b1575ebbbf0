"""A limit to what one request may send, before anything else looks at it.

Django stores a whole body on disk before it knows who sent it and where to; its own limits, and
those of forms, are looked at only after that. What is refused Django answers all the same, without
the body: so the answer has the headers that every other one has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from kbsite.problems import refusal
from kbsite.refusing import refusing

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

BEYOND: Final = "kbsite.beyond"
"""In the scope of a request that sent more than this many bytes."""


class TooLarge(Exception):
    """The body goes on beyond the limit."""


async def limited(
    application: Application, scope: Message, receive: Receive, send: Send, *, most: int
) -> None:
    """Let the application answer; where the body has more than `most` bytes, refuse it instead."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLarge
        return message

    try:
        if _declared(scope) > most:
            raise TooLarge
        await application(scope, counted, send)
    except TooLarge:
        await application({**scope, BEYOND: most}, _nothing(), _closing(send))


def _declared(scope: Message) -> int:
    """The bytes that the request says it has; 0 where it does not say."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


def _nothing() -> Receive:
    """An empty body, and then nothing, not even that the client leaves."""
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Future()

    return receive


def _closing(send: Send) -> Send:
    """End the connection with the answer: what else is on its way is for nobody."""

    async def closing(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closing


def _refuse(request: HttpRequest) -> HttpResponse | None:
    most = getattr(request, "scope", {}).get(BEYOND)
    if most is None:
        return None
    detail = f"This is more than the {most // 1024**2} MB that this site takes at once."
    return refusal(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


BodyLimitMiddleware = refusing(_refuse)
