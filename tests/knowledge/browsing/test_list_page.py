"""The list of articles: their state in plain words, in pages of twenty."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from kbsite import mongo
from knowledge.access import rights_in
from knowledge.authoring.history import revisions_of
from knowledge.authoring.trash import trashed_articles
from knowledge.browsing.listing import ListQuery, Sort, list_articles
from knowledge.browsing.problem_reports import report_problem
from knowledge.editing import trash_article
from knowledge.models import Article, Revision, Status, Workspace
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, url


def test_the_list_shows_state_tags_and_how_far_search_is(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article(title="Waiting", tags=["net"], category="Guides")
    done, failed = make_article(title="Done"), make_article(title="Failed")
    Article.objects.filter(pk=done.pk).update(pending=False, indexed_revision=1)
    Article.objects.filter(pk=failed.pk).update(index_error="ProviderError: busy")
    shown = text_of(editor.get(url("articles")))
    for words in ("Guides", "net", "waiting", "searchable", "failed: ProviderError: busy"):
        assert words in shown


def test_an_empty_list_says_what_to_do(editor: Client) -> None:
    shown = text_of(editor.get(url("articles")))
    assert url("article_new") in shown
    assert url("imports") in shown


def test_the_list_leads_back_to_what_was_typed_and_not_saved(editor: Client) -> None:
    key = "0" * 24
    editor.post(url("draft_keep", key), {"title": "Half a thought", "content": "It was"})
    assert "Half a thought" in (shown := text_of(editor.get(url("articles"))))
    assert f"?draft={key}" in shown
    after = editor.post(url("draft_drop", key), {"next": "list"}, follow=True)
    assert after.redirect_chain[-1][0] == url("articles")
    assert "Half a thought" not in text_of(after)


def test_the_list_has_pages_of_twenty_and_no_trash(
    editor: Client, make_article: MakeArticle
) -> None:
    for number in range(22):
        make_article(title=f"Article {number}")
    trash_article(Article.objects.get(title="Article 21"), seen=1, author=None)
    first = editor.get(url("articles"), {"sort": "title"})
    second = editor.get(url("articles") + links(first)["next"])
    assert [len(page.context["rows"]) for page in (first, second)] == [20, 1]
    assert "sort=title" in links(second)["prev"]


def links(response: Any) -> dict[str, str]:
    """Where the links to the pages before and after lead."""
    found = re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', text_of(response))
    return {rel: unescape(address) for rel, address in found}


@pytest.mark.parametrize("cursor", ["x", "1:2:3", "\x00", "🦆", "a" * 3000])
def test_c1_a_made_up_cursor_leads_to_the_first_page(
    editor: Client, make_article: MakeArticle, cursor: str
) -> None:
    make_article("Ports")
    assert "Ports" in text_of(editor.get(url("articles"), {"cursor": cursor}))


def test_filters_that_leave_nothing_can_be_cleared(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article("Ports")
    shown = text_of(editor.get(url("articles"), {"status": "draft", "tag": "net"}))
    assert "No article fits these filters" in shown
    assert "Ports" not in shown
    assert 'value="net"' in shown


def test_c1_a_filter_that_makes_no_sense_is_explained(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article("Ports")
    response = editor.get(url("articles"), {"status": "x", "category": "y" * 61})
    assert response.status_code == 400
    assert "Use at most 60 characters" in text_of(response)
    assert "Ports" not in text_of(response)


def test_filters_take_effect_while_they_are_changed(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article("Ports")
    make_article("Hosts")
    response = editor.get(
        url("articles"), {"text": "por", "status": ""}, headers={"HX-Request": "true"}
    )
    assert text_of(response).lstrip().startswith('<div id="articles"')
    assert "Hosts" not in text_of(response)
    assert response["HX-Replace-Url"] == url("articles") + "?text=por"


def test_the_list_says_which_articles_readers_reported(
    editor: Client, workspace: Workspace, make_article: MakeArticle
) -> None:
    reported, _ = make_article("Ports"), make_article("Hosts")
    for key in "ab":
        report_problem(reported, kind="wrong", note="", reporter=None, key=key)
    shown = text_of(editor.get(url("articles"), {"reported": "on"}))
    assert "2 reports" in shown
    assert "Hosts" not in shown


def test_the_list_asks_as_much_for_twenty_articles_as_for_one(
    editor: Client, make_article: MakeArticle, django_assert_num_queries: Any
) -> None:
    ada = User.objects.get()
    make_article()
    editor.get(url("articles"))
    with django_assert_num_queries(10):
        editor.get(url("articles"))
    for number in range(19):
        make_article(tags=[f"tag-{number}"])
    Article.objects.update(author=ada)
    with django_assert_num_queries(11):  # and the authors
        editor.get(url("articles"))


@pytest.mark.parametrize("sort", Sort)
def test_each_order_is_read_from_an_index(
    workspace: Workspace, make_article: MakeArticle, sort: Sort
) -> None:
    for number in range(30):
        make_article(f"Article {number}")
    rights = rights_in(User(is_active=True, is_superuser=True), workspace)
    with profiled() as seen:
        list_articles(rights, workspace, ListQuery(sort=sort), limit=5)
        (query,) = seen()
    assert query["docsExamined"] == 6
    assert "hasSortStage" not in query


def test_the_trash_and_a_history_are_read_from_an_index(
    workspace: Workspace, make_article: MakeArticle
) -> None:
    for number in range(30):
        article = make_article(f"Article {number}", status=Status.TRASHED)
        Revision.objects.create(article_id=article.pk, number=number + 2)
    for listed, of in (
        (trashed_articles(workspace), "articles"),
        (revisions_of(article), "article_revisions"),
    ):
        with profiled(of) as seen:
            assert len(listed[0:5]) == min(5, len(listed))
            query = seen()[0]
        assert query["docsExamined"] <= 5
        assert "hasSortStage" not in query


@contextmanager
def profiled(collection: str = "articles") -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the server says of the queries made meanwhile."""
    database = mongo.database()
    database.command("profile", 2)
    try:
        yield lambda: list(database["system.profile"].find({"command.aggregate": collection}))
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()
