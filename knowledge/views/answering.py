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

from accounts.sessions import session_id_of
from kbsite.documents import AnswerDocument
from knowledge.answers import generation
from knowledge.answers.checking import Verdict
from knowledge.answers.events import DoneEvent, Ending, ErrorEvent, TokenEvent, failure
from knowledge.answers.extractive import MODEL
from knowledge.answers.pacing import paced
from knowledge.answers.readers import Reader, asker_of
from knowledge.answers.retrieved import retrieval_of
from knowledge.answers.stream import AnswerNotFound, SourcesChanged, events_of, readable_answer
from knowledge.guests import guest_of
from knowledge.providers import chat_answerer
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
    user = await request.auser()
    reader = Reader.of(user, workspace, session_id_of(request))
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
        "has_model": chat_answerer() is not None,
        "citations": ending.citations,
        "stopped": ending.stopped,
        "support": ending.support,
        "answered": ending.answered,
        "checked": len(ending.verdicts),
        "weak": _count(ending, "weak"),
        "unsupported": _count(ending, "unsupported"),
    }
    return "knowledge/_done.html", {"answer": answer}


def _count(ending: DoneEvent, verdict: Verdict) -> int:
    return sum(one["verdict"] == verdict for one in ending.verdicts)


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
            more = "".join(event.text for event in batch if isinstance(event, TokenEvent))
            text += more
            if more and not any(isinstance(event, DoneEvent) and event.verdicts for event in batch):
                html = await asyncio.to_thread(render_answer, text, citations=numbers)
                yield _sse("answer", html)
            for event in batch:
                if isinstance(event, ErrorEvent):
                    yield _sse("failed", render_to_string(*ending_fragment(event)))
                elif isinstance(event, DoneEvent):
                    async for fragment in _done(event, text, answer):
                        yield fragment
            if not batch:
                yield KEEP_ALIVE


async def _done(event: DoneEvent, text: str, answer: AnswerDocument) -> AsyncGenerator[str, None]:
    """The end: the answer once more where it was checked, and what its sources say of it."""
    if event.verdicts:
        html = await asyncio.to_thread(
            render_answer,
            text,
            citations=frozenset(passage["n"] for passage in answer["retrieval"]["passages"]),
            verdicts=event.verdicts,
        )
        yield _sse("answer", html)
    yield _sse("done", await asyncio.to_thread(_ended, event, answer))


def _ended(event: DoneEvent, answer: AnswerDocument) -> str:
    template, context = ending_fragment(event)
    passages = retrieval_of(answer).passages
    context |= {"passages": passages, "question": answer["question"]}
    elsewhere = render_to_string("knowledge/_done_elsewhere.html", context)
    return render_to_string(template, context) + elsewhere


def _sse(event: str, data: str) -> str:
    """One server-sent event; each of its lines must say that it is data."""
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
    return f"event: {event}\n{lines}\n"
