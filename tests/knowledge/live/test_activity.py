"""The activity page, trying again, and how far an article is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from kbsite import mongo
from knowledge import worker
from knowledge.leasing import lease_next
from knowledge.models import Article, Role, Workspace
from knowledge.search import feed
from knowledge.worker import Worker
from tests.fakes.embedder import WordEmbedder

MakeArticle = Callable[..., Article]
THREE = "Intro.\n\n# One\n\nFirst.\n\n# Two\n\nSecond.\n"
RETRY = "/w/team/activity/retry"


@pytest.fixture
def client(client: Client, workspace: Workspace, make_user: Callable[..., User]) -> Client:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    return client


def fail(article: Article) -> None:
    Article.objects.filter(pk=article.pk).update(
        index_error="the embedding model is busy", not_before=timezone.now() + timedelta(hours=1)
    )


def page(client: Client) -> str:
    return str(client.get("/w/team/activity/").content.decode())


def test_it_lists_what_waits_fails_is_indexed_and_was(
    client: Client, make_article: MakeArticle
) -> None:
    done = make_article("Done")
    list(Worker(embedder=WordEmbedder()).drain())
    fail(make_article("Broken <b>"))
    make_article("Held")
    lease_next("test")
    make_article("Waits")
    shown = page(client)
    order = ["Failed", "Broken &lt;b&gt;", "Being indexed", "Held", "Waiting", "Waits", "Done"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    assert f'id="state-{done.pk}"' in shown


def test_nothing_to_do_is_said(client: Client, workspace: Workspace) -> None:
    assert "Nothing waits" in page(client)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "is not running"), (150, "has not been seen for 2\xa0minutes"), (1, "")],
)
def test_it_says_whether_a_worker_is_there(
    client: Client, workspace: Workspace, seconds: int | None, said: str
) -> None:
    if seconds is not None:
        at = datetime.now(UTC) - timedelta(seconds=seconds)
        mongo.heartbeats().insert_one({"_id": "worker", "at": at, "indexing": None})
    shown = page(client)
    assert said in shown
    assert ("nothing is lost" in shown) == bool(said)


def test_one_that_failed_is_tried_again_at_once(client: Client, make_article: MakeArticle) -> None:
    article, other = make_article("One"), make_article("Other")
    fail(article)
    fail(other)
    asked = {"article": str(article.pk), "next": article.get_absolute_url()}
    assert client.post(RETRY, asked).headers["Location"] == article.get_absolute_url()
    assert due() == {"One"}
    client.post(RETRY, {"article": "all"})
    assert due() == {"One", "Other"}


def due() -> set[str]:
    return {a.title for a in Article.objects.filter(not_before__lte=timezone.now())}


def test_t5_an_article_of_another_workspace_is_not_tried_again(
    client: Client, make_article: MakeArticle, make_workspace: Callable[..., Workspace]
) -> None:
    foreign = make_article(workspace=make_workspace("other"))
    fail(foreign)
    client.post(RETRY, {"article": str(foreign.pk)})
    client.post(RETRY, {"article": "all"})
    assert due() == set()


@pytest.mark.parametrize("article", ["", "x", '{"$ne":""}'])
def test_c1_what_is_no_article_is_not_found(client: Client, article: str) -> None:
    assert client.post(RETRY, {"article": article}).status_code == 404


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "javascript:0"])
def test_trying_again_leads_nowhere_else(
    client: Client, make_article: MakeArticle, address: str
) -> None:
    asked = {"article": str(make_article().pk), "next": address}
    assert client.post(RETRY, asked).headers["Location"] == "/w/team/activity/"


def test_how_far_it_is_can_be_read_while_it_is_embedded(
    make_article: MakeArticle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBED_BATCH = 1
    monkeypatch.setattr(worker, "PROGRESS_EVERY", 0)
    article = make_article(content=THREE)
    seen: list[tuple[int, int]] = []

    def look() -> None:
        article.refresh_from_db()
        seen.append((article.chunks_done, article.chunks_total))

    list(Worker(embedder=WordEmbedder(before_batch=look)).drain())
    look()
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_progress_is_written_at_most_twice_a_second(
    make_article: MakeArticle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBED_BATCH = 1
    noted: list[dict[str, int]] = []
    monkeypatch.setattr(worker, "renew", lambda _, **progress: noted.append(progress))
    make_article(content=THREE)
    list(Worker(embedder=WordEmbedder()).drain())
    assert noted == [{"done": 0, "total": 3}]


def test_progress_is_no_news_for_the_search_index(make_article: MakeArticle) -> None:
    article = make_article()
    with mongo.articles().watch(feed._PIPELINE, max_await_time_ms=100) as changes:
        Article.objects.filter(pk=article.pk).update(chunks_done=1, chunks_total=3)
        Article.objects.filter(pk=article.pk).update(category="Guides")
        found: Any = changes.next()
        assert found["documentKey"]["_id"] == article.pk
        assert changes.try_next() is None
