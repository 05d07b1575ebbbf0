"""Streaming answers from OpenAI, or any server that speaks its chat completions protocol.

What is asked is made in `knowledge.answers.prompt`; what comes back is untrusted text. Retrying
and time limits are decided here because the client's own retries know no deadline. What the
server says in an error is read for its meaning and never repeated: it can quote the input.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NamedTuple

import openai
from django.conf import settings
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    stop_before_delay,
)

from knowledge.providers import ErrorCode, Prompt, ProviderError, Usage
from knowledge.providers.backoff import ATTEMPTS, pause

logger = logging.getLogger(__name__)
# at DEBUG the client logs whole requests, article text included
logging.getLogger("openai").setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
CUT_SHORT = " …"
"""Ends an answer that the model's length limit cut."""
TOO_LONG = ("context_length", "context length", "context window", "maximum context", "too long")
"""How OpenAI, vLLM, llama.cpp and Ollama say that a prompt does not fit."""

TRANSIENT = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError)
TIMED_OUT = openai.APITimeoutError
"""A server that gave no sign of life for ANSWER_STALL_MS: a reader has waited enough."""


class ChatAnswerer:
    """One chat model. Safe to share between tasks and event loops."""

    def __init__(self) -> None:
        self.model: str = settings.OPENAI_MODEL
        self._server = _Server(settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)
        self._reports_usage = True

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        """The answer's text as it comes, then its `Usage` where the server tells it.

        Limits: ANSWER_TIMEOUT_MS for the whole answer, ANSWER_STALL_MS between two chunks. Only
        a request that has not begun to answer is tried again. Closing the generator closes the
        connection, which is how a server learns that it may stop. Raises `ProviderError`.
        """
        ends = time.monotonic() + settings.ANSWER_TIMEOUT_MS / 1000
        reading = _Reading()
        with _translated():
            response = await self._begin(prompt, ends)
            try:
                while (chunk := await _next(response, ends)) is not None:
                    if text := reading.text_of(chunk):
                        yield text
                for part in reading.ending():
                    yield part
            finally:
                await response.close()

    async def _begin(self, prompt: Prompt, ends: float) -> AsyncStream[ChatCompletionChunk]:
        """The response once its headers are there, asked for again where that can help."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TRANSIENT) & retry_if_not_exception_type(TIMED_OUT),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(_seconds_left(ends)),
            wait=pause,
            reraise=True,
        )
        async with asyncio.timeout(_seconds_left(ends)):
            return await retrying(self._request, prompt)

    async def _request(self, prompt: Prompt) -> AsyncStream[ChatCompletionChunk]:
        try:
            return await self._send(prompt)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            # older compatible servers refuse the option that asks for the usage
            if not self._reports_usage or "stream_options" not in str(error):
                raise
            self._reports_usage = False
            return await self._send(prompt)

    async def _send(self, prompt: Prompt) -> AsyncStream[ChatCompletionChunk]:
        client = await _client(self._server)
        return await client.chat.completions.create(
            model=self.model,
            messages=[
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            stream=True,
            stream_options={"include_usage": True} if self._reports_usage else openai.omit,
            timeout=openai.Timeout(settings.ANSWER_STALL_MS / 1000, connect=CONNECT_SECONDS),
        )


class _Reading:
    """What the chunks so far said besides their text: how it ended, and what it cost."""

    def __init__(self) -> None:
        self._written = False
        self._finish: str | None = None
        self._usage: Usage | None = None

    def text_of(self, chunk: ChatCompletionChunk) -> str:
        if chunk.usage:
            self._usage = Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:
            return ""
        [choice, *_] = chunk.choices
        self._finish = choice.finish_reason or self._finish
        text = choice.delta.content or ""
        self._written = self._written or bool(text)
        return text

    def ending(self) -> Iterator[str | Usage]:
        """What follows the last chunk. Raises `ProviderError` unless that ended an answer."""
        if self._finish is None:
            raise ProviderError("The language model broke off.", "model_unavailable")
        if self._finish == "content_filter":
            raise ProviderError("The language model's host withheld the answer.", "internal")
        if not self._written:
            code: ErrorCode = "too_long" if self._finish == "length" else "model_unavailable"
            raise ProviderError("The language model gave an empty answer.", code)
        if self._finish == "length":
            yield CUT_SHORT
        if self._usage:
            yield self._usage


class _Server(NamedTuple):
    base_url: str
    api_key: str


class _Kept(NamedTuple):
    client: AsyncOpenAI
    keeper: AsyncGenerator[AsyncOpenAI, None]


_kept: dict[tuple[asyncio.AbstractEventLoop, _Server], _Kept] = {}


async def _client(server: _Server) -> AsyncOpenAI:
    """The running loop's client for a server; its connections are reused between answers."""
    key = (asyncio.get_running_loop(), server)
    if key not in _kept:
        keeper = _keep_client(server)
        _kept[key] = _Kept(await anext(keeper), keeper)
    return _kept[key].client


async def _keep_client(server: _Server) -> AsyncGenerator[AsyncOpenAI, None]:
    """Keep a client open until its event loop ends, which closes what it has of generators."""
    client = AsyncOpenAI(
        base_url=server.base_url or None,
        api_key=server.api_key or "none",  # servers of one's own often have no key
        max_retries=0,
    )
    try:
        async with client:
            yield client
    finally:
        del _kept[asyncio.get_running_loop(), server]


async def _next(
    response: AsyncStream[ChatCompletionChunk], ends: float
) -> ChatCompletionChunk | None:
    """The next chunk, or None after the last. Raises TimeoutError."""
    async with asyncio.timeout(min(_seconds_left(ends), settings.ANSWER_STALL_MS / 1000)):
        return await anext(response, None)


def _seconds_left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@contextmanager
def _translated() -> Iterator[None]:
    """The client's errors, and those of reading nonsense, as ours without their texts."""
    try:
        yield
    except (TimeoutError, openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
        status = getattr(error, "status_code", None)
        logger.warning("The chat model failed: %s, status %s", type(error).__name__, status)
        raise _failure(error) from None


def _failure(error: Exception) -> ProviderError:
    match error:
        case TimeoutError() | openai.APITimeoutError():
            return ProviderError("The language model took too long.", "model_timeout")
        case openai.RateLimitError() if error.code != "insufficient_quota":
            return ProviderError("The language model is busy.", "busy")
        case openai.APIStatusError() if _is_too_long(error):
            return ProviderError("The question and its sources are too long for it.", "too_long")
        case openai.BadRequestError() | openai.UnprocessableEntityError():
            return ProviderError("The language model refused the request.", "internal")
        case _:
            return ProviderError("The language model cannot be reached.", "model_unavailable")


def _is_too_long(error: openai.APIStatusError) -> bool:
    said = f"{error.code} {error.message}".lower()
    return error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or any(
        words in said for words in TOO_LONG
    )
