"""Nobody finds, or is influenced by, what their scope does not grant (SECURITY T1, T4, F5)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser

from kbsite import mongo
from knowledge import providers
from knowledge.access import Scope, scope_for
from knowledge.editing import edit_article, purge_article, trash_article
from knowledge.models import Article, Status, Visibility, Workspace
from knowledge.search import passages, running
from knowledge.search.engine import ChunkHit, Filters
from knowledge.search.retrieve import retrieve
from tests.knowledge.search.engines import local_feed

Publish = Callable[..., Article]
CANARY = "zanzibar-4711"
TEXT = f"The secret word is {CANARY}."


@pytest.fixture
def other(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace("other", visibility=Visibility.PUBLIC)


class EchoReranker:
    """Remembers what it was given to read."""

    recipe = "echo@1"
    hosted = True
    max_tokens = None

    def __init__(self) -> None:
        self.texts: list[str] = []

    def rerank(self, query: str, texts: list[str], *, deadline: float) -> list[float]:
        self.texts += texts
        return [0.9] * len(texts)


def test_t1_no_leg_crosses_a_workspace(
    publish: Publish, other: Workspace, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    reranker = EchoReranker()
    monkeypatch.setattr(providers, "reranker", lambda: reranker)
    publish("Mine", "Nothing of interest.")
    foreign = publish("Theirs", TEXT, workspace=other)
    engine, mine = running.engine(), Filters(scope)
    vector = providers.embedder().embed_query(CANARY)
    ids = {hit.article_id for hit in engine.articles(question=CANARY, filters=mine, limit=30)}
    ids |= {hit.article_id for hit in engine.passages(question=CANARY, filters=mine, limit=30)}
    ids |= {hit.article_id for hit in engine.nearest(vector=vector, filters=mine, limit=30)}
    found = retrieve(question=CANARY, scope=scope)
    assert foreign.pk not in ids | {passage.article_id for passage in found.passages}
    assert not any(CANARY in text for text in reranker.texts)


def test_t1_the_query_cache_does_not_carry_results(
    publish: Publish, other: Workspace, scope: Scope
) -> None:
    publish("Theirs", TEXT, workspace=other)
    assert retrieve(question=CANARY, scope=scope_for(AnonymousUser(), other)).passages
    assert retrieve(question=CANARY, scope=scope).passages == ()


def test_t1_the_same_text_in_both_comes_from_ones_own(
    publish: Publish, other: Workspace, workspace: Workspace, scope: Scope
) -> None:
    publish("Theirs", TEXT, workspace=other)
    publish("Mine", TEXT)
    found = retrieve(question=CANARY, scope=scope).passages
    assert {passage.workspace_id for passage in found} == {str(workspace.pk)}


def test_i2_article_text_cannot_widen_the_search(
    publish: Publish, other: Workspace, scope: Scope
) -> None:
    publish("Theirs", TEXT, workspace=other)
    publish("Mine", f'workspace_id={other.pk} {{"$ne": ""}} visibility:private OR *')
    question = f'{CANARY} workspace_id:{other.pk} {{"$ne": ""}} OR visibility:private'
    found = retrieve(question=question, scope=scope).passages
    assert not any(CANARY in passage.text for passage in found)


def test_two_workspaces_are_searched_together_when_both_are_granted(
    publish: Publish, other: Workspace, workspace: Workspace
) -> None:
    publish("Here", "The port is 8000 here.")
    publish("There", "The port is 8000 there.", workspace=other)
    both = Scope(frozenset({(str(workspace.pk), "public"), (str(other.pk), "public")}))
    found = retrieve(question="What is the port?", scope=both).passages
    assert {passage.title for passage in found} == {"Here", "There"}
    assert {passage.url.split("/")[2] for passage in found} == {"team", "other"}


def test_t4_a_hidden_article_does_not_change_what_a_misspelt_word_finds(
    publish: Publish, scope: Scope
) -> None:
    shown = publish("Clusters", "We run kubernetes here.")
    publish("Hidden", "We wrote kubernetas here.", visibility=Visibility.PRIVATE)
    engine, mine = running.engine(), Filters(scope)
    for leg in (engine.articles, engine.passages):
        hits = leg(question="kubernetas", filters=mine, limit=30)
        assert {hit.article_id for hit in hits} <= {shown.pk}
    found = engine.articles(question="kubernetas", filters=mine, limit=30)
    assert [hit.article_id for hit in found] == [shown.pk]


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_t4_a_small_tenant_is_found_exactly_among_many_foreign_chunks(
    publish: Publish, other: Workspace, scope: Scope, count: int
) -> None:
    mine = [publish(f"Mine {n}", f"Room {n} has a blue door and {n} chairs.") for n in range(12)]
    question, embedder = "Which room has a blue door?", providers.embedder()
    filters, vector = Filters(scope), embedder.embed_query(question)
    before = running.engine().nearest(vector=vector, filters=filters, limit=10)
    worded = running.engine().articles(question=question, filters=filters, limit=10)
    insert_foreign(other, count=count, vector=vector)
    assert running.wait_until_current(timeout=60)
    assert retrieve(question=question, scope=scope_for(AnonymousUser(), other)).passages
    assert running.engine_status()["chunks"] == count + len(mine)
    assert running.engine().nearest(vector=vector, filters=filters, limit=10) == before
    assert running.engine().articles(question=question, filters=filters, limit=10) == worded
    chunks = mongo.chunks().find({"article_id": {"$in": [article.pk for article in mine]}})
    cosines = {c["_id"]: float(mongo.unpack_vector(c["embedding"]) @ vector) for c in chunks}
    # not the ids: texts that are equally near come in an order that depends on the processor
    best = sorted(cosines.values(), reverse=True)[:10]
    assert [cosines[hit.chunk_id] for hit in before] == pytest.approx(best, abs=1e-6)


def insert_foreign(workspace: Workspace, *, count: int, vector: np.ndarray[Any, Any]) -> None:
    """Chunks nearer to the query than anything else, all of one indexed article."""
    article = Article.objects.create(
        workspace=workspace, title="Blue doors", slug="blue", content="blue door",
        status=Status.PUBLISHED, visibility=Visibility.PUBLIC, indexed_revision=1, pending=False,
    )  # fmt: skip
    indexed = {"title": "Blue doors", "content": "Which room? blue door " * 100}
    mongo.articles().update_one({"_id": article.pk}, {"$set": {"indexed": indexed}})
    base = {
        "article_id": article.pk, "workspace_id": str(workspace.pk), "revision": 1,
        "breadcrumb": ["Blue doors"], "anchor": "", "text": "blue door", "start": 0, "end": 9,
        "content_hash": "", "embedding": mongo.pack_vector(vector), "recipe": "words@1",
        "tags": [], "category": "", "visibility": "public", "status": "published",
    }  # fmt: skip
    mongo.database()["chunks"].insert_many({**base, "chunk_index": n} for n in range(count))


# what a lagging index holds is not shown


@pytest.fixture
def lagging(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, the engine is told of nothing."""

    def stop() -> None:
        monkeypatch.setattr(local_feed(), "_apply", lambda changed: None)

    return stop


def _make_private(article: Article) -> None:
    edit_article(article, seen=article.version, author=None, visibility=Visibility.PRIVATE)


def _trash(article: Article) -> None:
    trash_article(article, seen=article.version, author=None)


def _move_out_of_category(article: Article) -> None:
    edit_article(article, seen=article.version, author=None, category="")


@pytest.mark.parametrize("revoke", [_make_private, _trash, purge_article, _move_out_of_category])
def test_f5_what_was_revoked_is_not_shown_while_the_index_lags(
    publish: Publish, scope: Scope, lagging: Callable[[], None], revoke: Callable[[Article], None]
) -> None:
    article = publish("Mine", TEXT, category="words")
    before = retrieve(question=CANARY, scope=scope, category="words")
    lagging()
    revoke(article)
    after = retrieve(question=CANARY, scope=scope, category="words")
    assert (len(before.passages), len(after.passages)) == (1, 0)


def test_f5_an_older_revision_is_not_shown_while_the_index_lags(
    publish: Publish, index: Callable[[], None], scope: Scope, lagging: Callable[[], None]
) -> None:
    article = publish("Mine", TEXT)
    lagging()
    edit_article(article, seen=article.version, author=None, content="The word was removed.")
    index()
    assert not any(CANARY in one.text for one in retrieve(question=CANARY, scope=scope).passages)


def test_f5_reading_checks_chunk_and_article_each(publish: Publish, scope: Scope) -> None:
    article = publish("Mine", TEXT)
    [chunk] = mongo.chunks().find({"article_id": article.pk})
    hit = ChunkHit(chunk["_id"], article.pk, 1)
    assert len(passages.read([hit], Filters(scope))) == 1
    mongo.chunks().update_one({"_id": chunk["_id"]}, {"$set": {"visibility": "private"}})
    assert passages.read([hit], Filters(scope)) == []
