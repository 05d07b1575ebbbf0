"""Answers in MongoDB: opened with what was retrieved, claimed by one writer, replayed ever after.

    ready ─claim→ streaming ─finish→ done | stopped | failed

A streaming answer has an owner and a lease; whoever finds the lease run out marks it failed.
Every write is idempotent and compares the owner, so that a writer who lost the answer cannot
change it. Opening is synchronous, the rest is for coroutines.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, ReturnDocument

from kbsite import mongo
from kbsite.documents import AnswerDocument, UsageEvent
from knowledge.answers.events import DoneEvent, Ending, ErrorEvent, Json, TokenEvent, as_json
from knowledge.answers.readers import Asker

LEASE = timedelta(seconds=15)
FOLLOWED = timedelta(seconds=1)
"""How long a look from another process counts as following."""
BROKEN_OFF = ErrorEvent(
    code="internal", message="The server stopped while this answer was being written."
)


class State(StrEnum):
    READY = "ready"
    STREAMING = "streaming"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


FINISHED = frozenset({State.DONE, State.STOPPED, State.FAILED})


def find_reusable(*, fingerprint: str, asker: Asker | None) -> AnswerDocument | None:
    """The newest answer to the same question that found something, done or on its way.

    One on its way is shared with its own asker only, because whoever follows it may stop it.
    """
    usable: list[Json] = [{"state": State.DONE}]
    if asker is not None:
        usable += [
            {"state": State.READY, "asker": asker},
            {"state": State.STREAMING, "asker": asker, "lease_until": {"$gt": _now()}},
        ]
    wanted = {"fingerprint": fingerprint, "retrieval.confidence": {"$ne": "none"}}
    return mongo.answers().find_one({**wanted, "$or": usable}, sort=[("created_at", DESCENDING)])


def insert(answer: AnswerDocument) -> None:
    mongo.answers().insert_one(answer)


async def find(answer_id: ObjectId) -> AnswerDocument | None:
    return await mongo.async_answers().find_one({"_id": answer_id})


async def claim(answer_id: ObjectId, *, owner: str) -> AnswerDocument | None:
    """Start writing the answer, or None where another did."""
    return await _update(
        {"_id": answer_id, "state": State.READY},
        {"state": State.STREAMING, "owner": owner, "lease_until": _now() + LEASE},
    )


async def save_progress(answer_id: ObjectId, *, owner: str, text: str) -> AnswerDocument | None:
    """Store the text so far and renew the lease; None when the answer is no longer the owner's."""
    return await _update(
        {"_id": answer_id, "state": State.STREAMING, "owner": owner},
        {"events": _as_events(text), "lease_until": _now() + LEASE},
    )


async def finish(answer_id: ObjectId, *, owner: str, text: str, ending: Ending) -> bool:
    """Store the whole answer and how it ended; False when it is no longer the owner's."""
    finished = await _update(
        {"_id": answer_id, "state": State.STREAMING, "owner": owner},
        {"state": state_after(ending), "events": [*_as_events(text), as_json(ending)]},
    )
    return finished is not None


async def look(answer_id: ObjectId) -> AnswerDocument | None:
    """The answer as another process has written it by now, which learns that it is followed."""
    followed = {"followed_until": _now() + FOLLOWED}
    await _update({"_id": answer_id, "state": State.STREAMING}, followed)
    broken_off = {"_id": answer_id, "state": State.STREAMING, "lease_until": {"$lte": _now()}}
    await mongo.async_answers().update_one(
        broken_off,
        {"$set": {"state": State.FAILED}, "$push": {"events": as_json(BROKEN_OFF)}},
    )
    return await find(answer_id)


async def ask_to_stop(answer_id: ObjectId) -> None:
    """Stop an answer that nobody writes yet; let the writer of any other know."""
    unwritten = DoneEvent(model="none", citations=(), stopped="by_reader")
    stopped = {"state": State.STOPPED, "events": [as_json(unwritten)]}
    if await _update({"_id": answer_id, "state": State.READY}, stopped) is None:
        await _update({"_id": answer_id, "state": State.STREAMING}, {"stop_requested": True})


async def record_usage(usage: UsageEvent) -> None:
    """Add one model call to the time series."""
    await mongo.async_usage_events().insert_one(usage)


def text_of(events: Sequence[Mapping[str, Any]]) -> str:
    """The text that stored events add up to."""
    return "".join(event["text"] for event in events if event["event"] == "token")


def state_after(ending: Ending) -> State:
    if isinstance(ending, ErrorEvent):
        return State.FAILED
    return State.STOPPED if ending.stopped else State.DONE


def _as_events(text: str) -> list[Json]:
    return [as_json(TokenEvent(text))] if text else []


async def _update(found: Json, changes: Json) -> AnswerDocument | None:
    return await mongo.async_answers().find_one_and_update(
        found, {"$set": changes}, return_document=ReturnDocument.AFTER
    )


def _now() -> datetime:
    return datetime.now(UTC)
