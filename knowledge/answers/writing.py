"""Writing one answer: the model's tokens, published as they come and stored as they were shown.

What followers saw is what is stored, however the answer ends: the ending is stored before it is
published. (SECURITY D3) An answer that was stopped or broke off keeps its text, is never used for
another question, and says so. Logs name errors by type: a message can quote the question.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, datetime

from bson import ObjectId
from pymongo.errors import PyMongoError

from kbsite.documents import AnswerDocument
from knowledge.answer_html import MAX_CHARS
from knowledge.answers import store
from knowledge.answers.answerers import answerer, answerer_of, prompt_of
from knowledge.answers.checks import NOT_CHECKED, checks_of
from knowledge.answers.citations import cited_numbers
from knowledge.answers.events import (
    DoneEvent,
    Ending,
    ErrorEvent,
    Event,
    Stopped,
    TokenEvent,
    failure,
)
from knowledge.providers import Answerer, ProviderError, Usage

logger = logging.getLogger(__name__)

SAVE_EVERY = 0.25
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class TooLong(Exception):
    """The model wrote more than the MAX_CHARS characters that are shown: it has lost its way."""


class Writing:
    """One answer and how far it is written. `run` is awaited once."""

    def __init__(
        self, answer_id: ObjectId, *, owner: str, publish: Callable[[Event], None]
    ) -> None:
        self.followed_until = datetime.min.replace(tzinfo=UTC)
        """Until when readers in other processes are known to follow."""
        self._answer_id = answer_id
        self._owner = owner
        self._publish = publish
        self._answerer: Answerer = answerer()
        self._text = ""
        self._usage: Usage | None = None
        self._timings_ms: dict[str, float] = {}
        self._started = time.monotonic()
        self._stopped: Stopped | None = None
        self._streaming: asyncio.Task[None] | None = None

    async def run(self) -> bool:
        """Claim the answer, write it and store it; False at once where another process writes."""
        claimed = await store.claim(self._answer_id, owner=self._owner)
        if claimed is None:
            return False
        self._answerer = answerer_of(claimed)
        saving = asyncio.create_task(self._save_regularly())
        try:
            ending = await self._write(claimed)
        finally:
            saving.cancel()
        await self._finish(claimed, ending)
        return True

    def stop(self, reason: Stopped) -> None:
        """Break off the request to the model; what came so far is stored with the first reason."""
        self._stopped = self._stopped or reason
        if self._streaming is not None:
            self._streaming.cancel()

    async def _write(self, claimed: AnswerDocument) -> Ending:
        self._streaming = asyncio.create_task(self._stream(claimed))
        if self._stopped:
            self._streaming.cancel()
        try:
            await self._streaming
        except asyncio.CancelledError:
            return await self._done(claimed, stopped=self._stopped)
        except TooLong:
            return failure("too_long")
        except ProviderError as error:
            logger.warning("answer %s: the model failed: %s", self._answer_id, error.code)
            return ErrorEvent(code=error.code, message=str(error))
        except Exception as error:  # a model's answer can be anything, and must come to an end
            logger.error("answer %s: %s", self._answer_id, type(error).__name__)
            return failure("internal")
        return await self._done(claimed) if self._text else failure("model_unavailable")

    async def _stream(self, claimed: AnswerDocument) -> None:
        async with aclosing(self._answerer.stream(prompt_of(claimed))) as pieces:
            async for piece in pieces:
                self._take(piece)

    def _take(self, piece: str | Usage) -> None:
        if isinstance(piece, Usage):
            self._usage = piece
        elif piece:
            self._timings_ms.setdefault("first_token", self._elapsed_ms())
            text = _SURROGATE.sub("\ufffd", piece)
            self._text += text
            self._publish(TokenEvent(text))
        if len(self._text) > MAX_CHARS:
            raise TooLong

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY)
            try:
                stored = await store.save_progress(
                    self._answer_id, owner=self._owner, text=self._text
                )
            except PyMongoError as error:
                logger.warning("answer %s: not saved: %s", self._answer_id, type(error).__name__)
                continue
            if stored is None or stored.get("stop_requested"):
                self.stop("by_reader")
            elif "followed_until" in stored:
                self.followed_until = stored["followed_until"]

    async def _finish(self, claimed: AnswerDocument, ending: Ending) -> None:
        stored = await store.finish(
            self._answer_id, owner=self._owner, text=self._text, ending=ending
        )
        if self._usage is not None:
            await self._record_usage(claimed, self._usage)
        self._publish(ending if stored else store.BROKEN_OFF)

    async def _record_usage(self, claimed: AnswerDocument, usage: Usage) -> None:
        asker = claimed["asker"]
        try:
            await store.record_usage(
                {
                    "timestamp": datetime.now(UTC),
                    "meta": {
                        "workspace": claimed["workspace_id"],
                        "user": asker if isinstance(asker, ObjectId) else None,
                        "model": self._answerer.model,
                        "purpose": "answer",
                    },
                    "tokens": usage.prompt_tokens + usage.completion_tokens,
                    "latency_ms": self._elapsed_ms(),
                }
            )
        except PyMongoError as error:
            logger.warning("usage not recorded: %s", type(error).__name__)

    async def _done(self, claimed: AnswerDocument, *, stopped: Stopped | None = None) -> DoneEvent:
        retrieved = [passage["n"] for passage in claimed["retrieval"]["passages"]]
        cited = await asyncio.to_thread(cited_numbers, self._text, retrieved=retrieved)
        checks = NOT_CHECKED if stopped else await checks_of(claimed, self._text)
        return DoneEvent(
            model=self._answerer.model,
            citations=cited,
            verdicts=checks.verdicts,
            support=checks.support,
            answered=checks.answered,
            usage=asdict(self._usage) if self._usage else {},
            timings_ms={**self._timings_ms, "total": self._elapsed_ms()},
            stopped=stopped,
        )

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)
