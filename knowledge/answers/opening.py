"""Opening an answer: find its passages and store them with the question, before any model.

An answer to the same question by the same model and prompt, for readers of the same scope, is
used again while its sources stand: a reload asks no model twice. Where no article changed since,
it is not even searched for again, for a second search may end in another order: reranking has a
budget. Where one did, a search tells whether the passages are the same. An answer that was
stopped or broke off is not used again, nor one that found nothing.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from django.conf import settings

from kbsite.documents import AnswerDocument
from knowledge.access import Scope
from knowledge.answers import prompt, store
from knowledge.answers.answerers import answerer
from knowledge.answers.events import DoneEvent, as_json
from knowledge.answers.limits import MODEL_USED_UP, may_use_model
from knowledge.answers.readers import Asker
from knowledge.answers.retrieved import (
    as_stored,
    is_current,
    retrieval_of,
    same_found,
    sources_stand,
)
from knowledge.models import Workspace
from knowledge.providers import chat_answerer
from knowledge.search.retrieve import Retrieval, retrieve


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be followed, and what was found for it when it was opened."""

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
    """Open an answer to a clean question on the passages found for it, or find it opened before.

    Where nothing fits (confidence `none`) the answer is done at once, and no language model is
    called (G2). Raises `ProviderError` where the passages cannot be found.
    """
    opened = _unsearched(question, scope, workspace, tags, category, asker)
    before = _reusable(opened, scope)
    if before is not None and is_current(before):
        return _answer(before)
    found = retrieve(question=question, scope=scope, tags=tags, category=category)
    if before is not None and same_found(found, retrieval_of(before)):
        return _answer(before)
    if _model_used_up(found, workspace):
        found = replace(found, degraded=(*found.degraded, MODEL_USED_UP))
        opened["fingerprint"] = ""  # not to be used again when the model may write
    opened["retrieval"] = as_stored(found)
    _end_if_unknown(opened)
    store.insert(opened)
    return Answer(id=str(opened["_id"]), retrieval=found)


def _unsearched(
    question: str,
    scope: Scope,
    workspace: Workspace,
    tags: Collection[str],
    category: str,
    asker: Asker | None,
) -> AnswerDocument:
    # before searching: what is indexed meanwhile counts as later than the answer
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
        "retrieval": {},
        "state": store.State.READY,
        "events": [],
        "created_at": now,
    }
    opened["fingerprint"] = _fingerprint(opened, workspace)
    if not isinstance(asker, ObjectId):
        opened["expires_at"] = now + timedelta(days=settings.GUEST_ANSWER_DAYS)
    return opened


def _reusable(opened: AnswerDocument, scope: Scope) -> AnswerDocument | None:
    before = store.find_reusable(fingerprint=opened["fingerprint"], asker=opened["asker"])
    return before if before is not None and sources_stand(before, scope) else None


def _answer(stored: AnswerDocument) -> Answer:
    return Answer(id=str(stored["_id"]), retrieval=retrieval_of(stored))


def _model_used_up(found: Retrieval, workspace: Workspace) -> bool:
    if found.confidence == "none" or chat_answerer() is None:
        return False
    return not may_use_model(workspace)


def _end_if_unknown(opened: AnswerDocument) -> None:
    if opened["retrieval"]["confidence"] == "none":
        opened["state"] = store.State.DONE
        opened["events"] = [as_json(DoneEvent(model="none", citations=(), answered="no"))]


def _fingerprint(answer: AnswerDocument, workspace: Workspace) -> str:
    """SHA-256, in hex, of what decides the answer's text but for the articles themselves."""
    asked = [answer["scope"], answer["question"], answer["tags"], answer["category"]]
    sure = [settings.CONFIDENCE_STRONG, settings.CONFIDENCE_WEAK, settings.SEARCH_PASSAGES]
    told = [workspace.slug, sure, answerer().model, prompt.VERSION]
    return hashlib.sha256(json.dumps([asked, told]).encode()).hexdigest()
