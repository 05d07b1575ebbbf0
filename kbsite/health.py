"""`GET /healthz`: can this process serve, and how are the parts that it serves with?

For probes and people; it names no host, path or key. 503 means: send no traffic here. A worker
that is gone or a search index that lags makes the site `degraded`, and it goes on serving.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pymongo
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from pymongo.errors import PyMongoError

from kbsite import mongo
from kbsite.documents import Heartbeat
from knowledge import providers, recipes
from knowledge.answers.answerers import answerer
from knowledge.live.hub import live_status
from knowledge.recipes import Recipes
from knowledge.search.running import engine_status
from knowledge.worker import SILENT_AFTER

MONGODB_SECONDS = 2.0

Report = dict[str, Any]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The state of the site as JSON; 200 when it can serve, 503 when not."""
    database, worker, embedding = _from_database()
    search = engine_status()
    status = _status(database, search["state"], worker)
    report = {
        "status": status,
        "mongodb": database,
        "search": {k: search[k] for k in ("engine", "chunks", "lag_seconds", "state")},
        "live": live_status(),
        "models": _models(embedding),
        "embedding": embedding,
        "worker": worker,
    }
    return JsonResponse(
        report, status=HTTPStatus.SERVICE_UNAVAILABLE if status == "down" else HTTPStatus.OK
    )


def _status(database: Report, search_state: str, worker: Report) -> str:
    if not database["ok"] or search_state == "failed":
        return "down"
    if search_state == "warming":
        return "warming"
    return "ok" if worker["alive"] else "degraded"


def _from_database() -> tuple[Report, Report, Report | None]:
    """MongoDB itself, the worker and the recipes: they share the one wait for it."""
    started = datetime.now(UTC)
    try:
        with pymongo.timeout(MONGODB_SECONDS):
            mongo.client().admin.command("ping")
            latest = mongo.heartbeats().find_one(sort=[("at", pymongo.DESCENDING)])
            milliseconds = (datetime.now(UTC) - started).total_seconds() * 1000
            embedding = _embedding(recipes.read())
    except PyMongoError:
        return {"ok": False, "latency_ms": None}, _worker(None), None
    return {"ok": True, "latency_ms": round(milliseconds, 1)}, _worker(latest), embedding


def _worker(latest: Heartbeat | None) -> Report:
    if latest is None:
        return {"alive": False, "heartbeat_age_seconds": None}
    age = round((datetime.now(UTC) - latest["at"]).total_seconds(), 1)
    return {"alive": age <= SILENT_AFTER, "heartbeat_age_seconds": age}


def _embedding(found: Recipes) -> Report:
    """Which vectors are searched, and what is under way: "" stands for none."""
    configured = providers.embedder().recipe
    return {
        "active": found.active,
        "configured": configured,
        "next": found.next,
        "previous": found.previous,
        "running": found.is_held,
        "advice": "" if configured in (found.active, found.next) else recipes.ADVICE,
    }


def _models(embedding: Report | None) -> Report:
    """Their names; nothing is loaded or called for it."""
    reranker = providers.reranker()
    return {
        "embedder": embedding["active"] if embedding else providers.embedder().recipe,
        "reranker": reranker.recipe if reranker else None,
        "answerer": answerer().model,
    }
