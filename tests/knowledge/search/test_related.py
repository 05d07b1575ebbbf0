"""Related articles on an article's page: only what its reader may read, at this moment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from knowledge.access import Scope, scope_for
from knowledge.browsing.related import SHOWN, related_articles
from knowledge.editing import edit_article, trash_article
from knowledge.models import Article, Status, Visibility, Workspace
from knowledge.search import running
from knowledge.search.engine import Filters
from tests.knowledge.search.engines import local_feed

Publish = Callable[..., Article]
TEXT = "The web server listens on a port of the machine."
CANARY = "zanzibar-4711"


def related(article: Article, scope: Scope) -> list[str]:
    running.engine().prepare(filters=Filters(scope))
    return [one.title for one in related_articles(article, scope)]


def test_at_most_five_are_shown_on_the_page(
    client: Client, publish: Publish, make_article: Publish, scope: Scope
) -> None:
    for number in range(SHOWN + 2):
        make_article(f"Related {number}", TEXT)
    article = publish("Ports", TEXT)
    assert len(related(article, scope)) == SHOWN
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.count(">Related ") == SHOWN + 1  # with the heading


def test_t1_articles_of_another_workspace_are_never_related(
    publish: Publish, make_workspace: Callable[..., Workspace], scope: Scope
) -> None:
    other = make_workspace("other", visibility=Visibility.PUBLIC)
    theirs = publish(CANARY, TEXT, workspace=other)
    mine = publish("Mine", TEXT)
    assert related(mine, scope) == []
    assert related(mine, scope_for(AnonymousUser(), other)) == []
    assert related(theirs, scope) == []


def test_t5_what_the_reader_may_not_read_is_not_named(
    client: Client, publish: Publish, make_article: Publish, scope: Scope
) -> None:
    for number, field in enumerate([{"visibility": "private"}, {"visibility": "members"}]):
        make_article(f"{CANARY} {number}", TEXT, **field)
    make_article(f"{CANARY} draft", TEXT, status=Status.DRAFT)
    article = publish("Ports", TEXT)
    assert related(article, scope) == []
    assert CANARY not in client.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize("change", [{"visibility": "private"}, {"status": "archived"}, None])
def test_f5_what_was_hidden_is_not_named_while_the_index_lags(
    publish: Publish,
    scope: Scope,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any] | None,
) -> None:
    hidden, article = publish(CANARY, TEXT), publish("Ports", TEXT)
    assert related(article, scope) == [CANARY]
    monkeypatch.setattr(local_feed(), "_apply", lambda changed: None)
    if change:
        edit_article(hidden, seen=1, author=None, **change)
    else:
        trash_article(hidden, seen=1, author=None)
    assert related(article, scope) == []


def test_a_page_does_not_wait_for_an_engine(
    client: Client, make_article: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_running", None)
    monkeypatch.setattr(running, "start_engine", lambda **_: pytest.fail("started"))
    page = client.get(make_article().get_absolute_url())
    assert page.status_code == 200
    assert "Related articles" not in page.content.decode()
