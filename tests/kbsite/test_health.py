"""What /healthz tells, and when it says that this process cannot serve."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pymongo import MongoClient
from pytest_django import Settings

from kbsite import health, mongo
from kbsite.documents import Document
from knowledge import providers

NOWHERE = "mongodb://localhost:1/"


def report(status: int = 200) -> dict[str, Any]:
    response = Client().get("/healthz")
    assert response.status_code == status
    body: dict[str, Any] = response.json()
    return body


def beat(seconds_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    mongo.heartbeats().insert_one({"_id": "worker", "at": at, "indexing": None})


def test_a_site_with_a_live_worker_is_ok(db: None) -> None:
    beat(1)
    told = report()
    assert told["status"] == "ok"
    assert told["mongodb"]["ok"] is True
    assert told["worker"]["alive"] is True
    assert told["worker"]["heartbeat_age_seconds"] == pytest.approx(1, abs=2)
    assert sorted(told["search"]) == ["chunks", "engine", "lag_seconds", "state"]


@pytest.mark.parametrize("seconds_ago", [None, 31])
def test_a_site_without_a_worker_serves_but_is_degraded(
    db: None, seconds_ago: float | None
) -> None:
    if seconds_ago:
        beat(seconds_ago)
    told = report()
    assert (told["status"], told["worker"]["alive"]) == ("degraded", False)


def test_the_models_are_named(db: None, settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://user:secret@10.0.0.7:1/v1"
    settings.OPENAI_MODEL = "a-model"
    providers.chat_answerer.cache_clear()
    told = report()
    providers.chat_answerer.cache_clear()
    assert told["models"]["answerer"] == "a-model"
    assert told["models"]["embedder"].startswith("bge-small")
    assert "secret" not in json.dumps(told)
    assert "10.0.0.7" not in json.dumps(told)


def test_another_configured_embedder_than_the_searched_one_is_told(db: None) -> None:
    assert report()["embedding"]["advice"] == ""
    mongo.site_settings().insert_one({"_id": "embedding", "active": "older@1"})
    told = report()
    assert told["models"]["embedder"] == told["embedding"]["active"] == "older@1"
    assert "run `manage.py reembed`" in told["embedding"]["advice"]


def test_without_mongodb_it_cannot_serve_and_names_no_host(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MONGODB_SECONDS", 0.2)
    with monkeypatch.context() as while_down, MongoClient[Document](NOWHERE) as client:
        while_down.setattr(mongo, "client", lambda: client)
        started = time.monotonic()
        told = report(503)
    assert time.monotonic() - started < 2
    assert (told["status"], told["mongodb"]["ok"]) == ("down", False)
    assert "localhost" not in json.dumps(told)


def test_with_a_failed_search_engine_it_cannot_serve(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"engine": "local", "chunks": 0, "lag_seconds": 0.0, "state": "failed"}
    monkeypatch.setattr(health, "engine_status", lambda: failed)
    assert report(503)["status"] == "down"


def test_it_is_not_cached(db: None) -> None:
    assert "no-store" in Client().get("/healthz")["Cache-Control"]
