"""Publishing, unpublishing and deleting act on the article as it was seen."""

import pytest
from django.test import Client

from knowledge.editing import edit_article
from knowledge.models import Article, Status
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, url


def test_publish_and_unpublish(editor: Client, make_article: MakeArticle) -> None:
    article = make_article(status=Status.DRAFT)
    editor.post(url("article_publish", article.slug), {"seen": "1"})
    assert Article.objects.get().status == Status.PUBLISHED
    editor.post(url("article_unpublish", article.slug), {"seen": "2"})
    assert Article.objects.get().status == Status.DRAFT


def test_deleting_asks_first_and_then_keeps_the_text(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    address = url("article_delete", article.slug)
    assert "Move to the trash" in text_of(editor.get(address))
    assert Article.objects.get().status == Status.PUBLISHED
    assert editor.post(address, {"seen": "1"})["Location"] == url("articles")
    assert Article.objects.get().status == Status.TRASHED
    assert editor.get(url("article_edit", article.slug)).status_code == 404


@pytest.mark.parametrize("seen", ["1", "", "x"])
@pytest.mark.parametrize("name", ["article_publish", "article_unpublish", "article_delete"])
def test_a_button_on_an_old_page_does_nothing_and_says_so(
    editor: Client, make_article: MakeArticle, name: str, seen: str
) -> None:
    article = make_article(status=Status.ARCHIVED)
    edit_article(article, seen=1, author=None, content="newer")
    response = editor.post(url(name, article.slug), {"seen": seen}, follow=True)
    assert "Nothing was done" in text_of(response)
    assert Article.objects.get().status == Status.ARCHIVED
