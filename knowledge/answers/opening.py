"""Opening an answer: find its passages and store them with the question, before any model.

An answer to the same question on the same passages, by the same model and prompt, for readers of
the same scope, is used again: a reload asks no model twice. One that was stopped or broke off is
not. An edit of a source makes another revision, and so another answer.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from django.conf import settings

from kbsite.mongo import AnswerDocument
from knowledge.access import Scope
from knowledge.answers import prompt, store
from knowledge.answers.answerers import answerer
from knowledge.answers.events import DoneEvent, Json, as_json
from knowledge.answers.readers import Asker
from knowledge.models import Workspace
from knowledge.search.retrieve import Retrieval, retrieve


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be followed, and what was found for it just now."""

    id: str
    retrieval: Retrieval


def open_answer(
    *,
    question: str,
    scope: Scope,
    workspace: Workspace,
    tags: Collection[str] = (),
    category: str = "",
    asker: Asker | None,
) -> Answer:
    """Find the passages for a clean question and open an answer on them.

    Where nothing fits (confidence `none`) the answer is done at once, and no language model is
    called (G2). Raises `ProviderError` where the passages cannot be found.
    """
    retrieval = retrieve(question=question, scope=scope, tags=tags, category=category)
    now = datetime.now(UTC)
    opened: AnswerDocument = {
        "_id": ObjectId(),
        "workspace_id": str(workspace.pk),
        "scope": sorted([workspace_id, shown] for workspace_id, shown in scope.grants),
        "asker": asker,
        "question": question,
        "tags": sorted(tags),
        "category": category,
        "fingerprint": "",
        "retrieval": _as_stored(retrieval),
        "state": store.State.READY,
        "events": [],
        "created_at": now,
    }
    opened["fingerprint"] = _fingerprint(opened)
    _end_if_unknown(opened)
    if not isinstance(asker, ObjectId):
        opened["expires_at"] = now + timedelta(days=settings.GUEST_ANSWER_DAYS)
    return Answer(id=str(_same_or_stored(opened)["_id"]), retrieval=retrieval)


def _same_or_stored(opened: AnswerDocument) -> AnswerDocument:
    same = store.find_reusable(fingerprint=opened["fingerprint"], asker=opened["asker"])
    if same is None:
        store.insert(opened)
    return same or opened


def _end_if_unknown(opened: AnswerDocument) -> None:
    if opened["retrieval"]["confidence"] == "none":
        opened["state"] = store.State.DONE
        opened["events"] = [as_json(DoneEvent(model="none", citations=()))]


def _fingerprint(answer: AnswerDocument) -> str:
    """SHA-256, in hex, of everything that the answer's text depends on."""
    retrieval = answer["retrieval"]
    passages = [
        (p["article_id"], p["revision"], p["start"], p["end"]) for p in retrieval["passages"]
    ]
    asked = [answer["scope"], answer["question"], answer["tags"], answer["category"]]
    told = [retrieval["confidence"], passages, answerer().model, prompt.VERSION]
    return hashlib.sha256(json.dumps([asked, told]).encode()).hexdigest()


def _as_stored(retrieval: Retrieval) -> Json:
    return {
        "confidence": retrieval.confidence,
        "confidence_source": retrieval.confidence_source,
        "passages": [passage.as_json() for passage in retrieval.passages],
        "timings_ms": dict(retrieval.timings_ms),
        "degraded": list(retrieval.degraded),
    }
