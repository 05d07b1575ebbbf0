"""The list of articles: their state in plain words, in pages of twenty."""

from typing import Any

from django.test import Client

from knowledge.editing import trash_article
from knowledge.models import Article
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
    assert "import_markdown" in shown


def test_the_list_has_pages_of_twenty_and_no_trash(
    editor: Client, make_article: MakeArticle
) -> None:
    for number in range(22):
        make_article(title=f"Article {number}")
    trash_article(Article.objects.get(title="Article 21"), seen=1, author=None)
    pages = [editor.get(url("articles"), {"page": page}) for page in (1, 2)]
    assert [len(page.context["rows"]) for page in pages] == [20, 1]
    assert editor.get(url("articles"), {"page": "x' OR 1"}).status_code == 200


def test_the_list_asks_as_much_for_twenty_articles_as_for_one(
    editor: Client, make_article: MakeArticle, django_assert_num_queries: Any
) -> None:
    make_article()
    editor.get(url("articles"))
    with django_assert_num_queries(8):
        editor.get(url("articles"))
    for _ in range(19):
        make_article()
    with django_assert_num_queries(8):
        editor.get(url("articles"))
