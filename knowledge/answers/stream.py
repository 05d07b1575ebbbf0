"""Following an answer: its events as they come, once from a model and ever after from the store.

Whoever follows must be able to read all that the asker could, and every passage must still be
what readers find (SECURITY T5, T6): an edited or withdrawn source takes its answers with it.
"""

import logging
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from bson import ObjectId
from bson.errors import InvalidId

from kbsite.documents import AnswerDocument
from knowledge.access import Scope
from knowledge.answers import store
from knowledge.answers.events import (
    DoneEvent,
    Ending,
    ErrorEvent,
    Event,
    PassagesEvent,
    TokenEvent,
    failure,
    from_json,
)
from knowledge.answers.generation import generation_of
from knowledge.answers.opening import Answer, open_answer
from knowledge.answers.readers import Asker
from knowledge.answers.retrieved import retrieval_of, sources_stand
from knowledge.models import Workspace
from knowledge.providers import ProviderError

__all__ = [
    "Answer",
    "AnswerNotFound",
    "SourcesChanged",
    "WholeAnswer",
    "ask",
    "events_of",
    "follow",
    "follow_to_the_end",
    "open_answer",
    "read_whole",
    "readable_answer",
]

logger = logging.getLogger(__name__)


class AnswerNotFound(Exception):
    """There is no such answer for this reader, or none at all: nobody can tell which."""


class SourcesChanged(Exception):
    """A source of the answer was edited or withdrawn since; the question can be asked again."""


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """An answer that has ended: its Markdown, and how it ended."""

    text: str
    ending: Ending


async def readable_answer(answer_id: str, scope: Scope) -> AnswerDocument:
    """The stored answer, if the scope covers its asker's and its sources stand.

    Raises `AnswerNotFound`, `SourcesChanged`.
    """
    answer = await store.find(_object_id(answer_id))
    if answer is None or not {(w, shown) for w, shown in answer["scope"]} <= scope.grants:
        raise AnswerNotFound
    if not await sync_to_async(sources_stand)(answer, scope):
        raise SourcesChanged
    return answer


async def events_of(answer: AnswerDocument) -> AsyncGenerator[Event, None]:
    """All events of an answer, as they come; closing it is leaving, and may end the writing."""
    yield _passages_event(answer)
    if answer["state"] in store.FINISHED:
        for stored in answer["events"]:
            yield from_json(stored)
        return
    async with aclosing(generation_of(answer["_id"]).follow()) as events:
        async for event in events:
            yield event


async def follow(answer_id: str, scope: Scope) -> AsyncGenerator[Event, None]:
    """`events_of` the answer, if the scope may read it. Raises as `readable_answer` does."""
    async with aclosing(events_of(await readable_answer(answer_id, scope))) as events:
        async for event in events:
            yield event


async def follow_to_the_end(answer_id: str, scope: Scope) -> AsyncGenerator[Event, None]:
    """`follow` the answer; whatever fails now that following has begun is an `error` event."""
    try:
        async with aclosing(follow(answer_id, scope)) as events:
            async for event in events:
                yield event
    except Exception as error:  # the status line is sent: only an event can tell
        yield _failed(error)


async def ask(
    *,
    question: str,
    scope: Scope,
    workspace: Workspace,
    tags: Collection[str] = (),
    category: str = "",
    asker: Asker | None,
) -> AsyncGenerator[Event, None]:
    """Open an answer and follow it; every failure is an `error` event."""
    try:
        answer = await sync_to_async(open_answer)(
            question=question,
            scope=scope,
            workspace=workspace,
            tags=tags,
            category=category,
            asker=asker,
        )
    except ProviderError as error:
        yield ErrorEvent(code=error.code, message=str(error))
        return
    except Exception as error:
        yield _failed(error)
        return
    async with aclosing(follow_to_the_end(answer.id, scope)) as events:
        async for event in events:
            yield event


async def read_whole(answer_id: str, scope: Scope) -> WholeAnswer:
    """Follow an answer to its end. Raises as `readable_answer` does."""
    text = ""
    ending: Ending = failure("internal")
    async with aclosing(follow(answer_id, scope)) as events:
        async for event in events:
            if isinstance(event, TokenEvent):
                text += event.text
            elif isinstance(event, DoneEvent | ErrorEvent):
                ending = event
    return WholeAnswer(text=text, ending=ending)


def _failed(error: Exception) -> ErrorEvent:
    logger.error("an answer failed: %s", type(error).__name__)
    return failure("internal")


def _object_id(answer_id: str) -> ObjectId:
    try:
        return ObjectId(answer_id)
    except InvalidId:
        raise AnswerNotFound from None


def _passages_event(answer: AnswerDocument) -> PassagesEvent:
    retrieval = retrieval_of(answer)
    return PassagesEvent(
        answer_id=str(answer["_id"]),
        confidence=retrieval.confidence,
        confidence_source=retrieval.confidence_source,
        passages=tuple(passage.as_json() for passage in retrieval.passages),
        timings_ms=retrieval.timings_ms,
        degraded=retrieval.degraded,
    )
