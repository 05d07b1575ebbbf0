"""The worker as a process: waking, retrying, sharing, and being killed at any step."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from kbsite import mongo
from knowledge import providers
from knowledge.editing import edit_article
from knowledge.leasing import lease_next, retry_delay
from knowledge.models import Article
from knowledge.worker import Worker, ask_for_missing
from tests.fakes.embedder import WordEmbedder

KILL_POINTS = [
    "knowledge.indexing.chunk",
    "knowledge.indexing.known_embeddings",
    "knowledge.indexing.embed",
    "knowledge.indexing.swap",
    "knowledge.indexing._mark_indexed",
    "knowledge.indexing._chunk_document",
    "pymongo.synchronous.client_session.ClientSession.commit_transaction",
]
KILLED_WORKER = """
import os, signal, sys
from unittest import mock
import django
django.setup()
from django.db import connections
connections["default"].settings_dict.update(HOST=sys.argv[1], NAME=sys.argv[2])
from knowledge.worker import Worker
from tests.fakes.embedder import WordEmbedder
with mock.patch(sys.argv[3], side_effect=lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)):
    list(Worker(embedder=WordEmbedder()).drain())
"""


class Failing(WordEmbedder):
    def embed_documents(self, texts):  # type: ignore[no-untyped-def]
        raise RuntimeError("the text is SECRET")


def drain(embedder: WordEmbedder | None = None) -> list[object]:
    return list(Worker(embedder=embedder or WordEmbedder()).drain())


def make_due(article: Article) -> None:
    """Let the clock pass over every lease and back-off."""
    past = datetime.now(UTC) - timedelta(hours=1)
    mongo.articles().update_many({"lease_until": {"$ne": None}}, {"$set": {"lease_until": past}})
    mongo.articles().update_one({"_id": article.pk}, {"$set": {"not_before": past}})


def assert_whole(article: Article) -> None:
    """The article has exactly the chunks of its newest revision."""
    article.refresh_from_db()
    assert (article.indexed_revision, article.pending) == (article.revision, False)
    assert mongo.chunks().distinct("revision", {"article_id": article.pk}) == [article.revision]


def test_draining_indexes_everything_that_is_due(make_article: Callable[..., Article]) -> None:
    articles = [make_article(f"Article {n}") for n in range(3)]
    assert len(drain()) == 3
    for article in articles:
        assert_whole(article)


def test_a_failure_is_kept_on_the_article_and_tried_again(
    make_article: Callable[..., Article], caplog: pytest.LogCaptureFixture
) -> None:
    article = make_article()
    drain(Failing())
    article.refresh_from_db()
    assert "(RuntimeError)" in article.index_error
    assert article.not_before > datetime.now(UTC)
    assert "SECRET" not in caplog.text
    make_due(article)
    drain()
    assert_whole(article)
    assert article.index_error == ""


def test_one_broken_article_does_not_hold_up_the_others(
    make_article: Callable[..., Article],
) -> None:
    class FailsOnce(WordEmbedder):
        def embed_documents(self, texts):  # type: ignore[no-untyped-def]
            if not self.embedded:
                self.embedded.append("failed")
                raise RuntimeError
            return super().embed_documents(texts)

    fine = make_article("Fine")
    make_article("Broken, and the first to be tried")
    drain(FailsOnce())
    assert_whole(fine)


def test_saving_again_does_not_wait_for_the_retry(make_article: Callable[..., Article]) -> None:
    article = make_article()
    drain(Failing())
    edit_article(article, seen=1, author=None, content="Better.")
    drain()
    assert_whole(article)


def test_retries_back_off_up_to_a_limit() -> None:
    assert timedelta(seconds=5) <= retry_delay(1) <= timedelta(seconds=6)
    assert retry_delay(1) < retry_delay(3) < retry_delay(30) <= timedelta(minutes=12)


def test_two_workers_do_not_take_the_same_article(make_article: Callable[..., Article]) -> None:
    make_article()
    assert lease_next("one") is not None
    assert lease_next("two") is None


def test_what_was_saved_last_is_indexed_first(make_article: Callable[..., Article]) -> None:
    imported = make_article("Imported")
    written = make_article("Written")
    assert [leased["_id"] for leased, _ in Worker(embedder=WordEmbedder()).drain()] == [
        written.pk,
        imported.pk,
    ]


def test_what_the_searched_recipe_lacks_is_indexed_again(
    make_article: Callable[..., Article],
) -> None:
    article = make_article()
    drain()
    assert ask_for_missing("words@1") == 0
    assert ask_for_missing("words@2") == 1
    article.refresh_from_db()
    assert article.pending


def test_a_stopped_worker_gives_its_article_back(make_article: Callable[..., Article]) -> None:
    article = make_article()
    worker = Worker(embedder=WordEmbedder())
    leased = lease_next(worker.name)
    assert leased is not None
    worker.stop.set()
    worker.index(leased)
    article.refresh_from_db()
    assert (article.lease_owner, article.attempts, article.pending) == ("", 0, True)


@pytest.mark.parametrize("step", KILL_POINTS)
def test_f4_a_worker_killed_at_any_step_loses_nothing(
    step: str, make_article: Callable[..., Article], mongodb_uri: str
) -> None:
    article = make_article(content="# One\n\nOld.\n")
    drain()
    edit_article(article, seen=1, author=None, content="# One\n\nNew.\n")
    database = connection.settings_dict["NAME"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WORKER, mongodb_uri, database, step],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "kbsite.settings"},
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert mongo.chunks().distinct("revision", {"article_id": article.pk}) == [1]
    make_due(article)
    drain()
    assert_whole(article)


@pytest.fixture
def running_worker(db: None) -> Iterator[Worker]:
    worker = Worker(embedder=WordEmbedder())
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_running_worker_is_woken_by_a_save(
    running_worker: Worker, make_article: Callable[..., Article]
) -> None:
    article = make_article()
    with mongo.articles().watch(
        [{"$match": {"updateDescription.updatedFields.pending": False}}], max_await_time_ms=10_000
    ) as changes:
        if mongo.articles().find_one({"_id": article.pk, "pending": False}) is None:
            assert changes.try_next() is not None
    assert_whole(article)


def test_f3_readers_see_the_old_chunks_or_the_new_ones(
    running_worker: Worker, make_article: Callable[..., Article]
) -> None:
    article = make_article(content="# A\n\n0\n\n# B\n\n0\n")
    seen = set()
    for number in range(1, 20):
        edit_article(
            article, seen=number, author=None, content=f"# A\n\n{number}\n\n# B\n\n{number}\n"
        )
        texts = [c["text"] for c in mongo.chunks().find({"article_id": article.pk})]
        seen.add(len({text.split()[-1] for text in texts}))
    assert seen <= {0, 1}


def test_a_lease_is_renewed_between_batches(
    make_article: Callable[..., Article], settings: Any
) -> None:
    settings.EMBED_BATCH, settings.LEASE_SECONDS = 1, 0
    article = make_article(content="a\n\n# B\n\nb\n\n# C\n\nc")
    ends = []

    def note_the_end() -> None:
        found = mongo.articles().find_one({"_id": article.pk})
        ends.append(found and found["lease_until"])

    drain(WordEmbedder(before_batch=note_the_end))
    assert len(set(ends)) == 3


def test_a_failure_of_an_older_revision_does_not_delay_the_newer(
    make_article: Callable[..., Article],
) -> None:
    article = make_article()

    def save_and_fail() -> None:
        edit_article(article, seen=1, author=None, content="Better.")
        raise RuntimeError

    Worker(embedder=WordEmbedder(before_batch=save_and_fail)).index(lease_next("one") or {})
    article.refresh_from_db()
    assert (article.index_error, article.lease_owner) == ("", "")
    drain()
    assert_whole(article)


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[WordEmbedder], dict[str, Any]]:
    """Run `worker --drain --json` in this process, whose signals and niceness stay its own."""
    module = "knowledge.management.commands.worker"
    monkeypatch.setattr(f"{module}.settle_in", lambda worker: None)

    def run(embedder: WordEmbedder) -> dict[str, Any]:
        monkeypatch.setattr(providers, "embedder", lambda: embedder)
        output = io.StringIO()
        call_command("worker", drain=True, json=True, stdout=output)
        summary: dict[str, Any] = json.loads(output.getvalue())
        return summary

    return run


def test_a_worker_that_starts_with_another_embedder_leaves_what_is_searched_as_it_is(
    make_article: Callable[..., Article],
    run_command: Callable[[WordEmbedder], dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_article()
    assert run_command(WordEmbedder())["embedded"] == 1
    other = WordEmbedder()
    other.recipe = "words@2"
    assert run_command(other)["embedded"] == 0
    assert mongo.chunks().distinct("recipe") == ["words@1"]
    assert "run `manage.py reembed`" in caplog.text


def test_draining_is_no_success_while_an_article_waits_for_its_retry(
    make_article: Callable[..., Article],
    run_command: Callable[[WordEmbedder], dict[str, Any]],
) -> None:
    make_article()
    drain(Failing())
    with pytest.raises(CommandError, match="cannot be indexed"):
        run_command(WordEmbedder())


def test_a_worker_that_breaks_stops_its_imports_too(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Worker) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Worker, "_index_as_woken", fail)
    worker = Worker(embedder=WordEmbedder())
    with pytest.raises(RuntimeError):
        worker.run()
    assert worker.stop.is_set()
