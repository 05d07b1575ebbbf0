"""What each pymongo collection holds.

Collections owned by Django models (users, articles, sessions, ...) are described by those
models; the ones here have no model.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from bson import ObjectId
from bson.binary import Binary

Document = dict[str, Any]


class ChunkDocument(TypedDict):
    """One searchable passage of an article, at one revision, for the searches of one recipe.

    `copied` changes whenever the same passage is written for another recipe.
    """

    _id: ObjectId
    article_id: ObjectId
    workspace_id: str
    chunk_index: int
    revision: int
    breadcrumb: list[str]
    anchor: str
    text: str
    start: int
    end: int
    content_hash: str
    embedding: Binary
    recipe: str
    tags: list[str]
    category: str
    visibility: str
    status: str
    copied: NotRequired[ObjectId]


class AnswerDocument(TypedDict):
    """A question, what was retrieved for it, and its answer: `knowledge.answers.store`.

    `asker` is an account's id, or the key of a guest's browser: `knowledge.answers.readers`.
    `events` is the replay: one token event with the text so far, then the ending.
    """

    _id: ObjectId
    workspace_id: str
    scope: list[list[str]]
    asker: ObjectId | str | None
    question: str
    tags: list[str]
    category: str
    fingerprint: str
    retrieval: Document
    state: str
    owner: NotRequired[str]
    lease_until: NotRequired[datetime]
    followed_until: NotRequired[datetime]
    stop_requested: NotRequired[bool]
    events: list[Document]
    created_at: datetime
    expires_at: NotRequired[datetime]


class UsageEvent(TypedDict):
    """One model call: time-series, told apart by `meta`."""

    timestamp: datetime
    meta: Document
    tokens: int
    latency_ms: float


class Heartbeat(TypedDict):
    """A worker that is alive; `_id` names its process."""

    _id: str
    at: datetime
    indexing: ObjectId | None
