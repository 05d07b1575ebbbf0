"""The stream of a page: order, coming back, and what a page is never told."""

from collections.abc import Callable

import pytest

from knowledge.editing import edit_article, trash_article
from knowledge.leasing import lease_next
from knowledge.live import stream
from knowledge.models import Article
from knowledge.worker import Worker
from tests.fakes.embedder import WordEmbedder
from tests.knowledge.live.conftest import Watch

SECRET = "The canary sings."


def index() -> None:
    assert list(Worker(embedder=WordEmbedder()).drain())


def test_a_page_is_told_how_things_are_and_then_each_change_in_order(
    watch: Watch, make_article: Callable[..., Article]
) -> None:
    article = make_article("Secret", SECRET)
    page = watch(article)
    name, told, token = page.next()
    assert (name, told["states"][0]["kind"], bool(token)) == ("reset", "waiting", True)
    index()
    kinds = [page.next()[1]["kind"] for _ in range(3)]
    assert kinds == ["indexing", "indexing", "searchable"]
    assert "canary" not in page.visit.read
    assert "Secret" not in page.visit.read


def test_silence_is_filled_with_comments_that_move_the_id_on(
    watch: Watch, make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "COMMENT_EVERY", 0.05)
    page = watch(make_article())
    _, _, first = page.next()
    page.visit.until("\n: still here\n")
    assert page.until("at")[1] >= first


def test_the_trash_takes_an_article_from_the_page(
    watch: Watch, make_article: Callable[..., Article]
) -> None:
    article = make_article()
    page = watch(article)
    page.next()
    trash_article(article, seen=1, author=None)
    assert page.next()[:2] == ("gone", {"article": str(article.pk)})


def test_who_comes_back_soon_misses_nothing(
    watch: Watch, make_article: Callable[..., Article]
) -> None:
    article = make_article()
    stays, leaves = watch(article), watch(article)
    stays.next()
    _, _, last = leaves.next()
    leaves.visit.abort()
    index()
    stays.until("state", kind="searchable")
    back = watch(article, last=last)
    assert [back.next()[1]["kind"] for _ in range(3)] == ["indexing", "indexing", "searchable"]


def test_who_comes_back_after_long_misses_nothing_either(
    watch: Watch, make_article: Callable[..., Article]
) -> None:
    article = make_article()
    page = watch(article)
    _, _, last = page.next()
    page.visit.abort()
    index()
    edit_article(article, seen=1, author=None, content="New.")
    lease_next("test")
    back = watch(article, headers=f"Last-Event-ID: {last}\r\n")
    kinds = [back.next()[1]["kind"] for _ in range(4)]
    assert kinds[-1] == "indexing"
