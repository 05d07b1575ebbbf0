"""The stream that fills an answer into its page, and the button that stops it.

Server-sent events that htmx swaps in: `answer` (the whole answer so far as safe HTML), `done` or
`failed` (how it ended), `close` (always the last: a browser would connect again without it).
Everything that happens after access was granted is HTTP 200. Answering itself is `answers`.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from kbsite.mongo import AnswerDocument
from knowledge.answers import generation
from knowledge.answers.events import DoneEvent, Ending, ErrorEvent, TokenEvent, failure
from knowledge.answers.extractive import MODEL
from knowledge.answers.pacing import paced
from knowledge.answers.readers import Reader, asker_of
from knowledge.answers.stream import AnswerNotFound, SourcesChanged, events_of, readable_answer
from knowledge.guests import guest_of
from knowledge.rendering import render_answer
from knowledge.streaming import streamed

EVENT_STREAM = "text/event-stream"
PAUSE = 0.1
"""Seconds between two renderings of a growing answer."""
CLOSE = "event: close\ndata:\n\n"
KEEP_ALIVE = ": still here\n\n"
CHANGED = "A source of this answer was changed or withdrawn since. Ask again."
CLOSED = "You may no longer read this answer."

_LINE_END = re.compile(r"\r\n|\r|\n")
logger = logging.getLogger(__name__)


@require_GET
async def stream(request: HttpRequest, workspace: str, answer: str) -> StreamingHttpResponse:
    """The answer's events as they come; 404 alike for no such answer and for one not allowed."""
    reader = Reader.of(await request.auser(), workspace)
    try:
        stored = await readable_answer(answer, await reader.scope())
    except AnswerNotFound:
        raise Http404("no such answer") from None
    except SourcesChanged:
        return streamed(_refused(CHANGED), content_type=EVENT_STREAM)
    return streamed(_page_events(stored, reader), content_type=EVENT_STREAM)


@require_POST
async def stop(request: HttpRequest, workspace: str, answer: str) -> HttpResponse:
    """End the answer where it is; its stream then says so. Somebody else's goes on."""
    user = await request.auser()
    try:
        stored = await readable_answer(answer, await Reader.of(user, workspace).scope())
    except (AnswerNotFound, SourcesChanged):
        raise Http404("no such answer") from None
    asker = asker_of(user, guest_of(request))
    if asker is not None and asker == stored["asker"]:
        await generation.stop(stored["_id"])
    return HttpResponse(status=204)


def ending_fragment(ending: Ending) -> tuple[str, dict[str, Any]]:
    """The template that says how an answer ended, and its context."""
    if isinstance(ending, ErrorEvent):
        return _failed(ending.message, can_retry=ending.code != "too_long")
    answer = {
        "model": ending.model,
        "is_extractive": ending.model == MODEL,
        "citations": ending.citations,
        "stopped": ending.stopped,
    }
    return "knowledge/_done.html", {"answer": answer}


def _failed(message: str, *, can_retry: bool = True) -> tuple[str, dict[str, Any]]:
    return "knowledge/_failed.html", {"message": message, "can_retry": can_retry}


async def _page_events(answer: AnswerDocument, reader: Reader) -> AsyncGenerator[str, None]:
    """Everything up to `close`, whatever happens on the way."""
    try:
        async with aclosing(_answer_events(answer, reader)) as fragments:
            async for fragment in fragments:
                yield fragment
    except AnswerNotFound:
        yield _sse("failed", render_to_string(*_failed(CLOSED, can_retry=False)))
    except SourcesChanged:
        yield _sse("failed", render_to_string(*_failed(CHANGED)))
    except Exception as error:  # the status line is sent: only an event can tell
        logger.error("answer %s: %s", answer["_id"], type(error).__name__)
        yield _sse("failed", render_to_string(*ending_fragment(failure("internal"))))
    yield CLOSE


async def _refused(message: str) -> AsyncGenerator[str, None]:
    yield _sse("failed", render_to_string(*_failed(message)))
    yield CLOSE


async def _answer_events(answer: AnswerDocument, reader: Reader) -> AsyncGenerator[str, None]:
    async def check() -> None:
        await readable_answer(str(answer["_id"]), await reader.scope())

    text = ""
    numbers = frozenset(passage["n"] for passage in answer["retrieval"]["passages"])
    async with aclosing(paced(events_of(answer), pause=PAUSE, check=check)) as batches:
        async for batch in batches:
            if more := "".join(event.text for event in batch if isinstance(event, TokenEvent)):
                text += more
                html = await asyncio.to_thread(render_answer, text, citations=numbers)
                yield _sse("answer", html)
            for event in batch:
                if isinstance(event, DoneEvent | ErrorEvent):
                    name = "failed" if isinstance(event, ErrorEvent) else "done"
                    yield _sse(name, render_to_string(*ending_fragment(event)))
            if not batch:
                yield KEEP_ALIVE


def _sse(event: str, data: str) -> str:
    """One server-sent event; each of its lines must say that it is data."""
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
    return f"event: {event}\n{lines}\n"
