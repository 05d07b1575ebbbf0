"""Browsing and quick find: what readers see of a workspace, and only what they may read."""

from typing import Any

import pytest
from django.test import Client

from knowledge.models import Status, Visibility, Workspace
from tests.knowledge.browsing.pages import MakeArticle, text_of, url
from tests.knowledge.html_check import ids

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def articles(make_article: MakeArticle) -> None:
    """One for everybody, and a canary in every way to be hidden from a visitor."""
    make_article("Ports", tags=["net"], category="Guides", summary="Which *port*.")
    hidden = {"tags": ["net", "canary-tag"], "category": "canary-category"}
    make_article("Canary draft", status=Status.DRAFT, **hidden)
    make_article("Canary archived", status=Status.ARCHIVED, **hidden)
    make_article("Canary members", visibility=Visibility.MEMBERS, **hidden)
    make_article("Canary private", visibility=Visibility.PRIVATE, **hidden)
    other = Workspace.objects.create(slug="other", name="Other", visibility=Visibility.PUBLIC)
    make_article("Canary elsewhere", workspace=other, **hidden)


@pytest.mark.parametrize(
    "address",
    [
        "browse",
        "titles",
        "titles?tag=net",
        "titles?tag=canary-tag",
        "titles?category=canary-category",
        "titles?text=c&sort=saved",
        "titles?status=draft&visibility=private&reported=on&not_indexed=on",
        "title_options?text=canary",
        "title_options?text=c",
    ],
)
def test_t1_browsing_shows_and_counts_only_what_a_visitor_may_read(
    client: Client, articles: None, address: str
) -> None:
    name, _, query = address.partition("?")
    shown = text_of(client.get(f"{url(name)}?{query}"))
    asked = {"canary-tag", "canary-category", "canary"} & set(query.replace("=", "&").split("&"))
    for word in ("Canary ", "canary-tag", "canary-category"):
        assert word in asked or word not in shown


def test_browse_counts_by_category_and_tag(client: Client, articles: None) -> None:
    page = client.get(url("browse"))
    facets = page.context["facets"]
    assert [(each.name, each.articles) for each in facets.categories] == [("Guides", 1)]
    assert [(each.name, each.articles) for each in facets.tags] == [("net", 1)]
    assert url("titles") + "?category=Guides" in text_of(page)


def test_an_editor_browses_what_is_published(editor: Client, articles: None) -> None:
    shown = text_of(editor.get(url("browse")))
    assert "Canary private" in shown
    assert "Canary draft" not in shown


def test_the_pages_of_titles_name_what_they_hold(client: Client, articles: None) -> None:
    for query, name in [
        ({}, "All articles"),
        ({"tag": "net"}, "Tag: net"),
        ({"category": "Guides"}, "Category: Guides"),
        ({"text": "por"}, "Titles with “por”"),
    ]:
        shown = text_of(client.get(url("titles"), query))
        assert f"<h1>{name}" in shown
        assert "Which" in shown


def test_titles_come_in_pages(client: Client, make_article: MakeArticle) -> None:
    for number in range(21):
        make_article(f"Article {number:02}")
    first = client.get(url("titles"))
    rest = client.get(url("titles"), {"cursor": first.context["page"].next_cursor})
    assert [article.title for article in rest.context["page"].articles] == ["Article 20"]
    assert "Article 00" in text_of(client.get(url("titles"), {"cursor": "made up"}))


def test_an_empty_result_leads_on(client: Client, articles: None) -> None:
    shown = text_of(client.get(url("titles"), {"text": "nothing"}))
    assert "/w/team/?q=nothing" in shown
    assert client.get(url("titles"), {"tag": "x" * 99}).status_code == 400


def test_quick_find_puts_titles_that_begin_with_the_text_first(
    client: Client, make_article: MakeArticle
) -> None:
    for title in ("A backup port", "Port numbers", "Reports", "Ports"):
        make_article(title, category="Guides")
    shown = text_of(client.get(url("title_options"), {"text": "port"}))
    found = [shown.index(title) for title in ("Port numbers", "Ports<", "A backup port")]
    assert found == sorted(found)
    assert "Reports" not in shown
    assert ids(shown) == ["find-option-1", "find-option-2", "find-option-3"]


@pytest.mark.parametrize("text", ["", " ", ".*", "(", "\\", "[$ne]", "\x00", "a" * 5000, "🦆"])
def test_c1_quick_find_takes_any_text(client: Client, make_article: MakeArticle, text: str) -> None:
    make_article("Ports")
    response = client.get(url("title_options"), {"text": text})
    assert response.status_code == 200
    assert "Ports" not in text_of(response)


def test_x1_hostile_names_are_text_everywhere(editor: Client, make_article: MakeArticle) -> None:
    make_article(HOSTILE, tags=[HOSTILE[:40]], category=HOSTILE, summary=HOSTILE)
    for address in (
        url("browse"),
        url("titles"),
        url("articles"),
        url("titles") + "?tag=" + HOSTILE,
    ):
        assert "<img" not in text_of(editor.get(address))
    assert "<img" not in text_of(editor.get(url("title_options"), {"text": "img"}))


def test_browsing_asks_as_much_for_many_as_for_one(
    client: Client, make_article: MakeArticle, django_assert_num_queries: Any
) -> None:
    make_article(tags=["net"], category="Guides")
    with django_assert_num_queries(3):  # the workspace, its articles, the header's menu
        client.get(url("browse"))
    for number in range(12):
        make_article(tags=[f"t{number}"], category=f"c{number}")
    with django_assert_num_queries(3):
        client.get(url("browse"))
