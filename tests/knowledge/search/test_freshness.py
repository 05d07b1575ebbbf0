"""The index follows the database: changes, removals, lost history, lost connections."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from kbsite import mongo
from kbsite.collections import ensure_collections
from knowledge.access import Scope
from knowledge.editing import edit_article, purge_article, reindex_article, trash_article
from knowledge.indexing import index_article
from knowledge.leasing import lease_next
from knowledge.models import Article, Visibility, Workspace
from knowledge.search import feed, running
from knowledge.search.engine import Filters
from knowledge.search.retrieve import retrieve
from tests.fakes.embedder import WordEmbedder
from tests.knowledge.search.engines import local_feed

Publish = Callable[..., Article]


@pytest.fixture
def found(scope: Scope) -> Callable[[str], list[str]]:
    """Titles of articles with these words, by the index alone."""

    def search(words: str) -> list[str]:
        assert running.wait_until_current()
        hits = running.engine().articles(question=words, filters=Filters(scope), limit=30)
        known = {article.pk: article.title for article in Article.objects.all()}
        return sorted(known.get(hit.article_id, "gone") for hit in hits)

    return search


def test_a_new_revision_replaces_the_old(
    publish: Publish, index: Callable[[], None], found: Callable[[str], list[str]]
) -> None:
    article = publish("Zoo", "We have elephants.")
    assert found("elephants") == ["Zoo"]
    edit_article(article, seen=article.version, author=None, content="We have giraffes.")
    assert found("elephants") == ["Zoo"]
    assert found("giraffes") == []
    index()
    assert found("giraffes") == ["Zoo"]
    assert found("elephants") == []


def test_what_was_just_indexed_is_found_before_the_feed_has_told(
    make_article: Callable[..., Article], searching: None, embedder: WordEmbedder, scope: Scope
) -> None:
    assert running.wait_until_current()
    for title in ("Zoo", "Zoo again"):
        make_article(title, f"We have elephants, says {title}.")
        leased = lease_next("test")
        assert leased is not None
        assert not retrieve(question="giraffes", scope=scope).passages
        index_article(leased, embedder=embedder)
        found = retrieve(question=f"elephants says {title}", scope=scope)
        assert title in [passage.title for passage in found.passages]


def test_whoever_waits_to_be_current_does_not_wait_for_the_next_round(searching: None) -> None:
    rounds, started = 20, time.monotonic()
    assert all(running.wait_until_current() for _ in range(rounds))
    assert time.monotonic() - started < rounds * feed._IDLE_SECONDS / 2


def test_indexing_the_same_revision_again_is_followed(
    publish: Publish, index: Callable[[], None], scope: Scope
) -> None:
    article = publish("Zoo", "We have elephants.")
    reindex_article(article)
    index()
    assert len(retrieve(question="elephants", scope=scope).passages) == 1


def test_metadata_takes_effect_without_the_embedder(
    publish: Publish, embedder: WordEmbedder, found: Callable[[str], list[str]], scope: Scope
) -> None:
    article = publish("Zoo", "We have elephants.")
    embedded = len(embedder.embedded)
    edit_article(article, seen=1, author=None, visibility=Visibility.PRIVATE)
    assert found("elephants") == []
    edit_article(article, seen=2, author=None, visibility=Visibility.PUBLIC, tags=["trunks"])
    assert found("trunks") == ["Zoo"]
    edit_article(article, seen=3, author=None, summary="Tusks of ivory")
    assert found("ivory") == ["Zoo"]
    assert retrieve(question="elephants", scope=scope, tags=["trunks"]).passages
    assert len(embedder.embedded) == embedded


@pytest.mark.parametrize(
    "remove", [lambda article: trash_article(article, seen=1, author=None), purge_article]
)
def test_what_is_removed_leaves_the_index(
    publish: Publish, found: Callable[[str], list[str]], remove: Callable[[Article], object]
) -> None:
    publish("Stays", "We have elephants, too.")
    article = publish("Goes", "We have elephants.")
    remove(article)
    assert found("elephants") == ["Stays"]
    assert running.engine_status()["chunks"] == 1


def test_a_burst_of_changes_is_followed(
    publish: Publish, found: Callable[[str], list[str]]
) -> None:
    articles = [publish(f"Zoo {n}", "We have elephants.") for n in range(5)]
    for article in articles:
        edit_article(article, seen=1, author=None, tags=["grey"])
    assert found("grey") == [article.title for article in articles]


def test_it_rebuilds_when_the_streams_history_is_gone(
    publish: Publish, found: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("Zoo", "We have elephants.")
    assert found("elephants") == ["Zoo"]
    lost = threading.Event()
    feed = local_feed()
    poll = feed._poll

    def lose_history(stream: object) -> None:
        if not lost.is_set():
            mongo.articles().update_many({}, {"$set": {"summary": "Tusks"}})
            lost.set()
            raise ChangeStreamHistoryLost
        poll(stream)  # type: ignore[arg-type]

    monkeypatch.setattr("knowledge.search.feed._RETRY_SECONDS", 0.0)
    monkeypatch.setattr(feed, "_poll", lose_history)
    assert lost.wait(10)
    assert found("tusks") == ["Zoo"]
    assert running.engine_status()["state"] == "ready"


class ChangeStreamHistoryLost(Exception):
    """What the driver raises is an OperationFailure of code 286; any failure is treated alike."""


def test_it_rebuilds_when_the_collection_is_replaced(
    publish: Publish, found: Callable[[str], list[str]]
) -> None:
    publish("Zoo", "We have elephants.")
    assert found("elephants") == ["Zoo"]
    database = mongo.database()
    database["articles"].aggregate([{"$out": "articles_copy"}])
    try:
        database["articles_copy"].update_many({}, {"$set": {"summary": "Tusks"}})
        database["articles_copy"].rename("articles", dropTarget=True)
        assert found("tusks") == ["Zoo"]
    finally:
        database["articles_copy"].drop()
        ensure_collections(database)


def test_chunks_of_another_model_are_found_by_words_only(
    publish: Publish, scope: Scope, embedder: WordEmbedder
) -> None:
    article = publish("Zoo", "We have elephants.")
    mongo.chunks().update_many({"article_id": article.pk}, {"$set": {"recipe": "older@1"}})
    running.stop_engine()
    engine, filters = running.engine(), Filters(scope)
    vector = embedder.embed_query("elephants")
    assert engine.nearest(vector=vector, filters=filters, limit=5) == []
    [hit] = engine.passages(question="elephants", filters=filters, limit=5)
    assert engine.relevance(vector=vector, hits=[hit], filters=filters) == [None]


def test_searches_go_on_while_articles_change(publish: Publish, scope: Scope) -> None:
    article = publish("Zoo", "We have elephants.")
    vector, done = WordEmbedder().embed_query("elephants"), threading.Event()

    def search() -> None:
        while not done.is_set():
            running.engine().articles(question="zoo", filters=Filters(scope), limit=5)
            running.engine().nearest(vector=vector, filters=Filters(scope), limit=5)

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search) for _ in range(4)]
        for seen in range(1, 15):
            edit_article(article, seen=seen, author=None, tags=[f"t{seen}"])
        assert running.wait_until_current()
        done.set()
    assert [one.exception() for one in searches] == [None] * 4


def test_thirty_two_askers_are_all_answered(publish: Publish, scope: Scope) -> None:
    publish("Zoo", "We have elephants.")
    running.stop_engine()
    with ThreadPoolExecutor(32) as pool:
        asked = [pool.submit(retrieve, question=f"elephants {n}", scope=scope) for n in range(32)]
    assert all(one.result().passages for one in asked)


def test_status_counts_what_is_searchable(publish: Publish, scope: Scope) -> None:
    publish("Zoo", "# A\n\nOne.\n\n# B\n\nTwo.\n")
    retrieve(question="zoo", scope=scope)
    status = running.engine_status()
    assert (status["engine"], status["chunks"], status["workspaces"]) == ("local", 2, 1)
    assert status["state"] == "ready"
    assert 0 <= (status["lag_seconds"] or 0) < 5


def test_a_stopped_engine_says_so_and_starts_again(publish: Publish, scope: Scope) -> None:
    publish("Zoo", "We have elephants.")
    running.stop_engine()
    running.stop_engine()
    assert running.engine_status()["state"] == "stopped"
    assert retrieve(question="elephants", scope=scope).passages


def test_warming_builds_every_workspace(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("Zoo", "We have elephants.")
    running.stop_engine()
    running.start_engine()
    assert running.wait_until_current()
    assert running.engine_status()["chunks"] == 1


def test_a_warm_engine_prepares_a_workspace_that_is_new(
    publish: Publish, make_workspace: Callable[..., Workspace]
) -> None:
    running.stop_engine()
    running.start_engine(warm=True)
    assert running.wait_until_current()
    publish("Zoo", "We have elephants.", workspace=make_workspace("new"))
    assert running.wait_until_current()
    assert running.engine_status()["chunks"] == 1
