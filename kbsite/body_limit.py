"""A limit to what one request may send, before anything else looks at it.

Django stores a whole body on disk before it knows who sent it and where to; its own limits, and
those of forms, are looked at only after that.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

STATUS: Final = 413


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
        await _refuse(send, most, for_api=scope["path"].startswith("/api/"))


def _declared(scope: Message) -> int:
    """The bytes that the request says it has; 0 where it does not say."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def _refuse(send: Send, most: int, *, for_api: bool) -> None:
    detail = f"This is more than the {most // 1024**2} MB that this site takes at once."
    problem = {"title": "Content Too Large", "status": STATUS, "detail": detail}
    kind = b"application/problem+json" if for_api else b"text/plain; charset=utf-8"
    # what else is on its way would be taken for the next request
    nosniff = (b"x-content-type-options", b"nosniff")
    headers = [(b"content-type", kind), (b"connection", b"close"), nosniff]
    await send({"type": "http.response.start", "status": STATUS, "headers": headers})
    body = json.dumps({"type": "about:blank", **problem}) if for_api else detail
    await send({"type": "http.response.body", "body": body.encode()})
