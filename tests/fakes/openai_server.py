"""A chat model that says what a test scripts, over the OpenAI protocol.

with OpenAIServer() as server:
    server.script(["The port ", "is 8000 [1]."])        # what every answer says from now on
    server.script([...], hold_after=3)                  # three tokens, then wait for release()
    server.fail(429, times=2, retry_after=0)            # the next two requests fail
    ... OPENAI_BASE_URL=server.base_url ...
    server.calls[-1].body["messages"], server.calls[-1].disconnected.wait(1)
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.http import Broken, Call, LoopbackServer, send_json

ANSWER = ("The ", "port ", "is ", "8000 ", "[1]", ".")


@dataclass(frozen=True)
class Script:
    """What an answer says, and how it goes wrong."""

    tokens: Sequence[str] = ANSWER
    delay: float = 0.0
    """Seconds before each token."""
    hold_after: int | None = None
    """Send so many tokens, then wait for `release()`; 0 waits before the first."""
    cut_after: int | None = None
    """Send so many tokens, then drop the connection."""
    cut_in_character: bool = False
    """Drop it in the middle of a UTF-8 sequence."""
    split: int | None = None
    """Send so many bytes at a time instead of whole events."""
    finish_reason: str | None = "stop"
    """None ends the stream without a word, as a crashed server behind a proxy does."""
    usage: bool = True
    error_event: str | None = None
    """Ends the stream with an `error` object that holds this message."""
    raw: bytes | None = None
    """Sent as the stream's body instead of everything above."""


@dataclass(frozen=True)
class Failure:
    """A response that is an error."""

    status: int
    retry_after: float | None
    message: str
    code: str | None


class OpenAIServer(LoopbackServer):
    """`POST /v1/chat/completions`, streaming. Scripts last; failures are used up."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse_usage = False
        """Answer 400 to `stream_options`, as older compatible servers do."""
        self._script = Script()
        self._failures: deque[Failure] = deque()

    def script(self, tokens: Sequence[str] = ANSWER, **how: Any) -> None:
        """What every answer says from now on; `how` are the fields of `Script`."""
        self._script = Script(tokens=tokens, **how)

    def fail(
        self,
        status: int,
        *,
        times: int = 1,
        retry_after: float | None = 0,
        message: str = "It broke.",
        code: str | None = None,
    ) -> None:
        """Make the next `times` requests fail."""
        self._failures.extend([Failure(status, retry_after, message, code)] * times)

    async def respond(self, call: Call, writer: asyncio.StreamWriter) -> None:
        if failure := self._failure_for(call):
            body = {"error": {"message": failure.message, "type": "error", "code": failure.code}}
            await send_json(writer, body, status=failure.status, retry_after=failure.retry_after)
        else:
            await self._stream(call, writer, self._script)

    def _failure_for(self, call: Call) -> Failure | None:
        if call.path != "/v1/chat/completions":
            return Failure(404, None, "No such path.", None)
        if self.refuse_usage and "stream_options" in call.body:
            return Failure(400, None, "Unknown field: stream_options", None)
        return self._failures.popleft() if self._failures else None

    async def _stream(self, call: Call, writer: asyncio.StreamWriter, script: Script) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        if script.raw is not None:
            await _send(writer, script.raw, None)
        else:
            await self._send_tokens(call, writer, script)
            await _send(writer, b"".join(_ending(call, script)), script.split)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _send_tokens(self, call: Call, writer: asyncio.StreamWriter, script: Script) -> None:
        for position, token in enumerate([*script.tokens, ""]):
            if position == script.hold_after:
                await writer.drain()
                await self.held(call)
            if position == script.cut_after:
                await _break_off(writer, in_character=script.cut_in_character)
            await asyncio.sleep(script.delay)
            if token:
                await _send(writer, _event(delta={"content": token}), script.split)


def _ending(call: Call, script: Script) -> Iterator[bytes]:
    if script.error_event is not None:
        yield _data({"error": {"message": script.error_event, "type": "server_error"}})
        return
    if script.finish_reason is None:
        return
    yield _event(delta={}, finish_reason=script.finish_reason)
    if script.usage and call.body.get("stream_options", {}).get("include_usage"):
        words = sum(len(m["content"].split()) for m in call.body["messages"])
        yield _event(usage={"prompt_tokens": words, "completion_tokens": len(script.tokens)})
    yield b"data: [DONE]\n\n"


def _event(
    *,
    delta: dict[str, str] | None = None,
    finish_reason: str | None = None,
    usage: dict[str, int] | None = None,
) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    if usage is not None:
        usage = {**usage, "total_tokens": sum(usage.values())}
    return _data(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": [choice] if delta is not None else [],
            "usage": usage,
        }
    )


def _data(content: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\n\n"


async def _send(writer: asyncio.StreamWriter, content: bytes, split: int | None) -> None:
    size = split or max(1, len(content))
    for first in range(0, len(content), size):
        part = content[first : first + size]
        writer.write(b"%x\r\n%s\r\n" % (len(part), part))
        await writer.drain()


async def _break_off(writer: asyncio.StreamWriter, *, in_character: bool) -> None:
    """Half an event, then the end of the connection."""
    half = _event(delta={"content": "é"}).partition("é".encode())[0] + "é".encode()[:1]
    await _send(writer, half if in_character else half[:20], None)
    raise Broken


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A scripted chat model; set OPENAI_BASE_URL to its `base_url` to use it."""
    with OpenAIServer() as server:
        yield server
