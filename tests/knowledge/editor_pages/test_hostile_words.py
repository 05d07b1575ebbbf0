"""What people type never becomes markup of the editors' pages."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from knowledge.editing import edit_article
from knowledge.models import Article
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, url

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" hx-get="/w/team/articles/" hx-trigger="load',
    "</textarea><svg onload=alert(1)>",
    "{{ request.user.password }}{% debug %}",
    "javascript:alert(1)",
]


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes: what markup it has."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text_of(response))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("words", HOSTILE)
def test_x1_words_in_any_field_never_become_markup(
    editor: Client, make_article: MakeArticle, words: str
) -> None:
    def shapes(text: str) -> list[Any]:
        Article.objects.all().delete()
        fields = {"title": text, "category": text, "tags": [text[:40]], "summary": text}
        article = make_article(slug="a", content=text, **fields)
        edit_article(article, seen=1, author=None, content=f"{text}.")
        given = {**fields, "tags": text[:40], "slug": text, "note": text, "content": text}
        pages = [
            editor.get(url("articles")),
            editor.get(url("article_edit", "a")),
            editor.get(url("article_delete", "a")),
            editor.post(url("article_new"), {**given, "visibility": text}),
            editor.post(url("article_edit", "a"), {**given, "slug": "a", "visibility": "public"}),
            editor.post(url("article_delete", "a"), {"seen": "2"}, follow=True),
        ]
        return [Shape(page).tags for page in pages]

    assert shapes(words) == shapes("plain words of no interest")
