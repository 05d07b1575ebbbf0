"""What people type never becomes markup of the history, the trash or the broken links."""

from typing import Any

import pytest
from django.test import Client

from knowledge.article_page import lay_out_newest
from knowledge.editing import edit_article, trash_article
from knowledge.models import Article
from tests.knowledge.editor_pages.pages import MakeArticle, url
from tests.knowledge.editor_pages.test_hostile_words import HOSTILE, Shape


@pytest.mark.parametrize("words", HOSTILE)
def test_x1_words_never_become_markup(
    manager: Client, make_article: MakeArticle, words: str
) -> None:
    def shapes(text: str) -> list[Any]:
        Article.objects.all().delete()
        article = make_article(text, f"same\n\n{text}\n\nsame", slug="a", summary=text)
        changed = f"same\n\nnew {text} new\n\n![{text}](<none.png>) [{text}](nowhere)"
        edit_article(article, seen=1, author=None, title=f"{text}!", content="`x`", note=text[:200])
        edit_article(article, seen=2, author=None, title=f"{text}?", content=changed)
        trash_article(make_article(text, slug="b"), seen=1, author=None)
        list(lay_out_newest())
        two: dict[str, Any] = {"old": 1, "new": 2}
        pages = [
            manager.get(url("article_history", "a")),
            manager.get(url("article_compare", "a"), two),
            manager.get(url("article_compare", "a"), two | {"view": "side"}),
            manager.get(url("trash")),
            manager.get(url("trash_purge", "b")),
            manager.post(url("trash_restore", "b"), {"seen": "1"}, follow=True),
        ]
        links = manager.get(url("broken_links"))
        return [*(Shape(page).tags for page in pages), set(Shape(links).tags)]

    assert shapes(words) == shapes("plain-words-of-no-interest")
